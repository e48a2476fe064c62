import { BusError } from '../errors.ts';
import type { BusEvent } from '../event.ts';
import { matcher } from '../topic.ts';
import type { Listening, Page, Stored } from '../transport.ts';
import {
  type CloseOptions,
  defaultDrainMs,
  type Handler,
  isPromise,
  type Report,
  type Subscription,
  waitAtMost,
} from './subscription.ts';

/** What a subscription without a group is made of. */
export interface BroadcastOptions {
  readonly pattern: string;
  readonly handler: Handler;
  readonly concurrency: number;
  /** Place to start after: undefined is now. */
  readonly from: number | undefined;
  /** The log that `from` is a place of; undefined where it does not matter. */
  readonly epoch: string | undefined;
  /** Events held in memory at most; beyond that they are read from the log again. */
  readonly maxBacklog: number;
  readonly listen: () => Listening | undefined;
  readonly read: (after: number, limit: number) => Promise<Page>;
  readonly decode: (stored: Stored, epoch: string) => BusEvent;
  readonly report: Report;
  readonly onClose: (subscription: BroadcastSubscription) => void;
}

const pageSize = 256;
const retryMs = 500;

/** Brings every event to one handler: pushed while it keeps up, read from the log while it is behind. */
export class BroadcastSubscription implements Subscription {
  readonly pattern: string;
  readonly group = undefined;
  readonly ready: Promise<void>;
  readonly #options: BroadcastOptions;
  readonly #handler: Handler;
  readonly #concurrency: number;
  readonly #listening: Listening | undefined;
  #queue: BusEvent[] = [];
  #head = 0;
  /** Keys with a call under way, and the events that wait for it. */
  readonly #lanes = new Map<string, BusEvent[]>();
  #waiting = 0;
  #running = 0;
  #scheduled = false;
  #behind = false;
  /** Place of the newest event taken from the log, and of the newest one announced. */
  #cursor = 0;
  #announced = 0;
  /** The log that began anew last, if any did; nobody is told while the subscription only starts. */
  #epoch: string | undefined;
  #starting = false;
  #closed = false;
  #wakes: (() => void)[] = [];

  constructor(options: BroadcastOptions) {
    this.#options = options;
    this.pattern = options.pattern;
    this.#handler = options.handler;
    this.#concurrency = options.concurrency;
    this.#cursor = options.from ?? 0;
    this.#listening = options.listen();
    this.ready = this.#listening ? this.#start(this.#listening) : Promise.resolve();
    this.ready.catch(() => {});
    if (!this.#listening && options.from !== undefined) void this.#catchUp();
  }

  /** Takes a new event of the log. */
  push(event: BusEvent, seq: number): void {
    this.#announced = seq;
    if (this.#behind || seq <= this.#cursor || this.#closed) return;
    if (this.#backlog >= this.#options.maxBacklog) {
      void this.#catchUp();
      return;
    }
    this.#cursor = seq;
    this.#enqueue(event);
  }

  /** Tells that an event of this pattern cannot be read. */
  unreadable(error: BusError): void {
    if (!this.#behind && !this.#closed) this.#options.report(error, undefined, this);
  }

  /** Starts again at the beginning of a new log. */
  restarted(epoch: string): void {
    this.#epoch = epoch;
    this.#cursor = 0;
    this.#announced = 0;
    if (!this.#closed && !this.#starting) {
      this.#options.report(
        new BusError('BUS_RESTARTED', 'the log began anew: events published before may be missing'),
        undefined,
        this,
      );
    }
  }

  async close({ drainMs = defaultDrainMs }: CloseOptions = {}): Promise<void> {
    this.#stop();
    this.#queue = [];
    this.#head = 0;
    this.#lanes.clear();
    this.#waiting = 0;
    await waitAtMost(
      this.#until(() => this.#running === 0),
      drainMs,
    );
  }

  /** Ends it after everything that is in memory has been handled. */
  async drain(drainMs: number): Promise<void> {
    await waitAtMost(
      this.#until(() => this.#running === 0 && this.#backlog === 0 && !this.#scheduled),
      drainMs,
    );
    await this.close({ drainMs: 0 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  get #backlog(): number {
    return this.#queue.length - this.#head + this.#waiting;
  }

  /** Waits until new events are announced; those that are announced meanwhile are read from the log. */
  async #start(listening: Listening): Promise<void> {
    const { from } = this.#options;
    this.#behind = this.#starting = true;
    const { epoch, last } = await listening.from;
    if (this.#closed) {
      throw new BusError('BUS_CLOSED', `subscription to ${this.pattern} was closed before it was ready`);
    }
    this.#behind = this.#starting = false;
    if (from === undefined && (this.#epoch ?? epoch) === epoch) this.#cursor = last;
    if (from !== undefined || this.#announced > this.#cursor) void this.#catchUp();
  }

  #stop(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#listening?.end();
    this.#options.onClose(this);
    this.#notify();
  }

  #enqueue(event: BusEvent): void {
    this.#queue.push(event);
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#run();
      this.#notify();
    });
  }

  #run(): void {
    while (this.#running < this.#concurrency) {
      const event = this.#queue[this.#head];
      if (!event) break;
      this.#head++;
      if (this.#head === this.#queue.length) {
        this.#queue = [];
        this.#head = 0;
      } else if (this.#head >= 1024) {
        this.#queue = this.#queue.slice(this.#head);
        this.#head = 0;
      }
      const lane = this.#concurrency > 1 ? laneOf(event) : undefined;
      const waiting = lane === undefined ? undefined : this.#lanes.get(lane);
      if (waiting) {
        waiting.push(event);
        this.#waiting++;
      } else this.#call(event, lane);
    }
  }

  /** Calls the handler; true where its answer has to be waited for, which keeps the lane closed until then. */
  #call(event: BusEvent, lane: string | undefined): boolean {
    let answer: unknown;
    try {
      answer = this.#handler(event);
    } catch (error) {
      this.#options.report(error, event, this);
      return false;
    }
    if (!isPromise(answer)) return false;
    this.#running++;
    if (lane !== undefined && !this.#lanes.has(lane)) this.#lanes.set(lane, []);
    const end = (): void => {
      this.#running--;
      if (lane !== undefined) this.#release(lane);
      this.#run();
      this.#notify();
    };
    answer.then(end, (error: unknown) => {
      this.#options.report(error, event, this);
      end();
    });
    return true;
  }

  #release(lane: string): void {
    const waiting = this.#lanes.get(lane) ?? [];
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      this.#waiting--;
      if (this.#call(next, lane)) return;
    }
    this.#lanes.delete(lane);
  }

