import { BusError, isReturned, isUnrecoverable } from '../errors.ts';
import type { BusEvent } from '../event.ts';
import { delay, startTimer, waitAtMost } from '../timer.ts';
import type { Entry, Owner, OwnerListener, Reference, Release, Stored, StoredDeadLetter } from '../transport.ts';
import { Calls, outsideCalls } from './calls.ts';
import { KeptKeys } from './kept-keys.ts';
import { type Call, type Lane, laneIn, newPart, type Part } from './owned-parts.ts';
import { type RetryOptions, reasonOf, storeRetryMs, waitAfter } from './retry.ts';
import {
  type CloseOptions,
  closedBeforeReady,
  drainMsOf,
  type Handler,
  type Report,
  type Subscription,
} from './subscription.ts';

/** Parts of an owner of keys. */
export interface OwnedOptions {
  readonly pattern: string;
  readonly group: string;
  readonly handler: Handler;
  readonly concurrency: number;
  /** Time after which a call counts as failed, in milliseconds. */
  readonly timeoutMs: number;
  readonly retry: RetryOptions;
  readonly onOwn: ((key: string, state: unknown) => void | Promise<void>) | undefined;
  readonly onLose: ((key: string, why: 'lost' | 'revoked' | 'idle') => void | Promise<void>) | undefined;
  /** Most keys to keep, beyond those with open events. */
  readonly maxKeys: number;
  readonly own: (listener: OwnerListener) => Promise<Owner>;
  readonly decode: (stored: Stored, epoch: string, attempt: number) => BusEvent;
  readonly decodeState: (state: unknown) => unknown;
  readonly notice: (letter: Omit<StoredDeadLetter, 'id'>) => Entry | undefined;
  readonly report: Report;
  readonly onClose: (subscription: OwnedSubscription) => void;
}

/** Longest wait for running handlers before a partition is handed over to another owner, in milliseconds. */
const handOverMs = 1_000;
/** Most events to start with one message to the store. */
const maxStarts = 256;
/** Most references to hold for each partition; the rest is read later. */
const maxHeld = 10_000;
/** Share of the places that one key may take, so that a busy key leaves some to the others. */
const keyShare = 3 / 4;

/** Owns keys: starts their events at once, in the order of the log, with a fair share of places for each key. */
export class OwnedSubscription implements Subscription, OwnerListener {
  readonly pattern: string;
  readonly group: string;
  readonly ready: Promise<void>;
  readonly #options: OwnedOptions;
  readonly calls: Calls;
  #closed = false;
  readonly #maxOfKey: number;
  readonly #parts = new Map<number, Part>();
  /** Keys with waiting events, the next one first. */
  readonly #ring = new Set<Lane>();
  readonly #keys: KeptKeys;
  /** Calls by their fence. */
  readonly #calls = new Map<string, Call>();
  #owner: Owner | undefined;
  #running = 0;
  #isStarting = false;
  #isScheduled = false;
  #releases: Release[] = [];
  #releasing: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;

