import type { EpochMs, GitHubDelivery } from '@bnc/contracts';

/** Limits of what is remembered about one repository; the oldest goes first. */
export const limits = {
  /** Branches with a known colour. */
  branches: 200,
  /** Workflows and apps that give a branch its colours. */
  workflows: 20,
  /** Colours of all branches. */
  colours: 400,
  /** Runs and suites that have not ended. */
  runs: 100,
  /** Commits that have been checked. */
  commits: 200,
  /** Statuses of one commit. */
  contexts: 50,
  /** Statuses of all commits. */
  statuses: 150,
  /** Happenings that have been reported, to recognise them when they come again. */
  told: 512,
  /** Pull requests in the merge queue. */
  queue: 100,
  /** Rules that protect branches. */
  rules: 50,
  /** Patterns of all rules. */
  patterns: 150,
  /** Acts of the last minute. */
  acts: 48,
  /** Deliveries that wait for the one that they may belong to, and commits that wait for more statuses. */
  waiting: 24,
  /** Age at which happenings, runs and commits are forgotten, in milliseconds: 14 days. */
  ageMs: 1_209_600_000,
} as const;

/** A small map that survives JSON. The entry that was set last is last. Its keys may be any text from a payload. */
export type Entries<T> = readonly (readonly [key: string, value: T])[];

/** An entry that knows when it was set. */
interface Dated {
  readonly at: EpochMs;
}

/** The last report of a thing: its state, and when. */
export interface Told extends Dated {
  readonly state: string;
  readonly occurredAt: EpochMs;
}

/** The newest verdict of one workflow on one branch. */
export interface Colour extends Dated {
  readonly isRed: boolean;
  /** Number and attempt of the run: an older run that ends later changes nothing. */
  readonly number: number;
  readonly attempt: number;
}

/** A run or suite that has not ended. */
export interface OpenRun extends Dated {
  readonly sha: string;
  /** Names of jobs that failed so far. */
  readonly failed: readonly string[];
}

/** What has checked a commit. */
export interface CheckedCommit extends Dated {
  /** True once a check, run or suite has checked the commit: its statuses are ignored from then on. */
  readonly isChecked: boolean;
  readonly statuses: Entries<'pending' | 'success' | 'failure'>;
  /** The last status, while the verdict waits for more of them. */
  readonly last?: GitHubDelivery;
  /** When to report the verdict. */
  readonly due?: EpochMs;
  /** The verdict that was reported. */
  readonly verdict?: 'success' | 'failure';
}

/** A group of things done in one go, after it was reported. */
export interface Act extends Dated {
  readonly occurredAt: EpochMs;
  readonly absorbs: readonly string[];
}

/** A delivery that waits for another one that it may belong to. */
export interface Waiting {
  readonly delivery: GitHubDelivery;
  readonly until: EpochMs;
  /** Id of the act that the delivery would begin. */
  readonly act: string;
}

/**
 * What is known about one repository from all its deliveries so far. Plain data that survives JSON. `openFacts` makes
 * the first facts, and `hear` returns the next. At most 256 kB; a few kB for most repositories.
 */
export interface RepositoryFacts {
  /** Version of this object's shape. */
  readonly v: 1;
  /** The latest time that `hear` was called with, in epoch milliseconds. */
  readonly at: EpochMs;
  /** `owner/repo` of the last delivery; empty before the first. */
  readonly name: string;
  /** The name before that, until the change of name has been reported. */
  readonly formerName?: string;
  /** When a change of name was last reported. */
  readonly movedAt?: EpochMs;
  readonly told: Entries<Told>;
  /** Colours by branch, then by workflow. */
  readonly colours: Entries<Entries<Colour>>;
  readonly runs: Entries<OpenRun>;
  readonly commits: Entries<CheckedCommit>;
  /** Who added which pull request to the merge queue. */
  readonly queue: Entries<string>;
  /** Patterns of protected branches, by the rule that protects them. */
  readonly rules: Entries<readonly string[]>;
  readonly acts: readonly Act[];
  readonly waiting: readonly Waiting[];
  /** True once a run of GitHub Actions was delivered: the suites of Actions are ignored from then on. */
  readonly hearsRuns: boolean;
  /** When to call `hear` next even if no delivery comes; absent when nothing waits. */
  readonly due?: EpochMs;
}

/** Returns the facts of a repository that has not sent a delivery yet. */
export function openFacts(): RepositoryFacts {
  return {
    v: 1,
    at: 0,
    name: '',
    told: [],
    colours: [],
    runs: [],
    commits: [],
    queue: [],
    rules: [],
    acts: [],
    waiting: [],
    hearsRuns: false,
  };
}

/** Facts while they change. */
export type Draft = { -readonly [K in keyof RepositoryFacts]: RepositoryFacts[K] };

/** Finds an entry. */
export function lookUp<T>(entries: Entries<T>, key: string): T | undefined {
  for (let index = entries.length - 1; index >= 0; index--) {
    const entry = entries[index];
    if (entry?.[0] === key) return entry[1];
  }
  return undefined;
}

/** Puts an entry last; drops the first of too many. */
export function put<T>(entries: Entries<T>, key: string, value: T, max: number): Entries<T> {
  const others = lookUp(entries, key) === undefined ? entries : entries.filter(([other]) => other !== key);
  return [...(others.length >= max ? others.slice(1 - max) : others), [key, value]];
}

/** Takes an entry out. */
export function drop<T>(entries: Entries<T>, key: string): Entries<T> {
  return lookUp(entries, key) === undefined ? entries : entries.filter(([other]) => other !== key);
}

/** Drops entries at the front until the sizes of all entries together are at most `max`. */
export function fit<T>(entries: Entries<T>, sizeOf: (value: T) => number, max: number): Entries<T> {
  let left = entries.reduce((sum, [, value]) => sum + sizeOf(value), 0);
  if (left <= max) return entries;
  return entries.filter(([, value]) => {
    if (left <= max) return true;
    left -= sizeOf(value);
    return false;
  });
}

/** Drops the entries that are too old. They are at the front. */
export function forget<T extends Dated>(entries: Entries<T>, before: EpochMs): Entries<T> {
  const [oldest] = entries;
  return oldest && oldest[1].at < before ? entries.filter(([, { at }]) => at >= before) : entries;
}
