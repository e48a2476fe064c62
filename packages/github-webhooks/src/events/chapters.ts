import type { EventName } from '../documented.ts';
import { buildChapters } from './builds.ts';
import { codeChapters } from './code.ts';
import { communityChapters } from './community.ts';
import { deploymentChapters } from './deployments.ts';
import { issueChapters } from './issues.ts';
import { pullChapters } from './pulls.ts';
import { securityChapters } from './security.ts';
import type { Chapters, Story } from './story.ts';

/** A chapter whose event is known at run time only, so its payload has no type yet. */
export interface AnyChapter {
  readonly actions: Readonly<Record<string, string | null>>;
  readonly otherwise?: string;
  tell(payload: object, verb: string): Story | undefined;
}

// This does not compile when GitHub documents an event or an action that no chapter covers.
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

/**
 * Returns the chapter of an event; null when the event is deliberately ignored, undefined when GitHub does not document
 * it.
 */
export function chapterOf(event: string): AnyChapter | null | undefined {
  return chapterByName.get(event);
}
