import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { BusError } from '../errors.ts';
import { matcher } from '../topic.ts';
import type { Appended, Entry } from '../transport.ts';
import type { EventRow } from './rows.ts';
import { prepareAll } from './statements.ts';
import type { LogPlaces } from './store.ts';

interface PlaceRow {
  readonly name: string;
  readonly pattern: string;
  readonly cursor: number;
}

/** The log that groups read. */
export interface GroupedLog {
  readonly epoch: string;
  readonly places: Readonly<LogPlaces>;
  append(entry: Entry): Appended;
  /** Stores an event again, for one group alone. */
  appendFor(group: number, row: EventRow): void;
  /** Deletes an event that was cut, when no group holds it any more. */
  release(seq: number): void;
}

/** An event as a group finds it: without its payload, which may be large. */
export interface FoundRow {
  readonly seq: number;
  readonly topic: string;
  readonly key: string | null;
}

/** Events to read at a time: first this many, then doubling up to the second number. */
const firstScan = 16;
const lastScan = 256;
/** Most events that one request reads, and most that it holds for a group, as other requests wait for it. */
const maxScanned = 5_000;
const maxHeld = 500;

/** Reads the log for groups of both kinds, and keeps their places in it. */
export class GroupReader {
  readonly #store: GroupedLog;
  readonly #warn: (error: BusError) => void;
  readonly #matchers = new Map<number, (topic: string) => boolean>();
  readonly #sql: Readonly<Record<keyof typeof statements, StatementSync>>;

  constructor(db: DatabaseSync, store: GroupedLog, warn: (error: BusError) => void) {
    this.#store = store;
    this.#warn = warn;
    this.#sql = prepareAll(db, statements);
  }

  /**
   * Calls `take` with each event for the group until `take` returns true, and moves the group's place in the log.
   * Returns false when it stopped because it had read enough, so there may be more.
   */
  readOn(group: number, take: (event: FoundRow) => boolean): boolean {
    const row = this.#sql.place.get(group) as unknown as PlaceRow | undefined;
    if (!row) return true;
    const cut = Math.max(0, this.#store.places.floor - row.cursor);
    let cursor = row.cursor + cut;
    if (cut > 0) this.#warn(historyCut(cut, row.name));
    let matches = this.#matchers.get(group);
    if (!matches) {
      matches = matcher(row.pattern);
      this.#matchers.set(group, matches);
    }
    let scanned = 0;
    let held = 0;
    let isFull = false;
    let isAtEnd = false;
    const isEnough = (): boolean => isFull || scanned >= maxScanned || held >= maxHeld;
    for (let size = firstScan; !isEnough(); size = Math.min(size * 2, lastScan)) {
      const events = this.#sql.scan.all(cursor, size) as unknown as (FoundRow & { readonly grp: number | null })[];
      if (events.length === 0) {
        cursor = this.#store.places.last;
        isAtEnd = true;
        break;
      }
      for (const event of events) {
        if (isEnough()) break;
        cursor = event.seq;
        scanned++;
        if (event.grp === null ? !matches(event.topic) : event.grp !== group) continue;
        held++;
        isFull = take(event);
      }
    }
    if (cursor !== row.cursor) this.#sql.move.run(cursor, cut, group);
    return isFull || isAtEnd;
  }

  /** Counts redeliveries. */
  redelivered(group: number, count: number): void {
    this.#sql.redelivered.run(count, group);
  }

  /** Forgets a group that has ended. */
  end(group: number): void {
    this.#matchers.delete(group);
  }
}

const statements = {
  place: 'SELECT name, pattern, cursor FROM groups WHERE id = ?',
  move: 'UPDATE groups SET cursor = ?, lost = lost + ? WHERE id = ?',
  redelivered: 'UPDATE groups SET redeliveries = redeliveries + ? WHERE id = ?',
  scan: 'SELECT seq, topic, key, grp FROM events WHERE seq > ? ORDER BY seq LIMIT ?',
} as const;

function historyCut(count: number, group: string): BusError {
  return new BusError(
    'BUS_HISTORY_CUT',
    `${count} events were cut from history before group ${group} had read them: keep more history, or handle events faster`,
  );
}
