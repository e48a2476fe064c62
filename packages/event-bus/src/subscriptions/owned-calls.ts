import { BusError, isReturned, isUnrecoverable } from '../errors.ts';
import type { BusEvent } from '../event.ts';
import { delay, startTimer } from '../timer.ts';
import type { Entry, OwnedDelivery, Owner, Reference, Stored, StoredDeadLetter } from '../transport.ts';
import type { Calls } from './calls.ts';
import type { KeptKeys } from './kept-keys.ts';
import type { Call, Lane, Part } from './owned-parts.ts';
import type { OwnedRing, Start } from './owned-ring.ts';
import { type RetryOptions, reasonOf, storeRetryMs, waitAfter } from './retry.ts';
import type { Report, Subscription } from './subscription.ts';

/** What calls of a handler need to know. */
export interface OwnedCallsOptions {
  readonly retry: RetryOptions;
  readonly onOwn: ((key: string, state: unknown) => void | Promise<void>) | undefined;
  readonly onLose: ((key: string, why: 'lost' | 'revoked' | 'idle') => void | Promise<void>) | undefined;
  readonly decode: (stored: Stored, epoch: string, attempt: number) => BusEvent;
  readonly notice: (letter: Omit<StoredDeadLetter, 'id'>) => Entry | undefined;
  readonly report: Report;
}

/** The subscription that the calls belong to, and where they get and leave their places. */
export interface OwnedCallsParts {
  readonly subscription: Subscription;
  readonly calls: Calls;
  readonly keys: KeptKeys;
  readonly ring: OwnedRing;
  /** Called when places are free. */
  readonly onFree: () => void;
  /** Called when an event waits that should start now. */
  readonly onRetry: () => void;
}

/** The calls of an owner's handler: each ends as done, given back, tried again, or a dead letter. */
export class OwnedCalls {
  readonly #options: OwnedCallsOptions;
  readonly #parts: OwnedCallsParts;
  /** The calls by their fence. */
  readonly #calls = new Map<string, Call>();
  #isClosed = false;

  constructor(options: OwnedCallsOptions, parts: OwnedCallsParts) {
    this.#options = options;
    this.#parts = parts;
  }

  /** Stops trying events again from now on. */
  close(): void {
    this.#isClosed = true;
  }

  /** Calls the handler with an event that has started. */
  begin(owner: Owner, { lane, reference }: Start, delivery: OwnedDelivery): void {
    const call: Call = { lane, reference, delivery, hasPlace: true, isSettled: false };
    lane.part.calls.add(call);
    this.#calls.set(delivery.fence, call);
    void this.#deliver(owner, call);
  }

  /** Ends the call of an event that a commit has settled. */
  settled(fence: string): void {
    const call = this.#calls.get(fence);
    if (call) {
      this.#settle(call);
    }
  }

  /** Notes that an event that had started is no longer open. */
  end(lane: Lane, { seq }: Reference): void {
    lane.open--;
    this.rest(lane);
    const { part } = lane;
    part.open.delete(seq);
    if (part.open.size === 0) {
      part.idle?.();
    }
  }

  /** Forgets a key without open events. A key that `onOwn` was called for is kept until `onLose` is called for it. */
  rest(lane: Lane): void {
    if (lane.open > 0 || lane.waiting.length > 0 || lane.losing) {
      return;
    }
    if (!lane.owned) {
      lane.part.lanes.delete(lane.name);
    } else if (lane.part.state === 'own') {
      this.#parts.keys.rest(lane);
    }
  }

  /** Stops trying events of a partition again. */
  stopRetries(part: Part): void {
    for (const timer of part.retries) {
      timer.stop();
    }
    part.retries.clear();
  }

  /** Forgets the calls of a partition: their results no longer count. */
  forget(part: Part): void {
    for (const call of part.calls) {
      this.#leavePlace(call);
      this.#calls.delete(call.delivery.fence);
    }
  }

