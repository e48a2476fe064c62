import { expect, test } from 'vitest';
import { compose } from './compose.ts';

const minimal = { tempo: 120, scale: ['C4', 'D4', 'E4', 'G4', 'A4'], instrumentType: 'synth', duration: 8 } as const;

test('the four fields of the seed are enough', () => {
  const score = compose(minimal);
  expect(score).toMatchObject({ tempo: 120, duration: 8 });
  expect(score.tracks[0]?.instrument).toBe('synth');
  expect(score.tracks[0]?.notes.length).toBeGreaterThan(8);
});

test('an explicit pattern is played as it is', () => {
  const pattern = {
    notes: ['C4', 'F#4', 'G4'],
    durations: ['8n', '4n.', '0.5s'],
    times: ['0:0:0', '0:1:2', '1.5s'],
    velocities: [0.5, 1, 0.25],
  };
  expect(compose({ ...minimal, pattern }).tracks[0]?.notes).toEqual([
    { time: 0, duration: 0.25, midi: 60, velocity: 0.5 },
    { time: 0.75, duration: 0.75, midi: 66, velocity: 1 },
    { time: 1.5, duration: 0.5, midi: 67, velocity: 0.25 },
  ]);
});

test.each([
  ['tempo', { tempo: 20 }],
  ['tempo', { tempo: Number.NaN }],
  ['duration', { duration: 0 }],
  ['duration', { duration: 1e9 }],
  ['scale', { scale: [] }],
  ['H4', { scale: ['H4'] }],
  ['theme', { theme: 'polka' }],
  ['density', { density: 2 }],
  ['pattern', { pattern: { notes: ['C4'], durations: [], times: [], velocities: [] } }],
  ['soon', { pattern: { notes: ['C4'], durations: ['8n'], times: ['soon'], velocities: [1] } }],
])('a wrong %s is refused by name', (word, wrong) => {
  expect(() => compose({ ...minimal, ...wrong })).toThrow(RangeError);
  expect(() => compose({ ...minimal, ...wrong })).toThrow(word);
});
