import { bytesOf, parseId } from '../envelope.ts';
import { BusError } from '../errors.ts';
import type { BusEvent } from '../event.ts';
import { delay, waitAtMost } from '../timer.ts';
import { matcher } from '../topic.ts';
import type { Interest, Page, Stored, Transport } from '../transport.ts';
import { Calls } from './calls.ts';
import type { Following, FollowKeyOptions } from './following.ts';
import { type CloseOptions, closedBeforeReady, drainMsOf, type Handler, type Report } from './subscription.ts';

/** Parts of a following. */
export interface KeyFollowingOptions {
  /** Differs from the ids of the other followings of this process. */
  readonly id: number;
  readonly pattern: string;
  readonly handler: Handler;
  /** Time after which a call counts as failed, in milliseconds. */
  readonly timeoutMs: number;
  /** Most events to hold in memory; the rest is read from the log later. */
  readonly maxBacklog: number;
  /** Most bytes of their payloads, as stored. */
  readonly maxBacklogBytes: number;
  readonly transport: Pick<Transport, 'follow' | 'unfollow' | 'readKey'>;
  /** Checks a key and encodes its note. */
  readonly encode: (key: string, note: unknown) => unknown;
  readonly decode: (stored: Stored, epoch: string) => BusEvent;
  readonly report: Report;
  readonly onClose: (following: KeyFollowing) => void;
}

interface Lane {
  readonly key: string;
  note: unknown;
  /** Place up to which the events of the key were taken. */
  cursor: number;
  /** Epoch that `cursor` should belong to, until the first page confirms it. */
  expected: string | undefined;
  /**
   * True until the key takes announced events directly. Until then, an announcement means that there is more to read.
   */
  isBehind: boolean;
  hasMore: boolean;
  readonly queue: { readonly event: BusEvent; readonly bytes: number }[];
  isRunning: boolean;
  ready: Promise<void>;
}

const pageSize = 100;
const pageBytes = 2_097_152;
const retryMs = 500;
/** Longest wait for the store to note that a following has ended. */
const unfollowMs = 1_000;

/** Delivers the events of each key to one handler: pushed while it keeps up, read from the log while it is behind. */
export class KeyFollowing implements Following {
  readonly pattern: string;
  readonly group = undefined;
  readonly ready: Promise<void>;
  readonly #options: KeyFollowingOptions;
  readonly #matches: (topic: string) => boolean;
  readonly #lanes = new Map<string, Lane>();
  /** Keys that wait to be read from the log, the next one first. */
  readonly #unread = new Set<Lane>();
  /** Keys with a running call. */
  readonly #busy = new Map<string, PromiseLike<void>>();
  readonly calls: Calls;
  /** Most events of one key to hold, so that a slow key leaves room for the others. */
  readonly #share: number;
  readonly #pageSize: number;
  readonly #pageBytes: number;
  /** Number of events that wait for their call, and of keys that are being read. */
  #waiting = 0;
  #bytes = 0;
  #reading = 0;
  /** Epoch of the log that started last, and how often that happened. */
  #epoch: string | undefined;
  #restarts = 0;
  #isClosed = false;
  #wakes: (() => void)[] = [];

  constructor(options: KeyFollowingOptions) {
    this.#options = options;
    this.pattern = options.pattern;
    this.#matches = matcher(options.pattern);
    this.#share = Math.ceil(options.maxBacklog / 8);
    this.#pageSize = Math.min(pageSize, this.#share);
    this.#pageBytes = Math.min(pageBytes, Math.ceil(options.maxBacklogBytes / 8));
    this.calls = new Calls(options.handler, options.timeoutMs);
    this.ready = this.#begun();
    this.ready.catch(() => {});
  }

  get size(): number {
    return this.#lanes.size;
  }

