import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { KeyPage } from '../key-pages.ts';
import type { Page, Stored } from '../transport.ts';
import { type EventRow, storedOf, zerosAs } from './rows.ts';
import { prepareAll } from './statements.ts';
import type { LogPlaces } from './store.ts';

/** Keys to look at in each clean-up. */
const headsAtOnce = 2_000;

/** The events of each key in the file: a chain from the newest back. */
export class SqliteKeys {
  readonly #epoch: string;
  readonly #places: LogPlaces;
  readonly #sql: Readonly<Record<keyof typeof statements, StatementSync>>;
  /** Last key that the clean-up looked at. */
  #cutAt = '';

  constructor(db: DatabaseSync, epoch: string, places: LogPlaces) {
    this.#epoch = epoch;
    this.#places = places;
    this.#sql = prepareAll(db, statements);
  }

  /** Makes a place the newest of its key. Returns the one before it. */
  link(key: string | null, seq: number): number | null {
    if (key === null) return null;
    const prev = this.#sql.head.get(key)?.seq;
    this.#sql.setHead.run(key, seq);
    return prev === undefined ? null : Number(prev);
  }

  /** Reads events of one key. The cost grows with the key's events after the place. */
  read(key: string, after: number, limit: number, maxBytes: number): KeyPage {
    const { floor, last } = this.#places;
    const from = Math.max(after, floor);
    const head = Number(this.#sql.head.get(key)?.seq ?? 0);
    const places = this.#sql.chain.all(head, from, from).map(({ seq }) => Number(seq));
    const page = this.readPlaces(places.slice(0, limit), maxBytes);
    const rest = places.slice(places.findLastIndex((place) => place <= page.upTo) + 1);
    return { ...page, upTo: rest.length > 0 ? page.upTo : last, rest };
  }

  /** Reads the events at known places, as far as `maxBytes` goes. Some may be gone. */
  readPlaces(wanted: readonly number[], maxBytes: number): Page {
    const { floor, last } = this.#places;
    const events: Stored[] = [];
    let bytes = 0;
    let upTo = wanted.at(-1) ?? last;
    for (const seq of wanted) {
      const row = this.#sql.at.get(seq, floor) as unknown as EventRow | undefined;
      if (!row) continue;
      events.push(storedOf(row));
      bytes += Buffer.byteLength(row.payload);
      if (bytes >= maxBytes) {
        upTo = seq;
        break;
      }
    }
    return { epoch: this.#epoch, events, first: floor + 1, last, upTo };
  }

  /** Erases the events of a key. Returns their places, and how many were of the log, not of one group alone. */
  forget(key: string): { readonly places: readonly number[]; readonly count: number } {
    const { floor, last } = this.#places;
    const head = Number(this.#sql.head.get(key)?.seq ?? 0);
    // Events that were cut but are held by a group still lie below the floor, outside of the chain.
    const rows = this.#sql.all.all(head, floor, key) as unknown as readonly {
      readonly seq: number;
      readonly grp: number | null;
    }[];
    const places = rows.map(({ seq }) => seq);
    // Overwrite all rows in place before deleting any: SQLite moves rows as others go, and the old copy stays readable.
    for (const seq of places) this.#sql.overwrite.run(seq);
    for (const seq of places) if (seq !== last) this.#sql.erase.run(seq);
    // The newest row stays, as a row of a group that does not exist, so that its place is not used twice.
    this.#sql.empty.run(last, key);
    this.#sql.endHead.run(key);
    const ofLog = rows.filter(({ grp }) => grp === null);
    this.#places.missing += ofLog.filter(({ seq }) => seq > floor).length;
    return { places, count: ofLog.length };
  }

  /** Forgets keys whose newest event was cut. Looks at some of them each time, as there may be very many. */
  clean(): void {
    if (this.#places.floor === 0) return;
    const last = this.#sql.someHeads.get(this.#cutAt, headsAtOnce)?.key;
    if (typeof last === 'string') this.#sql.cutHeads.run(this.#cutAt, last, this.#places.floor);
    this.#cutAt = typeof last === 'string' ? last : '';
  }
}

const statements = {
  head: 'SELECT seq FROM heads WHERE key = ?',
  setHead: 'INSERT OR REPLACE INTO heads VALUES (?, ?)',
  endHead: 'DELETE FROM heads WHERE key = ?',
  someHeads: 'SELECT max(key) AS key FROM (SELECT key FROM heads WHERE key > ? ORDER BY key LIMIT ?)',
  cutHeads: 'DELETE FROM heads WHERE key > ? AND key <= ? AND seq <= ?',
  // Walks back from the newest event of a key to the first one that was cut.
  chain: `WITH RECURSIVE chain (seq, prev) AS (
      SELECT seq, prev FROM events WHERE seq = ? AND seq > ?
      UNION ALL SELECT events.seq, events.prev FROM chain JOIN events ON events.seq = chain.prev WHERE events.seq > ?
    ) SELECT events.seq FROM chain JOIN events USING (seq) WHERE grp IS NULL ORDER BY seq`,
  at: 'SELECT * FROM events WHERE seq = ? AND seq > ? AND grp IS NULL',
  all: `WITH RECURSIVE chain (seq, prev, grp) AS (
      SELECT seq, prev, grp FROM events WHERE seq = ?
      UNION ALL SELECT events.seq, events.prev, events.grp FROM chain JOIN events ON events.seq = chain.prev
    ) SELECT seq, grp FROM chain UNION SELECT seq, grp FROM events WHERE seq <= ? AND key = ?`,
  overwrite: `UPDATE events SET payload = ${zerosAs('payload')} WHERE seq = ?`,
  erase: 'DELETE FROM events WHERE seq = ?',
  empty: `UPDATE events SET topic = '', key = NULL, payload = '', grp = 0, origin = NULL, prev = NULL
    WHERE seq = ? AND key = ?`,
} as const;
