import { readFileSync } from 'node:fs';

/** Files that are reserved for webhooks, clips and the store, whatever listeners want. */
const minReserve = 128;

/** Returns how many files and sockets this process may open; undefined if the system does not say. */
export function openFiles(): number | undefined {
  try {
    const [, limit] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return limit === undefined ? undefined : Number(limit);
  } catch {
    return undefined;
  }
}

/** Returns how many streams may be open: a tenth of the files, and at least 128, are reserved for everything else. */
export function streamsWithin(maxStreams: number, files: number | undefined): number {
  if (files === undefined) return maxStreams;
  return Math.max(1, Math.min(maxStreams, Math.floor(files - Math.max(minReserve, files / 10))));
}
