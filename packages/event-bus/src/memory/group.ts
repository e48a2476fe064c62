import { DueQueue } from '../due-queue.ts';
import type { GroupStats } from '../event.ts';
import { laneOf } from '../subscriptions/subscription.ts';
import { matcher } from '../topic.ts';
import type { Consumer, Delivery, Entry, GroupSpec, Stored } from '../transport.ts';
import type { MemoryLog } from './log.ts';

/** What a group calls back. */
export interface GroupCallbacks {
  /** Makes a dead letter. */
  readonly onDead: (event: Stored, attempts: number, reason: string, notice: Entry | undefined) => void;
  /** Called with the number of events that were cut before the group had read them. */
  readonly onLost: (count: number) => void;
}

interface Running {
  readonly event: Stored;
  readonly attempt: number;
  readonly consumer: symbol;
}

/** An event that is not handed out, and its attempts so far. */
interface Waiting {
  readonly event: Stored;
  readonly attempts: number;
}

/** A group in memory: its place in the log, what is handed out, and what waits behind each key. */
export class MemoryGroup {
  readonly #log: MemoryLog;
  readonly #spec: GroupSpec;
  readonly #matches: (topic: string) => boolean;
  readonly #callbacks: GroupCallbacks;
  readonly #wakes = new Map<symbol, () => void>();
  readonly #running = new Map<number, Running>();
  /** Events that were given back, and events whose key is free now. */
  readonly #ready: Waiting[] = [];
  /** Events that are to be tried again when they are due. */
  readonly #retries = new DueQueue<Waiting>(
    () => performance.now(),
    () => this.wake(),
  );
  /** Lanes with an event that is handed out, given back or to be tried again, and the events that wait behind it. */
  readonly #lanes = new Map<string, Stored[]>();
  #waiting = 0;
  #cursor: number;
  #redeliveries = 0;
  #deadLettered = 0;
  #lost = 0;

  constructor(log: MemoryLog, spec: GroupSpec, callbacks: GroupCallbacks) {
    this.#log = log;
    this.#spec = spec;
    this.#matches = matcher(spec.pattern);
    this.#callbacks = callbacks;
    this.#cursor = spec.from === 'new' ? log.last : spec.from;
  }

  join(wake: () => void): Consumer {
    const consumer = Symbol(this.#spec.group);
    this.#wakes.set(consumer, wake);
    const own = (seq: number): Running | undefined => {
      const running = this.#running.get(seq);
      return running?.consumer === consumer ? running : undefined;
    };
    return {
      take: async (count, first) => this.#take(count, first, consumer),
      later: async ({ event: { seq } }, ms, isUncounted) => {
        const running = own(seq);
        if (running) {
          this.#running.delete(seq);
          const attempts = running.attempt - (isUncounted ? 1 : 0);
          this.#retries.add(performance.now() + ms, { event: running.event, attempts });
        }
        return running !== undefined;
      },
      done: async ({ event: { seq } }) => {
        const running = own(seq);
        if (running) this.#finish(running.event);
        return running !== undefined;
      },
      dead: async ({ event: { seq } }, reason, notice) => {
        const running = own(seq);
        if (!running) return false;
        this.#deadLettered++;
        this.#callbacks.onDead(running.event, running.attempt, reason, notice);
        this.#finish(running.event);
        return true;
      },
      leave: async (unfinished) => {
        const uncounted = new Set(unfinished.map(({ event }) => event.seq));
        this.#wakes.delete(consumer);
        for (const [seq, running] of this.#running) {
          if (running.consumer !== consumer) continue;
          this.#running.delete(seq);
          this.#ready.push({ event: running.event, attempts: running.attempt - (uncounted.has(seq) ? 1 : 0) });
        }
        this.wake();
      },
    };
  }

  get name(): string {
    return this.#spec.group;
  }

  /** Number of events that are read and not settled. */
  get #pending(): number {
    return this.#running.size + this.#ready.length + this.#retries.size + this.#waiting;
  }

  get isUsed(): boolean {
    return this.#wakes.size > 0;
  }

  wake(): void {
    for (const wake of this.#wakes.values()) wake();
  }

  /** Puts an event back for this group alone, as if it had never been tried. */
  giveBack(event: Stored): void {
    const lane = laneOf(event);
    const waiting = lane === undefined ? undefined : this.#lanes.get(lane);
    if (waiting) {
      waiting.push(event);
      this.#waiting++;
    } else {
      if (lane !== undefined) this.#lanes.set(lane, []);
      this.#ready.push({ event, attempts: 0 });
    }
    this.wake();
  }

  /** Forgets a key that was erased. */
  forget(key: string): void {
    for (const [seq, { event }] of this.#running) if (event.key === key) this.#running.delete(seq);
    const ready = this.#ready.splice(0);
    this.#ready.push(...ready.filter(({ event }) => event.key !== key));
    this.#retries.remove(({ event }) => event.key === key);
    for (const [lane, waiting] of this.#lanes) {
      if (lane.slice(lane.indexOf('\u0000') + 1) !== key) continue;
      this.#waiting -= waiting.length;
      this.#lanes.delete(lane);
    }
  }

  /**
   * Returns whether the group has yet to read an event at or before a place. Passes over events that it does not match.
   */
  needs(place: number): boolean {
    this.#passCut();
    for (; this.#cursor < place; this.#cursor++) {
      const event = this.#log.at(this.#cursor + 1);
      if (event && this.#matches(event.topic)) return true;
    }
    return false;
  }

  /** Ends the group. */
  end(): void {
    this.#retries.clear();
  }

  stats(): GroupStats {
    const { group, pattern } = this.#spec;
    const lag = this.#log.last - Math.max(this.#cursor, this.#log.first - 1);
    return {
      group,
      pattern,
      lag,
      pending: this.#pending,
      redeliveries: this.#redeliveries,
      deadLettered: this.#deadLettered,
      lost: this.#lost,
    };
  }

  #take(count: number, first: 'retries' | 'others', consumer: symbol): readonly Delivery[] {
    const out: Delivery[] = [];
    const fill = (most: number, next: () => Waiting | undefined): void => {
      for (let found = out.length < most ? next() : undefined; found; found = out.length < most ? next() : undefined) {
        const attempt = found.attempts + 1;
        if (attempt > 1) this.#redeliveries++;
        this.#running.set(found.event.seq, { event: found.event, attempt, consumer });
        out.push({ event: found.event, epoch: this.#log.epoch, attempt });
      }
    };
    const retry = (): Waiting | undefined => this.#retries.take();
    const other = (): Waiting | undefined => this.#ready.shift() ?? this.#next();
    const [one, two] = first === 'retries' ? [retry, other] : [other, retry];
    fill(Math.ceil(count / 2), one);
    fill(count, two);
    fill(count, one);
    return out;
  }

  /** Reads on in the log to the next event that may start now. */
  #next(): Waiting | undefined {
    this.#passCut();
    // What is read is held until it is settled: a log full of it is enough.
    while (this.#cursor < this.#log.last && this.#pending < this.#log.maxEvents) {
      const event = this.#log.at(++this.#cursor);
      if (!event || !this.#matches(event.topic)) continue;
      const lane = laneOf(event);
      const waiting = lane === undefined ? undefined : this.#lanes.get(lane);
      if (waiting) {
        waiting.push(event);
        this.#waiting++;
        continue;
      }
      if (lane !== undefined) this.#lanes.set(lane, []);
      return { event, attempts: 0 };
    }
    return undefined;
  }

  #passCut(): void {
    const cut = this.#log.first - 1 - this.#cursor;
    if (cut > 0) {
      this.#lost += cut;
      this.#cursor += cut;
      this.#callbacks.onLost(cut);
    }
  }

  #finish(event: Stored): void {
    this.#running.delete(event.seq);
    const lane = laneOf(event);
    if (lane === undefined) return;
    const next = this.#lanes.get(lane)?.shift();
    if (!next) {
      this.#lanes.delete(lane);
      return;
    }
    this.#waiting--;
    this.#ready.push({ event: next, attempts: 0 });
    this.wake();
  }
}