  /** Reads the log from the cursor until nothing is left, never holding more than the backlog allows. */
  async #catchUp(): Promise<void> {
    if (this.#behind) return;
    this.#behind = true;
    const matches = matcher(this.pattern);
    let expected = this.#options.epoch;
    while (!this.#closed) {
      await this.#until(() => this.#closed || this.#backlog <= this.#options.maxBacklog / 2);
      if (this.#closed) break;
      const from = this.#cursor;
      const page = await this.#options.read(from, pageSize).catch(async () => {
        await new Promise((resolve) => setTimeout(resolve, retryMs));
        return undefined;
      });
      // A restart meanwhile moved the cursor: what was read belongs to the log before.
      if (!page || this.#closed || this.#cursor !== from) continue;
      if (expected !== undefined && (page.epoch !== expected || from > page.last)) {
        expected = undefined;
        this.restarted(page.epoch);
        continue;
      }
      expected = undefined;
      if (page.first > from + 1 && from > 0) this.#lost(page.first - from - 1);
      for (const stored of page.events) if (matches(stored.topic)) this.#take(stored, page.epoch);
      this.#cursor = Math.max(page.upTo, from);
      if (page.upTo >= page.last && this.#announced <= this.#cursor) break;
    }
    this.#behind = false;
  }

  #take(stored: Stored, epoch: string): void {
    try {
      this.#enqueue(this.#options.decode(stored, epoch));
    } catch (error) {
      this.#options.report(error, undefined, this);
    }
  }

  #lost(count: number): void {
    const message = `${count} events were cut from history before they were handled: keep more history or handle faster`;
    this.#options.report(new BusError('BUS_HISTORY_CUT', message), undefined, this);
  }

  async #until(done: () => boolean): Promise<void> {
    while (!done()) await new Promise<void>((resolve) => this.#wakes.push(resolve));
  }

  #notify(): void {
    if (this.#wakes.length === 0) return;
    const wakes = this.#wakes;
    this.#wakes = [];
    for (const wake of wakes) wake();
  }
}

function laneOf(event: BusEvent): string | undefined {
  return event.key === undefined ? undefined : `${event.topic}\u0000${event.key}`;
}
