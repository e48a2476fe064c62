import { describe, expect, it } from 'vitest';
import { resample, resampledLength } from './resample.ts';

function tone(frequency: number, rate: number, length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => 0.5 * Math.sin((2 * Math.PI * frequency * i) / rate));
}

/** Difference from the same tone made at the target rate, away from both ends, in dB below it. */
function errorDb(frequency: number, from: number, to: number): number {
  const length = Math.round(from / 5);
  const result = resample(tone(frequency, from, length), from, to, resampledLength(length, from, to));
  const ideal = tone(frequency, to, result.length);
  const margin = Math.ceil((80 * to) / Math.min(from, to));
  let error = 0;
  let power = 0;
  for (let i = margin; i < result.length - margin; i++) {
    error += ((result[i] ?? 0) - (ideal[i] ?? 0)) ** 2;
    power += (ideal[i] ?? 0) ** 2;
  }
  return 10 * Math.log10(error / power);
}

describe('resample', () => {
  it.each([
    [44_100, 48_000, 1000],
    [44_100, 48_000, 15_000],
    [48_000, 44_100, 15_000],
    [96_000, 48_000, 10_000],
    [8000, 48_000, 2000],
    [192_000, 48_000, 10_000],
  ])('from %d to %d Hz keeps a tone of %d Hz within -80 dB, phase and all', (from, to, frequency) => {
    expect(errorDb(frequency, from, to)).toBeLessThan(-80);
  });

  it('between rates without a common ratio stays within -55 dB', () => {
    expect(errorDb(5000, 44_101, 48_000)).toBeLessThan(-55);
  });
});
