import { partitionCount } from './transport.ts';

const encoder = new TextEncoder();

/**
 * Returns the partition of a key, 0-255. Lua computes the same (redis/reference-scripts), so this must never change.
 */
export function partitionOf(key: string): number {
  let hash = 0;
  for (const byte of encoder.encode(key)) {
    // Stays below 2^49: exact here and in Lua.
    hash = (hash * 65_599 + byte) % 4_294_967_296;
  }
  // Owners often have neighbouring partitions. Steps of the golden ratio spread keys such as k1, k2, k3 over them.
  return Math.floor((((hash % 65_521) * 40_503) % 65_536) / partitionCount);
}

/** Returns the partition of an event without a key, 0-255. Events that follow each other go to different owners. */
export function partitionOfPlace(place: number): number {
  return (place * 157) % partitionCount;
}

/** Returns the name of a partition in Redis: three digits. */
export function partitionName(partition: number): string {
  return String(partition).padStart(3, '0');
}
