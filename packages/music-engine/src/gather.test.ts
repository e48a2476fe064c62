import type { GitHubActivity } from '@bnc/contracts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { push } from '../test/activities.ts';
import { type GatherState, gather } from './gather.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

/** An activity and when it comes. */
type Timed = readonly [at: number, activity: GitHubActivity];
/** What was told, and when. */
type Told = readonly [at: number, activities: readonly GitHubActivity[]];

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) freeze(part);
  }
  return value;
}

/** Gathers activities as a server does: it comes back whenever something is due. */
function play(coming: readonly Timed[], keep: (state: GatherState) => GatherState = freeze): Told[] {
  const told: Told[] = [];
  let state: GatherState | undefined;
  let due: number | undefined;
  const step = (at: number, activity?: GitHubActivity): number | undefined => {
    const gathered = gather(state, freeze(activity), at);
    told.push(...gathered.ready.map((activities) => [at, activities] as const));
    state = keep(gathered.state);
    return state.due;
  };
  for (const [at, activity] of coming) {
    while (due !== undefined && due <= at) due = step(due);
    due = step(at, activity);
  }
  while (due !== undefined) due = step(due);
  return told;
}

let count = 0;

function activity(changes: Partial<GitHubActivity>): GitHubActivity {
  return {
    ...push,
    deliveryId: `d${++count}`,
    ...changes,
  };
}

const comment = { event: 'issue_comment', action: 'created', subject: 'issues/7', commits: 0, files: 0 } as const;
const byBot = { actor: 'cat[bot]', isBot: true, agent: { id: 'cat', kind: 'bot' } } as const;
const opened = { event: 'pull_request', action: 'opened', subject: 'pull/7' } as const;
const run = { event: 'workflow_run', action: 'completed', outcome: 'success', commits: 0, files: 0 } as const;
const rebased = { action: 'rebased', forced: true } as const;

/** The same thing again and again. */
function again(times: number, every: number, changes: Partial<GitHubActivity>, from = 0): Timed[] {
  return Array.from({ length: times }, (_, index) => [from + index * every, activity(changes)] as const);
}

/** When how many were told together. */
function countsOf(told: readonly Told[]): [seconds: number, count: number][] {
  return told.map(([at, activities]) => [at / second, activities.length]);
}

describe('news', () => {
  test.each<[string, Partial<GitHubActivity>]>([
    ['a merge', { event: 'pull_request', action: 'closed', outcome: 'merged' }],
    ['a release', { ...byBot, event: 'release', action: 'published' }],
    ['a deployment', { ...byBot, event: 'deployment_status', action: 'created', outcome: 'success' }],
    ['a failed deployment', { ...byBot, event: 'deployment_status', action: 'created', outcome: 'failure' }],
    ['a deployment that waits for approval', { ...byBot, event: 'deployment_status', action: 'waiting' }],
    ['an alert', { ...byBot, event: 'dependabot_alert', action: 'created' }],
    ['red on the default branch', { ...byBot, ...run, outcome: 'failure', turn: 'broken', isDefaultBranch: true }],
    ['green again on the default branch', { ...byBot, ...run, turn: 'fixed', isDefaultBranch: true }],
    ['somebody’s red build', { ...run, outcome: 'failure', turn: 'broken' }],
    ['an approval', { event: 'pull_request_review', action: 'submitted', outcome: 'approved' }],
    ['a pull request of a person', opened],
    ['a push of a person', {}],
  ])('is never held: %s', (_what, changes) => {
    const told = play(again(30, second, changes));
    expect(countsOf(told)).toEqual(Array.from({ length: 30 }, (_, index) => [index, 1]));
  });
});

describe('a wave of a program', () => {
  test('is told 10 s after the last of it', () => {
    expect(countsOf(play(again(15, 4 * second, { ...byBot, ...opened })))).toEqual([[66, 15]]);
  });

  test('is told after 2 minutes though it goes on', () => {
    const [first] = play(again(100, 5 * second, { ...byBot, ...opened }));
    expect(first?.[0]).toBe(2 * minute);
  });

  test('does not wait for the builds that it starts', () => {
    const builds = again(3, 8 * second, { ...byBot, ...run }, 8 * second);
    expect(countsOf(play([...again(1, 0, { ...byBot, ...opened }), ...builds]))).toEqual([
      [10, 1],
      [34, 3],
    ]);
  });

  test('is what it merges and closes, too', () => {
    const merged = { ...byBot, event: 'pull_request', action: 'closed', outcome: 'merged' } as const;
    const closed = { ...byBot, event: 'issues', action: 'closed', outcome: 'closed' } as const;
    expect(countsOf(play([...again(12, 8 * second, merged), ...again(1, 0, closed, 90 * second)]))).toEqual([
      [100, 13],
    ]);
  });

  test('is one of each program', () => {
    const other = { ...byBot, actor: 'dog[bot]', agent: { id: 'dog', kind: 'bot' } } as const;
    const both = [...again(3, 2 * second, { ...byBot, ...opened }), ...again(3, 2 * second, { ...other, ...opened })];
    expect(countsOf(play(both.toSorted(([a], [b]) => a - b)))).toEqual([
      [14, 3],
      [14, 3],
    ]);
  });
});

