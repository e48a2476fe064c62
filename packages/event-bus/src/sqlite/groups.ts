import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { GroupStats } from '../event.ts';
import { steadyNow } from '../timer.ts';
import { matcher } from '../topic.ts';
import {
  type Appended,
  type Delivery,
  type Entry,
  envelopeVersion,
  type Stored,
  type StoredDeadLetter,
} from '../transport.ts';
import { ready, retrying, running, waiting } from './layout.ts';
import { type EventRow, storedOf, zerosAs } from './rows.ts';

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

interface PendingRow extends EventRow {
  readonly attempt: number;
  readonly lane: string | null;
}

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

/** How both kinds of groups read the log. */
export interface GroupReader {
  /**
   * Calls `take` with each event for the group until `take` returns true, and moves the group's place in the log.
   * Returns false when it stopped because it had read enough, so there may be more.
   */
  readOn(group: number, take: (event: EventRow) => boolean): boolean;
  /** Counts redeliveries. */
  redelivered(group: number, count: number): void;
}

/** The log that groups read. */
export interface GroupedLog {
  readonly epoch: string;
  /** Highest place so far. */
  readonly last: number;
  /** Place up to which history is cut. */
  readonly floor: number;
  append(entry: Entry): Appended;
  /** Stores an event again, for one group alone. */
  appendFor(group: number, row: EventRow): void;
}

/** Events to read at a time, doubling; and the most to read with one request, as other requests wait for it. */
const firstScan = 16;
const lastScan = 256;
const maxScanned = 5_000;

/** Groups in the file: a place in the log, and a row for each event that is handed out or waits behind its key. */
export class SqliteGroups implements GroupReader {
  readonly #db: DatabaseSync;
  readonly #store: GroupedLog;
  readonly #maxDeadLetters: number;
  readonly #matchers = new Map<number, (topic: string) => boolean>();
  /** The consumers that are connected now, and their groups. */
  readonly #present = new Map<number, number>();
  readonly #sql: Readonly<Record<keyof typeof statements, StatementSync>>;

  constructor(db: DatabaseSync, store: GroupedLog, maxDeadLetters: number) {
    this.#db = db;
    this.#store = store;
    this.#maxDeadLetters = maxDeadLetters;
    const prepared = Object.entries(statements).map(([name, sql]) => [name, db.prepare(sql)]);
    this.#sql = Object.fromEntries(prepared) as Record<keyof typeof statements, StatementSync>;
  }

