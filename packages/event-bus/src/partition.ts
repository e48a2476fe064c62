import { partitionCount } from './transport.ts';

const encoder = new TextEncoder();

/** Returns a key's partition. Lua computes the same (redis-log-scripts), so that it may never change. */
export function partitionOf(key: string): number {
  let hash = 0;
  for (const byte of encoder.encode(key)) {
    // Stays below 2^49: exact here and in Lua.
    hash = (hash * 65_599 + byte) % 4_294_967_296;
  }
  return (hash % 65_521) % partitionCount;
}

/** Returns a partition's name in Redis, of three digits. */
export function partitionName(partition: number): string {
  return String(partition).padStart(3, '0');
}
