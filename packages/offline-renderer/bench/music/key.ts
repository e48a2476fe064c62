import { pitchClasses } from '@bnc/testing/sound';
import { sampleRate } from './mix.ts';

/** How well each step above the home note fits a key, by what listeners say (Krumhansl and Kessler 1982). */
const profiles = {
  major: [6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88],
  minor: [6.33, 2.68, 3.52, 5.38, 2.6, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17],
} as const;

/** Pearson's correlation. */
export function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (of: readonly number[]): number => of.reduce((sum, value) => sum + value, 0) / of.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  const sum = (of: (i: number) => number): number => a.reduce((total, _, i) => total + of(i), 0);
  const covariance = sum((i) => ((a[i] ?? 0) - meanA) * ((b[i] ?? 0) - meanB));
  return covariance / Math.sqrt(sum((i) => ((a[i] ?? 0) - meanA) ** 2) * sum((i) => ((b[i] ?? 0) - meanB) ** 2));
}

/** Finds the home note in how strongly each pitch class sounds: the key, of 24, whose profile fits best (Krumhansl 1990, ch. 4). */
export function homeOf(classes: readonly number[]): number {
  const fits = Array.from({ length: 12 }, (_, home) => {
    const above = classes.map((_, step) => classes[(home + step) % 12] ?? 0);
    return Math.max(...Object.values(profiles).map((profile) => correlation(above, profile)));
  });
  return fits.indexOf(Math.max(...fits));
}

/** Finds the home note of a sound. */
export function heardHome(mono: Float32Array): number {
  return homeOf(pitchClasses(mono, sampleRate));
}

/** Spearman's correlation of ranks; equal values share their rank. */
export function rankCorrelation(a: readonly number[], b: readonly number[]): number {
  return correlation(ranksOf(a), ranksOf(b));
}

function ranksOf(values: readonly number[]): number[] {
  return values.map((value) => {
    const below = values.filter((other) => other < value).length;
    const equal = values.filter((other) => other === value).length;
    return below + (equal + 1) / 2;
  });
}
