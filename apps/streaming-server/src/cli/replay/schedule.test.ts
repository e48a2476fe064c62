import fc from 'fast-check';
import { expect, test } from 'vitest';
import { longestPauseMs, shorten } from './schedule.ts';

const hour = 3_600_000;

test('a short history keeps its times, and its nights are cut to six seconds', () => {
  expect(shorten([1000, 1500, 4000], 60_000)).toEqual([0, 500, 3000]);
  expect(shorten([0, 24 * hour], 60_000)).toEqual([0, longestPauseMs]);
  expect(shorten([], 60_000)).toEqual([]);
});

test('time runs faster where a history is too long, by one factor for all gaps that are not cut', () => {
  const [, first = 0, second = 0, third = 0] = shorten([0, hour, 3 * hour, 103 * hour], 10_000);
  expect(second - first).toBeCloseTo(2 * first, -1);
  expect(third - second).toBe(longestPauseMs);
  expect(third).toBeGreaterThan(9900);
});

test('the times of any history go forwards, and end in time', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 1e13 }), { maxLength: 50 }),
      fc.integer({ min: 60_000, max: 1e7 }),
      (times, lengthMs) => {
        const short = shorten(times, lengthMs);
        expect(short).toHaveLength(times.length);
        expect(short.toSorted((a, b) => a - b)).toEqual(short);
        expect(short.at(-1) ?? 0).toBeLessThanOrEqual(lengthMs + 1);
      },
    ),
  );
});
