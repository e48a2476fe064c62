import type { GitHubActivity } from '@bnc/contracts';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Gatherer } from './gatherer.ts';

let count = 0;
const activity = (changes: Partial<GitHubActivity> = {}): GitHubActivity => ({
  deliveryId: `d${++count}`,
  event: 'issue_comment',
  action: 'created',
  repoId: 'owner/repo',
  repositoryId: 1,
  isPrivate: false,
  actor: 'cat[bot]',
  isBot: true,
  commits: 0,
  files: 0,
  additions: 0,
  deletions: 0,
  title: 'a comment',
  url: '',
  occurredAt: 0,
  ...changes,
});

const setUp = ({ fail = false } = {}): { gatherer: Gatherer; told: [repositoryId: number, count: number][] } => {
  const told: [number, number][] = [];
  const gatherer = new Gatherer(async (activities) => {
    if (fail) throw new Error('the bus is down');
    told.push([activities[0].repositoryId, activities.length]);
  }, Date.now);
  return { gatherer, told };
};

/** Says whether promises have settled. */
const settled = async (promises: readonly Promise<unknown>[]): Promise<boolean[]> => {
  const done = promises.map(() => false);
  for (const [index, promise] of promises.entries()) {
    const end = (): void => {
      done[index] = true;
    };
    promise.then(end, end);
  }
  await vi.advanceTimersByTimeAsync(0);
  return done;
};

describe('a gatherer', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: 1_764_000_000_000 });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('passes news on at once, and settles when it has been told', async () => {
    const { gatherer, told } = setUp();
    await gatherer.add(activity({ isBot: false }));
    expect(told).toEqual([[1, 1]]);
  });

  test('passes a wave on when its time has come, and settles all of it then', async () => {
    const { gatherer, told } = setUp();
    const waiting = [1, 2, 3].map(() => gatherer.add(activity()));
    await vi.advanceTimersByTimeAsync(9_999);
    expect(await settled(waiting)).toEqual([false, false, false]);
    await vi.advanceTimersByTimeAsync(1);
    expect(told).toEqual([[1, 3]]);
    await Promise.all(waiting);
  });

  test('keeps rooms apart', async () => {
    const { gatherer, told } = setUp();
    void gatherer.add(activity());
    await vi.advanceTimersByTimeAsync(5000);
    void gatherer.add(activity({ repositoryId: 2 }));
    await vi.advanceTimersByTimeAsync(5000);
    expect(told).toEqual([[1, 1]]);
    await vi.advanceTimersByTimeAsync(5000);
    expect(told).toEqual([
      [1, 1],
      [2, 1],
    ]);
  });

  test('tells everybody who waits when a wave could not be told, so that it comes again', async () => {
    const { gatherer } = setUp({ fail: true });
    const waiting = [1, 2].map(() => expect(gatherer.add(activity())).rejects.toThrow('the bus is down'));
    await vi.advanceTimersByTimeAsync(10_000);
    await Promise.all(waiting);
  });

  test('takes what has failed once more', async () => {
    const { gatherer } = setUp({ fail: true });
    const again = activity();
    for (let attempt = 0; attempt < 3; attempt++) {
      const waiting = expect(gatherer.add(again)).rejects.toThrow('the bus is down');
      await vi.advanceTimersByTimeAsync(10_000);
      await waiting;
    }
  });

  test('holds 600 activities of all rooms: then the room that holds most tells what it holds', async () => {
    const { gatherer, told } = setUp();
    // A second apart, each room is a flood before long: 2 minutes, then 10.
    for (let index = 0; index < 1500; index++) {
      void gatherer.add(activity({ repositoryId: index % 3 === 0 ? 2 : 1, actor: `cat-${index % 2}[bot]` }));
      await vi.advanceTimersByTimeAsync(100);
    }
    const sum = (): number => told.reduce((all, [, many]) => all + many, 0);
    expect(sum()).toBeGreaterThanOrEqual(900);
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(sum()).toBe(1500);
  });

  test('gives nothing away when it is closed: what it holds is not acknowledged, and comes again', async () => {
    const { gatherer, told } = setUp();
    const waiting = [gatherer.add(activity())];
    gatherer.close();
    waiting.push(gatherer.add(activity({ isBot: false })));
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(await settled(waiting)).toEqual([false, false]);
    expect(told).toEqual([]);
  });
});
