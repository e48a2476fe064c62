import type { GitHubActivity } from '@bnc/contracts';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { PhraseScheduler } from './phrase-scheduler.ts';
import { RoomGrid } from './room-grid.ts';

const activity = (deliveryId: string, repositoryId = 1): GitHubActivity => ({
  deliveryId,
  event: 'push',
  repoId: 'owner/repo',
  repositoryId,
  isPrivate: false,
  actor: 'cat',
  isBot: false,
  commits: 1,
  files: 1,
  additions: 0,
  deletions: 0,
  title: 'a push',
  url: 'https://github.com/owner/repo',
  occurredAt: 0,
});

const setUp = ({
  heard = true,
  fail = false,
} = {}): {
  scheduler: PhraseScheduler;
  phrases: string[][];
} => {
  const phrases: string[][] = [];
  const grid = new RoomGrid();
  const scheduler = new PhraseScheduler({
    grid,
    compose: async (activities) => {
      if (fail) throw new Error('the bus is down');
      if (heard) grid.expect(activities[0]?.repositoryId ?? 0, 4000);
      phrases.push(activities.map(({ deliveryId }) => deliveryId));
    },
  });
  return { scheduler, phrases };
};

describe('activities in one room', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('do not wait when the room is silent', async () => {
    const { scheduler, phrases } = setUp();
    await scheduler.add([activity('1')]);
    expect(phrases).toEqual([['1']]);
  });

  test('become one phrase while another sounds, composed before it ends', async () => {
    const { scheduler, phrases } = setUp();
    await scheduler.add([activity('1')]);
    const waiting = ['2', '3', '4'].map((id) => scheduler.add([activity(id)]));
    expect(phrases).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(4000);
    await Promise.all(waiting);
    expect(phrases).toEqual([['1'], ['2', '3', '4']]);
  });

  test('speak for at most 500 in one phrase, and lose none of 1,201', async () => {
    const { scheduler, phrases } = setUp();
    await scheduler.add([activity('first')]);
    const waiting = Array.from({ length: 1200 }, (_, index) => scheduler.add([activity(String(index))]));
    await vi.advanceTimersByTimeAsync(30_000);
    await Promise.all(waiting);
    expect(phrases.map((phrase) => phrase.length)).toEqual([1, 500, 500, 200]);
    expect(new Set(phrases.flat()).size).toBe(1201);
  });

  test('that are told together are one phrase even in a silent room', async () => {
    const { scheduler, phrases } = setUp();
    await scheduler.add([activity('1'), activity('2')]);
    expect(phrases).toEqual([['1', '2']]);
  });

  test('of other rooms do not wait for it', async () => {
    const { scheduler, phrases } = setUp();
    await scheduler.add([activity('1')]);
    await scheduler.add([activity('2', 2)]);
    expect(phrases).toEqual([['1'], ['2']]);
  });

  test('do not wait where nobody listens', async () => {
    const { scheduler, phrases } = setUp({ heard: false });
    await scheduler.add([activity('1')]);
    await scheduler.add([activity('2')]);
    expect(phrases).toEqual([['1'], ['2']]);
  });

  test('are all told when their phrase cannot be published, so that they come again', async () => {
    const { scheduler } = setUp({ fail: true });
    await expect(scheduler.add([activity('1')])).rejects.toThrow('the bus is down');
  });

  test('are composed at once when the server stops', async () => {
    const { scheduler, phrases } = setUp();
    await scheduler.add([activity('1')]);
    const waiting = scheduler.add([activity('2')]);
    await scheduler.flush();
    await waiting;
    expect(phrases).toEqual([['1'], ['2']]);
  });
});
