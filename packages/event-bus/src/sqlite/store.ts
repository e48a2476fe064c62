import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { KeyPage } from '../key-pages.ts';
import {
  type Appended,
  type Entry,
  envelopeVersion,
  type Page,
  type Stored,
  type TransportStats,
} from '../transport.ts';
import { SqliteDelayed } from './delayed.ts';
import { asBusError } from './errors.ts';
import { checked, openFile } from './file.ts';
import { SqliteGroups } from './groups.ts';
import { SqliteOwned } from './owned.ts';
import { type EventRow, storedOf, zerosAs } from './rows.ts';

/** Settings of the file, for the thread. */
export interface StoreOptions {
  readonly file: string;
  readonly durability: 'full' | 'normal';
  readonly maxEvents: number;
  readonly maxBytes: number;
  readonly maxAgeMs: number;
  readonly dedupeWindowMs: number;
  readonly maxDeadLetters: number;
  readonly maxDelayed: number;
  readonly groupTtlMs: number;
}

/** New events between two clean-ups. */
const cleanEvery = 256;
const cleanMs = 60_000;
/** Keys to look at in each clean-up. */
const headsAtOnce = 2_000;
/** After opening, groups have this long to come back before they may end, as the file may have been closed for long. */
const endAfterMs = 3_600_000;

/** The log in one file. Every method runs inside the transaction of `run`. */
export class SqliteStore {
  readonly epoch: string;
  readonly groups: SqliteGroups;
  readonly owned: SqliteOwned;
  readonly #delayed: SqliteDelayed;
  /** True for a large file that must still be checked; call `checked` after that. */
  readonly isUnchecked: boolean;
  /** How often the file was opened. */
  readonly opened: string;
  readonly #db: DatabaseSync;
  readonly #options: StoreOptions;
  readonly #insert: StatementSync;
  readonly #seen: StatementSync;
  readonly #remember: StatementSync;
  readonly #place: StatementSync;
  readonly #page: StatementSync;
  readonly #head: StatementSync;
  readonly #setHead: StatementSync;
  readonly #chain: StatementSync;
  readonly #at: StatementSync;
  readonly #openedAt = performance.now();
  /** Last key that the clean-up of heads looked at. */
  #headsCutAt = '';
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  #synchronous = '';
  #last: number;
  #floor: number;
  #sinceClean = cleanEvery;
  #cleanedAt = 0;

