import { BusError, isReturned } from '../errors.ts';
import type { BusEvent } from '../event.ts';
import { delay, waitAtMost } from '../timer.ts';
import type { Consumer, Delivery, Entry, Stored, StoredDeadLetter } from '../transport.ts';
import { type CloseOptions, defaultDrainMs, type Handler, type Report, type Subscription } from './subscription.ts';

/** When and how often a failed delivery is tried again. */
export interface RetryOptions {
  /** Most deliveries of an event, crashes included. After that, the event is a dead letter. Default 3. */
  readonly attempts: number;
  /** Wait before the second attempt, in milliseconds. Doubles with each further attempt. Default 1,000. */
  readonly minDelayMs: number;
  /** Longest wait between attempts, in milliseconds. Default 60,000. */
  readonly maxDelayMs: number;
}

/** Parts of a consumer of a group. */
export interface GroupOptions {
  readonly pattern: string;
  readonly group: string;
  readonly handler: Handler;
  readonly concurrency: number;
  readonly retry: RetryOptions;
  /** Most deliveries to hold, including those whose acknowledgement is under way. */
  readonly maxBacklog: number;
  readonly join: (wake: () => void) => Promise<Consumer>;
  readonly decode: (stored: Stored, epoch: string, attempt: number) => BusEvent;
  readonly notice: (letter: Omit<StoredDeadLetter, 'id'>) => Entry | undefined;
  readonly report: Report;
  readonly onClose: (subscription: GroupSubscription) => void;
}

/** Wait before a request to the store is repeated, in milliseconds. */
export const storeRetryMs = 250;

const noResult = 'BUS_NO_RESULT: no attempt ended: each time the process died or lost its lease';

/** Returns why a delivery failed, in at most 500 characters. */
export function reasonOf(error: unknown): string {
  return (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).slice(0, 500);
}

/** One consumer of a group: takes events that may start, calls the handler, acknowledges, retries and gives up. */
export class GroupSubscription implements Subscription {
  readonly pattern: string;
  readonly group: string;
  readonly ready: Promise<void>;
  readonly #options: GroupOptions;
  readonly #ended = new AbortController();
  #consumer: Consumer | undefined;
  #taking = false;
  #again = false;
  /** Number of running calls, and of deliveries that are not settled. */
  #running = 0;
  #held = 0;
  /** Deliveries whose handler has not ended, or has given the event back. */
  readonly #unfinished = new Set<Delivery>();
  /** The kind of events that comes first now. Both take turns, so that neither holds up the other. */
  #first: 'retries' | 'others' = 'others';
  #wakes: (() => void)[] = [];
  #closing: Promise<void> | undefined;

  constructor(options: GroupOptions) {
    this.#options = options;
    this.pattern = options.pattern;
    this.group = options.group;
    this.ready = this.#join();
    this.ready.catch(() => {});
  }

