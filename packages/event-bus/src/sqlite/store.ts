import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { BusError } from '../errors.ts';
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
import { checked, emptyWal, openFile } from './file.ts';
import { SqliteGroups } from './groups.ts';
import { type HistoryLimits, SqliteHistory } from './history.ts';
import { hashOf, type IdLimits, SqliteIds } from './ids.ts';
import { SqliteKeys } from './keys.ts';
import { SqliteOwned } from './owned.ts';
import { type EventRow, storedOf } from './rows.ts';
import { prepareAll } from './statements.ts';

/** Settings of the file, for the thread. */
export interface StoreOptions extends HistoryLimits, IdLimits {
  readonly file: string;
  readonly durability: 'full' | 'normal';
  readonly maxDeadLetters: number;
  readonly maxDelayed: number;
  readonly groupTtlMs: number;
}

/** Where the log begins and ends. A transaction that fails puts these numbers back. */
export interface LogPlaces {
  /** Highest place so far. */
  last: number;
  /** Place up to which history is cut. */
  floor: number;
  /**
   * Number of places after `floor` without an event for everyone: erased events, and events stored again for one group.
   */
  missing: number;
}

/** New events between two clean-ups. */
const cleanEvery = 256;
const cleanMs = 60_000;
/**
 * Time after opening in which groups may come back before they may end, as the file may have been closed for long. In
 * milliseconds.
 */
const endAfterMs = 3_600_000;

/** The log in one file. Every method runs inside the transaction of `run`. */
export class SqliteStore {
  readonly db: DatabaseSync;
  readonly epoch: string;
  readonly places: LogPlaces;
  readonly groups: SqliteGroups;
  readonly owned: SqliteOwned;
  readonly keys: SqliteKeys;
  /** True for a large file that must still be checked; call `checked` after that. */
  readonly isUnchecked: boolean;
  /** How often the file was opened. */
  readonly opened: string;
  readonly #options: StoreOptions;
  readonly #history: SqliteHistory;
  readonly #ids: SqliteIds;
  readonly #delayed: SqliteDelayed;
  readonly #sql: Readonly<Record<keyof typeof statements, StatementSync>>;
  readonly #openedAt = performance.now();
  #synchronous = '';
  /** Warnings of the transaction that runs, and of those that have ended. */
  #newWarnings: BusError[] = [];
  #warnings: BusError[] = [];
  #sinceClean = cleanEvery;
  #cleanedAt = 0;
  /** True while the `-wal` file may hold bytes of a key that was erased. */
  #hasErased = false;
  #isChecked: boolean;