  constructor(options: StoreOptions) {
    this.#options = options;
    const { db, isUnchecked } = openFile(options.file);
    this.isUnchecked = isUnchecked;
    this.#db = db;
    const meta = (name: string): string =>
      String(db.prepare('SELECT value FROM meta WHERE name = ?').get(name)?.value ?? '');
    this.epoch = meta('epoch');
    this.opened = meta('opened');
    this.#floor = Number(meta('floor'));
    // The newest row is never cut, so that a place is not used twice.
    this.#last = Number(db.prepare('SELECT coalesce(max(seq), 0) AS last FROM events').get()?.last);
    // Events that must not be cut may fill the file. It then refuses more before the disk is full.
    db.exec(`PRAGMA max_page_count = ${Math.ceil((2 * options.maxBytes) / this.#pragma('page_size'))}`);
    this.#begin = db.prepare('BEGIN IMMEDIATE');
    this.#commit = db.prepare('COMMIT');
    this.#insert = db.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)');
    this.#seen = db.prepare('SELECT seq FROM dedupe WHERE id = ? AND at > ?');
    this.#remember = db.prepare('INSERT OR REPLACE INTO dedupe VALUES (?, ?, ?)');
    this.#place = db.prepare('UPDATE dedupe SET seq = ? WHERE id = ? AND seq = 0');
    this.#page = db.prepare('SELECT * FROM events WHERE seq > ? AND grp IS NULL ORDER BY seq LIMIT ?');
    this.#head = db.prepare('SELECT seq FROM heads WHERE key = ?');
    this.#setHead = db.prepare('INSERT OR REPLACE INTO heads VALUES (?, ?)');
    // Walks back from the newest event of a key to the first one that was cut.
    this.#chain = db.prepare(`WITH RECURSIVE chain (seq, prev) AS (
        SELECT seq, prev FROM events WHERE seq = ? AND seq > ?
        UNION ALL SELECT events.seq, events.prev FROM chain JOIN events ON events.seq = chain.prev WHERE events.seq > ?
      ) SELECT events.seq FROM chain JOIN events USING (seq) WHERE grp IS NULL ORDER BY seq`);
    this.#at = db.prepare('SELECT * FROM events WHERE seq = ? AND seq > ? AND grp IS NULL');
    this.groups = new SqliteGroups(db, this, options.maxDeadLetters);
    this.owned = new SqliteOwned(db, this, this.groups);
    this.#delayed = new SqliteDelayed(db, options.maxDelayed);
  }

  /** Highest place so far. */
  get last(): number {
    return this.#last;
  }

  /** Place up to which history is cut. */
  get floor(): number {
    return this.#floor;
  }

  /** Runs work in one transaction. Only new events wait for the disk: a lost acknowledgement is only a redelivery. */
  run(appends: boolean, work: () => void): void {
    const last = this.#last;
    const floor = this.#floor;
    try {
      this.#synchronise(appends && this.#options.durability === 'full' ? 'FULL' : 'NORMAL');
      this.#begin.run();
      work();
      this.#commit.run();
    } catch (error) {
      this.#last = last;
      this.#floor = floor;
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      this.#delayed.recount();
      throw asBusError(error, this.#options.file);
    }
  }

  append(entry: Entry): Appended {
    const { dedupeIds, dueAt } = entry;
    const now = Date.now();
    for (const id of dedupeIds) {
      const seen = this.#seen.get(id, now - this.#options.dedupeWindowMs);
      if (seen) return { seq: Number(seen.seq), epoch: this.epoch, duplicate: true };
    }
    if (dueAt !== undefined) this.#delayed.add(entry, dueAt);
    const seq = dueAt === undefined ? this.#store(entry) : 0;
    for (const id of dedupeIds) this.#remember.run(id, seq, now);
    return { seq, epoch: this.epoch, duplicate: false };
  }

  #store({ topic, key, payload, publishedAt }: Entry): number {
    const seq = ++this.#last;
    const prev = key === undefined ? undefined : this.#head.get(key)?.seq;
    const row = [topic, key ?? null, payload as string, publishedAt, null, null, prev ?? null] as const;
    this.#insert.run(seq, envelopeVersion, ...row);
    if (key !== undefined) this.#setHead.run(key, seq);
    this.#sinceClean++;
    return seq;
  }

  /** When something is due next, by the wall clock; infinite when nothing waits. */
  nextDue(): number {
    return this.#delayed.next();
  }

  /** Gives some of what is due its place in the log. Its ids, which count from the publish, now lead to its place. */
  release(): Stored[] {
    return this.#delayed.take(Date.now()).map((entry) => {
      const { topic, key, payload, publishedAt, dedupeIds } = entry;
      const seq = this.#store(entry);
      for (const id of dedupeIds) this.#place.run(seq, id);
      return { seq, topic, key, payload, publishedAt, version: envelopeVersion };
    });
  }

  /** Stores an event again, for one group alone. */
  appendFor(group: number, row: EventRow): void {
    const { version, topic, key, payload, published_at, origin, seq } = row;
    const place = ++this.#last;
    const prev = key === null ? undefined : this.#head.get(key)?.seq;
    this.#insert.run(place, version, topic, key, payload, published_at, group, origin ?? seq, prev ?? null);
    if (key !== null) this.#setHead.run(key, place);
  }

  read(after: number, limit: number, maxBytes: number): Page {
    const events: Stored[] = [];
    let bytes = 0;
    for (const row of this.#page.iterate(Math.max(after, this.#floor), limit) as unknown as Iterable<EventRow>) {
      events.push(storedOf(row));
      bytes += row.payload.length;
      if (bytes >= maxBytes) break;
    }
    const isEnd = events.length < limit && bytes < maxBytes;
    const upTo = isEnd ? this.#last : (events.at(-1)?.seq ?? this.#last);
    return { epoch: this.epoch, events, first: this.#floor + 1, last: this.#last, upTo };
  }

  /** Reads events of one key. The cost grows with the key's events after the place. */
  readKey(key: string, after: number, limit: number, maxBytes: number): KeyPage {
    const from = Math.max(after, this.#floor);
    const head = Number(this.#head.get(key)?.seq ?? 0);
    const places = this.#chain.all(head, from, from).map(({ seq }) => Number(seq));
    const page = this.readPlaces(places.slice(0, limit), maxBytes);
    const rest = places.slice(places.findLastIndex((place) => place <= page.upTo) + 1);
    return { ...page, upTo: rest.length > 0 ? page.upTo : this.#last, rest };
  }

  /** Reads the events at known places, as far as `maxBytes` goes. Some may be gone. */
  readPlaces(places: readonly number[], maxBytes: number): Page {
    const events: Stored[] = [];
    let bytes = 0;
    let upTo = places.at(-1) ?? this.#last;
    for (const seq of places) {
      const row = this.#at.get(seq, this.#floor) as unknown as EventRow | undefined;
      if (!row) continue;
      events.push(storedOf(row));
      bytes += row.payload.length;
      if (bytes >= maxBytes) {
        upTo = seq;
        break;
      }
    }
    return { epoch: this.epoch, events, first: this.#floor + 1, last: this.#last, upTo };
  }

  /** Erases a key and the deliveries of its events. Returns the number of events. */
  forget(key: string): number {
    const head = Number(this.#head.get(key)?.seq ?? 0);
    // Events that were cut but are held by a group still lie below the floor, outside of the chain.
    const rows = this.#db
      .prepare(`WITH RECURSIVE chain (seq, prev, grp) AS (
          SELECT seq, prev, grp FROM events WHERE seq = ?
          UNION ALL SELECT events.seq, events.prev, events.grp FROM chain JOIN events ON events.seq = chain.prev
        ) SELECT seq, grp FROM chain UNION SELECT seq, grp FROM events WHERE seq <= ? AND key = ?`)
      .all(head, this.#floor, key) as unknown as readonly { readonly seq: number; readonly grp: number | null }[];
    const places = rows.map(({ seq }) => seq);
    // Overwrite all rows in place before deleting any: SQLite moves rows as others go, and the old copy stays readable.
    const overwrite = this.#db.prepare(`UPDATE events SET payload = ${zerosAs('payload')} WHERE seq = ?`);
    for (const seq of places) overwrite.run(seq);
    this.groups.forget(key, places);
    const end = this.#db.prepare('DELETE FROM events WHERE seq = ?');
    for (const seq of places) if (seq !== this.#last) end.run(seq);
    // The newest row stays, as a row of a group that does not exist, so that its place is not used twice.
    this.#db
      .prepare(
        "UPDATE events SET topic = '', key = NULL, payload = '', grp = 0, origin = NULL, prev = NULL WHERE seq = ? AND key = ?",
      )
      .run(this.#last, key);
    this.#db.prepare('DELETE FROM heads WHERE key = ?').run(key);
    return rows.filter(({ grp }) => grp === null).length + this.#delayed.forget(key);
  }

  stats(): TransportStats {
    const deadLetters = Number(this.#db.prepare('SELECT count(*) AS n FROM dead').get()?.n);
    const delayed = this.#delayed.size;
    return { depth: this.#last - this.#floor, delayed, deadLetters, groups: this.groups.stats(), warnings: [] };
  }

  /** Cuts history and forgets old ids, if enough has happened since the last time. */
  cleanWhenDue(): void {
    const waitMs = Math.min(cleanMs, this.#options.groupTtlMs);
    if (this.#sinceClean >= cleanEvery || Math.abs(Date.now() - this.#cleanedAt) >= waitMs) this.clean();
  }

  /** Cuts history and forgets old ids. */
  clean(): void {
    const now = Date.now();
    this.#sinceClean = 0;
    this.#cleanedAt = now;
    this.run(false, () => this.#clean(now));
  }

  /** Ends the wait for the check of the file. */
  checked(): void {
    checked(this.#db);
  }

  close(): void {
    this.#db.close();
  }

  #clean(now: number): void {
    const { maxEvents, maxAgeMs, dedupeWindowMs, groupTtlMs } = this.#options;
    this.#db.prepare('DELETE FROM dedupe WHERE at <= ?').run(now - dedupeWindowMs);
    if (performance.now() - this.#openedAt >= Math.min(groupTtlMs, endAfterMs)) {
      this.groups.endUnused(now, now - groupTtlMs);
    }
    if (this.#floor > 0) this.#cutHeads();
    const old = this.#db.prepare('SELECT seq, published_at FROM events WHERE seq > ? ORDER BY seq LIMIT ?');
    let floor = Math.max(this.#floor, this.#last - maxEvents);
    // In most cases the oldest event is young enough.
    for (let rows = old.all(floor, 1); rows.length > 0; rows = old.all(floor, 1000)) {
      const kept = rows.findIndex((row) => Number(row.published_at) > now - maxAgeMs);
      floor = Number(rows.at(kept === -1 ? -1 : kept)?.seq) - (kept === -1 ? 0 : 1);
      if (kept !== -1) break;
    }
    this.#cut(floor);
    // SQLite counts bytes by the page: cut a sixteenth of the log at a time until there is room.
    while (this.#usedBytes() > this.#options.maxBytes && this.#floor < this.#last - 1) {
      this.#cut(this.#floor + Math.ceil((this.#last - this.#floor) / 16));
    }
  }

  /** Forgets keys whose newest event was cut. Looks at some of them each time, as there may be very many. */
  #cutHeads(): void {
    const some = 'SELECT max(key) AS key FROM (SELECT key FROM heads WHERE key > ? ORDER BY key LIMIT ?)';
    const last = this.#db.prepare(some).get(this.#headsCutAt, headsAtOnce)?.key;
    if (typeof last === 'string') {
      this.#db
        .prepare('DELETE FROM heads WHERE key > ? AND key <= ? AND seq <= ?')
        .run(this.#headsCutAt, last, this.#floor);
    }
    this.#headsCutAt = typeof last === 'string' ? last : '';
  }

  #cut(floor: number): void {
    const place = Math.min(floor, this.#last - 1);
    if (place <= this.#floor) return;
    this.#floor = place;
    this.#db
      .prepare(
        'DELETE FROM events WHERE seq <= ? AND NOT EXISTS (SELECT 1 FROM pending WHERE pending.seq = events.seq)',
      )
      .run(this.#floor);
    this.#db.prepare("UPDATE meta SET value = ? WHERE name = 'floor'").run(String(this.#floor));
  }

  #usedBytes(): number {
    return (this.#pragma('page_count') - this.#pragma('freelist_count')) * this.#pragma('page_size');
  }

  #pragma(name: string): number {
    return Number(Object.values(this.#db.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
  }

  #synchronise(level: 'FULL' | 'NORMAL'): void {
    if (this.#synchronous === level) return;
    this.#db.exec(`PRAGMA synchronous = ${level}`);
    this.#synchronous = level;
  }
}