  async #deliver(owner: Owner, call: Call): Promise<void> {
    const { lane, reference, delivery } = call;
    const { event: stored, epoch, attempt, fence } = delivery;
    const { retry } = this.#options;
    let reason = 'BUS_NO_RESULT: no attempt ended: each time the process died or lost the key';
    let event: BusEvent | undefined;
    let isReadable = attempt <= retry.attempts;
    let isOver = false;
    if (isReadable) {
      try {
        event = { ...this.#options.decode(stored, epoch, attempt), fence };
      } catch (error) {
        // An event that cannot be read will not become readable.
        reason = reasonOf(error);
        isReadable = false;
      }
    }
    if (event) {
      const failure = await this.#call(call, event);
      if (failure && isReturned(failure.error)) {
        await this.#giveBack(owner, call);
        return;
      }
      if (failure) {
        this.#report(failure.error, event);
        reason = reasonOf(failure.error);
        isOver = isUnrecoverable(failure.error);
      }
      this.#leavePlace(call);
      if (call.isSettled || lane.part.state === 'gone') {
        return;
      }
      if (!failure) {
        await this.#tell(() => owner.done(delivery));
        this.#settle(call);
        return;
      }
      if (attempt < retry.attempts && !isOver) {
        this.#retryLater(lane, reference, waitAfter(attempt, retry));
        this.#settle(call);
        return;
      }
    }
    await this.#bury(owner, call, event, reason);
    this.#settle(call);
  }

  /** Gives an event back. It comes again with the same attempt, here or to the next owner. */
  async #giveBack(owner: Owner, call: Call): Promise<void> {
    const { lane, reference, delivery } = call;
    const { part } = lane;
    this.#leavePlace(call);
    if (part.state === 'own' && !call.isSettled) {
      // A release during this call must not take the attempt back a second time.
      part.open.delete(reference.seq);
      await this.#tell(() => owner.giveBack(delivery));
    } else if (part.state === 'revoked' && !call.isSettled) {
      // The release gives the event back.
      part.returned.push(reference.seq);
    }
    if (!call.isSettled) {
      this.#retryLater(lane, reference, this.#options.retry.minDelayMs);
    }
    this.#settle(call);
  }

  /** Calls the handler, and `onOwn` before it when the key is new. Returns what was thrown. */
  async #call({ lane, delivery }: Call, event: BusEvent): Promise<{ readonly error: unknown } | undefined> {
    const { onOwn, onLose } = this.#options;
    try {
      if (lane.key !== undefined && (onOwn || onLose)) {
        await this.#parts.keys.own(lane, lane.key, delivery.state);
      }
      // The key may have been lost since the event was started.
      if (lane.part.state !== 'gone') {
        await this.#parts.calls.run(event);
      }
      return undefined;
    } catch (error) {
      return { error };
    }
  }

  #retryLater(lane: Lane, reference: Reference, ms: number): void {
    const { part } = lane;
    if (part.state !== 'own' || this.#isClosed) {
      return;
    }
    lane.open++;
    const timer = startTimer(ms, () => {
      part.retries.delete(timer);
      lane.open--;
      this.#parts.ring.putBack(lane, reference);
      this.#parts.onRetry();
    });
    part.retries.add(timer);
  }

  async #bury(owner: Owner, call: Call, event: BusEvent | undefined, reason: string): Promise<void> {
    const { group = '', pattern } = this.#parts.subscription;
    const { event: stored, epoch, attempt: attempts } = call.delivery;
    const notice = this.#options.notice({ group, pattern, event: stored, epoch, attempts, reason, at: Date.now() });
    if (!(await this.#tell(() => owner.dead(call.delivery, reason, notice)))) {
      return;
    }
    const message = `an event of ${stored.topic || 'no topic'} became a dead letter of group ${group}: ${reason}`;
    this.#report(new BusError('BUS_DEAD_LETTERED', message), event);
  }

  /** Sends a request to the store, and repeats it while the store cannot be reached. Gives up when closed. */
  async #tell<T>(tell: () => Promise<T>): Promise<T | undefined> {
    for (let tries = 0; ; tries++) {
      try {
        return await tell();
      } catch (error) {
        if (tries === 0) {
          this.#report(error, undefined);
        }
        if (this.#isClosed) {
          return undefined;
        }
        await delay(storeRetryMs);
      }
    }
  }

  #report(error: unknown, event: BusEvent | undefined): void {
    this.#options.report(error, event, this.#parts.subscription);
  }

  #leavePlace(call: Call): void {
    if (call.hasPlace) {
      call.hasPlace = false;
      this.#parts.ring.free(call.lane);
      this.#parts.onFree();
    }
  }

  /** Ends a call, whether its handler or a commit settled the event. The result of the handler no longer counts. */
  #settle(call: Call): void {
    if (call.isSettled || call.lane.part.state === 'gone') {
      return;
    }
    call.isSettled = true;
    this.#leavePlace(call);
    this.#calls.delete(call.delivery.fence);
    call.lane.part.calls.delete(call);
    this.end(call.lane, call.reference);
  }
}