  constructor(options: StoreOptions) {
    this.#options = options;
    const { db, isUnchecked } = openFile(options.file);
    this.isUnchecked = isUnchecked;
    this.#isChecked = !isUnchecked;
    this.db = db;
    this.#sql = prepareAll(db, statements);
    const meta = (name: string): string => String(this.#sql.meta.get(name)?.value ?? '');
    this.epoch = meta('epoch');
    this.opened = meta('opened');
    // The newest row is never cut, so that a place is not used twice.
    const last = Number(this.#sql.last.get()?.last);
    this.places = { last, floor: Number(meta('floor')), missing: Number(meta('missing')) };
    const warn = (error: BusError): void => void this.#newWarnings.push(error);
    this.#ids = new SqliteIds(db, options, warn);
    this.#history = new SqliteHistory(db, this.places, options);
    this.#history.allow(this.#ids.bytes);
    this.#delayed = new SqliteDelayed(db, options.maxDelayed);
    this.keys = new SqliteKeys(db, this.epoch, this.places);
    this.groups = new SqliteGroups(db, this, options.maxDeadLetters, warn);
    this.owned = new SqliteOwned(db, this, this.groups.reader);
  }

  /**
   * Runs work in one transaction. Only new events wait for the disk: losing an acknowledgement only causes a
   * redelivery.
   */
  run(appends: boolean, work: () => void): void {
    const before = { ...this.places };
    try {
      this.#synchronise(appends && this.#options.durability === 'full' ? 'FULL' : 'NORMAL');
      this.#sql.begin.run();
      work();
      this.#ids.save();
      for (const name of ['floor', 'missing'] as const) {
        if (this.places[name] !== before[name]) this.#sql.setMeta.run(String(this.places[name]), name);
      }
      this.#sql.commit.run();
      this.#warnings.push(...this.#newWarnings.splice(0));
      if (this.#hasErased && this.#isChecked) this.#hasErased = !emptyWal(this.db);
    } catch (error) {
      Object.assign(this.places, before);
      if (this.db.isTransaction) this.db.exec('ROLLBACK');
      this.#newWarnings = [];
      this.#ids.load();
      this.#delayed.recount();
      this.groups.letters.recount();
      throw asBusError(error, this.#options.file);
    }
  }

  append(entry: Entry): Appended {
    const { dedupeIds, dueAt } = entry;
    const now = Date.now();
    const hashes = dedupeIds.map(hashOf);
    const found = this.#ids.find(hashes, now);
    if (found !== undefined) return { seq: found, epoch: this.epoch, duplicate: true };
    if (dueAt !== undefined) this.#delayed.add(entry, dueAt);
    const seq = dueAt === undefined ? this.#insert(entry) : 0;
    this.#ids.add(hashes, seq, now);
    return { seq, epoch: this.epoch, duplicate: false };
  }

  /** When the next delayed event is due, by the wall clock; infinite when none waits. */
  nextDue(): number {
    return this.#delayed.next();
  }

  /**
   * Gives some of the due events their place in the log. Their dedupe ids, whose window began with the publish, now
   * lead to it.
   */
  appendDue(): Stored[] {
    return this.#delayed.take(Date.now()).map((entry) => {
      const { topic, key, payload, publishedAt, dedupeIds } = entry;
      const seq = this.#insert(entry);
      this.#ids.place(dedupeIds.map(hashOf), seq);
      return { seq, topic, key, payload, publishedAt, version: envelopeVersion };
    });
  }

  /** Stores an event again, for one group alone. */
  appendFor(group: number, row: EventRow): void {
    const { version, topic, key, payload, published_at, origin, seq } = row;
    const place = ++this.places.last;
    this.places.missing++;
    const prev = this.keys.link(key, place);
    this.#sql.insert.run(place, version, topic, key, payload, published_at, group, origin ?? seq, prev);
  }

  /** Deletes an event that was cut, when no group holds it any more. */
  release(seq: number): void {
    this.#history.release(seq);
  }

  read(after: number, limit: number, maxBytes: number): Page {
    const { floor, last } = this.places;
    const events: Stored[] = [];
    let bytes = 0;
    for (const row of this.#sql.page.iterate(Math.max(after, floor), limit) as unknown as Iterable<EventRow>) {
      events.push(storedOf(row));
      bytes += Buffer.byteLength(row.payload);
      if (bytes >= maxBytes) break;
    }
    const isAtEnd = events.length < limit && bytes < maxBytes;
    const upTo = isAtEnd ? last : (events.at(-1)?.seq ?? last);
    return { epoch: this.epoch, events, first: floor + 1, last, upTo };
  }

  /** Erases a key and the deliveries of its events. Returns the number of events. */
  forget(key: string): number {
    this.#hasErased = true;
    const { places, count } = this.keys.forget(key);
    this.groups.forget(key, places);
    return count + this.#delayed.forget(key);
  }

  stats(): TransportStats {
    const { last, floor, missing } = this.places;
    const deadLetters = this.groups.letters.count;
    return {
      depth: last - floor - missing,
      delayed: this.#delayed.size,
      deadLetters,
      groups: this.groups.stats(),
      warnings: [],
    };
  }

  /** Returns the warnings of the last transactions, and forgets them. */
  takeWarnings(): readonly BusError[] {
    const warnings = this.#warnings;
    this.#warnings = [];
    return warnings;
  }

  /** Cuts some history and forgets some old ids, if enough has happened since the last time. */
  cleanWhenDue(): void {
    const waitMs = Math.min(cleanMs, this.#options.groupTtlMs);
    if (this.#sinceClean >= cleanEvery || Math.abs(Date.now() - this.#cleanedAt) >= waitMs) this.#cleanSome();
  }

  /** Cuts history and forgets old ids, until there is nothing more to do. */
  clean(): void {
    while (this.#cleanSome());
  }

  /** Ends the wait for the check of the file. */
  checked(): void {
    checked(this.db);
    this.#isChecked = true;
  }

  close(): void {
    this.db.close();
  }

  #insert({ topic, key: keyOrNone, payload, publishedAt }: Entry): number {
    const seq = ++this.places.last;
    const key = keyOrNone ?? null;
    const prev = this.keys.link(key, seq);
    this.#sql.insert.run(seq, envelopeVersion, topic, key, payload as string, publishedAt, null, null, prev);
    this.#sinceClean++;
    return seq;
  }

  /** Does one step of the clean-up. Returns true when there is more to do. */
  #cleanSome(): boolean {
    const now = Date.now();
    this.#cleanedAt = now;
    let hasMore = false;
    this.run(false, () => {
      if (performance.now() - this.#openedAt >= Math.min(this.#options.groupTtlMs, endAfterMs)) {
        this.groups.endUnused(now, now - this.#options.groupTtlMs);
      }
      hasMore = this.groups.endSome();
      this.#ids.clean(now);
      this.keys.clean();
      hasMore = this.#history.cut(now, this.#ids.bytes) || hasMore;
    });
    this.#history.allow(this.#ids.bytes);
    this.#sinceClean = hasMore ? cleanEvery : 0;
    return hasMore;
  }

  #synchronise(level: 'FULL' | 'NORMAL'): void {
    if (this.#synchronous === level) return;
    this.db.exec(`PRAGMA synchronous = ${level}`);
    this.#synchronous = level;
  }
}

const statements = {
  begin: 'BEGIN IMMEDIATE',
  commit: 'COMMIT',
  meta: 'SELECT value FROM meta WHERE name = ?',
  setMeta: 'UPDATE meta SET value = ? WHERE name = ?',
  last: 'SELECT coalesce(max(seq), 0) AS last FROM events',
  insert: 'INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
  page: 'SELECT * FROM events WHERE seq > ? AND grp IS NULL ORDER BY seq LIMIT ?',
} as const;
