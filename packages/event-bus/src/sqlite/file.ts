import { DatabaseSync } from 'node:sqlite';
import { BusError } from '../errors.ts';
import { asOpenError, assertWritable, damaged } from './errors.ts';
import { applicationId, fileVersion, ready, running, schema, updateLayout } from './layout.ts';

function numberOf(db: DatabaseSync, pragma: string): number {
  return Number(Object.values(db.prepare(pragma).get() ?? {})[0]);
}

/**
 * Files up to this size in bytes are checked in full before they are used, which takes about 30 ms; larger files are
 * checked later.
 */
const checkedFirstBytes = 16 * 2 ** 20;

/** Reads the beginning of every table and the newest events, so that SQLite reports what cannot be read. */
function readEnds(db: DatabaseSync): void {
  for (const { name } of db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all()) {
    const order = name === 'events' ? 'ORDER BY seq DESC LIMIT 100' : 'LIMIT 1';
    // One row at a time: a hundred payloads together may be more than the heap of the thread holds.
    const rows = db.prepare(`SELECT * FROM ${String(name)} ${order}`).iterate();
    while (rows.next().done !== true);
  }
}

/**
 * Prepares a file for use. Returns true when the file must still be checked; until `checked`, nothing is written into
 * it.
 */
function prepareFile(db: DatabaseSync, file: string): boolean {
  // SQLite takes the exclusive lock at the first access and keeps it. A second process is refused, and no file of
  // shared memory is needed.
  db.exec('PRAGMA locking_mode = EXCLUSIVE');
  db.exec('PRAGMA busy_timeout = 0');
  // Deleted and moved rows leave no bytes behind, so that `forget` erases a key. The cost was too small to measure.
  db.exec('PRAGMA secure_delete = ON');
  const empty = numberOf(db, 'SELECT count(*) FROM sqlite_schema') === 0;
  const version = numberOf(db, 'PRAGMA user_version');
  const application = numberOf(db, 'PRAGMA application_id');
  if (!empty && application !== applicationId) {
    throw new BusError('BUS_REFUSED', `${file}: it belongs to another program: use another path; it was left as it is`);
  }
  if (version > fileVersion) {
    throw new BusError(
      'BUS_NEWER_FILE',
      `${file}: it was written by a newer release (layout ${version}, this release reads ${fileVersion}): update @bnc/event-bus; the file was left as it is`,
    );
  }
  const bytes = numberOf(db, 'PRAGMA page_count') * numberOf(db, 'PRAGMA page_size');
  const isUnchecked = !empty && version === fileVersion && bytes > checkedFirstBytes;
  if (isUnchecked) {
    readEnds(db);
  } else if (!empty) {
    const found = Object.values(db.prepare('PRAGMA quick_check(1)').get() ?? {})[0];
    if (found !== 'ok') throw damaged(file, String(found));
  }
  // For a new file. Events of 2 kB would leave half of each page of 4 KiB empty, and pages of 16 KiB are not slower.
  db.exec('PRAGMA page_size = 16384');
  db.exec('PRAGMA journal_mode = WAL');
  db.exec('PRAGMA journal_size_limit = 67108864');
  if (isUnchecked) {
    // From here until it was checked, the file is complete in itself, and writes go into the `-wal` file next to it.
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    db.exec('PRAGMA wal_autocheckpoint = 0');
  }
  db.exec('BEGIN IMMEDIATE');
  if (empty) {
    db.exec(schema);
    db.exec(`PRAGMA application_id = ${applicationId}`);
    db.exec(`PRAGMA user_version = ${fileVersion}`);
    db.prepare("INSERT INTO meta VALUES ('epoch', ?)").run(crypto.randomUUID().slice(0, 8));
  } else {
    updateLayout(db, version);
  }
  // Owners of this opening differ from those of earlier ones.
  db.exec("UPDATE meta SET value = value + 1 WHERE name = 'opened'");
  // Events that were handed out when the last process ended may start again.
  db.exec(`UPDATE pending SET state = ${ready}, consumer = NULL WHERE state = ${running}`);
  db.exec('COMMIT');
  return isUnchecked;
}

/** Ends the wait for the check: SQLite may move writes from the `-wal` file into the file again. */
export function checked(db: DatabaseSync): void {
  db.exec('PRAGMA wal_autocheckpoint = 1000');
}

/**
 * Moves all writes from the `-wal` file into the file, and empties the `-wal` file. Returns false when that has to be
 * tried again.
 */
export function emptyWal(db: DatabaseSync): boolean {
  try {
    return db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()?.busy === 0;
  } catch {
    return false;
  }
}

/**
 * Opens the file of a bus for this process alone. Creates the file if it does not exist.
 * @throws {BusError} `BUS_LOCKED`, `BUS_CORRUPT_FILE`, `BUS_NEWER_FILE`, `BUS_REFUSED`, `BUS_STORAGE_FULL`.
 */
export function openFile(file: string): { readonly db: DatabaseSync; readonly isUnchecked: boolean } {
  let db: DatabaseSync | undefined;
  try {
    if (file !== ':memory:') assertWritable(file);
    db = new DatabaseSync(file);
    return { isUnchecked: prepareFile(db, file), db };
  } catch (error) {
    db?.close();
    throw asOpenError(error, file);
  }
}
