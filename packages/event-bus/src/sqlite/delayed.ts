import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { BusError } from '../errors.ts';
import type { Entry } from '../transport.ts';
import { zerosAs } from './rows.ts';
import { prepareAll } from './statements.ts';

/** Most events that get their place in one transaction. */
const maxReleased = 256;

interface Row {
  readonly due: number;
  readonly topic: string;
  readonly key: string | null;
  readonly payload: string;
  readonly ids: string;
}

/** Entries that wait for their time, in the file. */
export class SqliteDelayed {
  readonly #max: number;
  readonly #sql: Readonly<Record<keyof typeof statements, StatementSync>>;
  /** Kept, because counting means walking over the table. */
  #size = 0;

  constructor(db: DatabaseSync, max: number) {
    this.#max = max;
    this.#sql = prepareAll(db, statements);
    this.recount();
  }

  get size(): number {
    return this.#size;
  }

  /** Counts again, after a transaction that failed. */
  recount(): void {
    this.#size = Number(this.#sql.count.get()?.n);
  }

  /** @throws {BusError} `BUS_STORAGE_FULL` when too many wait. */
  add({ topic, key, payload, dedupeIds }: Entry, dueAt: number): void {
    if (this.#size >= this.#max) {
      throw new BusError(
        'BUS_STORAGE_FULL',
        `${this.#max} events wait for their time, the limit is maxDelayed: raise it`,
      );
    }
    this.#size++;
    this.#sql.add.run(dueAt, topic, key ?? null, payload as string, JSON.stringify(dedupeIds));
  }

  /** When the first one is due; infinite when none waits. */
  next(): number {
    return Number(this.#sql.next.get()?.due ?? Number.POSITIVE_INFINITY);
  }

  /** Takes some of the entries that are due, the earliest first. */
  take(now: number): Entry[] {
    const rows = this.#sql.take.all(now, maxReleased) as unknown as (Row & { readonly id: number })[];
    for (const { id } of rows) {
      this.#sql.delete.run(id);
    }
    this.#size -= rows.length;
    return rows.map(({ due, topic, key, payload, ids }) => ({
      topic,
      key: key ?? undefined,
      payload,
      dedupeIds: JSON.parse(ids) as string[],
      publishedAt: due,
    }));
  }

  /** Erases a key. Returns the number of entries. */
  forget(key: string): number {
    this.#sql.overwrite.run(key);
    const erased = Number(this.#sql.forget.run(key).changes);
    this.#size -= erased;
    return erased;
  }
}

const statements = {
  count: 'SELECT count(*) AS n FROM delayed',
  add: 'INSERT INTO delayed (due, topic, key, payload, ids) VALUES (?, ?, ?, ?, ?)',
  next: 'SELECT min(due) AS due FROM delayed',
  take: 'SELECT * FROM delayed WHERE due <= ? ORDER BY due, id LIMIT ?',
  delete: 'DELETE FROM delayed WHERE id = ?',
  overwrite: `UPDATE delayed SET payload = ${zerosAs('payload')} WHERE key = ?`,
  forget: 'DELETE FROM delayed WHERE key = ?',
} as const;
