import type { ActivityOutcome, GitHubDelivery } from '@bnc/contracts';
import type { ActionOf, EventName, Payload } from '../documented.ts';
import type { Scalar } from '../untrusted.ts';

/** What one event reports, before it is cleaned and completed with the fields that every event has. */
export interface Story extends Pick<GitHubDelivery, 'build' | 'protection' | 'isSilent' | 'isOfProgram'> {
  readonly title: string;
  readonly ties?: GitHubDelivery['ties'] | undefined;
  /**
   * What was done, when the payload has no `action` or a different word than its twin event. Default: the payload's.
   */
  readonly action?: string | undefined;
  /** The person behind the program that acted, when the payload names one. Default: the sender. */
  readonly person?: Scalar;
  /** Slug of the app that acted for the sender. */
  readonly app?: Scalar;
  readonly subject?: string;
  readonly branch?: Scalar;
  readonly url?: Scalar;
  readonly at?: Scalar;
  readonly outcome?: ActivityOutcome | undefined;
  readonly commits?: Scalar;
  readonly knownCommits?: Scalar;
  readonly files?: Scalar;
  readonly additions?: Scalar;
  readonly deletions?: Scalar;
  readonly forced?: boolean;
}

/** Makes a story that is not reported itself, but counts towards another one. */
export function silent(story: Omit<Story, 'title' | 'isSilent'>): Story {
  return { title: '', isSilent: true, ...story };
}

/**
 * How one event becomes a story: a word for each of its actions (null for an action that is deliberately ignored), and
 * the function that makes the story. It returns nothing for a delivery that is not news, such as a queued build.
 */
export interface Chapter<E extends EventName> {
  readonly actions: Readonly<Record<ActionOf<E>, string | null>>;
  /** The word for actions that the sender makes up. Without it, an action that is not in the table is ignored. */
  readonly otherwise?: string;
  tell(payload: Payload<E>, verb: string): Story | undefined;
}

/** Chapters of some events; `null` for an event that is not about a repository, or only about its settings. */
export type Chapters<E extends EventName> = { readonly [K in E]: Chapter<K> | null };
