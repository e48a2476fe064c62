import { bytesOf } from '../envelope.ts';
import { BusError, isReturned } from '../errors.ts';
import type { BusEvent } from '../event.ts';
import { delay, waitAtMost } from '../timer.ts';
import { matcher } from '../topic.ts';
import type { Listening, Page, Stored } from '../transport.ts';
import { Calls } from './calls.ts';
import {
  type CloseOptions,
  closedBeforeReady,
  drainMsOf,
  type Handler,
  laneOf,
  type Report,
  type Subscription,
} from './subscription.ts';

/** Parts of a subscription without a group. */
export interface BroadcastOptions {
  readonly pattern: string;
  readonly handler: Handler;
  readonly concurrency: number;
  /** Time after which a call counts as failed, in milliseconds. */
  readonly timeoutMs: number;
  /** Place to start after; undefined means now. */
  readonly from: number | undefined;
  /** Epoch of the log that `from` belongs to; undefined if it does not matter. */
  readonly epoch: string | undefined;
  /** Most events to hold in memory, and most bytes of their payloads as stored; the rest is read from the log later. */
  readonly maxBacklog: number;
  readonly maxBacklogBytes: number;
  readonly listen: () => Listening | undefined;
  readonly read: (after: number, limit: number, maxBytes: number) => Promise<Page>;
  readonly decode: (stored: Stored, epoch: string) => BusEvent;
  readonly report: Report;
  readonly onClose: (subscription: BroadcastSubscription) => void;
}

const pageSize = 256;
const pageBytes = 4_194_304;

interface Queued {
  readonly event: BusEvent;
  readonly bytes: number;
}

const retryMs = 500;

/** Delivers every event to one handler: pushed while it keeps up, read from the log while it is behind. */
export class BroadcastSubscription implements Subscription {
  readonly pattern: string;
  readonly group = undefined;
  readonly ready: Promise<void>;
  readonly #options: BroadcastOptions;
  readonly calls: Calls;
  readonly #concurrency: number;
  readonly #listening: Listening | undefined;
  /** Events before `#head` have been taken: their slots are cleared, so that the payloads can be freed. */
  #queue: (Queued | undefined)[] = [];
  #head = 0;
  /** Keys with a running call, and the events that wait for it. */
  readonly #lanes = new Map<string, Queued[]>();
  #waiting = 0;
  #running = 0;
  #bytes = 0;
  #scheduled = false;
  #behind = false;
  /** Place of the newest event taken from the log, and of the newest event announced. */
  #cursor = 0;
  #announced = 0;
  /** Epoch of the log that started last, if one did. A start before the subscription is ready is not reported. */
  #epoch: string | undefined;
  #starting = false;
  #closed = false;
  #wakes: (() => void)[] = [];

  constructor(options: BroadcastOptions) {
    this.#options = options;
    this.pattern = options.pattern;
    this.calls = new Calls(options.handler, options.timeoutMs);
    this.#concurrency = options.concurrency;
    this.#cursor = options.from ?? 0;
    this.#listening = options.listen();
    this.ready = this.#listening ? this.#start(this.#listening) : this.#begin();
    this.ready.catch(() => {});
    if (!this.#listening && options.from !== undefined) void this.#catchUp();
  }

  /** Takes a new event of the log. */
  push(event: BusEvent, seq: number, bytes: number): void {
    this.#announced = seq;
    if (this.#behind || seq <= this.#cursor || this.#closed) return;
    const { maxBacklog, maxBacklogBytes } = this.#options;
    if (this.#backlog >= maxBacklog || this.#bytes >= maxBacklogBytes) {
      void this.#catchUp();
      return;
    }
    this.#cursor = seq;
    this.#enqueue(event, bytes);
  }

  /** Reports that an event of this pattern cannot be read. */
  unreadable(error: BusError, seq: number): void {
    this.#announced = seq;
    if (this.#behind || seq <= this.#cursor || this.#closed) return;
    this.#cursor = seq;
    this.#options.report(error, undefined, this);
  }

  /** Continues at the beginning of a new log. */
  restarted(epoch: string): void {
    this.#epoch = epoch;
    this.#cursor = 0;
    this.#announced = 0;
    if (!this.#closed && !this.#starting) {
      this.#options.report(
        new BusError('BUS_RESTARTED', 'a new log started: events that were published before may be missing'),
        undefined,
        this,
      );
    }
  }

  async close(options?: CloseOptions): Promise<void> {
    const drainMs = drainMsOf(options);
    this.#stop();
    this.#queue = [];
    this.#head = 0;
    this.#lanes.clear();
    this.#waiting = 0;
    this.#bytes = 0;
    const isInside = this.calls.isInside;
    await waitAtMost(this.calls.othersEnded(), drainMs);
    if (!isInside) this.calls.abandon();
  }

  /** Closes the subscription after it has handled everything that is in memory. */
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

  /** Whether a page may be read: when half of the backlog is free. */
  get #hasRoom(): boolean {
    const { maxBacklog, maxBacklogBytes } = this.#options;
    return this.#backlog <= maxBacklog / 2 && this.#bytes <= maxBacklogBytes / 2;
  }

  get #backlog(): number {
    return this.#queue.length - this.#head + this.#waiting;
  }

