/** Files as earlier releases wrote them: events 1 to 4, group 7 with event 2 handed out, and dead letter 5 of event 1. */

const shared = `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE dedupe (id TEXT PRIMARY KEY, seq INTEGER NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
  CREATE INDEX dedupe_at ON dedupe (at);
  CREATE TABLE pending (
    grp INTEGER NOT NULL, seq INTEGER NOT NULL, attempt INTEGER NOT NULL, state INTEGER NOT NULL, consumer INTEGER,
    lane TEXT, PRIMARY KEY (grp, seq)
  ) WITHOUT ROWID;
  CREATE INDEX pending_ready ON pending (grp, seq) WHERE state = 1;
  CREATE INDEX pending_lane ON pending (grp, lane, seq) WHERE lane IS NOT NULL;
  CREATE INDEX pending_seq ON pending (seq);
  PRAGMA application_id = 1112425282;
  INSERT INTO meta VALUES ('epoch', 'abcd1234'), ('floor', '0');
  INSERT INTO pending VALUES (7, 2, 1, 2, 1, 'job:a' || char(0) || 'l');
`;

/** A file of layout 1, without chains of keys, owned groups and states. */
export const layout1 = `
  PRAGMA journal_mode = WAL;
  ${shared}
  CREATE TABLE events (
    seq INTEGER PRIMARY KEY, version INTEGER NOT NULL, topic TEXT NOT NULL, key TEXT, payload TEXT NOT NULL,
    published_at INTEGER NOT NULL, grp INTEGER, origin INTEGER
  );
  CREATE TABLE groups (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, pattern TEXT NOT NULL, cursor INTEGER NOT NULL,
    redeliveries INTEGER NOT NULL DEFAULT 0, dead INTEGER NOT NULL DEFAULT 0, lost INTEGER NOT NULL DEFAULT 0,
    UNIQUE (name, pattern)
  );
  CREATE TABLE dead (
    id INTEGER PRIMARY KEY AUTOINCREMENT, grp INTEGER NOT NULL, seq INTEGER NOT NULL, version INTEGER NOT NULL,
    topic TEXT NOT NULL, key TEXT, payload TEXT NOT NULL, published_at INTEGER NOT NULL, origin INTEGER,
    attempts INTEGER NOT NULL, reason TEXT NOT NULL, at INTEGER NOT NULL
  );
  INSERT INTO events VALUES
    (1, 1, 'job:a', 'k', '{"n":1}', 4102444800000, NULL, NULL), (2, 1, 'job:a', 'l', '{"n":2}', 4102444800000, NULL, NULL),
    (3, 1, 'job:b', 'k', '{"n":3}', 4102444800000, NULL, NULL), (4, 1, 'job:a', NULL, '{"n":4}', 4102444800000, NULL, NULL);
  INSERT INTO groups VALUES (7, 'g', 'job:*', 2, 0, 1, 0);
  INSERT INTO dead VALUES (5, 7, 1, 1, 'job:a', 'k', '{"n":1}', 4102444800000, NULL, 3, 'Error: poison', 1);
  PRAGMA user_version = 1;
`;

/** A file of layout 2, with dedupe ids as text in a table of their own. */
export const layout2 = `
  PRAGMA page_size = 16384;
  PRAGMA journal_mode = WAL;
  ${shared}
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
  CREATE TABLE states (
    grp INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (grp, key)
  ) WITHOUT ROWID;
  CREATE TABLE dead (
    id INTEGER PRIMARY KEY AUTOINCREMENT, grp INTEGER NOT NULL, seq INTEGER NOT NULL, version INTEGER NOT NULL,
    topic TEXT NOT NULL, key TEXT, payload TEXT NOT NULL, published_at INTEGER NOT NULL, origin INTEGER,
    attempts INTEGER NOT NULL, reason TEXT NOT NULL, at INTEGER NOT NULL, name TEXT NOT NULL, pattern TEXT NOT NULL
  );
  INSERT INTO meta VALUES ('opened', '1');
  INSERT INTO events VALUES
    (1, 1, 'job:a', 'k', '{"n":1}', 4102444800000, NULL, NULL, NULL),
    (2, 1, 'job:a', 'l', '{"n":2}', 4102444800000, NULL, NULL, NULL),
    (3, 1, 'job:b', 'k', '{"n":3}', 4102444800000, NULL, NULL, 1),
    (4, 1, 'job:a', NULL, '{"n":4}', 4102444800000, NULL, NULL, NULL);
  INSERT INTO heads VALUES ('k', 3), ('l', 2);
  INSERT INTO groups VALUES (7, 'g', 'job:*', 0, 2, 0, 1, 0, 4102444800000);
  INSERT INTO dead VALUES
    (5, 7, 1, 1, 'job:a', 'k', '{"n":1}', 4102444800000, NULL, 3, 'Error: poison', 1, 'g', 'job:*');
  PRAGMA user_version = 2;
`;

/** A file of layout 3, with the state of a key. */
export const layout3 = `
  ${layout2}
  CREATE TABLE delayed (
    id INTEGER PRIMARY KEY AUTOINCREMENT, due INTEGER NOT NULL, topic TEXT NOT NULL, key TEXT, payload TEXT NOT NULL,
    ids TEXT NOT NULL
  );
  CREATE INDEX delayed_due ON delayed (due, id);
  CREATE INDEX delayed_key ON delayed (key) WHERE key IS NOT NULL;
  ALTER TABLE pending ADD COLUMN due INTEGER;
  CREATE INDEX pending_due ON pending (grp, due) WHERE state = 3;
  CREATE INDEX pending_next ON pending (due) WHERE state = 3;
  CREATE TABLE ids (hash BLOB PRIMARY KEY, seq INTEGER NOT NULL, slot INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE id_slots (
    slot INTEGER PRIMARY KEY, since INTEGER NOT NULL, until INTEGER NOT NULL, count INTEGER NOT NULL
  );
  CREATE INDEX pending_running ON pending (consumer) WHERE state = 2;
  CREATE INDEX dead_key ON dead (key) WHERE key IS NOT NULL;
  DROP TABLE dedupe;
  INSERT INTO id_slots VALUES (1, 0, 0, 0);
  INSERT INTO meta VALUES ('missing', '0'), ('ids', '0');
  INSERT INTO groups VALUES (8, 'rooms', 'job:*', 1, 4, 0, 0, 0, 4102444800000);
  INSERT INTO states VALUES (8, 'k', '{"heard":3}');
  PRAGMA user_version = 3;
`;
