import { DatabaseSync } from 'node:sqlite';
import { BusError, type BusErrorCode } from '../errors.ts';
import type { Stored } from '../transport.ts';

/** `BNCB`: marks a file as one of this package. */
const applicationId = 0x42_4e_43_42;
/** Layout that this release reads and writes. */
const fileVersion = 3;

/** Values of `pending.state`: waits behind its key, may start, handed out, is to be tried again at `due`. */
export const waiting = 0;
export const ready = 1;
export const running = 2;
export const retrying = 3;

/** What layout 3 adds: entries that wait for their time, and retries that wait for theirs. */
const dues = `
  CREATE TABLE delayed (
    id INTEGER PRIMARY KEY AUTOINCREMENT, due INTEGER NOT NULL, topic TEXT NOT NULL, key TEXT, payload TEXT NOT NULL,
    ids TEXT NOT NULL
  );
  CREATE INDEX delayed_due ON delayed (due, id);
  ALTER TABLE pending ADD COLUMN due INTEGER;
  CREATE INDEX pending_due ON pending (grp, due) WHERE state = ${retrying};
  PRAGMA user_version = ${fileVersion};
`;

const schema = `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE events (
    seq INTEGER PRIMARY KEY, version INTEGER NOT NULL, topic TEXT NOT NULL, key TEXT, payload TEXT NOT NULL,
    published_at INTEGER NOT NULL, grp INTEGER, origin INTEGER, prev INTEGER
  );
  CREATE TABLE heads (key TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE dedupe (id TEXT PRIMARY KEY, seq INTEGER NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
  CREATE INDEX dedupe_at ON dedupe (at);
  CREATE TABLE groups (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, pattern TEXT NOT NULL, owned INTEGER NOT NULL,
    cursor INTEGER NOT NULL, redeliveries INTEGER NOT NULL DEFAULT 0, dead INTEGER NOT NULL DEFAULT 0,
    lost INTEGER NOT NULL DEFAULT 0, used INTEGER NOT NULL, UNIQUE (name, pattern, owned)
  );
  CREATE TABLE states (
    grp INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (grp, key)
  ) WITHOUT ROWID;
  CREATE TABLE pending (
    grp INTEGER NOT NULL, seq INTEGER NOT NULL, attempt INTEGER NOT NULL, state INTEGER NOT NULL, consumer INTEGER,
    lane TEXT, PRIMARY KEY (grp, seq)
  ) WITHOUT ROWID;
  CREATE INDEX pending_ready ON pending (grp, seq) WHERE state = ${ready};
  CREATE INDEX pending_lane ON pending (grp, lane, seq) WHERE lane IS NOT NULL;
  CREATE INDEX pending_seq ON pending (seq);
  CREATE TABLE dead (
    id INTEGER PRIMARY KEY AUTOINCREMENT, grp INTEGER NOT NULL, seq INTEGER NOT NULL, version INTEGER NOT NULL,
    topic TEXT NOT NULL, key TEXT, payload TEXT NOT NULL, published_at INTEGER NOT NULL, origin INTEGER,
    attempts INTEGER NOT NULL, reason TEXT NOT NULL, at INTEGER NOT NULL, name TEXT NOT NULL, pattern TEXT NOT NULL
  );
`;

/** Updates a file of layout 1 to layout 2, which chains the events of each key. */
const update = `
  ALTER TABLE events ADD COLUMN prev INTEGER;
  CREATE TABLE heads (key TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
  ALTER TABLE groups RENAME TO former_groups;
  CREATE TABLE groups (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, pattern TEXT NOT NULL, owned INTEGER NOT NULL,
    cursor INTEGER NOT NULL, redeliveries INTEGER NOT NULL DEFAULT 0, dead INTEGER NOT NULL DEFAULT 0,
    lost INTEGER NOT NULL DEFAULT 0, used INTEGER NOT NULL, UNIQUE (name, pattern, owned)
  );
  INSERT INTO groups SELECT id, name, pattern, 0, cursor, redeliveries, dead, lost, unixepoch() * 1000
    FROM former_groups;
  DROP TABLE former_groups;
  ALTER TABLE dead ADD COLUMN name TEXT NOT NULL DEFAULT '';
  ALTER TABLE dead ADD COLUMN pattern TEXT NOT NULL DEFAULT '';
  UPDATE dead SET name = groups.name, pattern = groups.pattern FROM groups WHERE groups.id = dead.grp;
  CREATE TABLE states (
    grp INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (grp, key)
  ) WITHOUT ROWID;
  INSERT INTO meta VALUES ('opened', '0');
`;

/** Makes an expression for zeros of the same length as a text, so that SQLite writes them in the same place. */
export function zerosAs(column: string): string {
  return `printf('%.*c', length(CAST(${column} AS BLOB)), '0')`;
}

