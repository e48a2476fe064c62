import { mulberry32 } from '@bnc/music-engine/mulberry32';
import { deliveryOf, type FieldsOf, type StoryEvent } from './delivery.ts';
import type { TimedDelivery } from './play-story.ts';

/** A verdict of the day. */
export interface DayVerdict {
  /** The delivery that ends the run. */
  readonly deliveryId: string;
  readonly endsAfterMs: number;
  readonly isRed: boolean;
  /** True for the first green one after a red one. */
  readonly isRecovery: boolean;
}

/** A day of twelve people, and what of it must be told. */
export interface Day {
  readonly deliveries: readonly TimedDelivery[];
  readonly verdicts: readonly DayVerdict[];
  /** Deliveries that merge. */
  readonly merges: readonly string[];
  /** Deliveries that say that something was deployed. */
  readonly deployments: readonly string[];
  /** Deliveries that belong to a merge. */
  readonly companions: readonly string[];
}

const second = 1000;
const minute = 60 * second;
/** Length of the day: 9.4 hours. */
export const dayMs = 564 * minute;

const people = ['ada', 'bob', 'cleo', 'dora', 'eve', 'finn', 'gus', 'hana', 'ivo', 'juno', 'kai', 'lou'] as const;
const bot = 'github-actions[bot]';
const jobs = Array.from({ length: 12 }, (_, index) => `unit ${index + 1}`);

/**
 * What becomes of each push to a pull request: green, red, `again` for a run that is tried again and green then. The
 * first fifteen are merged.
 */
const plans: readonly (readonly ('green' | 'red' | 'again')[])[] = [
  ['green', 'red', 'green'],
  ['red', 'green'],
  ['green', 'red', 'again'],
  ['red', 'again'],
  ['green', 'green', 'red', 'green'],
  ...Array.from({ length: 3 }, () => ['green', 'green', 'green', 'green'] as const),
  ...Array.from({ length: 9 }, () => ['green', 'green', 'green'] as const),
  ['green', 'red'],
  ['red'],
  ['red'],
];
const merged = 15;
/** Merges after which the default branch is red: one is tried again, one is mended by the next merge. */
const redMerges: ReadonlyMap<number, 'again' | 'next'> = new Map([
  [4, 'again'],
  [9, 'next'],
]);

/** What belongs to a merge comes within this time, in any order. */
const mergeMs = 2000;
/** A closed issue waits this long for the merge that it may belong to. */
const issueWaitsMs = 399;

/** Makes a day: the same seed, the same day. */
class DayMaker {
  readonly deliveries: (TimedDelivery & { readonly deliveryId: string })[] = [];
  readonly verdicts: DayVerdict[] = [];
  readonly merges: string[] = [];
  readonly deployments: string[] = [];
  readonly companions: string[] = [];
  readonly #random: () => number;
  readonly #startsAt: number;
  #count = 1000;

  constructor(seed: number, startsAt: number) {
    this.#random = mulberry32(seed);
    this.#startsAt = startsAt;
  }

  make(): void {
    for (const [index, plan] of plans.entries()) this.#pull(index, plan);
    for (let index = 0; index < 60; index++) this.#comment(this.#between(0, dayMs - minute), this.#below(20));
    for (let index = 0; index < 20; index++) this.#add(this.#between(0, dayMs), 'star', { by: `guest-${index}` });
    for (let index = 0; index < 25; index++) this.#issue(300 + index);
    for (const at of [100, 250, 400]) this.#stack(at * minute, this.#person());
    this.#updates(180 * minute);
  }

  #between(from: number, to: number): number {
    return Math.round(from + this.#random() * (to - from));
  }

  #below(count: number): number {
    return Math.floor(this.#random() * count);
  }

  #person(): string {
    return people[this.#below(people.length)] ?? people[0];
  }

  #add<E extends StoryEvent>(afterMs: number, event: E, fields: FieldsOf<E>): string {
    const deliveryId = `${event}-${++this.#count}`;
    const scene = { repoId: 'loft/purr', repositoryId: 4711, at: this.#startsAt + afterMs };
    this.deliveries.push({ afterMs, deliveryId, ...deliveryOf(event, scene, fields) });
    return deliveryId;
  }

