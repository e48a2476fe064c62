import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { prepareAll } from './statements.ts';
import type { LogPlaces } from './store.ts';

/** How much history is kept. */
export interface HistoryLimits {
  readonly maxEvents: number;
  readonly maxBytes: number;
  readonly maxAgeMs: number;
}

/** Most events to cut in one transaction, as requests wait for it. */
const cutAtOnce = 5_000;
/** Events to read at a time to find those that are too old. */
const readAtOnce = 250;

/** The old end of the log, which is cut by number, age and bytes. */
export class SqliteHistory {
  readonly #db: DatabaseSync;
  readonly #limits: HistoryLimits;
  readonly #places: LogPlaces;
  readonly #sql: Readonly<Record<keyof typeof statements, StatementSync>>;
  readonly #pageBytes: number;
  /** Pages of a file without events: one for each table and index, and one more. */
  readonly #emptyPages: number;

  constructor(db: DatabaseSync, places: LogPlaces, limits: HistoryLimits) {
    this.#db = db;
    this.#places = places;
    this.#limits = limits;
    this.#sql = prepareAll(db, statements);
    this.#pageBytes = this.#pragma('page_size');
    this.#emptyPages = 1 + Number(db.prepare('SELECT count(*) AS n FROM sqlite_schema WHERE rootpage > 0').get()?.n);
  }

  /**
   * Lets the file grow to twice `maxBytes`, plus `moreBytes`. Events that must not be cut may fill it; it then refuses
   * more before the disk is full.
   */
  allow(moreBytes: number): void {
    const pages = Math.ceil((2 * this.#limits.maxBytes + moreBytes) / this.#pageBytes);
    this.#db.exec(`PRAGMA max_page_count = ${this.#emptyPages + pages}`);
  }

  /**
   * Cuts the events beyond the limits; `otherBytes` of the file do not count. Returns true when there is more to cut.
   */
  cut(now: number, otherBytes: number): boolean {
    const { maxEvents, maxBytes, maxAgeMs } = this.#limits;
    const { floor, last } = this.#places;
    const furthest = Math.min(floor + cutAtOnce, last - 1);
    const wanted = Math.max(last - maxEvents, this.#oldUpTo(now - maxAgeMs, furthest));
    this.#cutTo(Math.min(wanted, furthest));
    if (this.#usedBytes() - otherBytes > maxBytes) {
      // SQLite counts bytes by the page: cut a sixteenth of the log at a time until there is room.
      const next = this.#places.floor + Math.ceil((last - this.#places.floor) / 16);
      this.#cutTo(Math.min(next, this.#places.floor + cutAtOnce));
    }
    const hasRest = this.#places.floor < last - 1;
    return hasRest && (wanted > this.#places.floor || this.#usedBytes() - otherBytes > maxBytes);
  }

  /** Deletes an event that was cut, when no group holds it any more. */
  release(seq: number): void {
    if (seq <= this.#places.floor) this.#sql.release.run(seq);
  }

  /** Returns the place before the first event that was published after `before`, or `furthest`. */
  #oldUpTo(before: number, furthest: number): number {
    let place = this.#places.floor;
    // In most cases the oldest event is young enough.
    for (let count = 1; place < furthest; count = readAtOnce) {
      const rows = this.#sql.ages.all(place, count);
      const young = rows.find((row) => Number(row.published_at) > before);
      if (young) return Number(young.seq) - 1;
      if (rows.length < count) return furthest;
      place = Number(rows.at(-1)?.seq);
    }
    return furthest;
  }

  #cutTo(wanted: number): void {
    const { floor, last } = this.#places;
    const place = Math.min(wanted, last - 1);
    if (place <= floor) return;
    const kept = Number(this.#sql.count.get(floor, place)?.n);
    this.#places.missing -= place - floor - kept;
    this.#places.floor = place;
    this.#sql.cut.run(floor, place);
  }

  #usedBytes(): number {
    return (this.#pragma('page_count') - this.#pragma('freelist_count') - this.#emptyPages) * this.#pageBytes;
  }

  #pragma(name: string): number {
    return Number(Object.values(this.#db.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
  }
}

const statements = {
  ages: 'SELECT seq, published_at FROM events WHERE seq > ? ORDER BY seq LIMIT ?',
  count: 'SELECT count(*) AS n FROM events WHERE seq > ? AND seq <= ? AND grp IS NULL',
  cut: `DELETE FROM events WHERE seq > ? AND seq <= ?
    AND NOT EXISTS (SELECT 1 FROM pending WHERE pending.seq = events.seq)`,
  release: `DELETE FROM events WHERE seq = ?
    AND NOT EXISTS (SELECT 1 FROM pending WHERE pending.seq = events.seq)`,
} as const;
