import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DueQueue } from './due-queue.ts';
import { startTimer, waitAtMost } from './timer.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('startTimer', () => {
  it('waits for as long as it says, also beyond what a timer of the runtime can', () => {
    for (const ms of [1, 2 ** 31 - 1, 2 ** 31, 2 ** 33, 90 * 86_400_000]) {
      const ended = vi.fn<() => void>();
      startTimer(ms, ended);
      vi.advanceTimersByTime(ms - 1);
      expect(ended).toHaveBeenCalledTimes(0);
      vi.advanceTimersByTime(2);
      expect(ended).toHaveBeenCalledTimes(1);
    }
  });

  it('never ends after Infinity, and not when it was stopped', async () => {
    const ended = vi.fn<() => void>();
    startTimer(Number.POSITIVE_INFINITY, ended);
    const long = startTimer(2 ** 33, ended);
    vi.advanceTimersByTime(2 ** 32);
    long.stop();
    vi.advanceTimersByTime(2 ** 34);
    expect(ended).toHaveBeenCalledTimes(0);
    await waitAtMost(Promise.resolve(), Number.POSITIVE_INFINITY);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('DueQueue', () => {
  it('gives everything when it is due, in the order of the times, and nothing twice', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 200_000 }), fc.boolean()), { maxLength: 60 }),
        (items) => {
          const got: { readonly value: number; readonly at: number }[] = [];
          const from = Date.now();
          const queue = new DueQueue<number>(Date.now, () => {
            for (let value = queue.take(); value !== undefined; value = queue.take()) {
              got.push({ value, at: Date.now() - from });
            }
          });
          for (const [place, [due]] of items.entries()) queue.add(from + due, place);
          const gone = queue.remove((place) => items[place]?.[1] ?? false);
          const wanted = [...items.entries()].filter(([, [, isRemoved]]) => !isRemoved);
          expect(gone).toBe(items.length - wanted.length);
          vi.advanceTimersByTime(200_001);
          const sorted = wanted.toSorted(([a, [one]], [b, [two]]) => one - two || a - b);
          expect(got.map(({ value }) => value)).toEqual(sorted.map(([place]) => place));
          for (const { value, at } of got) expect(at).toBe(items[value]?.[0]);
          expect(queue.size).toBe(0);
          expect(vi.getTimerCount()).toBe(0);
        },
      ),
      { numRuns: 60 },
    );
  });
});
