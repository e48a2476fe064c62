import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { GroupStats } from './event.ts';
import { type EventRow, ready, running, storedOf, waiting } from './sqlite-file.ts';
import { matcher } from './topic.ts';
import {
  type Appended,
  type Delivery,
  type Entry,
  envelopeVersion,
  type Stored,
  type StoredDeadLetter,
} from './transport.ts';

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

/** What became of a dead letter: the event that tells of it, when there is one. */
export interface Buried {
  readonly own: boolean;
  readonly notice?: Stored;
}

/** How groups of either kind read on in the log. */
export interface GroupReader {
  /** Calls `take` with each event for the group until it returns true, and moves the group's place in the log. */
  readOn(group: number, count: number, take: (event: EventRow) => boolean): void;
  /** Counts redeliveries. */
  redelivered(group: number, count: number): void;
}

/** The log that groups read. */
export interface GroupedLog {
  readonly epoch: string;
  /** Highest place given out. */
  readonly last: number;
  /** Place up to which history is cut. */
  readonly floor: number;
  append(entry: Entry): Appended;
  /** Puts an event into the log again for one group alone. */
  appendFor(group: number, row: EventRow): void;
}

const scanSize = 256;

/** Puts the letter's id into the JSON text of a notice. */
const withLetterId = ({ payload }: Entry, id: string): string => `{"id":"${id}",${(payload as string).slice(1)}`;

/** Groups in the file: a place in the log, and a row per event handed out or waiting behind its key. */
export class SqliteGroups implements GroupReader {
  readonly #db: DatabaseSync;
  readonly #store: GroupedLog;
  readonly #maxDeadLetters: number;
  readonly #matchers = new Map<number, (topic: string) => boolean>();
  /** Consumers that are there now, and their groups. */
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

  /** Ends groups that nobody has used since `before`. */
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

  take(group: number, consumer: number, count: number): Delivery[] {
    const out: Delivery[] = [];
    const deliver = (row: PendingRow): void => {
      const attempt = row.attempt + 1;
      this.#sql.start.run(attempt, consumer, group, row.seq);
      out.push({ event: storedOf(row), epoch: this.#store.epoch, attempt });
    };
    for (const row of this.#sql.ready.all(group, count) as unknown as PendingRow[]) deliver(row);
    const again = out.filter(({ attempt }) => attempt > 1).length;
    if (again > 0) this.#sql.redelivered.run(again, group);
    if (out.length < count) this.#takeOn(group, consumer, count, out);
    return out;
  }

  again(group: number, consumer: number, seq: number): number | undefined {
    const attempt = this.#sql.again.get(group, seq, consumer)?.attempt;
    if (attempt === undefined) return undefined;
    this.#sql.redelivered.run(1, group);
    return Number(attempt);
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

  leave(consumer: number): void {
    const group = this.#present.get(consumer);
    if (group !== undefined) this.#sql.use.run(Date.now(), group);
    this.#present.delete(consumer);
    this.#sql.leave.run(consumer);
  }

  deadLetters(limit: number): StoredDeadLetter[] {
    return (this.#sql.listDead.all(limit) as unknown as DeadRow[]).map((row) => ({
      id: String(row.id),
      group: row.name,
      pattern: row.pattern,
      event: storedOf(row),
      epoch: this.#store.epoch,
      attempts: row.attempts,
      reason: row.reason,
      at: row.at,
    }));
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

  readOn(group: number, count: number, take: (event: EventRow) => boolean): void {
    const row = this.#sql.place.get(group) as unknown as GroupRow | undefined;
    if (!row) return;
    const cut = Math.max(0, this.#store.floor - row.cursor);
    let cursor = row.cursor + cut;
    let matches = this.#matchers.get(group);
    if (!matches) {
      matches = matcher(row.pattern);
      this.#matchers.set(group, matches);
    }
    for (let isFull = false; !isFull; ) {
      const events = this.#sql.scan.all(cursor, Math.min(scanSize, count * 2)) as unknown as (EventRow & {
        readonly grp: number | null;
      })[];
      if (events.length === 0) {
        cursor = this.#store.last;
        break;
      }
      for (const event of events) {
        if (isFull) break;
        cursor = event.seq;
        if (event.grp === null ? matches(event.topic) : event.grp === group) isFull = take(event);
      }
    }
    if (cursor !== row.cursor) this.#sql.move.run(cursor, cut, group);
  }

  /** Reads on in the log: hands out what may start, keeps back what waits behind its key. */
  #takeOn(group: number, consumer: number, count: number, out: Delivery[]): void {
    this.readOn(group, count, (event) => {
      const lane = event.key === null ? null : `${event.topic}\u0000${event.key}`;
      const busy = lane !== null && this.#sql.busy.get(group, lane) !== undefined;
      this.#sql.hold.run(group, event.seq, busy ? 0 : 1, busy ? waiting : running, busy ? null : consumer, lane);
      if (!busy) out.push({ event: storedOf(event), epoch: this.#store.epoch, attempt: 1 });
      return out.length >= count;
    });
  }

  /** Counts held events; an owned group holds events that it has not started, which are not pending. */
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
  again: `UPDATE pending SET attempt = attempt + 1
    WHERE grp = ? AND seq = ? AND consumer = ? AND state = ${running} RETURNING attempt`,
  attempt: `SELECT attempt FROM pending WHERE grp = ? AND seq = ? AND consumer = ? AND state = ${running}`,
  done: `DELETE FROM pending WHERE grp = ? AND seq = ? AND consumer = ? AND state = ${running} RETURNING lane`,
  next: `UPDATE pending SET state = ${ready} WHERE (grp, seq) IN
    (SELECT grp, seq FROM pending WHERE grp = ? AND lane = ? ORDER BY seq LIMIT 1)`,
  leave: `UPDATE pending SET state = ${ready}, consumer = NULL WHERE consumer = ?`,
  pending: 'SELECT count(*) AS n FROM pending WHERE grp = ?',
  started: `SELECT sum(attempt > 0) AS started, sum(attempt = 0) AS unstarted FROM pending WHERE grp = ?`,
  bury: `INSERT INTO dead
      (grp, seq, version, topic, key, payload, published_at, origin, attempts, reason, at, name, pattern)
    SELECT groups.id, seq, version, topic, key, payload, published_at, origin, ?, ?, ?, groups.name, groups.pattern
    FROM events, groups WHERE seq = ? AND groups.id = ?`,
  trimDead: 'DELETE FROM dead WHERE id <= (SELECT max(id) FROM dead) - ?',
  listDead: 'SELECT * FROM dead ORDER BY id LIMIT ?',
  takeDead: 'DELETE FROM dead WHERE id = ? AND grp IN (SELECT id FROM groups) RETURNING *',
} as const;
