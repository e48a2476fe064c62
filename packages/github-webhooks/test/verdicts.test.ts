import type { EpochMs, GitHubActivity, GitHubDelivery } from '@bnc/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Example } from './deliveries.ts';
import { Listener, read } from './listener.ts';
import { check, job, run, sha, startMs, status, suite } from './payloads.ts';

const kitty = { slug: 'kitty-ci', name: 'Kitty CI' } as const;
const verdicts = ['success', 'failure', 'timed_out', 'cancelled', 'startup_failure'] as const;
const conclusions = [...verdicts, 'skipped', 'neutral'] as const;
type Conclusion = (typeof conclusions)[number];

interface Attempt {
  readonly conclusion: Conclusion;
  /** Names of its jobs, and whether they failed. */
  readonly jobs: readonly boolean[];
}

interface PlannedRun {
  readonly workflow: number;
  readonly branch: string;
  readonly attempts: readonly Attempt[];
}

const attempt = fc.record({
  conclusion: fc.constantFrom(...conclusions),
  jobs: fc.array(fc.boolean(), { maxLength: 5 }),
});
const plan = fc.record({
  runs: fc.array(
    fc.record({
      workflow: fc.integer({ min: 1, max: 3 }),
      branch: fc.constantFrom('main', 'feat', 'release/1.0'),
      attempts: fc.array(attempt, { minLength: 1, maxLength: 3 }),
    }),
    { minLength: 1, maxLength: 8 },
  ),
  suites: fc.array(fc.constantFrom(...verdicts), { maxLength: 4 }),
  /** Which story goes on next, how long that takes, and how much later than it happened each of two hooks says so. */
  steps: fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 60_000 }), fc.nat(120_000), fc.nat(300_000)), {
    minLength: 200,
    maxLength: 200,
  }),
});

function runId(index: number): number {
  return 9000 + index;
}

/** The deliveries of a run, in an order that GitHub keeps: jobs and checks come before the end of their attempt. */
function deliveriesOf({ workflow, branch, attempts }: PlannedRun, index: number): ((at: number) => Example)[] {
  return attempts.flatMap(({ conclusion, jobs }, n): ((at: number) => Example)[] => {
    const built = {
      id: runId(index),
      attempt: n + 1,
      number: index + 1,
      suite: 700 + index,
      branch,
      sha: sha(200 + index),
      workflow: { id: workflow, name: `W${workflow}` },
    };
    const checked = jobs.flatMap((failed, j): ((at: number) => Example)[] => {
      const name = `a${n + 1}-j${j}`;
      const one = {
        id: index * 100 + n * 10 + j + 1,
        name,
        branch,
        sha: sha(200 + index),
        conclusion: failed ? 'failure' : 'success',
      };
      return [
        (at) => job(at, { ...one, run: runId(index), attempt: n + 1 }),
        (at) => check(at, { ...one, suite: 700 + index }),
      ];
    });
    return [
      (at) => run(at, { ...built, action: 'requested' }),
      (at) => run(at, { ...built, action: 'in_progress' }),
      ...checked,
      (at) => run(at, { ...built, conclusion }),
      (at) => suite(at, { id: 700 + index, branch, sha: sha(200 + index), conclusion }),
    ];
  });
}

type Plan = typeof plan extends fc.Arbitrary<infer T> ? T : never;
type Come = readonly [delivery: GitHubDelivery, at: EpochMs];

