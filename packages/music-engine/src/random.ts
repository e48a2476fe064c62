import { mulberry32 } from './mulberry32.ts';

/** A stream of numbers in [0, 1), the same for the same seed everywhere. */
export type Random = () => number;

/** Hashes text to 32 unsigned bits (FNV-1a over UTF-16 code units, then the finalizer of MurmurHash3). */
export function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Makes a stream of numbers from a seed and the name of what it is for, so that voices never share one. */
export function random(seed: number, purpose: string): Random {
  return mulberry32(seed ^ hash(purpose));
}

/** Chooses one of the options; every option is equally likely. */
export function pick<T>(next: Random, options: readonly [T, ...T[]]): T {
  return options[Math.floor(next() * options.length)] ?? options[0];
}

/** Chooses by weight; undefined where nothing has any. */
export function weighted<T extends { readonly weight: number }>(next: Random, options: readonly T[]): T | undefined {
  let left = next() * options.reduce((sum, { weight }) => sum + weight, 0);
  return options.find(({ weight }) => {
    left -= weight;
    return weight > 0 && left < 0;
  });
}
