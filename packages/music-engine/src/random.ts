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

/** Makes a stream of numbers from a seed and the name of what it is for (mulberry32), so that voices never share one. */
export function random(seed: number, purpose: string): Random {
  let state = (seed ^ hash(purpose)) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Chooses one of the options; every option is equally likely. */
export function pick<T>(next: Random, options: readonly [T, ...T[]]): T {
  return options[Math.floor(next() * options.length)] ?? options[0];
}
