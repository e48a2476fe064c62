import type { EventName } from '../documented.ts';
import { BUILDS } from './builds.ts';
import { CODE } from './code.ts';
import { COMMUNITY } from './community.ts';
import { DEPLOYMENTS } from './deployments.ts';
import { ISSUES } from './issues.ts';
import { PULLS } from './pulls.ts';
import { SECURITY } from './security.ts';
import type { Chapters, Story } from './story.ts';

/** A chapter whose event is known at run time only. The payload it is given has the shape of nothing yet. */
export interface AnyChapter {
  readonly actions: Readonly<Record<string, string | null>>;
  readonly otherwise?: string;
  tell(payload: object, verb: string): Story | undefined;
}

// The compiler refuses this when GitHub documents an event or an action that no chapter decides on.
const ALL: Chapters<EventName> = { ...CODE, ...PULLS, ...BUILDS, ...DEPLOYMENTS, ...ISSUES, ...SECURITY, ...COMMUNITY };

const BY_NAME = new Map<string, AnyChapter | null>(Object.entries(ALL));

/** Returns how an event is told, null when it is deliberately not heard, nothing when GitHub documents no such event. */
export const chapterOf = (event: string): AnyChapter | null | undefined => BY_NAME.get(event);
