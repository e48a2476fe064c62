import type { ActivityOutcome, GitHubDelivery } from '@bnc/contracts';
import type { ActionOf, EventName, Payload } from '../documented.ts';
import type { Scalar } from '../untrusted.ts';

/** What one event tells, before it is cleaned and joined with what all events have. */
export interface Story extends Pick<GitHubDelivery, 'build' | 'protection' | 'isSilent' | 'isOfProgram'> {
  readonly title: string;
  readonly ties?: GitHubDelivery['ties'] | undefined;
  /** What was done, where the payload has no `action`, or another word for it than its twin has. Default: the payload's. */
  readonly action?: string | undefined;
  /** The person behind the program that sent it, where the payload names one. Default: the sender. */
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

/** What is silent by itself and counts towards what is told. */
export function silent(story: Omit<Story, 'title' | 'isSilent'>): Story {
  return { title: '', isSilent: true, ...story };
}

/**
 * How one event is told: a word for each of its actions (null: known, and deliberately not heard), and the function
 * that tells it. The function answers nothing where this one delivery is not news, such as a build that is queued.
 */
export interface Chapter<E extends EventName> {
  readonly actions: Readonly<Record<ActionOf<E>, string | null>>;
  /** The word for actions of the sender's own choice. Without it, an action that is not in the table is ignored. */
  readonly otherwise?: string;
  tell(payload: Payload<E>, verb: string): Story | undefined;
}

/** Chapters of some events; `null` for one that speaks of no repository, or of its settings, which nobody hears. */
export type Chapters<E extends EventName> = { readonly [K in E]: Chapter<K> | null };
