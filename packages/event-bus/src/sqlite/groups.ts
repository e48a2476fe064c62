import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { BusError } from '../errors.ts';
import type { GroupStats } from '../event.ts';
import { laneOf } from '../subscriptions/subscription.ts';
import { steadyNow } from '../timer.ts';
import type { Delivery, Entry } from '../transport.ts';
import { type Buried, DeadLetters } from './dead-letters.ts';
import { type GroupedLog, GroupReader } from './group-reader.ts';
import { ending, ready, retrying, running, waiting } from './layout.ts';
import { type EventRow, storedOf, zerosAs } from './rows.ts';
import { prepareAll } from './statements.ts';

interface GroupRow {
  readonly id: number;
  readonly name: string;
  readonly pattern: string;
  readonly owned: number;
  readonly cursor: number;
  readonly redeliveries: number;
  readonly dead: number;
  readonly lost: number;
}

interface WaitingRow {
  readonly seq: number;
  readonly attempt: number;
}

/** Bytes of payloads at which a take ends. */
const maxTakenBytes = 16 * 2 ** 20;
/** Most rows of an ended group to delete in one transaction. */
const endedAtOnce = 1_000;

/** Groups in the file: a place in the log, and a row for each event that is handed out or waits behind its key. */
export class SqliteGroups {
  readonly letters: DeadLetters;
  readonly reader: GroupReader;
  readonly #store: GroupedLog;
  /** The consumers that are connected now, and their groups. */
  readonly #present = new Map<number, number>();
  readonly #sql: Readonly<Record<keyof typeof statements, StatementSync>>;

  constructor(db: DatabaseSync, store: GroupedLog, maxDeadLetters: number, warn: (error: BusError) => void) {
    this.#store = store;
    this.reader = new GroupReader(db, store, warn);
    this.letters = new DeadLetters(db, store, maxDeadLetters, warn);
    this.#sql = prepareAll(db, statements);
  }

