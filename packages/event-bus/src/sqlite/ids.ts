import { hash } from 'node:crypto';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { BusError } from '../errors.ts';
import { prepareAll } from './statements.ts';

/** How many dedupe ids are remembered, and for how long. */
export interface IdLimits {
  readonly dedupeWindowMs: number;
  readonly maxDedupeIds: number;
}

/** Ids that were stored one after the other, and are forgotten together. */
interface Slot {
  readonly slot: number;
  readonly since: number;
  /** When the newest of them was stored. */
  until: number;
  count: number;
}

/** Number of slots into which the window and the limit are divided, so an id may be found 1/64 of the window longer. */
const slotCount = 64;
/** Bytes of a hash, and bytes of the file that an id may take: 30 were measured, with the free space in the pages. */
const hashBytes = 16;
const idBytes = 40;
/** Rows to look at in each clean-up: at least the first number, or the second number for each new id. */
const minSwept = 2_000;
const sweptForEach = 16;
/** Sorts after all hashes. */
const end = new Uint8Array(hashBytes + 1).fill(255);

/**
 * The dedupe ids in the file, each as a hash, the place of its event and the number of its slot. No index has their
 * age: a slot is forgotten at once, and its rows are deleted little by little as the clean-up walks through the hashes.
 */
export class SqliteIds {
  readonly #limits: IdLimits;
  readonly #warn: (error: BusError) => void;
  readonly #sql: Readonly<Record<keyof typeof statements, StatementSync>>;
  /** The oldest first; never empty. */
  #slots: Slot[] = [];
  /** Number of ids in these slots, and of rows in the table, which also has ids of forgotten slots. */
  #live = 0;
  #rows = 0;
  #isChanged = false;
  #added = 0;
  #sweptTo: Uint8Array = new Uint8Array();
  /** Whether the limit was reached, and whether a committed transaction has reported it. */
  #isFull = false;
  #isWarned = false;

  constructor(db: DatabaseSync, limits: IdLimits, warn: (error: BusError) => void) {
    this.#limits = limits;
    this.#warn = warn;
    this.#sql = prepareAll(db, statements);
    this.load();
  }

  /** Bytes of the file that ids may take. */
  get bytes(): number {
    return this.#rows * idBytes;
  }

  /** Reads the state from the file: at first, and after a transaction that failed. */
  load(): void {
    this.#slots = this.#sql.slots.all() as unknown as Slot[];
    this.#live = this.#slots.reduce((sum, { count }) => sum + count, 0);
    this.#rows = Number(this.#sql.rows.get()?.value);
    this.#isChanged = false;
    this.#isFull = this.#isWarned;
  }