  constructor(options: OwnedOptions) {
    this.#options = options;
    this.pattern = options.pattern;
    this.group = options.group;
    this.calls = new Calls(options.handler, options.timeoutMs);
    this.#keys = new KeptKeys(options, {
      report: (error) => options.report(error, undefined, this),
      onFree: (lane) => {
        if (lane.waiting.length > 0) {
          this.#ring.add(lane);
        } else {
          this.#rest(lane);
        }
        this.#schedule();
      },
    });
    this.#maxOfKey = Math.max(1, Math.floor(options.concurrency * keyShare));
    this.ready = this.#join();
    this.ready.catch(() => {});
  }

  gained(partition: number): void {
    const former = this.#parts.get(partition);
    if (former) {
      this.#drop(former, 'lost');
    }
    this.#parts.set(partition, newPart(partition));
  }

  came(partition: number, references: readonly Reference[]): void {
    const part = this.#parts.get(partition);
    if (part?.state !== 'own') {
      return;
    }
    for (const reference of references) {
      const lane = laneIn(part, reference);
      lane.waiting.push(reference);
      this.#queue(lane);
    }
    part.held += references.length;
    part.isFull ||= part.held >= maxHeld;
    this.#schedule();
  }

  revoked(partition: number): void {
    const part = this.#parts.get(partition);
    if (part?.state === 'own') {
      part.handing = this.#handOver(part, handOverMs);
    }
  }

  lost(partition: number): void {
    const part = this.#parts.get(partition);
    if (part) {
      this.#drop(part, 'lost');
    }
  }

  room(partition: number): number {
    const part = this.#parts.get(partition);
    if (part?.state !== 'own') {
      return 0;
    }
    const room = maxHeld - part.held;
    part.isFull ||= room <= 0;
    return Math.max(0, room);
  }

  /** Frees the place of an event that a commit has settled. */
  settled(fence: string): void {
    const call = this.#calls.get(fence);
    if (call) {
      this.#settle(call);
    }
  }

  async close(options?: CloseOptions): Promise<void> {
    const drainMs = drainMsOf(options);
    this.#closing ??= outsideCalls(() => this.#close(drainMs));
    await (this.calls.isInside ? waitAtMost(this.calls.othersEnded(), drainMs) : this.#closing);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #join(): Promise<void> {
    for (let tries = 0; !this.#closed; tries++) {
      try {
        const owner = await this.#options.own(this);
        this.#owner = owner;
        if (this.#closed) {
          break;
        }
        this.#schedule();
        return;
      } catch (error) {
        if (tries === 0 && !this.#closed) {
          this.#options.report(error, undefined, this);
        }
        if (!this.#closed) {
          await delay(storeRetryMs);
        }
      }
    }
    throw closedBeforeReady(this);
  }

  /** Hands each partition over as soon as its work has ended. `drainMs` limits the wait for the last one. */
  async #close(drainMs: number): Promise<void> {
    this.#closed = true;
    await waitAtMost(
      this.ready.catch(() => {}),
      drainMs,
    );
    if (this.#owner) {
      await this.#leave(this.#owner, drainMs);
    }
    this.calls.abandon();
    // Until here, commits can settle events of this subscription.
    this.#options.onClose(this);
  }

  async #leave(owner: Owner, drainMs: number): Promise<void> {
    const retired = owner.retire().catch(() => {});
    // Some partitions are being handed over already.
    const handed = [...this.#parts.values()].map((part) => part.handing ?? this.#handOver(part, drainMs));
    await Promise.all([waitAtMost(retired, drainMs), ...handed]);
    await waitAtMost(this.#releasing, drainMs);
    await owner.leave().catch(() => {});
    for (const part of this.#parts.values()) {
      this.#drop(part, 'lost');
    }
  }

  #schedule(): void {
    if (this.#isScheduled) {
      return;
    }
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.#run();
    });
  }

  /**
   * Fills free places, key by key. Sends one message to the store at a time, so that the events of a key start in
   * order.
   */
  #run(): void {
    const owner = this.#owner;
    if (!owner || this.#isStarting || this.#closed) {
      return;
    }
    const batch: { readonly lane: Lane; readonly reference: Reference }[] = [];
    let passed = 0;
    for (const lane of this.#ring) {
      if (this.#running >= this.#options.concurrency || batch.length >= maxStarts || passed >= this.#ring.size) {
        break;
      }
      this.#ring.delete(lane);
      const isNew = lane.key !== undefined && !lane.owned;
      if (lane.running >= this.#maxOfKey || (isNew && this.#keys.isFull)) {
        this.#ring.add(lane);
        passed++;
        continue;
      }
      const reference = lane.waiting.shift();
      if (!reference) {
        continue;
      }
      passed = 0;
      if (lane.waiting.length > 0) {
        this.#ring.add(lane);
      }
      this.#running++;
      lane.running++;
      lane.open++;
      lane.part.open.add(reference.seq);
      lane.part.held--;
      if (lane.part.isFull && lane.part.held <= maxHeld / 2) {
        lane.part.isFull = false;
        owner.wake();
      }
      batch.push({ lane, reference });
    }
    if (batch.length > 0) {
      void this.#start(owner, batch);
    }
  }

  async #start(owner: Owner, batch: readonly { readonly lane: Lane; readonly reference: Reference }[]): Promise<void> {
    this.#isStarting = true;
    const { onOwn } = this.#options;
    try {
      const started = await owner.start(
        batch.map(({ lane, reference: { seq } }) => ({
          partition: lane.part.id,
          seq,
          stateOf: onOwn && !lane.owned ? lane.key : undefined,
        })),
      );
      for (const [place, { lane, reference }] of batch.entries()) {
        const delivery = started[place];
        const { part } = lane;
        if (part.state === 'gone') {
          continue;
        }
        if (delivery === undefined || typeof delivery === 'string') {
          this.#free(lane);
          this.#end(lane, reference);
          if (delivery === 'lost') {
            this.#drop(part, 'lost');
          }
          continue;
        }
        if (part.state === 'revoked') {
          part.returned.push(reference.seq);
          this.#free(lane);
          this.#end(lane, reference);
          continue;
        }
        const call: Call = { lane, reference, delivery, hasPlace: true, isSettled: false };
        part.calls.add(call);
        this.#calls.set(delivery.fence, call);
        void this.#deliver(owner, call);
      }
    } catch (error) {
      this.#options.report(error, undefined, this);
      for (const { lane, reference } of batch.toReversed()) {
        if (lane.part.state !== 'gone') {
          this.#putBack(lane, reference);
          this.#free(lane);
          this.#end(lane, reference);
        }
      }
      await delay(storeRetryMs);
    } finally {
      this.#isStarting = false;
      this.#run();
    }
  }

  #putBack(lane: Lane, reference: Reference): void {
    if (lane.part.state !== 'own') {
      return;
    }
    lane.waiting.unshift(reference);
    lane.part.held++;
    this.#queue(lane);
  }

  #queue(lane: Lane): void {
    this.#keys.busy(lane);
    if (!lane.losing) {
      this.#ring.add(lane);
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
        this.#options.report(failure.error, event, this);
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
        await this.#keys.own(lane, lane.key, delivery.state);
      }
      // The key may have been lost since the event was started.
      if (lane.part.state !== 'gone') {
        await this.calls.run(event);
      }
      return undefined;
    } catch (error) {
      return { error };
    }
  }

  #retryLater(lane: Lane, reference: Reference, ms: number): void {
    const { part } = lane;
    if (part.state !== 'own' || this.#closed) {
      return;
    }
    lane.open++;
    const timer = startTimer(ms, () => {
      part.retries.delete(timer);
      lane.open--;
      this.#putBack(lane, reference);
      this.#run();
    });
    part.retries.add(timer);
  }

  async #bury(owner: Owner, call: Call, event: BusEvent | undefined, reason: string): Promise<void> {
    const { group, pattern } = this;
    const { event: stored, epoch, attempt: attempts } = call.delivery;
    const notice = this.#options.notice({ group, pattern, event: stored, epoch, attempts, reason, at: Date.now() });
    if (!(await this.#tell(() => owner.dead(call.delivery, reason, notice)))) {
      return;
    }
    const message = `an event of ${stored.topic || 'no topic'} became a dead letter of group ${group}: ${reason}`;
    this.#options.report(new BusError('BUS_DEAD_LETTERED', message), event, this);
  }

  /** Sends a request to the store, and repeats it while the store cannot be reached. Gives up when closed. */
  async #tell<T>(tell: () => Promise<T>): Promise<T | undefined> {
    for (let tries = 0; ; tries++) {
      try {
        return await tell();
      } catch (error) {
        if (tries === 0) {
          this.#options.report(error, undefined, this);
        }
        if (this.#closed) {
          return undefined;
        }
        await delay(storeRetryMs);
      }
    }
  }

  #leavePlace(call: Call): void {
    if (call.hasPlace) {
      call.hasPlace = false;
      this.#free(call.lane);
      this.#schedule();
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
    this.#end(call.lane, call.reference);
  }

  #free(lane: Lane): void {
    this.#running--;
    lane.running--;
  }

  #end(lane: Lane, { seq }: Reference): void {
    lane.open--;
    this.#rest(lane);
    const { part } = lane;
    part.open.delete(seq);
    if (part.open.size === 0) {
      part.idle?.();
    }
  }

  /** Forgets a key without open events. A key that `onOwn` was called for is kept until `onLose` is called for it. */
  #rest(lane: Lane): void {
    if (lane.open > 0 || lane.waiting.length > 0 || lane.losing) {
      return;
    }
    if (!lane.owned) {
      lane.part.lanes.delete(lane.name);
    } else if (lane.part.state === 'own') {
      this.#keys.rest(lane);
    }
  }

  /** Starts nothing more in a partition, lets its work end, and hands the partition over. */
  async #handOver(part: Part, ms: number): Promise<void> {
    part.state = 'revoked';
    this.#clear(part);
    const idle = (async () => {
      await Promise.all(this.#keys.tellLoss(part, 'revoked'));
      while (part.open.size > 0) {
        await new Promise<void>((resolve) => {
          part.idle = resolve;
        });
      }
    })();
    if (part.open.size > 0 || part.lanes.size > 0) {
      await waitAtMost(idle, ms);
    }
    // The partition may have been lost during the wait.
    if (this.#parts.get(part.id) === part) {
      const unfinished = [...part.open, ...part.returned];
      this.#drop(part, undefined);
      await this.#release({ partition: part.id, unfinished });
    }
  }

  /** Releases all partitions that are ready in this turn of the event loop with one message. */
  #release(release: Release): Promise<void> {
    this.#releases.push(release);
    if (this.#releases.length === 1) {
      // Another owner may want a partition before this one has finished joining.
      this.#releasing = this.ready.then(
        () => this.#owner?.release(this.#releases.splice(0)).catch(() => {}),
        () => {},
      );
    }
    return this.#releasing;
  }

  /** Forgets a partition. The results of its running handlers no longer count. */
  #drop(part: Part, why: 'lost' | undefined): void {
    if (part.state === 'gone') {
      return;
    }
    this.#clear(part);
    for (const call of part.calls) {
      this.#leavePlace(call);
      this.#calls.delete(call.delivery.fence);
    }
    for (const lane of part.lanes.values()) {
      this.#running -= lane.running;
      lane.running = 0;
    }
    const isTold = part.state === 'revoked';
    part.state = 'gone';
    if (this.#parts.get(part.id) === part) {
      this.#parts.delete(part.id);
    }
    part.idle?.();
    if (why && !isTold) {
      void Promise.all(this.#keys.tellLoss(part, why));
    }
    this.#schedule();
  }

  #clear(part: Part): void {
    for (const timer of part.retries) {
      timer.stop();
    }
    part.retries.clear();
    for (const lane of part.lanes.values()) {
      lane.waiting.length = 0;
      this.#ring.delete(lane);
      this.#keys.delete(lane);
    }
    part.held = 0;
  }
}
