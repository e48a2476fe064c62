import type { EpochMs, GitHubDelivery } from '@bnc/contracts';

/** Bounds of what is remembered of one repository; the oldest goes first. */
export const limits = {
  /** Branches whose colour is known. */
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
  /** Happenings that have been told, to know them again. */
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
  /** Age at which everything is forgotten: 14 days. */
  ageMs: 1_209_600_000,
} as const;

/** A small map in the order of use, newest last, that JSON keeps as it is. Keys are anybody's words. */
export type Entries<T> = readonly (readonly [key: string, value: T])[];

/** Anything that is forgotten when it is old. */
interface Dated {
  readonly at: EpochMs;
}

/** What was told: a thing, the state it was in, and when. */
export interface Told extends Dated {
  readonly state: string;
  readonly occurredAt: EpochMs;
}

/** The newest verdict of one workflow on one branch. */
export interface Colour extends Dated {
  readonly isRed: boolean;
  /** Number and attempt of its run: an older run that ends later changes nothing. */
  readonly number: number;
  readonly attempt: number;
}

/** A run or suite that has not ended. */
export interface OpenRun extends Dated {
  readonly sha: string;
  /** Names of jobs that failed so far. */
  readonly failed: readonly string[];
}

/** What has looked at a commit. */
export interface CheckedCommit extends Dated {
  /** True once a check or run has: then statuses say nothing. */
  readonly isChecked: boolean;
  readonly statuses: Entries<'pending' | 'success' | 'failure'>;
  /** The last status, while its commit's verdict waits for more of them. */
  readonly last?: GitHubDelivery;
  /** When the verdict is told. */
  readonly due?: EpochMs;
  /** The verdict that was told. */
  readonly verdict?: 'success' | 'failure';
}

/** Something done in one go that has been told. */
export interface Act extends Dated {
  readonly occurredAt: EpochMs;
  readonly absorbs: readonly string[];
}

/** A delivery that waits for the one that it may belong to. */
export interface Waiting {
  readonly delivery: GitHubDelivery;
  readonly until: EpochMs;
  /** Id of the act that it would begin. */
  readonly act: string;
}

/**
 * What is known of one repository from everything that was heard of it: plain data, which JSON keeps as it is. Make it
 * with `openFacts`, go on with `hear`. Bounded: at most 256 kB, mostly a few.
 */
export interface RepositoryFacts {
  /** Form of this object; grows when it changes. */
  readonly v: 1;
  /** The last moment that is known of. */
  readonly at: EpochMs;
  /** `owner/repo` of the last delivery; empty before the first. */
  readonly name: string;
  /** The name before that, until the change of name has been told. */
  readonly formerName?: string;
  /** When a change of name was told. */
  readonly movedAt?: EpochMs;
  readonly told: Entries<Told>;
  /** Colours by branch, then by workflow. */
  readonly colours: Entries<Entries<Colour>>;
  readonly runs: Entries<OpenRun>;
  readonly commits: Entries<CheckedCommit>;
  /** Who queued which pull request. */
  readonly queue: Entries<string>;
  /** Patterns of protected branches, by the rule that says so. */
  readonly rules: Entries<readonly string[]>;
  readonly acts: readonly Act[];
  readonly waiting: readonly Waiting[];
  /** True once a run of GitHub Actions has told its end itself: their suites need not. */
  readonly hearsRuns: boolean;
  /** When `hear` has something to tell though nothing more comes; absent for never. */
  readonly due?: EpochMs;
}

/** Returns the facts of a repository of which nothing has been heard. */
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

/** Drops entries at the front until what is in all of them is no more than a number. */
export function fit<T>(entries: Entries<T>, sizeOf: (value: T) => number, max: number): Entries<T> {
  let left = entries.reduce((sum, [, value]) => sum + sizeOf(value), 0);
  if (left <= max) return entries;
  return entries.filter(([, value]) => {
    if (left <= max) return true;
    left -= sizeOf(value);
    return false;
  });
}

/** Drops entries that are too old: those at the front. */
export function forget<T extends Dated>(entries: Entries<T>, before: EpochMs): Entries<T> {
  const [oldest] = entries;
  return oldest && oldest[1].at < before ? entries.filter(([, { at }]) => at >= before) : entries;
}
