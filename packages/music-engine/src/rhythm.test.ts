import fc from 'fast-check';
import { expect, test } from 'vitest';
import { euclid, grooves, inBar, readCell, swung } from './rhythm.ts';

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

test.each(Object.entries(grooves))(
  'in the groove %s the first beat is the strongest, off-beats are weaker than beats, and nothing is late by more than 6 ms',
  (_, groove) => {
    expect(groove.accents).toHaveLength(16);
    expect(groove.late).toHaveLength(16);
    expect(Math.max(...groove.accents)).toBe(groove.accents[0]);
    for (const beat of [4, 8, 12]) expect(groove.accents[beat]).toBeGreaterThan(inBar(groove.accents, beat + 1));
    expect(Math.max(...groove.late.map(Math.abs))).toBeLessThanOrEqual(6);
  },
);