/** A row of `events`, without the columns that only groups need. */
export interface EventRow {
  readonly seq: number;
  readonly version: number;
  readonly topic: string;
  readonly key: string | null;
  readonly payload: string;
  readonly published_at: number;
  readonly origin: number | null;
}

export function storedOf(row: EventRow): Stored {
  return {
    seq: row.seq,
    version: row.version,
    topic: row.topic,
    key: row.key ?? undefined,
    payload: row.payload,
    publishedAt: row.published_at,
    ...(row.origin !== null && { origin: row.origin }),
  };
}

/**
 * Result codes of SQLite that have an error code here.
 * @see https://sqlite.org/rescode.html
 */
const codes: Readonly<Record<number, readonly [BusErrorCode, string]>> = {
  5: ['BUS_LOCKED', 'another process has it open: stop that process, or use another file'],
  6: ['BUS_LOCKED', 'another connection has it open: close it, or use another file'],
  8: ['BUS_REFUSED', 'it is read-only: give this process write access'],
  11: ['BUS_CORRUPT_FILE', 'it is damaged: move it away, or restore a copy; it was left as it is'],
  13: [
    'BUS_STORAGE_FULL',
    'the disk is full, or twice maxBytes are in use: make space, or let groups finish, then publish again',
  ],
  14: ['BUS_REFUSED', 'it cannot be opened: check that its folder exists and that this process may write there'],
  26: ['BUS_CORRUPT_FILE', 'it is not an SQLite database: use another path; it was left as it is'],
};

/** Turns an error of SQLite into a `BusError`. */
export function asBusError(cause: unknown, file: string): BusError {
  if (cause instanceof BusError) return cause;
  const { errcode, message } = cause as { errcode?: unknown; message?: unknown };
  const [code, words] = (typeof errcode === 'number' ? codes[errcode % 256] : undefined) ?? [
    'BUS_UNAVAILABLE' as const,
    String(message),
  ];
  return new BusError(code, `${file}: ${words}`, { cause });
}

function numberOf(db: DatabaseSync, pragma: string): number {
  return Number(Object.values(db.prepare(pragma).get() ?? {})[0]);
}

/** Chains the events of each key, in the order of the log. */
function chainKeys(db: DatabaseSync): void {
  db.exec(`
    UPDATE events SET prev = before.prev FROM (
      SELECT seq, lag(seq) OVER (PARTITION BY key ORDER BY seq) AS prev FROM events WHERE key IS NOT NULL AND grp IS NULL
    ) AS before WHERE events.seq = before.seq;
    INSERT INTO heads SELECT key, max(seq) FROM events WHERE key IS NOT NULL AND grp IS NULL GROUP BY key;
  `);
}

/** Makes the error for a damaged file. */
export function damaged(file: string, found: string): BusError {
  return new BusError('BUS_CORRUPT_FILE', `${file}: ${codes[11]?.[1] ?? ''} (${found})`);
}

/**
 * Files up to this size are checked in full before they are used, which takes some 30 ms; larger files are checked
 * later.
 */
const checkedFirstBytes = 16 * 2 ** 20;

/** Reads the beginning of every table and the newest events, so that SQLite reports what cannot be read. */
function readEnds(db: DatabaseSync): void {
  for (const { name } of db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all()) {
    const order = name === 'events' ? 'ORDER BY seq DESC LIMIT 100' : 'LIMIT 1';
    db.prepare(`SELECT * FROM ${String(name)} ${order}`).all();
  }
}

/** Prepares a file for use. Returns true when it must still be checked: nothing is written into it until `checked`. */
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
    const insert = db.prepare('INSERT INTO meta VALUES (?, ?)');
    insert.run('epoch', crypto.randomUUID().slice(0, 8));
    insert.run('floor', '0');
    insert.run('opened', '0');
  } else if (version < 2) {
    db.exec(update);
    chainKeys(db);
  }
  if (version < 3) db.exec(dues);
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
 * Opens the file of a bus for this process alone. Creates the file if it does not exist.
 * @throws {BusError} `BUS_LOCKED`, `BUS_CORRUPT_FILE`, `BUS_NEWER_FILE`, `BUS_REFUSED`, `BUS_STORAGE_FULL`.
 */
export function openFile(file: string): { readonly db: DatabaseSync; readonly isUnchecked: boolean } {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(file);
    return { isUnchecked: prepareFile(db, file), db };
  } catch (error) {
    db?.close();
    throw asBusError(error, file);
  }
}

/** Returns an error in a form that crosses to another thread. */
export function plainError(error: unknown): { readonly code: BusError['code']; readonly message: string } {
  const known = error instanceof BusError ? error : new BusError('BUS_UNAVAILABLE', String(error));
  return { code: known.code, message: known.message };
}
