import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { asBusError, damaged, plainError } from './sqlite/file.ts';

/** What a check found: nothing, or what is wrong. */
export type Checked = ReturnType<typeof plainError> | undefined;

/**
 * Looks at every page of a file that its bus has open. That is sound because the bus writes nothing into the file
 * itself meanwhile, only beside it; `immutable` has this connection take no lock and look at nothing beside it.
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