  /** Looks for events to take. */
  wake(): void {
    if (this.#taking) this.#again = true;
    else if (this.#consumer && this.#free > 0) void this.#take(this.#consumer);
  }

  close({ drainMs = defaultDrainMs }: CloseOptions = {}): Promise<void> {
    this.#closing ??= this.#close(drainMs);
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  get #closed(): boolean {
    return this.#ended.signal.aborted;
  }

  /** How many deliveries may start now. */
  get #free(): number {
    if (this.#closed) return 0;
    const { concurrency, maxBacklog } = this.#options;
    return Math.min(concurrency - this.#running, maxBacklog - this.#held);
  }

  async #close(drainMs: number): Promise<void> {
    this.#ended.abort();
    this.#options.onClose(this);
    const idle = (): boolean => this.#running === 0 && !this.#taking;
    await waitAtMost(this.#until(idle), drainMs);
    // Let a running join end first, so that no request reaches a closed store.
    await waitAtMost(
      this.ready.catch(() => {}),
      drainMs,
    );
    await this.#consumer?.leave([...this.#unfinished]).catch(() => {});
  }

  async #join(): Promise<void> {
    for (let tries = 0; !this.#closed; tries++) {
      try {
        this.#consumer = await this.#options.join(() => this.wake());
        if (this.#closed) await this.#consumer.leave([]);
        else this.wake();
        return;
      } catch (error) {
        if (tries === 0 && !this.#closed) this.#options.report(error, undefined, this);
        if (!this.#closed) await delay(storeRetryMs);
      }
    }
    throw new BusError('BUS_CLOSED', `subscription to ${this.pattern} was closed before it was ready`);
  }

  async #take(consumer: Consumer): Promise<void> {
    this.#taking = true;
    for (;;) {
      this.#again = false;
      const asked = this.#free;
      if (asked <= 0) break;
      try {
        this.#first = this.#first === 'others' ? 'retries' : 'others';
        const deliveries = await consumer.take(asked, this.#first);
        for (const delivery of deliveries) void this.#deliver(consumer, delivery);
        if (deliveries.length === 0 && !this.#again) break;
      } catch (error) {
        this.#options.report(error, undefined, this);
        await delay(storeRetryMs);
      }
    }
    this.#taking = false;
    this.#notify();
    if (this.#again) this.wake();
  }

  async #deliver(consumer: Consumer, delivery: Delivery): Promise<void> {
    const { event: stored, epoch, attempt } = delivery;
    const { retry } = this.#options;
    this.#held++;
    try {
      let event: BusEvent;
      try {
        event = this.#options.decode(stored, epoch, attempt);
      } catch (error) {
        // An event that cannot be read will not become readable.
        await this.#bury(consumer, delivery, undefined, reasonOf(error));
        return;
      }
      if (attempt > retry.attempts) {
        await this.#bury(consumer, delivery, event, noResult);
        return;
      }
      this.#unfinished.add(delivery);
      const failure = await this.#call(event);
      if (!failure) {
        this.#unfinished.delete(delivery);
        await this.#settle(() => consumer.done(delivery));
      } else if (isReturned(failure.error)) {
        const isBack = await this.#settle(() => consumer.later(delivery, retry.minDelayMs, true));
        if (isBack !== undefined) this.#unfinished.delete(delivery);
      } else {
        this.#unfinished.delete(delivery);
        this.#options.report(failure.error, event, this);
        if (attempt < retry.attempts) {
          const ms = Math.min(retry.minDelayMs * 2 ** (attempt - 1), retry.maxDelayMs);
          await this.#settle(() => consumer.later(delivery, ms, false));
        } else {
          await this.#bury(consumer, delivery, event, reasonOf(failure.error));
        }
      }
    } finally {
      this.#held--;
      this.wake();
    }
  }

  /** Calls the handler. Returns what it threw. */
  async #call(event: BusEvent): Promise<{ readonly error: unknown } | undefined> {
    this.#running++;
    try {
      await this.#options.handler(event);
      return undefined;
    } catch (error) {
      return { error };
    } finally {
      this.#running--;
      this.#notify();
      this.wake();
    }
  }

  async #bury(consumer: Consumer, delivery: Delivery, event: BusEvent | undefined, reason: string): Promise<void> {
    const { group, pattern } = this;
    const { event: stored, epoch, attempt: attempts } = delivery;
    const notice = this.#options.notice({ group, pattern, event: stored, epoch, attempts, reason, at: Date.now() });
    if (!(await this.#settle(() => consumer.dead(delivery, reason, notice)))) return;
    const message = `an event of ${delivery.event.topic || 'no topic'} became a dead letter of group ${this.group}: ${reason}`;
    this.#options.report(new BusError('BUS_DEAD_LETTERED', message), event, this);
  }

  /** Sends a request to the store, and repeats it while the store cannot be reached. Gives up when closed. */
  async #settle<T>(send: () => Promise<T>): Promise<T | undefined> {
    for (let tries = 0; ; tries++) {
      try {
        return await send();
      } catch (error) {
        if (tries === 0) this.#options.report(error, undefined, this);
        if (this.#closed) return undefined;
        await delay(storeRetryMs);
      }
    }
  }

  async #until(done: () => boolean): Promise<void> {
    while (!done()) await new Promise<void>((resolve) => this.#wakes.push(resolve));
  }

  #notify(): void {
    const wakes = this.#wakes;
    this.#wakes = [];
    for (const wake of wakes) wake();
  }
}
