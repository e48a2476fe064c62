import fc from 'fast-check';
import { expect, test } from 'vitest';
import { accent, euclid, readCell, swung } from './rhythm.ts';

test('three onsets in eight steps are the tresillo, five in eight the cinquillo', () => {
  expect(euclid(3, 8)).toEqual([0, 3, 6]);
  expect(euclid(5, 8)).toEqual([0, 2, 4, 5, 7]);
});

test('onsets are spread as evenly as whole steps allow', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 32 }), fc.integer({ min: 1, max: 32 }), (onsets, steps) => {
      const starts = euclid(onsets, steps);
      const gaps = starts.map((start, i) => (starts[i + 1] ?? steps) - start);
      expect(starts).toHaveLength(Math.min(onsets, steps));
      expect(starts[0]).toBe(0);
      expect(Math.max(...gaps) - Math.min(...gaps)).toBeLessThanOrEqual(1);
    }),
  );
});

test('a cell is read sign by sign', () => {
  expect(readCell('x--x.x')).toEqual([
    { step: 0, length: 3 },
    { step: 3, length: 1 },
    { step: 5, length: 1 },
  ]);
});

test('swing delays every second sixteenth and no other', () => {
  expect([0, 1, 2, 3].map((step) => swung(step, 0.25))).toEqual([0, 1.25, 2, 3.25]);
});

test('the first beat is the strongest, the third the next', () => {
  expect([0, 8, 4, 2, 1].map(accent)).toEqual([1, 0.94, 0.9, 0.84, 0.78]);
});
