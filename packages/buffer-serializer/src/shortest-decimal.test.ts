import { expect, it } from 'vitest';
import { shortestDecimal, writeDecimals } from './shortest-decimal.ts';

function textOf(sample: number): string {
  return new TextDecoder().decode(writeDecimals(Float32Array.of(sample)));
}

/** The shortest by trying every number of digits. */
function slowest(sample: number): string {
  for (let digits = 1; digits < 9; digits++) {
    const candidate = Number(sample.toPrecision(digits));
    if (Math.fround(candidate) === sample) return String(candidate);
  }
  return String(Number(sample.toPrecision(9)));
}

it('finds the shortest decimals of samples of every magnitude, and writes them as JSON.stringify does', () => {
  const bits = new Uint32Array(1);
  const float = new Float32Array(bits.buffer);
  const wrong: number[] = [];
  let state = 1;
  for (let i = 0; i < 30_000; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    if (i % 3 === 0) bits[0] = state;
    else float[0] = (state / 2 ** 31 - 1) * 10 ** -(i % 7);
    const sample = float[0] ?? 0;
    if (!Number.isFinite(sample)) continue;
    const shortest = shortestDecimal(sample);
    const isShort = String(shortest).length <= slowest(sample).length;
    if (Math.fround(shortest) !== sample || !isShort || textOf(sample) !== JSON.stringify(shortest)) wrong.push(sample);
  }
  expect(wrong).toEqual([]);
});

it('holds at every power of two and its neighbours', () => {
  const bits = new Uint32Array(1);
  const float = new Float32Array(bits.buffer);
  for (let exponent = -149; exponent < 128; exponent++) {
    for (const step of [-1, 0, 1]) {
      float[0] = 2 ** exponent;
      bits[0] = (bits[0] ?? 0) + step;
      const sample = float[0] ?? 0;
      expect(Math.fround(Number(textOf(sample)))).toBe(sample);
    }
  }
});

it('keeps the sign of zero and separates samples with commas', () => {
  expect(textOf(-0)).toBe('-0');
  expect(new TextDecoder().decode(writeDecimals(Float32Array.of(0.1, -0.5, 12.25, 1e-7, 3e9)))).toBe(
    '0.1,-0.5,12.25,1e-7,3000000000',
  );
});