  join(name: string, pattern: string, owned: boolean, from: number | 'new', consumer: number): number {
    const place = from === 'new' ? this.#store.last : from;
    this.#sql.make.run(name, pattern, owned ? 1 : 0, place, Date.now());
    const group = Number(this.#sql.find.get(name, pattern, owned ? 1 : 0)?.id);
    this.#present.set(consumer, group);
    return group;
  }

  /** Ends groups that were not used since `before`. */
  endUnused(now: number, before: number): void {
    for (const group of new Set(this.#present.values())) this.#sql.use.run(now, group);
    for (const { id } of this.#sql.unused.all(before)) {
      this.#matchers.delete(Number(id));
      for (const end of [this.#sql.endPending, this.#sql.endStates, this.#sql.endGroup]) end.run(id as number);
    }
  }

  redelivered(group: number, count: number): void {
    this.#sql.redelivered.run(count, group);
  }

  /** Hands out events that may start; null when it has found none yet and must be called again. */
  take(group: number, consumer: number, count: number, first: 'retries' | 'others'): Delivery[] | null {
    const out: Delivery[] = [];
    const deliver = (row: PendingRow): void => {
      const attempt = row.attempt + 1;
      this.#sql.start.run(attempt, consumer, group, row.seq);
      out.push({ event: storedOf(row), epoch: this.#store.epoch, attempt });
    };
    const retry = (most: number): boolean => {
      const rows = this.#sql.due.all(group, Math.floor(steadyNow()), most - out.length);
      for (const row of rows as unknown as PendingRow[]) deliver(row);
      return true;
    };
    const others = (most: number): boolean => {
      for (const row of this.#sql.ready.all(group, most - out.length) as unknown as PendingRow[]) deliver(row);
      return out.length >= most || this.#takeOn(group, consumer, most, out);
    };
    const half = Math.ceil(count / 2);
    let isAtEnd = true;
    if (first === 'retries') {
      retry(half);
      isAtEnd = others(count);
      retry(count);
    } else {
      isAtEnd = others(half);
      retry(count);
      if (isAtEnd && out.length < count) isAtEnd = others(count);
    }
    const again = out.filter(({ attempt }) => attempt > 1).length;
    if (again > 0) this.#sql.redelivered.run(again, group);
    return out.length > 0 || isAtEnd ? out : null;
  }

  /** Puts a delivery back until `ms` have passed. */
  later(group: number, consumer: number, seq: number, ms: number, isUncounted: boolean): boolean {
    const due = Math.ceil(steadyNow() + ms);
    return this.#sql.later.run(due, isUncounted ? 1 : 0, group, seq, consumer).changes > 0;
  }

  /** When the next retry of a group with consumers is due that was not so before, by the steady clock. */
  nextRetry(after: number): number {
    const dues = [...new Set(this.#present.values())].map((group) => this.#sql.nextRetry.get(group, after)?.due);
    return Math.min(...dues.map((due) => Number(due ?? Number.POSITIVE_INFINITY)));
  }

  done(group: number, consumer: number, seq: number): boolean {
    const gone = this.#sql.done.get(group, seq, consumer);
    if (!gone) return false;
    if (gone.lane !== null) this.#sql.next.run(group, gone.lane as string);
    return true;
  }

  dead(group: number, consumer: number, seq: number, reason: string, notice: Entry | undefined): Buried {
    const attempt = this.#sql.attempt.get(group, seq, consumer)?.attempt;
    if (attempt === undefined) return { own: false };
    const { lastInsertRowid: id } = this.#sql.bury.run(Number(attempt), reason, Date.now(), seq, group);
    this.#sql.buried.run(group);
    this.#sql.trimDead.run(this.#maxDeadLetters);
    this.done(group, consumer, seq);
    if (!notice) return { own: true };
    const entry = { ...notice, payload: withLetterId(notice, String(id)) };
    const { seq: place } = this.#store.append(entry);
    const { topic, key, payload, publishedAt } = entry;
    return { own: true, notice: { seq: place, topic, key, payload, publishedAt, version: envelopeVersion } };
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

  deadLetters(limit: number, after: string | undefined): StoredDeadLetter[] {
    const rows = this.#sql.listDead.all(Number(after ?? 0), limit) as unknown as DeadRow[];
    return rows.map((row) => this.#letterOf(row));
  }

  deadLetter(id: string): StoredDeadLetter | undefined {
    const row = this.#sql.dead.get(Number(id)) as unknown as DeadRow | undefined;
    return row && this.#letterOf(row);
  }

  deleteDeadLetter(id: string): boolean {
    return this.#sql.deleteDead.run(Number(id)).changes > 0;
  }

  /** Ends the deliveries of events that are erased. */
  forget(key: string, places: readonly number[]): void {
    for (const seq of places) this.#sql.forget.run(seq);
    for (const end of ['overwriteStates', 'forgetStates', 'overwriteDead', 'forgetDead'] as const) {
      this.#sql[end].run(key);
    }
  }

  retryDeadLetter(id: string): boolean {
    const row = this.#sql.takeDead.get(Number(id)) as unknown as DeadRow | undefined;
    if (!row) return false;
    this.#store.appendFor(row.grp, row);
    return true;
  }

  stats(): GroupStats[] {
    const rows = this.#db.prepare('SELECT * FROM groups ORDER BY id').all() as unknown as GroupRow[];
    return rows.map((row) => ({
      group: row.name,
      pattern: row.pattern,
      lag: this.#store.last - Math.max(row.cursor, this.#store.floor) + this.#counted(row.id, 'unstarted', row.owned),
      pending: this.#counted(row.id, 'pending', row.owned),
      redeliveries: row.redeliveries,
      deadLettered: row.dead,
      lost: row.lost,
    }));
  }

  readOn(group: number, take: (event: EventRow) => boolean): boolean {
    const row = this.#sql.place.get(group) as unknown as GroupRow | undefined;
    if (!row) return true;
    const cut = Math.max(0, this.#store.floor - row.cursor);
    let cursor = row.cursor + cut;
    let matches = this.#matchers.get(group);
    if (!matches) {
      matches = matcher(row.pattern);
      this.#matchers.set(group, matches);
    }
    let scanned = 0;
    let isFull = false;
    for (let size = firstScan; !isFull && scanned < maxScanned; size = Math.min(size * 2, lastScan)) {
      const events = this.#sql.scan.all(cursor, size) as unknown as (EventRow & {
        readonly grp: number | null;
      })[];
      if (events.length === 0) {
        cursor = this.#store.last;
        break;
      }
      for (const event of events) {
        if (isFull) break;
        cursor = event.seq;
        scanned++;
        if (event.grp === null ? matches(event.topic) : event.grp === group) isFull = take(event);
      }
    }
    if (cursor !== row.cursor) this.#sql.move.run(cursor, cut, group);
    return isFull || scanned < maxScanned;
  }

  /** Reads on in the log: hands out what may start, and holds back what waits behind its key. */
  #takeOn(group: number, consumer: number, count: number, out: Delivery[]): boolean {
    return this.readOn(group, (event) => {
      const lane = event.key === null ? null : `${event.topic}\u0000${event.key}`;
      const busy = lane !== null && this.#sql.busy.get(group, lane) !== undefined;
      this.#sql.hold.run(group, event.seq, busy ? 0 : 1, busy ? waiting : running, busy ? null : consumer, lane);
      if (!busy) out.push({ event: storedOf(event), epoch: this.#store.epoch, attempt: 1 });
      return out.length >= count;
    });
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
  unused: 'SELECT id FROM groups WHERE used <= ?',
  endPending: 'DELETE FROM pending WHERE grp = ?',
  endStates: 'DELETE FROM states WHERE grp = ?',
  endGroup: 'DELETE FROM groups WHERE id = ?',
  place: 'SELECT * FROM groups WHERE id = ?',
  move: 'UPDATE groups SET cursor = ?, lost = lost + ? WHERE id = ?',
  redelivered: 'UPDATE groups SET redeliveries = redeliveries + ? WHERE id = ?',
  buried: 'UPDATE groups SET dead = dead + 1 WHERE id = ?',
  ready: `SELECT events.*, pending.attempt, pending.lane FROM pending JOIN events USING (seq)
    WHERE pending.grp = ? AND pending.state = ${ready} ORDER BY pending.seq LIMIT ?`,
  scan: 'SELECT * FROM events WHERE seq > ? ORDER BY seq LIMIT ?',
  busy: 'SELECT 1 FROM pending WHERE grp = ? AND lane = ? LIMIT 1',
  hold: 'INSERT INTO pending (grp, seq, attempt, state, consumer, lane) VALUES (?, ?, ?, ?, ?, ?)',
  start: `UPDATE pending SET state = ${running}, attempt = ?, consumer = ? WHERE grp = ? AND seq = ?`,
  later: `UPDATE pending SET state = ${retrying}, due = ?, attempt = attempt - ?, consumer = NULL
    WHERE grp = ? AND seq = ? AND consumer = ? AND state = ${running}`,
  due: `SELECT events.*, pending.attempt, pending.lane FROM pending JOIN events USING (seq)
    WHERE pending.grp = ? AND pending.state = ${retrying} AND pending.due <= ? ORDER BY pending.due LIMIT ?`,
  nextRetry: `SELECT min(due) AS due FROM pending WHERE grp = ? AND state = ${retrying} AND due > ?`,
  attempt: `SELECT attempt FROM pending WHERE grp = ? AND seq = ? AND consumer = ? AND state = ${running}`,
  done: `DELETE FROM pending WHERE grp = ? AND seq = ? AND consumer = ? AND state = ${running} RETURNING lane`,
  next: `UPDATE pending SET state = ${ready} WHERE (grp, seq) IN
    (SELECT grp, seq FROM pending WHERE grp = ? AND lane = ? ORDER BY seq LIMIT 1)`,
  uncount: 'UPDATE pending SET attempt = attempt - 1 WHERE grp = ? AND seq = ? AND consumer = ? AND attempt > 0',
  leave: `UPDATE pending SET state = ${ready}, consumer = NULL WHERE consumer = ?`,
  pending: 'SELECT count(*) AS n FROM pending WHERE grp = ?',
  started: `SELECT sum(attempt > 0) AS started, sum(attempt = 0) AS unstarted FROM pending WHERE grp = ?`,
  bury: `INSERT INTO dead
      (grp, seq, version, topic, key, payload, published_at, origin, attempts, reason, at, name, pattern)
    SELECT groups.id, seq, version, topic, key, payload, published_at, origin, ?, ?, ?, groups.name, groups.pattern
    FROM events, groups WHERE seq = ? AND groups.id = ?`,
  trimDead: 'DELETE FROM dead WHERE id <= (SELECT max(id) FROM dead) - ?',
  listDead: 'SELECT * FROM dead WHERE id > ? ORDER BY id LIMIT ?',
  dead: 'SELECT * FROM dead WHERE id = ?',
  deleteDead: 'DELETE FROM dead WHERE id = ?',
  forget: 'DELETE FROM pending WHERE seq = ?',
  forgetStates: 'DELETE FROM states WHERE grp IN (SELECT id FROM groups) AND key = ?',
  forgetDead: 'DELETE FROM dead WHERE key = ?',
  overwriteStates: `UPDATE states SET value = ${zerosAs('value')} WHERE grp IN (SELECT id FROM groups) AND key = ?`,
  overwriteDead: `UPDATE dead SET payload = ${zerosAs('payload')}, reason = ${zerosAs('reason')} WHERE key = ?`,
  takeDead: 'DELETE FROM dead WHERE id = ? AND grp IN (SELECT id FROM groups) RETURNING *',
} as const;

/** Puts the letter's id into the JSON text of a notice. */
function withLetterId({ payload }: Entry, id: string): string {
  return `{"id":"${id}",${(payload as string).slice(1)}`;
}
