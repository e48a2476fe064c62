import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { withLetterId } from '../envelope.ts';
import { BusError } from '../errors.ts';
import { type Entry, envelopeVersion, type Stored, type StoredDeadLetter } from '../transport.ts';
import type { GroupedLog } from './group-reader.ts';
import { ending } from './layout.ts';
import { type EventRow, storedOf, zerosAs } from './rows.ts';
import { prepareAll } from './statements.ts';

interface DeadRow extends EventRow {
  readonly id: number;
  readonly grp: number;
  readonly name: string;
  readonly pattern: string;
  readonly attempts: number;
  readonly reason: string;
  readonly at: number;
}

/** The result of burying an event, with the notice about it, if there is one. */
export interface Buried {
  readonly own: boolean;
  readonly notice?: Stored;
}

/** The dead letters in the file. */
export class DeadLetters {
  readonly #store: GroupedLog;
  readonly #max: number;
  readonly #sql: Readonly<Record<keyof typeof statements, StatementSync>>;

  readonly #warn: (error: BusError) => void;
  #count = 0;

  constructor(db: DatabaseSync, store: GroupedLog, max: number, warn: (error: BusError) => void) {
    this.#store = store;
    this.#max = max;
    this.#warn = warn;
    this.#sql = prepareAll(db, statements);
    this.recount();
  }

  /** Number of dead letters. */
  get count(): number {
    return this.#count;
  }

  /** Counts the letters in the file: at first, and after a transaction that failed. */
  recount(): void {
    this.#count = Number(this.#sql.count.get()?.n);
  }

  /** Copies an event to the dead letters. Returns the letter's id. */
  bury(group: number, seq: number, attempts: number, reason: string): string {
    const { lastInsertRowid } = this.#sql.bury.run(attempts, reason, Date.now(), seq, group);
    this.#count++;
    this.#trim();
    return String(lastInsertRowid);
  }

  /** Stores the event that reports a letter. */
  tell(notice: Entry, id: string): Stored {
    const entry = withLetterId(notice, id);
    const { seq } = this.#store.append(entry);
    const { topic, key, payload, publishedAt } = entry;
    return { seq, topic, key, payload, publishedAt, version: envelopeVersion };
  }

  list(limit: number, after: string | undefined): StoredDeadLetter[] {
    const rows = this.#sql.list.all(Number(after ?? 0), limit) as unknown as DeadRow[];
    return rows.map((row) => this.#letterOf(row));
  }

  get(id: string): StoredDeadLetter | undefined {
    const row = this.#sql.get.get(Number(id)) as unknown as DeadRow | undefined;
    return row && this.#letterOf(row);
  }

  delete(id: string): boolean {
    const { changes } = this.#sql.delete.run(Number(id));
    this.#count -= Number(changes);
    return changes > 0;
  }

  retry(id: string): boolean {
    const row = this.#sql.take.get(Number(id)) as unknown as DeadRow | undefined;
    if (!row) return false;
    this.#count--;
    this.#store.appendFor(row.grp, row);
    return true;
  }

  forget(key: string): void {
    this.#sql.overwrite.run(key);
    this.#count -= Number(this.#sql.forget.run(key).changes);
  }

  /** Drops the oldest letters when there are too many. */
  #trim(): void {
    if (this.#count <= this.#max) return;
    for (const { id } of this.#sql.trim.all(this.#count - this.#max)) {
      this.#count--;
      this.#warn(
        new BusError(
          'BUS_DEAD_LETTERED',
          `dead letter ${String(id)} was dropped because there are more than ${this.#max}: delete or retry some, or raise maxDeadLetters`,
        ),
      );
    }
  }

  #letterOf(row: DeadRow): StoredDeadLetter {
    return {
      id: String(row.id),
      group: row.name,
      pattern: row.pattern,
      event: storedOf(row),
      epoch: this.#store.epoch,
      attempts: row.attempts,
      reason: row.reason,
      at: row.at,
    };
  }
}

const statements = {
  bury: `INSERT INTO dead
      (grp, seq, version, topic, key, payload, published_at, origin, attempts, reason, at, name, pattern)
    SELECT groups.id, seq, version, topic, key, payload, published_at, origin, ?, ?, ?, groups.name, groups.pattern
    FROM events, groups WHERE seq = ? AND groups.id = ?`,
  count: 'SELECT count(*) AS n FROM dead',
  trim: 'DELETE FROM dead WHERE id IN (SELECT id FROM dead ORDER BY id LIMIT ?) RETURNING id',
  list: 'SELECT * FROM dead WHERE id > ? ORDER BY id LIMIT ?',
  get: 'SELECT * FROM dead WHERE id = ?',
  delete: 'DELETE FROM dead WHERE id = ?',
  forget: 'DELETE FROM dead WHERE key = ?',
  overwrite: `UPDATE dead SET payload = ${zerosAs('payload')}, reason = ${zerosAs('reason')} WHERE key = ?`,
  take: `DELETE FROM dead WHERE id = ? AND grp IN (SELECT id FROM groups WHERE owned <> ${ending}) RETURNING *`,
} as const;
