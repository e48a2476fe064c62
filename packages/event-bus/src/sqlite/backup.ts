import { existsSync, renameSync, rmSync } from 'node:fs';
import { backup, DatabaseSync } from 'node:sqlite';
import { BusError } from '../errors.ts';
import { asOpenError, assertWritable } from './errors.ts';

/** Pages to copy in one step. Requests of the bus run between the steps. */
const pagesAtOnce = 64;

/**
 * Copies a database that is in use. The copy appears under its name when it is complete. It has an epoch of its own,
 * because from then on it is another log: the original and the copy give the same places to different events. Leaves
 * nothing behind when it fails.
 * @throws {BusError} `BUS_REFUSED`, `BUS_STORAGE_FULL`, `BUS_UNAVAILABLE`, or the reason of `signal`.
 */
export async function copyTo(db: DatabaseSync, file: string, signal: AbortSignal): Promise<void> {
  const partial = `${file}.partial`;
  try {
    assertWritable(file);
    if (existsSync(file)) {
      throw new BusError('BUS_REFUSED', `${file}: it exists already: delete it, or copy to another path`);
    }
    remove(partial);
    await backup(db, partial, { rate: pagesAtOnce, progress: () => signal.throwIfAborted() });
    signal.throwIfAborted();
    const copy = new DatabaseSync(partial);
    copy.prepare("UPDATE meta SET value = ? WHERE name = 'epoch'").run(crypto.randomUUID().slice(0, 8));
    copy.close();
    renameSync(partial, file);
  } catch (error) {
    remove(partial);
    throw asOpenError(error, file);
  }
}

function remove(file: string): void {
  for (const one of [file, `${file}-wal`, `${file}-shm`]) rmSync(one, { force: true });
}
