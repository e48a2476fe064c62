import type { EventName } from '../documented.ts';
import { buildChapters } from './builds.ts';
import { codeChapters } from './code.ts';
import { communityChapters } from './community.ts';
import { deploymentChapters } from './deployments.ts';
import { issueChapters } from './issues.ts';
import { pullChapters } from './pulls.ts';
import { securityChapters } from './security.ts';
import type { Chapters, Story } from './story.ts';

/** A chapter whose event is known at run time only. The payload it is given has the shape of nothing yet. */
export interface AnyChapter {
  readonly actions: Readonly<Record<string, string | null>>;
  readonly otherwise?: string;
  tell(payload: object, verb: string): Story | undefined;
}

// The compiler refuses this when GitHub documents an event or an action that no chapter decides on.
const allChapters: Chapters<EventName> = {
  ...codeChapters,
  ...pullChapters,
  ...buildChapters,
  ...deploymentChapters,
  ...issueChapters,
  ...securityChapters,
  ...communityChapters,
};

const chapterByName = new Map<string, AnyChapter | null>(Object.entries(allChapters));

/** Returns how an event is told, null when it is deliberately not heard, nothing when GitHub documents no such event. */
export function chapterOf(event: string): AnyChapter | null | undefined {
  return chapterByName.get(event);
}