/** Weaves stories into one log, each delivery twice, and as a store keeps it: what happens once only is kept once. */
function logOf({ runs, suites, steps }: Plan, { isLate = false } = {}): readonly Come[] {
  const stories = [
    ...runs.map(deliveriesOf),
    suites.map((conclusion) => (at: number) => suite(at, { id: 78, app: kitty, conclusion })),
  ];
  let at = 0;
  const log: Come[] = [];
  const add = ({ event, payload }: Example, id: string, when: number): void => {
    const delivery = read({ event, payload }, id, startMs + when);
    if (delivery) log.push([delivery, startMs + when]);
  };
  for (const [n, [which, waitMs, lateMs, twinMs]] of steps.entries()) {
    const open = stories.filter(({ length }) => length > 0);
    const next = open[which % open.length]?.shift();
    if (!next) break;
    at += waitMs;
    const example = next(at);
    add(example, `d${n}`, at + (isLate ? lateMs : 0));
    add({ ...example, payload: { ...example.payload, installation: { id: 5 } } }, `t${n}`, at + twinMs);
  }
  const kept = new Set<string>();
  return log
    .toSorted(([, a], [, b]) => a - b)
    .filter(([{ same }]) => {
      if (same?.state !== '') return true;
      const isNew = !kept.has(same.thing);
      kept.add(same.thing);
      return isNew;
    });
}

function listen(log: readonly Come[]): Listener {
  const listener = new Listener();
  for (const [delivery, at] of log) {
    listener.passUntil(at);
    listener.hear(delivery, at);
  }
  listener.passUntil(Number.MAX_SAFE_INTEGER);
  return listener;
}

const runs = { numRuns: 200 };

function isRed({ outcome }: GitHubActivity): boolean {
  return outcome === 'failure' || outcome === 'timed_out';
}

describe('the verdict of a run', () => {
  it('is reported once for each attempt that has one, when its end comes, in whatever order the deliveries do', () => {
    fc.assert(
      fc.property(plan, fc.boolean(), (planned, isLate) => {
        const log = logOf(planned, { isLate });
        const ended = new Map<string, { at: EpochMs; outcome: string }>();
        for (const [{ build, outcome, isSilent }, at] of log) {
          if (build?.of !== 'run' || !build.hasEnded || isSilent) continue;
          const key = `${build.id} ${build.attempt}`;
          if (!ended.has(key)) ended.set(key, { at, outcome: outcome ?? '' });
        }
        const told = listen(log).told.filter(({ activity }) => activity.event === 'workflow_run');
        expect(
          told.map(({ at, activity: { subject, title, outcome } }) => ({
            key: `${subject?.slice(4)} ${/\(attempt (\d)\)/.exec(title)?.[1] ?? 1}`,
            at,
            outcome,
          })),
        ).toEqual([...ended].map(([key, { at, outcome }]) => ({ key, at, outcome })));
      }),
      runs,
    );
  });

  it('says of its branch what its newest verdict is, whatever ends late', () => {
    fc.assert(
      fc.property(plan, (planned) => {
        const newest = new Map<string, { order: number; isRed: boolean }>();
        for (const { activity } of listen(logOf(planned)).told) {
          if (activity.event !== 'workflow_run') continue;
          const index = Number(activity.subject?.slice(4)) - 9000;
          const { workflow = 0, branch = '' } = planned.runs[index] ?? {};
          const attempt = Number(/\(attempt (\d)\)/.exec(activity.title)?.[1] ?? 1);
          const order = (index + 1) * 10 + attempt;
          const before = newest.get(`${workflow} ${branch}`);
          if (activity.outcome === 'cancelled') {
            expect(activity.turn).toBeUndefined();
            continue;
          }
          const isLate = before !== undefined && order < before.order;
          const changes = before?.isRed !== isRed(activity);
          expect(activity.turn).toBe(
            isLate || (before && !changes) ? 'same' : isRed(activity) ? 'broken' : before && 'fixed',
          );
          expect(activity.title.includes(' again')).toBe(activity.turn === 'fixed');
          if (!isLate) newest.set(`${workflow} ${branch}`, { order, isRed: isRed(activity) });
        }
      }),
      runs,
    );
  });

  it('names up to three jobs of its own attempt that failed, when it is red', () => {
    fc.assert(
      fc.property(plan, (planned) => {
        for (const { activity } of listen(logOf(planned)).told) {
          if (activity.event !== 'workflow_run') continue;
          const index = Number(activity.subject?.slice(4)) - 9000;
          const attempt = Number(/\(attempt (\d)\)/.exec(activity.title)?.[1] ?? 1);
          const jobs = planned.runs[index]?.attempts[attempt - 1]?.jobs ?? [];
          const failed = jobs.flatMap((hasFailed, j) => (hasFailed ? [`a${attempt}-j${j}`] : []));
          expect(activity.failed ?? []).toEqual(isRed(activity) ? failed.slice(0, 3) : []);
        }
      }),
      runs,
    );
  });

  it('leaves nothing waiting', () => {
    fc.assert(
      fc.property(plan, (planned) => {
        const { facts } = listen(logOf(planned));
        expect(facts?.due).toBeUndefined();
        expect(facts?.waiting).toEqual([]);
      }),
      runs,
    );
  });
});