  join(name: string, pattern: string, owned: boolean, from: number | 'new', consumer: number): number {
    const { floor, last } = this.#store.places;
    // A group that begins at the oldest event has not lost those that were cut before it.
    const place = from === 'new' ? last : from === 0 ? floor : from;
    this.#sql.make.run(name, pattern, owned ? 1 : 0, place, Date.now());
    const group = Number(this.#sql.find.get(name, pattern, owned ? 1 : 0)?.id);
    this.#present.set(consumer, group);
    return group;
  }

  /** Ends groups that were not used since `before`. Their rows in the file are deleted later, by `endSome`. */
  endUnused(now: number, before: number): void {
    for (const group of new Set(this.#present.values())) this.#sql.use.run(now, group);
    for (const { id } of this.#sql.unused.all(before)) {
      this.reader.end(Number(id));
      this.#sql.end.run(id as number);
    }
  }

  /** Deletes some of the rows of groups that have ended. Returns true when there may be more. */
  endSome(): boolean {
    const group = this.#sql.ended.get()?.id;
    if (group === undefined) return false;
    const rows = this.#sql.endPending.all(Number(group), endedAtOnce);
    for (const { seq } of rows) this.#store.release(Number(seq));
    const { changes } = this.#sql.endStates.run(Number(group), endedAtOnce);
    if (rows.length === 0 && changes === 0) this.#sql.endGroup.run(Number(group));
    return true;
  }

  /** Hands out events that may start; null when it has found none yet and must be called again. */
  take(group: number, consumer: number, count: number, first: 'retries' | 'others'): Delivery[] | null {
    const out: Delivery[] = [];
    let bytes = 0;
    let isAtEnd = true;
    const deliver = (seq: number, attempt: number): void => {
      const row = this.#sql.event.get(seq) as unknown as EventRow | undefined;
      if (!row) return;
      out.push({ event: storedOf(row), epoch: this.#store.epoch, attempt });
      bytes += Buffer.byteLength(row.payload);
    };
    /** How many more events may be handed out; 0 once the bytes are reached, as the consumer asks again. */
    const room = (most: number): number => (bytes < maxTakenBytes ? most - out.length : 0);
    const deliverAll = (rows: readonly unknown[], most: number): void => {
      for (const { seq, attempt } of rows as readonly WaitingRow[]) {
        if (room(most) === 0) return;
        this.#sql.start.run(attempt + 1, consumer, group, seq);
        deliver(seq, attempt + 1);
      }
    };
    const retries = (most: number): void =>
      deliverAll(this.#sql.due.all(group, Math.floor(steadyNow()), room(most)), most);
    const others = (most: number): void => {
      deliverAll(this.#sql.ready.all(group, room(most)), most);
      if (room(most) === 0) return;
      isAtEnd = this.reader.readOn(group, ({ seq, topic, key }) => {
        const lane = laneOf({ topic, key: key ?? undefined }) ?? null;
        const busy = lane !== null && this.#sql.busy.get(group, lane) !== undefined;
        this.#sql.hold.run(group, seq, busy ? 0 : 1, busy ? waiting : running, busy ? null : consumer, lane);
        if (!busy) deliver(seq, 1);
        return room(most) === 0;
      });
    };
    const [one, two] = first === 'retries' ? [retries, others] : [others, retries];
    one(Math.ceil(count / 2));
    two(count);
    // What the second kind left goes to the first.
    if (isAtEnd) one(count);
    const again = out.filter(({ attempt }) => attempt > 1).length;
    if (again > 0) this.reader.redelivered(group, again);
    return out.length > 0 || isAtEnd ? out : null;
  }

  /** Puts a delivery back until `ms` have passed. */
  later(group: number, consumer: number, seq: number, ms: number, isUncounted: boolean): boolean {
    const due = Math.ceil(steadyNow() + ms);
    return this.#sql.later.run(due, isUncounted ? 1 : 0, group, seq, consumer).changes > 0;
  }

  /** Time at which the first retry after `after` is due, by the steady clock; infinite when there is none. */
  nextRetry(after: number): number {
    return Number(this.#sql.nextRetry.get(after)?.due ?? Number.POSITIVE_INFINITY);
  }

  done(group: number, consumer: number, seq: number): boolean {
    const gone = this.#sql.done.get(group, seq, consumer);
    if (!gone) return false;
    if (gone.lane !== null) this.#sql.next.run(group, gone.lane as string);
    this.#store.release(seq);
    return true;
  }

  dead(group: number, consumer: number, seq: number, reason: string, notice: Entry | undefined): Buried {
    const attempt = this.#sql.attempt.get(group, seq, consumer)?.attempt;
    if (attempt === undefined) return { own: false };
    const id = this.letters.bury(group, seq, Number(attempt), reason);
    this.#sql.buried.run(group);
    this.done(group, consumer, seq);
    return { own: true, ...(notice && { notice: this.letters.tell(notice, id) }) };
  }

  leave(consumer: number, unfinished: readonly number[]): void {
    const group = this.#present.get(consumer);
    if (group !== undefined) {
      for (const seq of unfinished) this.#sql.uncount.run(group, seq, consumer);
      this.#sql.use.run(Date.now(), group);
    }
    this.#present.delete(consumer);
    this.#sql.leave.run(consumer);
  }

  /** Ends the deliveries of events that are erased. */
  forget(key: string, places: readonly number[]): void {
    for (const seq of places) this.#sql.forget.run(seq);
    for (const end of ['overwriteStates', 'forgetStates'] as const) this.#sql[end].run(key);
    this.letters.forget(key);
  }

  stats(): GroupStats[] {
    const rows = this.#sql.stats.all() as unknown as GroupRow[];
    return rows.map((row) => ({
      group: row.name,
      pattern: row.pattern,
      lag:
        this.#store.places.last -
        Math.max(row.cursor, this.#store.places.floor) +
        this.#counted(row.id, 'unstarted', row.owned),
      pending: this.#counted(row.id, 'pending', row.owned),
      redeliveries: row.redeliveries,
      deadLettered: row.dead,
      lost: row.lost,
    }));
  }

  /** Counts held events. An owned group also holds events that it has not started, which are not pending. */
  #counted(group: number, what: 'pending' | 'unstarted', owned: number): number {
    if (owned === 0) return what === 'pending' ? Number(this.#sql.pending.get(group)?.n) : 0;
    const { started, unstarted } = this.#sql.started.get(group) ?? {};
    return Number((what === 'pending' ? started : unstarted) ?? 0);
  }
}

const statements = {
  make: 'INSERT OR IGNORE INTO groups (name, pattern, owned, cursor, used) VALUES (?, ?, ?, ?, ?)',
  find: 'SELECT id FROM groups WHERE name = ? AND pattern = ? AND owned = ?',
  use: 'UPDATE groups SET used = ? WHERE id = ?',
  unused: `SELECT id FROM groups WHERE used <= ? AND owned <> ${ending}`,
  // A group of the same name may begin while this one is deleted.
  end: `UPDATE groups SET owned = ${ending}, name = CAST(id AS TEXT) WHERE id = ?`,
  ended: `SELECT id FROM groups WHERE owned = ${ending} LIMIT 1`,
  endPending: `DELETE FROM pending
    WHERE (grp, seq) IN (SELECT grp, seq FROM pending WHERE grp = ? LIMIT ?) RETURNING seq`,
  endStates: 'DELETE FROM states WHERE (grp, key) IN (SELECT grp, key FROM states WHERE grp = ? LIMIT ?)',
  endGroup: 'DELETE FROM groups WHERE id = ?',
  buried: 'UPDATE groups SET dead = dead + 1 WHERE id = ?',
  stats: `SELECT * FROM groups WHERE owned <> ${ending} ORDER BY id`,
  // Without a hint, SQLite walks through all rows of the group by the primary key.
  ready: `SELECT seq, attempt FROM pending INDEXED BY pending_ready
    WHERE grp = ? AND state = ${ready} ORDER BY seq LIMIT ?`,
  event: 'SELECT * FROM events WHERE seq = ?',
  busy: 'SELECT 1 FROM pending WHERE grp = ? AND lane = ? LIMIT 1',
  hold: 'INSERT INTO pending (grp, seq, attempt, state, consumer, lane) VALUES (?, ?, ?, ?, ?, ?)',
  start: `UPDATE pending SET state = ${running}, attempt = ?, consumer = ? WHERE grp = ? AND seq = ?`,
  later: `UPDATE pending SET state = ${retrying}, due = ?, attempt = attempt - ?, consumer = NULL
    WHERE grp = ? AND seq = ? AND consumer = ? AND state = ${running}`,
  due: `SELECT seq, attempt FROM pending INDEXED BY pending_due
    WHERE grp = ? AND state = ${retrying} AND due <= ? ORDER BY due LIMIT ?`,
  nextRetry: `SELECT min(due) AS due FROM pending INDEXED BY pending_next WHERE state = ${retrying} AND due > ?`,
  attempt: `SELECT attempt FROM pending WHERE grp = ? AND seq = ? AND consumer = ? AND state = ${running}`,
  done: `DELETE FROM pending WHERE grp = ? AND seq = ? AND consumer = ? AND state = ${running} RETURNING lane`,
  next: `UPDATE pending SET state = ${ready} WHERE (grp, seq) IN
    (SELECT grp, seq FROM pending WHERE grp = ? AND lane = ? ORDER BY seq LIMIT 1)`,
  uncount: 'UPDATE pending SET attempt = attempt - 1 WHERE grp = ? AND seq = ? AND consumer = ? AND attempt > 0',
  leave: `UPDATE pending INDEXED BY pending_running SET state = ${ready}, consumer = NULL
    WHERE consumer = ? AND state = ${running}`,
  pending: 'SELECT count(*) AS n FROM pending WHERE grp = ?',
  started: `SELECT sum(attempt > 0) AS started, sum(attempt = 0) AS unstarted FROM pending WHERE grp = ?`,
  forget: 'DELETE FROM pending WHERE seq = ?',
  forgetStates: 'DELETE FROM states WHERE grp IN (SELECT id FROM groups) AND key = ?',
  overwriteStates: `UPDATE states SET value = ${zerosAs('value')} WHERE grp IN (SELECT id FROM groups) AND key = ?`,
} as const;
