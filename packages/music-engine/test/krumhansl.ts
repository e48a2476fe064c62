import type { Score } from '@bnc/contracts';

/** How well each of twelve pitch classes fits a key, from listeners. Krumhansl, "Cognitive Foundations of Musical Pitch" (1990), p. 30. */
const major = [6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88];
const minor = [6.33, 2.68, 3.52, 5.38, 2.6, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17];

/** Finds the key of a score: of 24 profiles the one that correlates best with its pitch classes, weighted by duration and velocity. */
export function krumhansl({ tracks }: Score): { readonly tonic: number; readonly isMajor: boolean } {
  const heard = Array.from({ length: 12 }, () => 0);
  for (const { notes } of tracks) {
    for (const { midi, duration, velocity } of notes) heard[midi % 12] = (heard[midi % 12] ?? 0) + duration * velocity;
  }
  const keys = Array.from({ length: 24 }, (_, i) => {
    const profile = i < 12 ? major : minor;
    const turned = heard.map((_, pc) => profile[(pc - i + 24) % 12] ?? 0);
    return { tonic: i % 12, isMajor: i < 12, fit: correlation(heard, turned) };
  });
  return keys.reduce((best, key) => (key.fit > best.fit ? key : best));
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const meanA = a.reduce((sum, value) => sum + value, 0) / a.length;
  const meanB = b.reduce((sum, value) => sum + value, 0) / b.length;
  const product = a.reduce((sum, value, i) => sum + (value - meanA) * ((b[i] ?? 0) - meanB), 0);
  const size = (values: readonly number[], mean: number): number => Math.hypot(...values.map((value) => value - mean));
  return product / (size(a, meanA) * size(b, meanB));
}