describe('what a person does', () => {
  test('to a stack of branches is told once, 6 s after the last', () => {
    expect(countsOf(play(again(12, 2 * second, rebased)))).toEqual([[28, 12]]);
  });

  test('to tags is told once too', () => {
    const moved = { action: 'moved', subject: 'tags/v2', commits: 0 } as const;
    expect(countsOf(play(again(3, second, moved)))).toEqual([[8, 3]]);
  });

  test('in a row, small thing by small thing, is told with the first at once and the rest together', () => {
    expect(countsOf(play(again(5, 10 * second, comment)))).toEqual([
      [0, 1],
      [55, 4],
    ]);
  });

  test('in a row is told after a minute though it goes on', () => {
    expect(countsOf(play(again(9, 10 * second, { ...comment, event: 'label' }))).slice(0, 2)).toEqual([
      [0, 1],
      [70, 6],
    ]);
  });

  test('to issues in a row is told twice at once, and the rest together', () => {
    const issues = { event: 'issues', commits: 0, files: 0 } as const;
    for (const changes of [{ action: 'opened' }, { action: 'closed', outcome: 'closed' }] as const) {
      expect(countsOf(play(again(12, 5 * second, { ...issues, ...changes })))).toEqual([
        [0, 1],
        [5, 1],
        [70, 10],
      ]);
    }
  });

  test('now and then is told each time', () => {
    expect(countsOf(play(again(3, 21 * second, comment)))).toEqual([
      [0, 1],
      [21, 1],
      [42, 1],
    ]);
  });

  test('does not wait for what somebody else does, nor for another thread', () => {
    const all = [
      ...again(1, 0, comment),
      ...again(1, 0, { ...comment, actor: 'lisa' }, second),
      ...again(1, 0, { ...comment, subject: 'issues/8' }, 2 * second),
    ];
    expect(countsOf(play(all))).toEqual([
      [0, 1],
      [1, 1],
      [2, 1],
    ]);
  });
});

describe('a flood', () => {
  test('of programs is told six times, then as a count after 10 minutes, 20, and every half hour', () => {
    const told = countsOf(play(again(500, 48 * second, { ...byBot, ...comment })));
    expect(told.slice(0, 6).map(([, many]) => many)).toEqual([1, 1, 1, 1, 1, 1]);
    const minutes = told.slice(5).map(([at]) => at / 60);
    const gaps = minutes.slice(1).map((at, index) => Math.round(at - (minutes[index] ?? 0)));
    expect(gaps).toEqual([11, 20, ...Array.from({ length: gaps.length - 2 }, () => 30)]);
    expect(told.reduce((sum, [, many]) => sum + many, 0)).toBe(500);
  });

  test('of people is told as a count every 3 minutes', () => {
    const told = countsOf(play(again(40, 21 * second, { ...comment, subject: 'issues/7' })));
    expect(told.slice(0, 8)).toEqual([...[0, 21, 42, 63, 84, 105].map((at) => [at, 1]), [306, 9], [495, 9]]);
  });

  test('does not hold what people do while programs flood', () => {
    const flood = again(100, 48 * second, { ...byBot, ...comment });
    const told = play([...flood, ...again(1, 0, comment, 2 * hour)]);
    expect(told.find(([, [first]]) => first?.isBot === false)?.[0]).toBe(2 * hour);
  });

  test('is over when it has been quiet for an hour', () => {
    const told = play([
      ...again(100, 48 * second, { ...byBot, ...comment }),
      ...again(2, minute, { ...byBot, ...comment }, 10 * hour),
    ]);
    expect(countsOf(told.slice(-2))).toEqual([
      [10 * 3600 + 10, 1],
      [10 * 3600 + 70, 1],
    ]);
  });

  test('are not issues that many people open, but those of one', () => {
    const issue = { event: 'issues', action: 'opened', commits: 0, files: 0 } as const;
    const many = Array.from({ length: 20 }, (_, i) => [i * minute, activity({ ...issue, actor: `u${i}` })] as const);
    expect(countsOf(play(many)).every(([, one]) => one === 1)).toBe(true);
    expect(countsOf(play(again(20, 21 * second, issue))).slice(0, 7)).toEqual([
      ...[0, 21, 42, 63, 84, 105].map((at) => [at, 1]),
      [306, 9],
    ]);
  });
});

