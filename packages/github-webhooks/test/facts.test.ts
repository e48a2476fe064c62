import type { EpochMs, GitHubDelivery } from '@bnc/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { limits } from '../src/facts/facts.ts';
import { type Heard, hear, openFacts, type RepositoryFacts } from '../src/index.ts';
import { type Example, examples } from './deliveries.ts';
import { derivedCases } from './derived.ts';
import { Listener, read } from './listener.ts';
import * as payloads from './payloads.ts';
import { startMs } from './payloads.ts';
import { vary } from './vary.ts';

/** Freezes all of a value, so that a change of it throws. */
function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(frozen);
  }
  return value;
}

function copyOf(facts: RepositoryFacts | undefined): RepositoryFacts | undefined {
  return facts && (JSON.parse(JSON.stringify(facts)) as RepositoryFacts);
}

/** Hears without ever letting facts be changed, and twice: with the facts, and with what JSON makes of them. */
function hearStrictly(facts: RepositoryFacts | undefined, delivery: GitHubDelivery | undefined, at: EpochMs): Heard {
  const heard = hear(frozen(facts), frozen(delivery), at);
  const again = hear(copyOf(facts), delivery, at);
  expect(again).toStrictEqual(heard);
  expect(copyOf(heard.facts)).toStrictEqual(heard.facts);
  return heard;
}

const here = { id: 42, full_name: 'cats/choir', default_branch: 'main' };
const everything: readonly Example[] = [...examples, ...derivedCases]
  .filter(({ payload }) => payload.repository !== undefined)
  .map(({ event, payload }) => ({ event, payload: vary(payload, { repository: here }) }));

/** Deliveries at random times, each through one or two hooks. */
const anyStory = fc.array(
  fc.record({
    example: fc.nat(everything.length - 1),
    waitMs: fc.oneof(fc.nat(1000), fc.nat(5000), fc.nat(700_000)),
    isTwin: fc.boolean(),
  }),
  { minLength: 1, maxLength: 40 },
);

type Story = typeof anyStory extends fc.Arbitrary<infer T> ? T : never;
type Come = readonly [delivery: GitHubDelivery, at: EpochMs];

function timed(story: Story): readonly Come[] {
  let at = startMs;
  return story.flatMap(({ example, waitMs, isTwin }, index): Come[] => {
    at += waitMs;
    const told = everything[example];
    if (!told) return [];
    const one = read(told, `d${index}`, at);
    const twin = isTwin
      ? read({ ...told, payload: { ...told.payload, installation: { id: 5 } } }, `t${index}`, at)
      : undefined;
    return [one, twin].filter((delivery) => delivery !== undefined).map((delivery, n) => [delivery, at + n]);
  });
}

