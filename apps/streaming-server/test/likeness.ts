import { envelope, rms } from '@bnc/testing/sound';

/** Where in a recording a clip begins, and how alike the two are there. */
export interface Likeness {
  /** Seconds from the start of the recording; negative when the recording begins in the middle of the clip. */
  readonly lag: number;
  /** Normalised correlation of the parts that overlap: 1 for the same sound at any volume. */
  readonly likeness: number;
}

const correlation = (a: Float32Array, b: Float32Array, lag: number, stride: number): number => {
  const from = Math.max(0, -lag);
  const to = Math.min(a.length, b.length - lag);
  if (to - from < stride * 16) return 0;
  let product = 0;
  let energyOfA = 0;
  let energyOfB = 0;
  for (let index = from; index < to; index += stride) {
    const x = a[index] ?? 0;
    const y = b[index + lag] ?? 0;
    product += x * y;
    energyOfA += x * x;
    energyOfB += y * y;
  }
  return product / Math.sqrt(energyOfA * energyOfB || 1);
};

const best = (from: number, to: number, step: number, score: (lag: number) => number): number => {
  let winner = from;
  let high = Number.NEGATIVE_INFINITY;
  for (let lag = from; lag <= to; lag += step) {
    const value = score(lag);
    if (value > high) [winner, high] = [lag, value];
  }
  return winner;
};

/** Finds a clip in a recording: first by its loudness over time, then sample by sample. Both have one sample rate. */
export const findClip = (clip: Float32Array, recording: Float32Array, sampleRate: number): Likeness => {
  const hop = 0.005;
  const [shape, whole] = [clip, recording].map((samples) => envelope(samples, sampleRate, 0.01, hop));
  if (!shape || !whole || rms(recording) === 0) return { lag: 0, likeness: 0 };
  const coarse = best(-shape.length / 2, whole.length, 1, (lag) => correlation(shape, whole, Math.round(lag), 1));
  const around = Math.round(coarse * hop * sampleRate);
  const reach = Math.round(0.012 * sampleRate);
  const near = best(around - reach, around + reach, 1, (lag) => correlation(clip, recording, lag, 31));
  const lag = best(near - 4, near + 4, 1, (exact) => correlation(clip, recording, exact, 3));
  return { lag: lag / sampleRate, likeness: correlation(clip, recording, lag, 1) };
};
