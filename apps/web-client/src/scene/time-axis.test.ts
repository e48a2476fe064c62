import { describe, expect, test } from 'vitest';
import { TimeAxis } from './time-axis.ts';

const minute = 60_000;
const day = { startAt: 0, endsAt: 8000 };
const evening = { startAt: 10 * minute, endsAt: 10 * minute + 6000 };
const axis = new TimeAxis([day, evening], 3);

describe('the time axis', () => {
  test('gives a second of sound a second of room, wherever it is', () => {
    expect(axis.placeOf(4000) - axis.placeOf(3000)).toBeCloseTo(1);
    expect(axis.placeOf(evening.startAt + 3000) - axis.placeOf(evening.startAt)).toBeCloseTo(3);
  });

  test('lets a longer silence be a longer way, and a night less than a window', () => {
    const waysOf = [1, 10, 100, 1000, 30_000].map(
      (seconds) => axis.placeOf(evening.endsAt + seconds * 1000) - axis.placeOf(evening.endsAt),
    );
    expect(waysOf.toSorted((a, b) => a - b)).toEqual(waysOf);
    expect(waysOf[0]).toBeGreaterThan(0.8);
    expect(waysOf.at(-1)).toBeLessThan(30);
  });

  test('comes back from each place to its moment, also before everything and after it', () => {
    for (const at of [-3_600_000, -1, 0, 5000, 8000, 9000, 5 * minute, evening.startAt, evening.endsAt, 3_600_000]) {
      expect(axis.timeAt(axis.placeOf(at))).toBeCloseTo(at, 3);
    }
  });

  test('never jumps when a phrase comes: what is seen stays where it is', () => {
    const before = new TimeAxis([day], 3);
    const now = evening.startAt - 200;
    expect(axis.placeOf(now) - axis.placeOf(5000)).toBeCloseTo(before.placeOf(now) - before.placeOf(5000));
  });

  test('counts what overlaps once', () => {
    const both = new TimeAxis([day, { startAt: 6000, endsAt: 12_000 }, { startAt: 7000, endsAt: 9000 }], 3);
    expect(both.placeOf(12_000)).toBeCloseTo(12);
  });

  test('has a place for every moment of a room in which nothing has sounded', () => {
    const empty = new TimeAxis([], 3);
    expect(empty.placeOf(2000) - empty.placeOf(1000)).toBeCloseTo(1);
    expect(empty.timeAt(empty.placeOf(5000))).toBeCloseTo(5000);
  });
});
