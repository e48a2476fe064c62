import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Unfenced } from '../local-owners.ts';
import type { Appended, Entry, Reference, Start } from '../transport.ts';
import type { GroupedLog, GroupReader } from './group-reader.ts';
import { running } from './layout.ts';
import { type EventRow, storedOf } from './rows.ts';
import { prepareAll } from './statements.ts';

/** What a commit writes into the file. The fences were checked before. */
export interface FileCommit {
  readonly group: number;
  readonly settle: readonly number[];
  readonly publish: readonly Entry[];
  readonly state: { readonly key: string; readonly value: string | undefined } | undefined;
}

/** Owned groups in the file: a place in the log, a row for each unsettled event before it, and the states of keys. */
export class SqliteOwned {
  readonly #store: GroupedLog;
  readonly #reader: GroupReader;
  readonly #sql: Readonly<Record<keyof typeof statements, StatementSync>>;

  constructor(db: DatabaseSync, store: GroupedLog, reader: GroupReader) {
    this.#store = store;
    this.#reader = reader;
    this.#sql = prepareAll(db, statements);
  }

  /** Returns the references that were read but not settled when the file was last open. */
  waiting(group: number): Reference[] {
    return (this.#sql.waiting.all(group) as { seq: number; key: string | null }[]).map(({ seq, key }) => ({
      seq,
      key: key ?? undefined,
    }));
  }

  /** Reads on in the log; null when it has found nothing yet and must be called again. */
  pull(group: number, count: number): Reference[] | null {
    const out: Reference[] = [];
    const isAtEnd = this.#reader.readOn(group, (event) => {
      this.#sql.hold.run(group, event.seq);
      out.push({ seq: event.seq, key: event.key ?? undefined });
      return out.length >= count;
    });
    return out.length > 0 || isAtEnd ? out : null;
  }

  start(group: number, wanted: readonly Start[]): (Unfenced | undefined)[] {
    let again = 0;
    const out = wanted.map(({ seq, stateOf }) => {
      const attempt = Number(this.#sql.start.get(group, seq)?.attempt ?? 0);
      const row = this.#sql.event.get(seq) as unknown as EventRow | undefined;
      if (attempt === 0 || !row) {
        return undefined;
      }
      again += attempt > 1 ? 1 : 0;
      const state = stateOf === undefined ? undefined : this.#sql.state.get(group, stateOf)?.value;
      return { event: storedOf(row), epoch: this.#store.epoch, attempt, state };
    });
    if (again > 0) {
      this.#reader.redelivered(group, again);
    }
    return out;
  }

  /** Takes back one attempt of each event. */
  giveBack(group: number, places: readonly number[]): void {
    for (const seq of places) {
      this.#sql.giveBack.run(group, seq);
    }
  }

  /** Returns where the events were stored; undefined when an input was settled before, and nothing was written. */
  commit({ group, settle, publish, state }: FileCommit): readonly Appended[] | undefined {
    if (settle.some((seq) => !this.#sql.held.get(group, seq))) {
      return undefined;
    }
    for (const seq of settle) {
      this.#sql.settle.run(group, seq);
      this.#store.release(seq);
    }
    if (state?.value === undefined) {
      this.#sql.endState.run(group, state?.key ?? '');
    } else {
      this.#sql.keepState.run(group, state.key, state.value);
    }
    return publish.map((entry) => this.#store.append(entry));
  }
}

const statements = {
  waiting: 'SELECT seq, key FROM pending JOIN events USING (seq) WHERE pending.grp = ? ORDER BY seq',
  // Only the process knows the owner. In the file, the event is handed out to consumer 0.
  hold: `INSERT INTO pending (grp, seq, attempt, state, consumer, lane) VALUES (?, ?, 0, ${running}, 0, NULL)`,
  start: `UPDATE pending SET attempt = attempt + 1, state = ${running}, consumer = 0
    WHERE grp = ? AND seq = ? RETURNING attempt`,
  giveBack: 'UPDATE pending SET attempt = attempt - 1 WHERE grp = ? AND seq = ? AND attempt > 0',
  held: 'SELECT 1 FROM pending WHERE grp = ? AND seq = ?',
  settle: 'DELETE FROM pending WHERE grp = ? AND seq = ?',
  event: 'SELECT * FROM events WHERE seq = ?',
  state: 'SELECT value FROM states WHERE grp = ? AND key = ?',
  keepState: 'INSERT INTO states VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
  endState: 'DELETE FROM states WHERE grp = ? AND key = ?',
} as const;
