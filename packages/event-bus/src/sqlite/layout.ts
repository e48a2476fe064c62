import type { DatabaseSync } from 'node:sqlite';

/** `BNCB`: marks a file as one of this package. */
export const applicationId = 0x42_4e_43_42;
/** Layout that this release reads and writes. */
export const fileVersion = 3;

/** Values of `pending.state`: waits behind its key, may start, handed out, is to be tried again at `due`. */
export const waiting = 0;
export const ready = 1;
export const running = 2;
export const retrying = 3;

/** What layout 3 adds: entries that wait for their time, and retries that wait for theirs. */
export const dues = `
  CREATE TABLE delayed (
    id INTEGER PRIMARY KEY AUTOINCREMENT, due INTEGER NOT NULL, topic TEXT NOT NULL, key TEXT, payload TEXT NOT NULL,
    ids TEXT NOT NULL
  );
  CREATE INDEX delayed_due ON delayed (due, id);
  ALTER TABLE pending ADD COLUMN due INTEGER;
  CREATE INDEX pending_due ON pending (grp, due) WHERE state = ${retrying};
  PRAGMA user_version = ${fileVersion};
`;

/** Tables of a new file. */
export const schema = `
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
export const update = `
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

/** Chains the events of each key, in the order of the log. */
export function chainKeys(db: DatabaseSync): void {
  db.exec(`
    UPDATE events SET prev = before.prev FROM (
      SELECT seq, lag(seq) OVER (PARTITION BY key ORDER BY seq) AS prev FROM events WHERE key IS NOT NULL AND grp IS NULL
    ) AS before WHERE events.seq = before.seq;
    INSERT INTO heads SELECT key, max(seq) FROM events WHERE key IS NOT NULL AND grp IS NULL GROUP BY key;
  `);
}
