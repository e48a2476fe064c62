import { BusError, isReturned, isUnrecoverable } from '../errors.ts';
import type { BusEvent } from '../event.ts';
import { delay, waitAtMost } from '../timer.ts';
import type { Consumer, Delivery, Entry, Stored, StoredDeadLetter } from '../transport.ts';
import { Calls, outsideCalls } from './calls.ts';
import { type RetryOptions, reasonOf, storeRetryMs, waitAfter } from './retry.ts';
import {
  type CloseOptions,
  closedBeforeReady,
  drainMsOf,
  type Handler,
  type Report,
  type Subscription,
} from './subscription.ts';

/** Parts of a consumer of a group. */
export interface GroupOptions {
  readonly pattern: string;
  readonly group: string;
  readonly handler: Handler;
  readonly concurrency: number;
  /** Time after which a call counts as failed, in milliseconds. */
  readonly timeoutMs: number;
  readonly retry: RetryOptions;
  /** Most deliveries to hold, including those whose acknowledgement is under way. */
  readonly maxBacklog: number;
  readonly join: (wake: () => void) => Promise<Consumer>;
  readonly decode: (stored: Stored, epoch: string, attempt: number) => BusEvent;
  readonly notice: (letter: Omit<StoredDeadLetter, 'id'>) => Entry | undefined;
  readonly report: Report;
  readonly onClose: (subscription: GroupSubscription) => void;
}

const noResult = 'BUS_NO_RESULT: no attempt ended: each time the process died or lost its lease';

/** One consumer of a group: takes events that may start, calls the handler, acknowledges, retries and gives up. */
export class GroupSubscription implements Subscription {
  readonly pattern: string;
  readonly group: string;
  readonly ready: Promise<void>;
  readonly #options: GroupOptions;
  readonly calls: Calls;
  #closed = false;
  #isDraining = false;
  #consumer: Consumer | undefined;
  #taking = false;
  #again = false;
  /** Number of deliveries that are not settled. */
  #held = 0;
  /** Deliveries whose handler has not ended, or has given the event back. */
  readonly #unfinished = new Set<Delivery>();
  /** The kind of events that comes first now. The two kinds take turns, so that neither holds up the other. */
  #first: 'retries' | 'others' = 'others';
  readonly #idle: (() => void)[] = [];
  #closing: Promise<void> | undefined;

  constructor(options: GroupOptions) {
    this.#options = options;
    this.pattern = options.pattern;
    this.group = options.group;
    this.calls = new Calls(options.handler, options.timeoutMs);
    this.ready = this.#join();
    this.ready.catch(() => {});
  }

  /** Looks for events to take. */
  wake(): void {
    if (this.#taking) this.#again = true;
    else if (this.#consumer && this.#free > 0) void this.#take(this.#consumer);
  }

  async close(options?: CloseOptions): Promise<void> {
    const drainMs = drainMsOf(options);
    this.#closing ??= outsideCalls(() => this.#close(drainMs));
    await (this.calls.isInside ? waitAtMost(this.calls.othersEnded(), drainMs) : this.#closing);
  }

  /** Closes the subscription, but still handles the events that it is taking at that moment. */
  async drain(drainMs: number): Promise<void> {
    this.#isDraining = true;
    await this.close({ drainMs });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** How many deliveries may start now. */
  get #free(): number {
    if (this.#closed) return 0;
    const { concurrency, maxBacklog } = this.#options;
    return Math.min(concurrency - this.calls.size, maxBacklog - this.#held);
  }

  async #close(drainMs: number): Promise<void> {
    this.#closed = true;
    this.#options.onClose(this);
    await waitAtMost(this.#ended(), drainMs);
    this.calls.abandon();
    // Let a running join end first, so that no request reaches a closed store.
    await waitAtMost(
      this.ready.catch(() => {}),
      drainMs,
    );
    await this.#consumer?.leave([...this.#unfinished]).catch(() => {});
  }

  /** Resolves when nothing is taken, called or settled any more. */
  async #ended(): Promise<void> {
    while (this.#taking || this.#held > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  async #join(): Promise<void> {
    for (let tries = 0; !this.#closed; tries++) {
      try {
        this.#consumer = await this.#options.join(() => this.wake());
        if (this.#closed) break;
        this.wake();
        return;
      } catch (error) {
        if (tries === 0 && !this.#closed) this.#options.report(error, undefined, this);
        if (!this.#closed) await delay(storeRetryMs);
      }
    }
    throw closedBeforeReady(this);
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
    this.#held++;
    let event: BusEvent | undefined;
    try {
      if (this.#closed && !this.#isDraining) {
        this.#unfinished.add(delivery);
        return;
      }
      event = this.#options.decode(stored, epoch, attempt);
      if (attempt > this.#options.retry.attempts) {
        await this.#bury(consumer, delivery, event, noResult);
      } else {
        await this.#try(consumer, delivery, event);
      }
    } catch (error) {
      // An event that cannot be read will not become readable.
      await this.#bury(consumer, delivery, event, reasonOf(error));
    } finally {
      this.#held--;
      this.#notify();
      this.wake();
    }
  }

  async #try(consumer: Consumer, delivery: Delivery, event: BusEvent): Promise<void> {
    const { attempt } = delivery;
    const { retry } = this.#options;
    this.#unfinished.add(delivery);
    const failure = await this.#call(event);
    if (failure && isReturned(failure.error)) {
      const isBack = await this.#settle(() => consumer.later(delivery, retry.minDelayMs, true));
      if (isBack !== undefined) this.#unfinished.delete(delivery);
      return;
    }
    this.#unfinished.delete(delivery);
    if (!failure) {
      await this.#settle(() => consumer.done(delivery));
      return;
    }
    this.#options.report(failure.error, event, this);
    if (attempt >= retry.attempts || isUnrecoverable(failure.error)) {
      await this.#bury(consumer, delivery, event, reasonOf(failure.error));
    } else {
      await this.#settle(() => consumer.later(delivery, waitAfter(attempt, retry), false));
    }
  }

  /** Calls the handler. Returns what it threw. */
  async #call(event: BusEvent): Promise<{ readonly error: unknown } | undefined> {
    try {
      await this.calls.run(event);
      return undefined;
    } catch (error) {
      return { error };
    } finally {
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

  #notify(): void {
    for (const wake of this.#idle.splice(0)) wake();
  }
}
