import { envelope } from '@bnc/testing/sound';

/** Where in a recording a clip begins, and how alike the two are there. */
export interface Likeness {
  /** Seconds from the start of the recording; negative when the recording begins in the middle of the clip. */
  readonly lag: number;
  /** Normalised correlation of the parts that overlap: 1 for the same sound at any volume. */
  readonly likeness: number;
}

/** Sums over the overlap of two sounds, one of them moved by `lag` samples. */
function overlap(a: Float32Array, b: Float32Array, lag: number, stride: number) {
  const sums = { product: 0, energyOfA: 0, energyOfB: 0 };
  for (let index = Math.max(0, -lag); index < Math.min(a.length, b.length - lag); index += stride) {
    const [x, y] = [a[index] ?? 0, b[index + lag] ?? 0];
    sums.product += x * y;
    sums.energyOfA += x * x;
    sums.energyOfB += y * y;
  }
  return sums;
}

/** The lag with the largest product: a short overlap cannot win by being alike by chance. */
function bestLag(a: Float32Array, b: Float32Array, from: number, to: number, stride: number): number {
  let winner = from;
  let high = Number.NEGATIVE_INFINITY;
  for (let lag = from; lag <= to; lag++) {
    const { product } = overlap(a, b, lag, stride);
    if (product > high) [winner, high] = [lag, product];
  }
  return winner;
}

/** Finds a clip in a recording: first by its loudness over time, then sample by sample. Both have one sample rate. */
export function findClip(clip: Float32Array, recording: Float32Array, sampleRate: number): Likeness {
  const hop = 0.005;
  const [shape = clip, whole = clip] = [clip, recording].map((samples) => envelope(samples, sampleRate, 0.01, hop));
  const coarse = bestLag(shape, whole, -shape.length, whole.length, 1);
  const around = Math.round(coarse * hop * sampleRate);
  const reach = Math.round(0.015 * sampleRate);
  const lag = bestLag(clip, recording, around - reach, around + reach, 11);
  const { product, energyOfA, energyOfB } = overlap(clip, recording, lag, 1);
  return { lag: lag / sampleRate, likeness: product / Math.sqrt(energyOfA * energyOfB || 1) };
}
