/**
 * Makes a source of numbers in [0, 1). The same seed gives the same numbers in every engine (Mulberry32 by Tommy
 * Ettinger). Not for secrets.
 *
 * @param seed An integer; its lowest 32 bits count.
 * @example
 * mulberry32(1)() // 0.6270739405881613
 */
export function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