/** Few kinds of few people, so that they meet. */
const someActivity: fc.Arbitrary<GitHubActivity> = fc
  .record({
    kind: fc.constantFrom<Partial<GitHubActivity>>(
      {},
      opened,
      comment,
      rebased,
      run,
      { ...run, outcome: 'failure', turn: 'broken', isDefaultBranch: true },
      { event: 'label', action: 'created', commits: 0 },
      { event: 'star', action: 'created', commits: 0 },
      { event: 'issues', action: 'closed', outcome: 'not_planned' },
      { event: 'deployment_status', action: 'created', outcome: 'success' },
    ),
    who: fc.constantFrom<Partial<GitHubActivity>>(byBot, { actor: 'mona' }, { actor: 'lisa' }),
    subject: fc.constantFrom('pull/1', 'issues/2', 'heads/main'),
  })
  .map(({ kind, who, subject }) => activity({ subject, ...kind, ...who }));

const gap = fc.oneof(fc.nat(30 * second), fc.nat(2 * second), fc.nat(20 * minute));
const someDay: fc.Arbitrary<Timed[]> = fc.array(fc.tuple(gap, someActivity), { maxLength: 200 }).map((steps) => {
  let at = 1_764_000_000_000;
  return steps.map(([wait, one]) => {
    at += wait;
    return [at, one] as const;
  });
});

describe('whatever comes', () => {
  test('is told exactly once, half an hour after it came at the latest, in the order in which it came', () => {
    fc.assert(
      fc.property(someDay, (coming) => {
        const told = play(coming);
        const ids = told.flatMap(([, activities]) => activities.map(({ deliveryId }) => deliveryId));
        expect(ids.toSorted()).toEqual(coming.map(([, { deliveryId }]) => deliveryId).toSorted());
        const came = new Map(coming.map(([at, { deliveryId }], index) => [deliveryId, { at, index }]));
        for (const [at, activities] of told) {
          const places = activities.map(({ deliveryId }) => came.get(deliveryId));
          expect(Math.max(...places.map((place) => at - (place?.at ?? 0)))).toBeLessThanOrEqual(30 * minute);
          const order = places.map((place) => place?.index ?? 0);
          expect(order).toEqual(order.toSorted((a, b) => a - b));
        }
      }),
      { numRuns: 200 },
    );
  });

  test('is told the same when the state goes through JSON', () => {
    fc.assert(
      fc.property(someDay, (coming) => {
        const kept = play(coming, (state) => JSON.parse(JSON.stringify(state)) as GatherState);
        expect(kept).toEqual(play(coming));
      }),
      { numRuns: 50 },
    );
  });

  test('is not kept for ever: an hour of quiet leaves nothing', () => {
    fc.assert(
      fc.property(someDay, (coming) => {
        let last: GatherState | undefined;
        const keep = (state: GatherState): GatherState => {
          last = state;
          return state;
        };
        const told = play(coming, keep);
        const end = told.at(-1)?.[0] ?? 0;
        expect(gather(last, undefined, end + hour).state).toEqual({ kinds: [] });
      }),
      { numRuns: 50 },
    );
  });

  test('is held to 500 activities of 200 kinds', () => {
    let state: GatherState | undefined;
    let told = 0;
    for (let index = 0; index < 5000; index++) {
      const actor = `cat-${index % 700}[bot]`;
      const gathered = gather(state, activity({ ...comment, actor, isBot: true }), index);
      told += gathered.ready.flat().length;
      state = gathered.state;
      expect(state.kinds.length).toBeLessThanOrEqual(200);
      expect(state.kinds.flatMap(({ held }) => held).length).toBeLessThanOrEqual(500);
    }
    const held = state?.kinds.flatMap((kind) => kind.held).length ?? 0;
    expect(told + held).toBe(5000);
  });
});