  /** Becomes ready at once. Only a signal that has already aborted can close the subscription before that. */
  async #begin(): Promise<void> {
    await Promise.resolve();
    if (this.#closed) throw closedBeforeReady(this);
  }

  /** Waits until new events are announced. Events that are announced during the wait are read from the log. */
  async #start(listening: Listening): Promise<void> {
    const { from } = this.#options;
    this.#behind = this.#starting = true;
    const { epoch, last } = await listening.from;
    if (this.#closed) {
      throw closedBeforeReady(this);
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

  #enqueue(event: BusEvent, bytes: number): void {
    this.#queue.push({ event, bytes });
    this.#bytes += bytes;
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
      const next = this.#queue[this.#head];
      if (!next) break;
      this.#queue[this.#head++] = undefined;
      if (this.#head === this.#queue.length) {
        this.#queue = [];
        this.#head = 0;
      } else if (this.#head >= 1024) {
        this.#queue = this.#queue.slice(this.#head);
        this.#head = 0;
      }
      const lane = this.#concurrency > 1 ? laneOf(next.event) : undefined;
      const waiting = lane === undefined ? undefined : this.#lanes.get(lane);
      if (waiting) {
        waiting.push(next);
        this.#waiting++;
      } else this.#call(next, lane);
    }
  }

  /** Calls the handler. Returns true if it returned a promise: its lane stays closed until the promise settles. */
  #call({ event, bytes }: Queued, lane: string | undefined): boolean {
    this.#bytes -= bytes;
    let answer: PromiseLike<unknown> | undefined;
    try {
      answer = this.calls.run(event);
    } catch (error) {
      this.#options.report(error, event, this);
      return false;
    }
    if (!answer) return false;
    this.#running++;
    if (lane !== undefined && !this.#lanes.has(lane)) this.#lanes.set(lane, []);
    const end = (): void => {
      this.#running--;
      if (lane !== undefined) this.#release(lane);
      this.#run();
      this.#notify();
    };
    answer.then(end, (error: unknown) => {
      // Without a group, there is nobody to give an event back to.
      if (!isReturned(error)) this.#options.report(error, event, this);
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

  /** Reads the log from the cursor to the end, and never holds more than the backlog allows. */
  async #catchUp(): Promise<void> {
    if (this.#behind) return;
    this.#behind = true;
    const matches = matcher(this.pattern);
    let expected = this.#options.epoch;
    while (!this.#closed) {
      await this.#until(() => this.#closed || this.#hasRoom);
      if (this.#closed) break;
      const from = this.#cursor;
      const page = await this.#options.read(from, pageSize, pageBytes).catch(async () => {
        await delay(retryMs);
        return undefined;
      });
      // The log restarted during the read and moved the cursor: the page belongs to the log before.
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
      this.#enqueue(this.#options.decode(stored, epoch), bytesOf(stored));
    } catch (error) {
      this.#options.report(error, undefined, this);
    }
  }

  #lost(count: number): void {
    const message = `${count} events were cut from history before they were handled: keep more history, or handle events faster`;
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