describe('facts', () => {
  it('are changed by nothing, kept by JSON as they are, and wait for nothing for ever', () => {
    fc.assert(
      fc.property(anyStory, (story) => {
        const listener = new Listener(hearStrictly);
        for (const [delivery, at] of timed(story)) {
          listener.passUntil(at);
          listener.hear(delivery, at);
        }
        const last = listener.facts?.at ?? 0;
        listener.passUntil(last + 120_000);
        expect(listener.facts?.due).toBeUndefined();
        expect(listener.facts?.waiting ?? []).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  it('report the same whether `hear` is called when something is due or with the next delivery', () => {
    fc.assert(
      fc.property(anyStory, (story) => {
        const punctual = new Listener();
        const lazy = new Listener();
        for (const [delivery, at] of timed(story)) {
          punctual.passUntil(at);
          punctual.hear(delivery, at);
          lazy.hear(delivery, at);
        }
        punctual.passUntil(Number.MAX_SAFE_INTEGER);
        lazy.hear(undefined, Number.MAX_SAFE_INTEGER);
        expect(lazy.told.map(({ activity }) => activity)).toEqual(punctual.told.map(({ activity }) => activity));
      }),
      { numRuns: 300 },
    );
  });

  it('report each delivery at most once, and no silent one', () => {
    fc.assert(
      fc.property(anyStory, (story) => {
        const listener = new Listener();
        const deliveries = timed(story);
        for (const [delivery, at] of deliveries) listener.hear(delivery, at);
        listener.passUntil(Number.MAX_SAFE_INTEGER);
        const ids = listener.told.map(({ activity }) => activity.deliveryId);
        expect(new Set(ids).size).toBe(ids.length);
        const silent = new Set(
          deliveries.flatMap(([{ isSilent, deliveryId, event }]) =>
            isSilent && event !== 'status' ? [deliveryId] : [],
          ),
        );
        expect(ids.filter((id) => silent.has(id))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('never run backwards, though the clock does', () => {
    const listener = new Listener();
    const first = read(payloads.push(0), 'a', startMs);
    const second = read(payloads.push(60_000, { after: payloads.sha(3) }), 'b', startMs);
    listener.hear(first, startMs);
    listener.hear(second, startMs - 3_600_000);
    expect(listener.facts?.at).toBe(startMs);
    expect(listener.told).toHaveLength(2);
  });

  it('forget the bodies of deliveries once no twin of them can come, and keep what they told', () => {
    const listener = new Listener();
    const hour = 3_600_000;
    for (let n = 0; n < 20; n++) {
      const at = n * hour;
      listener.hear(read(payloads.push(at, { after: payloads.sha(n) }), `d${n}`, startMs + at), startMs + at);
    }
    expect(listener.told).toHaveLength(20);
    const told = listener.facts?.told.map(([key]) => key) ?? [];
    expect(told.filter((key) => key.startsWith('body '))).toEqual(['body d19']);
    expect(told.filter((key) => !key.startsWith('body '))).toHaveLength(20);
  });

  it('wait no longer for the run of a suite once it has come', () => {
    const listener = new Listener();
    listener.hear(read(payloads.suite(0), 'a', startMs), startMs);
    expect(listener.facts?.due).toBe(startMs + 60_000);
    listener.hear(read(payloads.run(1000), 'b', startMs + 1000), startMs + 1000);
    expect(listener.facts?.due).toBeUndefined();
  });

  it('know a body that comes again under another id, though nothing else names it', () => {
    const listener = new Listener();
    const first = read(payloads.secretAlert(0, 'resolved'), 'body', startMs);
    const second = read(payloads.secretAlert(0, 'reopened'), 'other body', startMs);
    listener.hear(first, startMs);
    listener.hear(second, startMs + 1000);
    const again = first && { ...first, deliveryId: 'again' };
    expect(listener.hear(again, startMs + 2000).isDuplicate).toBe(true);
    expect(listener.hear(again, startMs + 3_600_000).isDuplicate).toBe(false);
  });

  it('begin with nothing', () => {
    expect(hear(undefined, undefined, startMs)).toEqual({
      facts: { ...openFacts(), at: startMs },
      activities: [],
      isDuplicate: false,
    });
  });

  it('forget what is older than two weeks', () => {
    const listener = new Listener();
    for (let n = 0; n < 50; n++) {
      listener.hear(read(payloads.status(n, { sha: payloads.sha(n) }), `s${n}`, startMs), startMs);
      listener.hear(read(payloads.pull(n, 'opened', { number: n + 1 }), `p${n}`, startMs), startMs);
      listener.hear(read(payloads.run(n, { id: n + 1, action: 'requested' }), `r${n}`, startMs), startMs);
    }
    listener.passUntil(startMs + 60_000);
    expect(listener.facts?.told).not.toEqual([]);
    expect(listener.facts?.commits).not.toEqual([]);
    expect(listener.facts?.runs).not.toEqual([]);
    listener.hear(undefined, startMs + 15 * 86_400_000);
    expect(listener.facts).toMatchObject({ told: [], commits: [], runs: [] });
  });
});

type Numbers = (below: number) => number;
type Kind = (at: number, next: Numbers) => Example;

/** The same numbers every time. */
function numbers(seed: number): Numbers {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const odd = [
  '__proto__',
  'constructor',
  'toString',
  'x'.repeat(200),
  '🐈'.repeat(100),
  '"'.repeat(200),
  '\u0000'.repeat(200),
  '../..',
  '',
];

function name(next: Numbers, among: number): string {
  return `${odd[next(odd.length)]}${next(among)}`;
}

function hash(next: Numbers, among: number): string {
  return payloads.sha(next(among));
}

function pick<T>(next: Numbers, ...values: readonly [T, ...T[]]): T {
  return values[next(values.length)] ?? values[0];
}

function verdict(next: Numbers): string {
  return pick(next, 'success', 'failure', 'timed_out', 'cancelled', 'action_required');
}

const hostile: Readonly<Record<string, Kind>> = {
  'statuses of many commits': (at, next) =>
    payloads.status(at, {
      sha: hash(next, 4000),
      context: name(next, 80),
      branch: name(next, 400),
      state: pick(next, 'pending', 'success', 'failure'),
      protected: next(2) === 0,
    }),
  'statuses of few commits': (at, next) =>
    payloads.status(at, { sha: hash(next, 20), context: name(next, 4000), state: 'failure' }),
  'runs of workflows': (at, next) =>
    payloads.run(at, {
      id: next(1000),
      attempt: 1 + next(3),
      number: next(500),
      suite: next(500),
      branch: name(next, 400),
      conclusion: verdict(next),
      sha: hash(next, 400),
      workflow: { id: next(4000), name: name(next, 60) },
      action: pick(next, 'completed', 'in_progress'),
    }),
  'failed jobs': (at, next) =>
    payloads.job(at, {
      id: next(5000),
      run: next(1000),
      attempt: 1 + next(3),
      name: name(next, 80),
      conclusion: 'failure',
    }),
  'failed checks': (at, next) =>
    payloads.check(at, {
      id: next(5000),
      suite: next(500),
      sha: hash(next, 4000),
      name: name(next, 80),
      conclusion: 'failure',
      app: { slug: name(next, 60), name: name(next, 60) },
    }),
  'check suites of apps': (at, next) =>
    payloads.suite(at, {
      id: next(500),
      branch: name(next, 400),
      conclusion: verdict(next),
      app: { slug: name(next, 60), name: name(next, 60) },
    }),
  'check suites of GitHub Actions': (at, next) => payloads.suite(at, { id: next(5000), sha: hash(next, 4000) }),
  pushes: (at, next) =>
    payloads.push(at, {
      branch: name(next, 400),
      after: hash(next, 9000),
      before: pick(next, '0'.repeat(40), hash(next, 9000)),
      forced: next(2) === 0,
      by: pick(next, 'mona', 'renovate[bot]'),
    }),
  'branches that come': (at, next) => payloads.created(at, { branch: name(next, 4000), by: 'renovate[bot]' }),
  'tags that go': (at, next) => payloads.deleted(at, { tag: name(next, 4000), by: name(next, 400) }),
  'pull requests': (at, next) =>
    payloads.pull(at, pick(next, 'opened', 'merged', 'labeled', 'enqueued', 'dequeued', 'closed'), {
      number: next(4000),
      title: name(next, 400),
      head: name(next, 400),
      by: name(next, 400),
      mergeSha: hash(next, 9000),
      extra: { label: { name: name(next, 80) } },
    }),
  issues: (at, next) =>
    payloads.issue(at, pick(next, 'opened', 'closed', 'labeled', 'milestoned'), {
      number: next(4000),
      title: name(next, 400),
      by: `${name(next, 400)}[bot]`,
    }),
  releases: (at, next) =>
    payloads.release(at, 'published', {
      id: next(4000),
      tag: name(next, 400),
      name: name(next, 400),
      by: name(next, 400),
    }),
  rules: (at, next) => payloads.rule(at, pick(next, 'created', 'created', 'deleted'), name(next, 400), next(400)),
  rulesets: (at, next) =>
    payloads.ruleset(at, 'created', {
      id: next(400),
      include: Array.from({ length: 60 }, () => name(next, 400)),
    }),
  'gated deployments': (at, next) =>
    payloads.gate(at, 'requested', { environments: [name(next, 400)], run: next(4000) }),
  'groups of the merge queue': (at, next) =>
    payloads.mergeGroup(at, 'checks_requested', { number: next(4000), head: hash(next, 9000) }),
  'comments of reviews': (at, next) =>
    payloads.reviewComment(at, next(9000), { reviewId: next(9000), by: name(next, 400) }),
  'alerts and conversations': (at, next) =>
    payloads.deliver(at, 'pull_request_review_thread', {
      action: pick(next, 'resolved', 'unresolved'),
      thread: { node_id: name(next, 4000) },
      pull_request: { number: next(4000), title: name(next, 400), updated_at: name(next, 400) },
    }),
};

function expectWithinLimits(facts: RepositoryFacts): void {
  expect(facts.told.length).toBeLessThanOrEqual(limits.told);
  expect(facts.runs.length).toBeLessThanOrEqual(limits.runs);
  expect(facts.commits.length).toBeLessThanOrEqual(limits.commits);
  expect(facts.queue.length).toBeLessThanOrEqual(limits.queue);
  expect(facts.rules.length).toBeLessThanOrEqual(limits.rules);
  expect(facts.acts.length).toBeLessThanOrEqual(limits.acts);
  expect(facts.waiting.length).toBeLessThanOrEqual(limits.waiting);
  expect(facts.colours.length).toBeLessThanOrEqual(limits.branches);
  for (const [, workflows] of facts.colours) expect(workflows.length).toBeLessThanOrEqual(limits.workflows);
  for (const [, { statuses }] of facts.commits) expect(statuses.length).toBeLessThanOrEqual(limits.contexts);
  for (const [, { failed }] of facts.runs) expect(failed.length).toBeLessThanOrEqual(3);
  expect(JSON.stringify(facts).length).toBeLessThan(256_000);
}

describe('facts of a hostile repository', () => {
  /** Hears deliveries of one kind or of all, many within a second. */
  const flood = (listener: Listener, kinds: readonly Kind[], count: number, seed: number): void => {
    const next = numbers(seed);
    let at = listener.facts?.at ?? startMs;
    for (let n = 0; n < count; n++) {
      at += next(20) === 0 ? next(2000) : next(20);
      const told = kinds[next(kinds.length)]?.(at - startMs, next);
      listener.hear(told && read(told, `d${seed}-${n}`, at), at);
      if (n % 500 === 499 && listener.facts) expectWithinLimits(listener.facts);
    }
  };

  it('stay small and within their limits through 10,000 deliveries', () => {
    const listener = new Listener();
    flood(listener, Object.values(hostile), 10_000, 1);
    listener.passUntil(Number.MAX_SAFE_INTEGER);
    expect(listener.facts?.due).toBeUndefined();
  }, 60_000);

  it.each(Object.keys(hostile))(
    'stay small and within their limits through 1,500 deliveries of one kind: %s',
    (kind) => {
      const listener = new Listener();
      flood(listener, [hostile[kind] as Kind], 1500, 2);
      listener.passUntil(Number.MAX_SAFE_INTEGER);
      expect(listener.facts?.due).toBeUndefined();
    },
  );

  it('stay small and within their limits when one kind after the other has filled its place', () => {
    const listener = new Listener();
    for (const [index, kind] of Object.values(hostile).entries()) {
      flood(listener, [kind], 500, index + 3);
    }
  }, 60_000);
});
