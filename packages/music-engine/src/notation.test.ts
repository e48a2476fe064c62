import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nameableLength, readNote, readPattern, readTime, writePattern } from './notation.ts';

test.each([
  ['4n', 4],
  ['8n', 2],
  ['8n.', 3],
  ['4t', 8 / 3],
  ['1m', 16],
  ['2m', 32],
  ['0:1:0', 4],
  ['1:2:3', 27],
  ['0:0:1.25', 1.25],
  ['1:0', 16],
  ['0.5s', 4],
  ['1', 8],
])('%s is read at 120 BPM', (text, sixteenths) => {
  expect(readTime(text, 120)).toBeCloseTo(sixteenths, 12);
});

test.each(['', 'soon', '0n', '-1s', '8x', '1e3', 'NaN', ':', '0:0:0:0'])('"%s" is no time', (text) => {
  expect(() => readTime(text, 120)).toThrow(RangeError);
});

test.each([
  ['C4', 60],
  ['F#3', 54],
  ['Bb', 70],
  ['Cb4', 59],
])('%s is read', (name, midi) => {
  expect(readNote(name)).toBe(midi);
});

test.each(['', 'H4', 'C99', 'C-9', '60', 'constructor'])('"%s" is no note', (name) => {
  expect(() => readNote(name)).toThrow(RangeError);
});

test('what is written is read back', () => {
  const note = fc.record({
    step: fc.integer({ min: 0, max: 512 }).map((eighths) => eighths / 8),
    length: fc.integer({ min: 1, max: 16 }).map(nameableLength),
    midi: fc.integer({ min: 36, max: 96 }),
    velocity: fc.integer({ min: 1, max: 100 }).map((percent) => percent / 100),
  });
  fc.assert(
    fc.property(fc.array(note), fc.integer({ min: 40, max: 200 }), (notes, tempo) => {
      expect(readPattern(writePattern(notes), tempo)).toEqual(notes.toSorted((a, b) => a.step - b.step));
    }),
  );
});
