import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { asBusError, damaged, plainError } from './sqlite/errors.ts';

/** What a check found wrong; undefined when nothing is. */
export type Checked = ReturnType<typeof plainError> | undefined;

/**
 * Checks every page of a file that a bus has open. This is safe because the bus does not write into the file itself
 * until the check has ended, only into the `-wal` file next to it. With `immutable`, this connection takes no lock and
 * ignores the `-wal` file.
 */
function check(file: string): Checked {
  let db: DatabaseSync | undefined;
  try {
    const url = pathToFileURL(file);
    url.searchParams.set('immutable', '1');
    db = new DatabaseSync(url, { readOnly: true });
    const found = Object.values(db.prepare('PRAGMA quick_check(1)').get() ?? {})[0];
    return found === 'ok' ? undefined : plainError(damaged(file, String(found)));
  } catch (error) {
    return plainError(asBusError(error, file));
  } finally {
    db?.close();
  }
}

parentPort?.postMessage(check(workerData as string));