describe('the verdict of an app', () => {
  it('is reported once for each end of its suite that differs from the one before, a green one after a rest', () => {
    const restMs = 5000;
    fc.assert(
      fc.property(plan, (planned) => {
        const log = logOf({ ...planned, runs: planned.runs.slice(0, 1) });
        const expected: { at: EpochMs; outcome: string | undefined }[] = [];
        let conclusion = '';
        let resting: { at: EpochMs; outcome: string | undefined } | undefined;
        for (const [{ build, outcome, same, deliveryId }, at] of log) {
          if (build?.of !== 'suite' || build.isActions || !deliveryId.startsWith('d')) continue;
          if (same?.state === conclusion) continue;
          conclusion = same?.state ?? '';
          if (resting && resting.at <= at) expected.push(resting);
          resting = outcome === 'success' ? { at: at + restMs, outcome } : undefined;
          if (!resting) expected.push({ at, outcome });
        }
        if (resting) expected.push(resting);
        const told = listen(log).told.filter(({ activity }) => activity.event === 'check_suite');
        expect(told.map(({ at, activity: { outcome } }) => ({ at, outcome }))).toEqual(expected);
      }),
      runs,
    );
  });
});

describe('the verdict of a commit that has statuses alone', () => {
  const told = fc.array(
    fc.record({
      commit: fc.integer({ min: 1, max: 2 }),
      context: fc.constantFrom('ci/a', 'ci/b', 'ci/c'),
      state: fc.constantFrom('pending', 'success', 'failure', 'error'),
      waitMs: fc.oneof(fc.integer({ min: 1, max: 20_000 }), fc.integer({ min: 1, max: 120_000 })),
    }),
    { minLength: 1, maxLength: 30 },
  );

  it('is reported when no status is pending and none has come for a minute, and once until it turns', () => {
    fc.assert(
      fc.property(told, (statuses) => {
        const log: Come[] = [];
        const expected: { at: EpochMs; commit: number; outcome: string }[] = [];
        const states = new Map<number, Map<string, string>>();
        const due = new Map<number, EpochMs>();
        const verdict = new Map<number, string>();
        const judge = (until: EpochMs): void => {
          for (const [commit, at] of [...due].toSorted(([, a], [, b]) => a - b)) {
            if (at > until) continue;
            due.delete(commit);
            const all = [...(states.get(commit)?.values() ?? [])];
            const outcome = all.some((state) => state !== 'success') ? 'failure' : 'success';
            if (verdict.get(commit) !== outcome) expected.push({ at, commit, outcome });
            verdict.set(commit, outcome);
          }
        };
        let at = startMs;
        for (const [n, { commit, context, state, waitMs }] of statuses.entries()) {
          at += waitMs;
          judge(at);
          const one = read(status(at - startMs, { sha: sha(commit), context, state }), `d${n}`, at);
          if (one) log.push([one, at]);
          const known = states.get(commit) ?? new Map<string, string>();
          states.set(commit, known.set(context, state));
          if ([...known.values()].includes('pending')) due.delete(commit);
          else due.set(commit, at + 60_000);
        }
        judge(Number.MAX_SAFE_INTEGER);
        const heard = listen(log).told.map(({ at: when, activity: { subject, outcome } }) => ({
          at: when,
          commit: [1, 2].find((n) => subject === `commit/${sha(n).slice(0, 7)}`),
          outcome,
        }));
        expect(heard).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });
});
