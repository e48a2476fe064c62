import type { DatabaseSync } from 'node:sqlite';
import { hashOf } from './ids.ts';

/** `BNCB`: marks a file as one of this package. */
export const applicationId = 0x42_4e_43_42;
/** Layout that this release reads and writes. */
export const fileVersion = 4;

/** Values of `pending.state`: waits behind its key, may start, handed out, is to be tried again at `due`. */
export const waiting = 0;
export const ready = 1;
export const running = 2;
export const retrying = 3;

/** Value of `groups.owned` for a group that has ended and is being deleted. */
export const ending = 2;

/** Statements for what layout 3 adds. */
const added3 = `
  CREATE TABLE delayed (
    id INTEGER PRIMARY KEY AUTOINCREMENT, due INTEGER NOT NULL, topic TEXT NOT NULL, key TEXT, payload TEXT NOT NULL,
    ids TEXT NOT NULL
  );
  CREATE INDEX delayed_due ON delayed (due, id);
  CREATE INDEX delayed_key ON delayed (key) WHERE key IS NOT NULL;
  ALTER TABLE pending ADD COLUMN due INTEGER;
  CREATE INDEX pending_due ON pending (grp, due) WHERE state = ${retrying};
  CREATE INDEX pending_next ON pending (due) WHERE state = ${retrying};
  CREATE TABLE ids (hash BLOB PRIMARY KEY, seq INTEGER NOT NULL, slot INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE id_slots (
    slot INTEGER PRIMARY KEY, since INTEGER NOT NULL, until INTEGER NOT NULL, count INTEGER NOT NULL
  );
  CREATE INDEX pending_running ON pending (consumer) WHERE state = ${running};
  CREATE INDEX dead_key ON dead (key) WHERE key IS NOT NULL;
`;

/** States of keys. Each takes some kB: without a rowid, each would take a page of its own. */
const states = `
  CREATE TABLE states (grp INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (grp, key));
`;

/** Tables of a new file. */
export const schema = `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE events (
    seq INTEGER PRIMARY KEY, version INTEGER NOT NULL, topic TEXT NOT NULL, key TEXT, payload TEXT NOT NULL,
    published_at INTEGER NOT NULL, grp INTEGER, origin INTEGER, prev INTEGER
  );
  CREATE TABLE heads (key TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE groups (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, pattern TEXT NOT NULL, owned INTEGER NOT NULL,
    cursor INTEGER NOT NULL, redeliveries INTEGER NOT NULL DEFAULT 0, dead INTEGER NOT NULL DEFAULT 0,
    lost INTEGER NOT NULL DEFAULT 0, used INTEGER NOT NULL, UNIQUE (name, pattern, owned)
  );
  ${states}
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
  ${added3}
  INSERT INTO id_slots VALUES (1, 0, 0, 0);
  INSERT INTO meta VALUES ('floor', '0'), ('missing', '0'), ('opened', '0'), ('ids', '0');
`;

/** Statements that update a file of layout 1 to layout 2, which chains the events of each key. */
const to2 = `
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

/**
 * Statements that update a file of layout 2 to layout 3, which keeps dedupe ids as hashes in slots. The slots are made
 * by places, so that an id is forgotten too late rather than too early.
 */
const to3 = `
  ${added3}
  DELETE FROM events WHERE seq <= (SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'floor')
    AND NOT EXISTS (SELECT 1 FROM pending WHERE pending.seq = events.seq);
  INSERT INTO meta VALUES ('missing', (
    SELECT coalesce(max(seq), 0) - CAST(meta.value AS INTEGER) - count(*) FILTER (WHERE grp IS NULL)
    FROM meta LEFT JOIN events ON events.seq > CAST(meta.value AS INTEGER) WHERE meta.name = 'floor'
  ));
  INSERT INTO ids SELECT hash_of(id), seq, 1 + 63 * seq / (SELECT max(seq) + 1 FROM dedupe) FROM dedupe ORDER BY 1;
  INSERT INTO id_slots SELECT slot, min(at), max(at), count(*)
    FROM (SELECT 1 + 63 * seq / (SELECT max(seq) + 1 FROM dedupe) AS slot, at FROM dedupe) GROUP BY slot;
  INSERT INTO id_slots VALUES (64, 0, 0, 0);
  INSERT INTO meta VALUES ('ids', (SELECT count(*) FROM ids));
  DROP TABLE dedupe;
`;

/** Statements that update a file of layout 3 to layout 4, in which states have rowids. */
const to4 = `
  ALTER TABLE states RENAME TO former_states;
  ${states}
  INSERT INTO states SELECT * FROM former_states;
  DROP TABLE former_states;
`;

/** Chains the events of each key, in the order of the log. */
function chainKeys(db: DatabaseSync): void {
  db.exec(`
    UPDATE events SET prev = before.prev FROM (
      SELECT seq, lag(seq) OVER (PARTITION BY key ORDER BY seq) AS prev FROM events WHERE key IS NOT NULL AND grp IS NULL
    ) AS before WHERE events.seq = before.seq;
    INSERT INTO heads SELECT key, max(seq) FROM events WHERE key IS NOT NULL AND grp IS NULL GROUP BY key;
  `);
}

/** Updates a file of an earlier layout. */
export function updateLayout(db: DatabaseSync, version: number): void {
  if (version < 2) {
    db.exec(to2);
    chainKeys(db);
  }
  if (version < 3) {
    db.function('hash_of', { deterministic: true }, (id) => hashOf(String(id)));
    db.exec(to3);
  }
  if (version < 4) db.exec(to4);
  db.exec(`PRAGMA user_version = ${fileVersion}`);
}
