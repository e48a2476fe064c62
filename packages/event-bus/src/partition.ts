import { partitionCount } from './transport.ts';

const encoder = new TextEncoder();

/** Returns a key's partition. Lua computes the same (redis/reference-scripts), so that it may never change. */
export function partitionOf(key: string): number {
  let hash = 0;
  for (const byte of encoder.encode(key)) {
    // Stays below 2^49: exact here and in Lua.
    hash = (hash * 65_599 + byte) % 4_294_967_296;
  }
  // Owners mostly have neighbouring partitions: steps of the golden ratio take keys such as k1, k2, k3 to different ones.
  return Math.floor((((hash % 65_521) * 40_503) % 65_536) / partitionCount);
}

/** Returns the partition of an event without a key: one after the other go to different owners. */
export function partitionOfPlace(place: number): number {
  return (place * 157) % partitionCount;
}

/** Returns a partition's name in Redis, of three digits. */
export function partitionName(partition: number): string {
  return String(partition).padStart(3, '0');
}