  /** Writes the state, as the last step of a transaction. */
  save(): void {
    if (!this.#isChanged) return;
    const { slot, since, until, count } = this.#current;
    this.#sql.keepSlot.run(slot, since, until, count);
    this.#sql.keepRows.run(String(this.#rows));
    this.#isChanged = false;
    this.#isWarned = this.#isFull;
  }

  /**
   * Returns the place of the event that has one of these ids, 0 while it waits for its time; undefined when none is
   * remembered.
   */
  find(hashes: readonly Uint8Array[], now: number): number | undefined {
    if (hashes.length === 0) return undefined;
    this.#turn(now);
    const oldest = this.#slots[0]?.slot ?? 0;
    for (const one of hashes) {
      const row = this.#sql.find.get(one);
      if (!row) continue;
      if (Number(row.slot) >= oldest) return Number(row.seq);
      this.#sql.forget.run(one);
      this.#rows--;
      this.#isChanged = true;
    }
    return undefined;
  }

  /** Remembers ids that `find` did not find. */
  add(hashes: readonly Uint8Array[], seq: number, now: number): void {
    if (hashes.length === 0) return;
    const slot = this.#current;
    for (const one of hashes) {
      const { changes } = this.#sql.add.run(one, seq, slot.slot);
      slot.count += Number(changes);
      this.#live += Number(changes);
      this.#rows += Number(changes);
    }
    slot.until = Math.max(slot.until, now);
    this.#added += hashes.length;
    this.#isChanged = true;
  }

  /** Gives the ids of an event that waited for its time the place that the event has now. */
  place(hashes: readonly Uint8Array[], seq: number): void {
    for (const one of hashes) this.#sql.place.run(seq, one);
  }

  /** Deletes some rows of forgotten slots. */
  clean(now: number): void {
    this.#turn(now);
    const most = Math.max(minSwept, sweptForEach * this.#added);
    this.#added = 0;
    if (this.#rows === this.#live) return;
    const last = this.#sql.some.get(this.#sweptTo, most)?.hash as Uint8Array | null | undefined;
    const { changes } = this.#sql.sweep.run(this.#sweptTo, last ?? end, this.#slots[0]?.slot ?? 0);
    this.#rows -= Number(changes);
    this.#sweptTo = last ?? new Uint8Array();
    this.#isChanged = true;
  }

  get #current(): Slot {
    const current = this.#slots.at(-1);
    if (!current) throw new BusError('BUS_CORRUPT_FILE', 'the file has no slot for dedupe ids: restore a copy');
    return current;
  }

  /** Begins another slot when it is time, and forgets the slots that are too old or too many. */
  #turn(now: number): void {
    const { dedupeWindowMs, maxDedupeIds } = this.#limits;
    const current = this.#current;
    if (
      current.count >= Math.ceil(maxDedupeIds / slotCount) ||
      Math.abs(now - current.since) >= dedupeWindowMs / slotCount
    ) {
      this.#sql.keepSlot.run(current.slot, current.since, current.until, current.count);
      this.#slots.push({ slot: current.slot + 1, since: now, until: now, count: 0 });
      this.#isChanged = true;
    }
    while (this.#slots.length > 1 && (this.#slots[0]?.until ?? now) <= now - dedupeWindowMs) this.#forgetOldest();
    while (this.#slots.length > 1 && this.#live >= maxDedupeIds) {
      this.#warnOnce(now - (this.#slots[0]?.since ?? now));
      this.#forgetOldest();
    }
  }

  #forgetOldest(): void {
    const oldest = this.#slots.shift();
    if (!oldest) return;
    this.#live -= oldest.count;
    this.#sql.endSlot.run(oldest.slot);
    this.#isChanged = true;
  }

  #warnOnce(ageMs: number): void {
    if (this.#isFull) return;
    this.#isFull = true;
    const { maxDedupeIds, dedupeWindowMs } = this.#limits;
    this.#warn(
      new BusError(
        'BUS_DEDUPE_FULL',
        `more than ${maxDedupeIds} dedupe ids came in ${Math.round(ageMs / 60_000)} minutes, so the oldest are forgotten before dedupeWindowMs (${dedupeWindowMs}): raise maxDedupeIds, or lower dedupeWindowMs`,
      ),
    );
  }
}

const statements = {
  slots: 'SELECT slot, since, until, count FROM id_slots ORDER BY slot',
  rows: "SELECT value FROM meta WHERE name = 'ids'",
  keepSlot: 'INSERT OR REPLACE INTO id_slots VALUES (?, ?, ?, ?)',
  keepRows: "UPDATE meta SET value = ? WHERE name = 'ids'",
  endSlot: 'DELETE FROM id_slots WHERE slot = ?',
  find: 'SELECT seq, slot FROM ids WHERE hash = ?',
  add: 'INSERT OR IGNORE INTO ids VALUES (?, ?, ?)',
  place: 'UPDATE ids SET seq = ? WHERE hash = ? AND seq = 0',
  forget: 'DELETE FROM ids WHERE hash = ?',
  some: 'SELECT max(hash) AS hash FROM (SELECT hash FROM ids WHERE hash > ? ORDER BY hash LIMIT ?)',
  sweep: 'DELETE FROM ids WHERE hash > ? AND hash <= ? AND slot < ?',
} as const;

/** Returns the first 128 bits of an id's SHA-256: in practice, different ids have different hashes. */
export function hashOf(id: string): Uint8Array {
  return hash('sha256', Buffer.from(id, 'utf16le'), 'buffer').subarray(0, hashBytes);
}