  /** A run of twelve jobs, told in 28 deliveries; of one job when it is tried again. Returns when it ends. */
  #run(
    from: number,
    {
      plan,
      number,
      attempt = 1,
      ...on
    }: {
      readonly plan: { readonly isRed: boolean; readonly isRecovery: boolean };
      readonly number: number;
      readonly attempt?: number;
      readonly sha: string;
      readonly branch: string;
      readonly by: string;
      readonly pull?: number;
    },
  ): number {
    const run = 10_000 + number;
    const { pull, ...build } = on;
    const about = { ...build, run, number, attempt, ...(pull !== undefined && { pull, on: 'pull_request' }) };
    const suite = 50_000_000 + run;
    const conclusion = plan.isRed ? 'failure' : 'success';
    this.#add(from, 'workflow_run', { action: 'requested', ...about });
    this.#add(from + this.#between(3, 9) * second, 'workflow_run', { action: 'in_progress', ...about });
    const names = attempt > 1 ? jobs.slice(0, 1) : jobs;
    const ends = names.map((name, index) => {
      const at = from + this.#between(40, 350) * second;
      const ended = index === 0 ? conclusion : 'success';
      const job = run * 100 + attempt * 20 + index;
      this.#add(at, 'check_run', { action: 'completed', check: job, suite, name, conclusion: ended, ...build });
      this.#add(at + 400, 'workflow_job', {
        action: 'completed',
        job,
        run,
        attempt,
        name,
        conclusion: ended,
        ...build,
      });
      return at;
    });
    const endsAfterMs = Math.max(...ends) + this.#between(1, 3) * second;
    const deliveryId = this.#add(endsAfterMs, 'workflow_run', { action: 'completed', conclusion, ...about });
    this.#add(endsAfterMs + this.#between(-800, 800), 'check_suite', { suite, conclusion, ...build });
    this.verdicts.push({ deliveryId, endsAfterMs, ...plan });
    return endsAfterMs;
  }

  #pull(index: number, plan: (typeof plans)[number]): void {
    const number = 20 + index;
    const by = people[index % people.length] ?? people[0];
    const head = `idea-${number}`;
    const pull = { number, title: `Idea ${number}`, head, author: by };
    const mergesAt = 100 * minute + index * 30 * minute;
    const step = 22 * minute;
    let at = (index < merged ? mergesAt - 30 * minute : this.#between(120, 400) * minute) - plan.length * step;
    let wasRed = false;
    plan.forEach((result, turn) => {
      const sha = `${head} ${plan.slice(0, turn + 1).filter((one) => one !== 'again').length}`;
      if (turn === 0) {
        this.#add(at, 'push', { by, branch: head, after: sha, commits: 2, created: true });
        this.#add(at + 200, 'create', { by, branch: head });
        at += this.#between(20, 60) * second;
        this.#add(at, 'pull_request', { action: 'opened', by, ...pull });
        this.#add(at + 500, 'pull_request', { action: 'labeled', by, label: 'idea', ...pull });
        this.#add(at + 900, 'pull_request', { action: 'review_requested', by, reviewer: this.#person(), ...pull });
      } else if (result !== 'again') {
        const before = `${head} ${plan.slice(0, turn).filter((one) => one !== 'again').length}`;
        this.#add(at, 'push', { by, branch: head, after: sha, before, commits: 1 + this.#below(3) });
        this.#add(at + 300, 'pull_request', { action: 'synchronize', by, before, after: sha, ...pull });
      }
      const isRed = result === 'red';
      const ended = this.#run(at + 2 * second, {
        plan: { isRed, isRecovery: wasRed && !isRed },
        number: number * 10 + turn - (result === 'again' ? 1 : 0),
        ...(result === 'again' && { attempt: 2 }),
        sha,
        branch: head,
        by,
        pull: number,
      });
      wasRed = isRed;
      this.#add(ended + 5 * second, 'issue_comment', {
        by: 'codecov[bot]',
        ...pull,
        onPull: true,
        comment: ++this.#count,
      });
      for (const [context, state] of [
        ['license/cla', 'success'],
        ['codecov/patch', 'failure'],
      ] as const) {
        const status = ++this.#count;
        this.#add(ended + 4 * second, 'status', { context, state, status, sha, branch: head, by: 'codecov[bot]' });
      }
      at += step;
    });
    this.#review(at - 10 * minute, pull, index < merged);
    if (index < merged) this.#merge(mergesAt, index, pull);
  }

  #review(at: number, pull: { readonly number: number; readonly title: string }, isApproved: boolean): void {
    for (const [turn, state] of (isApproved ? ['commented', 'approved'] : ['changes_requested']).entries()) {
      const by = people[(pull.number + 1 + turn) % people.length] ?? people[0];
      const review = ++this.#count;
      const said = at + turn * 5 * minute;
      const comments = this.#below(5);
      for (let index = 0; index < comments; index++) {
        const comment = ++this.#count;
        this.#add(said + this.#between(0, 300), 'pull_request_review_comment', { by, ...pull, review, comment });
      }
      this.#add(said + this.#between(0, 300), 'pull_request_review', { by, state, review, ...pull });
      if (state !== 'commented') continue;
      for (let thread = 0; thread < comments; thread++) {
        const resolved = said + 2 * minute + thread * this.#between(2, 15) * second;
        this.#add(resolved, 'pull_request_review_thread', { action: 'resolved', by, thread: ++this.#count, ...pull });
      }
    }
  }

  /** A merge and what belongs to it, in any order within two seconds; what comes first waits for the merge. */
  #merge(
    at: number,
    index: number,
    pull: { readonly number: number; readonly title: string; readonly head: string },
  ): void {
    const { number, title, head } = pull;
    const by = this.#person();
    const sha = `merge of ${number}`;
    const message = `${title} (#${number})`;
    const before = `before ${number}`;
    const first = this.#between(0, mergeMs);
    const later = (): number => at + this.#between(0, mergeMs);
    this.merges.push(
      this.#add(at + first, 'pull_request', { action: 'closed', merged: true, mergeCommit: sha, by, ...pull }),
    );
    this.companions.push(
      this.#add(later(), 'push', { by, branch: 'main', after: sha, before, message, isByGitHub: true }),
      this.#add(later(), 'delete', { by, branch: head }),
      this.#add(later(), 'push', { by, branch: head, deleted: true, before: head }),
      this.#add(Math.max(later(), at + first - issueWaitsMs), 'issues', {
        action: 'closed',
        by,
        number: 300 + index,
        reason: 'completed',
      }),
    );
    const result = redMerges.get(index);
    const plan = { isRed: result !== undefined, isRecovery: redMerges.get(index - 1) === 'next' };
    const build = { sha, branch: 'main', by, number: 9000 + index };
    const ended = this.#run(at + 4 * second, { plan, ...build });
    if (result === 'again') {
      this.#run(ended + minute, { plan: { isRed: false, isRecovery: true }, ...build, attempt: 2 });
    }
    if (index % 2 === 1) this.#deploy(at + 13 * minute, 100 + index, sha);
  }

  #deploy(at: number, deployment: number, sha: string): void {
    const about = { by: bot, deployment, environment: 'production', sha, ref: `v1.${deployment - 100}` };
    this.#add(at, 'deployment_status', { state: 'queued', ...about });
    this.#add(at + 5 * second, 'deployment_status', { state: 'in_progress', ...about });
    const deployed = at + this.#between(40, 120) * second;
    this.deployments.push(this.#add(deployed, 'deployment_status', { state: 'success', ...about }));
  }

  #comment(at: number, number: number): void {
    const comment = ++this.#count;
    this.#add(at, 'issue_comment', { by: this.#person(), number: 300 + number, comment });
  }

  #issue(number: number): void {
    const by = this.#person();
    const at = this.#between(0, 90 * minute);
    this.#add(at, 'issues', { action: 'opened', by, number });
    this.#add(at + 1500, 'issues', { action: 'labeled', by, number, label: 'wish' });
    if (number >= 315) {
      this.#add(at + this.#between(60, 400) * minute, 'issues', { action: 'labeled', by, number, label: 'soon' });
    }
  }

  /** A stack of five branches, rebased with one command. */
  #stack(at: number, by: string): void {
    for (let index = 0; index < 5; index++) {
      const branch = `stack-${by}-${index}`;
      const before = `${branch} before`;
      const after = `${branch} after ${at}`;
      this.#add(at + index * 900, 'push', { by, branch, before, after, forced: true, commits: index + 1 });
    }
  }

  /** Six pull requests of a program within half a minute. */
  #updates(at: number): void {
    const by = 'dependabot[bot]';
    for (let index = 0; index < 6; index++) {
      const head = `dependabot/npm/dep-${index}`;
      const pull = { number: 60 + index, title: `Bump dep-${index}`, head, commits: 1 };
      const opened = at + index * 5 * second;
      this.#add(opened, 'push', { by, branch: head, created: true, message: pull.title });
      this.#add(opened + 100, 'create', { by, branch: head });
      this.#add(opened + 500, 'pull_request', { action: 'opened', by, ...pull });
      this.#add(opened + 700, 'pull_request', { action: 'labeled', by, label: 'dependencies', ...pull });
    }
  }
}

/** Makes a day of twelve people, 9.4 hours long. */
export function dayOf(seed: number, startsAt: number): Day {
  const day = new DayMaker(seed, startsAt);
  day.make();
  const { deliveries, verdicts, merges, deployments, companions } = day;
  return {
    deliveries: deliveries.toSorted((a, b) => a.afterMs - b.afterMs),
    verdicts,
    merges,
    deployments,
    companions,
  };
}