  /** Number of events that wait, plus the room that is reserved for pages that are being read. */
  get #backlog(): number {
    return this.#waiting + this.#reading * this.#pageSize;
  }

  has(key: string): boolean {
    return this.#lanes.has(key);
  }

  async add(key: string, { from = 'new', note }: FollowKeyOptions = {}): Promise<void> {
    if (this.#isClosed) {
      throw this.#closed();
    }
    const encoded = this.#options.encode(key, note);
    const known = this.#lanes.get(key);
    if (known) {
      known.note = encoded;
      await Promise.all([known.ready, this.#options.transport.follow?.(this.#interestIn(key), encoded)]);
      return;
    }
    const start = from === 'new' ? undefined : from === 'earliest' ? { seq: 0, epoch: undefined } : parseId(from);
    const lane: Lane = {
      key,
      note: encoded,
      cursor: start?.seq ?? 0,
      expected: start?.epoch,
      isBehind: true,
      hasMore: start !== undefined,
      queue: [],
      isRunning: false,
      ready: Promise.resolve(),
    };
    this.#lanes.set(key, lane);
    lane.ready = this.#begin(lane, start === undefined);
    await lane.ready;
  }

  async delete(key: string): Promise<void> {
    if (this.#drop(key)) {
      await this.#options.transport.unfollow?.([this.#interestIn(key)]);
    }
  }

  /** Returns the note of a key as a list; an empty list when the key is not followed. */
  notesOf(key: string): readonly unknown[] {
    const lane = this.#lanes.get(key);
    return lane ? [lane.note] : [];
  }

  /** Takes a new event of the log. */
  push(stored: Stored, epoch: string): void {
    const lane = stored.key === undefined ? undefined : this.#lanes.get(stored.key);
    if (!lane || !this.#matches(stored.topic)) {
      return;
    }
    if (lane.isBehind) {
      lane.hasMore = true;
      return;
    }
    if (stored.seq <= lane.cursor) {
      return;
    }
    const isFull = this.#backlog >= this.#options.maxBacklog || this.#bytes >= this.#options.maxBacklogBytes;
    if (isFull || lane.queue.length >= this.#share) {
      // All earlier events were taken.
      lane.cursor = stored.seq - 1;
      this.#catchUp(lane);
      return;
    }
    lane.cursor = stored.seq;
    this.#take(lane, stored, epoch);
  }

  /** Reads every key again, because announcements may have gaps up to now. */
  missed(): void {
    for (const lane of this.#lanes.values()) {
      if (lane.isBehind) {
        lane.hasMore = true;
      } else {
        this.#catchUp(lane);
      }
    }
  }

  /** Continues at the beginning of a new log, when it is announced or `missed`. */
  restarted(epoch: string): void {
    this.#epoch = epoch;
    this.#restarts++;
    for (const lane of this.#lanes.values()) {
      lane.cursor = 0;
      lane.expected = undefined;
    }
    if (this.#lanes.size > 0) {
      this.#reportRestart();
    }
  }

  async close(options?: CloseOptions): Promise<void> {
    const drainMs = drainMsOf(options);
    const interests = [...this.#lanes.keys()].map((key) => this.#interestIn(key));
    if (!this.#isClosed) {
      this.#isClosed = true;
      this.#options.onClose(this);
    }
    for (const { key } of interests) {
      this.#drop(key);
    }
    const unfollowing = interests.length > 0 ? this.#options.transport.unfollow?.(interests) : undefined;
    const { isInside } = this.calls;
    await waitAtMost(Promise.all([unfollowing, this.calls.othersEnded()]), drainMs);
    if (!isInside) {
      this.calls.abandon();
    }
  }

  /** Closes the following after it has handled everything that is in memory. */
  async drain(drainMs: number): Promise<void> {
    await waitAtMost(
      this.#until(() => this.calls.size === 0 && this.#waiting === 0),
      drainMs,
    );
    await this.close({ drainMs: Math.min(drainMs, unfollowMs) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #interestIn(key: string): Interest {
    return { id: this.#options.id, pattern: this.pattern, key };
  }

  #closed(): BusError {
    return new BusError('BUS_CLOSED', `the following of ${this.pattern} is closed: add keys before you close it`);
  }

  #isCurrent(lane: Lane): boolean {
    return this.#lanes.get(lane.key) === lane;
  }

  async #begin(lane: Lane, isNew: boolean): Promise<void> {
    // A transport without `follow` announces everything, so every event from here on comes.
    const following = this.#options.transport.follow?.(this.#interestIn(lane.key), lane.note);
    const end = await following?.catch((error: unknown) => {
      if (this.#isCurrent(lane)) {
        this.#drop(lane.key);
        throw error;
      }
      return undefined;
    });
    if (following && this.#isClosed) {
      throw this.#closed();
    }
    if (!this.#isCurrent(lane)) {
      return;
    }
    if (end && isNew && (this.#epoch ?? end.epoch) === end.epoch) {
      lane.cursor = end.last;
    }
    lane.isBehind = false;
    if (lane.hasMore) {
      this.#catchUp(lane);
    }
  }

  #drop(key: string): boolean {
    const lane = this.#lanes.get(key);
    if (!lane) {
      return false;
    }
    this.#lanes.delete(key);
    this.#unread.delete(lane);
    this.#waiting -= lane.queue.length;
    for (const { bytes } of lane.queue) {
      this.#bytes -= bytes;
    }
    lane.queue.length = 0;
    this.#readOn();
    return true;
  }

  /** Reads a key from the log to the end, and never holds more than the backlog allows. */
  #catchUp(lane: Lane): void {
    lane.isBehind = true;
    this.#unread.add(lane);
    this.#readOn();
  }

  /** Reads as many keys as there is room for. */
  #readOn(): void {
    for (const lane of this.#unread) {
      if (
        this.#backlog + this.#pageSize > this.#options.maxBacklog ||
        this.#bytes + this.#reading * this.#pageBytes > this.#options.maxBacklogBytes
      ) {
        return;
      }
      // The handler is slow: read on when it has caught up.
      if (lane.queue.length + this.#pageSize <= this.#share) {
        this.#unread.delete(lane);
        this.#reading++;
        void this.#read(lane);
      }
    }
  }

  async #read(lane: Lane): Promise<void> {
    lane.hasMore = false;
    const restarts = this.#restarts;
    const page = await this.#options.transport
      .readKey(lane.key, lane.cursor, this.#pageSize, this.#pageBytes)
      .catch(() => undefined);
    if (!page) {
      await delay(retryMs);
    }
    this.#reading--;
    if (this.#isCurrent(lane)) {
      // The log restarted during the read and moved the cursor: the page belongs to the log before.
      lane.isBehind = !page || restarts !== this.#restarts || !this.#takePage(lane, page);
      if (lane.isBehind) {
        this.#unread.add(lane);
      }
    }
    this.#readOn();
  }

  /** Takes a page. Returns true when it was the last one. */
  #takePage(lane: Lane, page: Page): boolean {
    const { cursor, expected } = lane;
    lane.expected = undefined;
    if (expected !== undefined && (page.epoch !== expected || cursor > page.last)) {
      lane.cursor = 0;
      this.#reportRestart();
      return false;
    }
    if (cursor > 0 && (page.isCut ?? page.first > cursor + 1)) {
      const message = `events of ${lane.key} were cut from history before they were handled: keep more history, or handle events faster`;
      this.#options.report(new BusError('BUS_HISTORY_CUT', message), undefined, this);
    }
    for (const stored of page.events) {
      if (this.#matches(stored.topic)) {
        this.#take(lane, stored, page.epoch);
      }
    }
    lane.cursor = Math.max(page.upTo, cursor);
    return page.upTo >= page.last && !lane.hasMore;
  }

  #take(lane: Lane, stored: Stored, epoch: string): void {
    try {
      const bytes = bytesOf(stored);
      lane.queue.push({ event: this.#options.decode(stored, epoch), bytes });
      this.#bytes += bytes;
    } catch (error) {
      this.#options.report(error, undefined, this);
      return;
    }
    this.#waiting++;
    if (!lane.isRunning) {
      lane.isRunning = true;
      queueMicrotask(() => void this.#run(lane));
    }
  }

  /** Calls the handler with the waiting events of a key, one after the other. */
  async #run(lane: Lane): Promise<void> {
    // A call may still run from before the key was deleted and added again.
    for (let call = this.#busy.get(lane.key); call; call = this.#busy.get(lane.key)) {
      await call;
    }
    for (let next = lane.queue.shift(); next; next = lane.queue.shift()) {
      this.#waiting--;
      this.#bytes -= next.bytes;
      const call = this.#call(next.event);
      if (call) {
        this.#busy.set(lane.key, call);
        await call;
        this.#busy.delete(lane.key);
      }
      this.#readOn();
    }
    lane.isRunning = false;
    this.#notify();
  }

  #call(event: BusEvent): PromiseLike<void> | undefined {
    const failed = (error: unknown): void => this.#options.report(error, event, this);
    try {
      return this.calls.run(event)?.then(() => {}, failed);
    } catch (error) {
      failed(error);
      return undefined;
    }
  }

  /** Becomes ready at once. Only a signal that has already aborted can close the following before that. */
  async #begun(): Promise<void> {
    await Promise.resolve();
    if (this.#isClosed) {
      throw closedBeforeReady(this);
    }
  }

  #reportRestart(): void {
    const error = new BusError('BUS_RESTARTED', 'a new log started: events that were published before may be missing');
    this.#options.report(error, undefined, this);
  }

  async #until(done: () => boolean): Promise<void> {
    while (!done()) {
      await new Promise<void>((resolve) => this.#wakes.push(resolve));
    }
  }

  #notify(): void {
    const wakes = this.#wakes;
    this.#wakes = [];
    for (const wake of wakes) {
      wake();
    }
  }
}
