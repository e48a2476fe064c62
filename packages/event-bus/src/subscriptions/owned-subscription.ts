import { delay, waitAtMost } from '../timer.ts';
import type { Owner, OwnerListener, Reference, Release } from '../transport.ts';
import { Calls, outsideCalls } from './calls.ts';
import { KeptKeys, type KeptKeysOptions } from './kept-keys.ts';
import { OwnedCalls, type OwnedCallsOptions } from './owned-calls.ts';
import { newPart, type Part } from './owned-parts.ts';
import { OwnedRing, type Start } from './owned-ring.ts';
import { storeRetryMs } from './retry.ts';
import { type CloseOptions, closedBeforeReady, drainMsOf, type Handler, type Subscription } from './subscription.ts';

/** Parts of an owner of keys. */
export interface OwnedOptions extends KeptKeysOptions, OwnedCallsOptions {
  readonly pattern: string;
  readonly group: string;
  readonly handler: Handler;
  readonly concurrency: number;
  /** Time after which a call counts as failed, in milliseconds. */
  readonly timeoutMs: number;
  readonly own: (listener: OwnerListener) => Promise<Owner>;
  readonly onClose: (subscription: OwnedSubscription) => void;
}

/** Longest wait for running handlers before a partition is handed over to another owner, in milliseconds. */
const handOverMs = 1_000;

/** Owns keys: starts their events at once, in the order of the log, with a fair share of the places for each key. */
export class OwnedSubscription implements Subscription, OwnerListener {
  readonly pattern: string;
  readonly group: string;
  readonly ready: Promise<void>;
  readonly calls: Calls;
  readonly #options: OwnedOptions;
  readonly #parts = new Map<number, Part>();
  readonly #keys: KeptKeys;
  readonly #ring: OwnedRing;
  readonly #owned: OwnedCalls;
  #owner: Owner | undefined;
  #closed = false;
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
          this.#ring.queue(lane);
        } else {
          this.#owned.rest(lane);
        }
        this.#schedule();
      },
    });
    this.#ring = new OwnedRing(options.concurrency, this.#keys);
    this.#owned = new OwnedCalls(options, {
      subscription: this,
      calls: this.calls,
      keys: this.#keys,
      ring: this.#ring,
      onFree: () => this.#schedule(),
      onRetry: () => this.#run(),
    });
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
    if (part?.state === 'own') {
      this.#ring.came(part, references);
      this.#schedule();
    }
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
    return part?.state === 'own' ? this.#ring.room(part) : 0;
  }

  /** Frees the place of an event that a commit has settled. */
  settled(fence: string): void {
    this.#owned.settled(fence);
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
    this.#owned.close();
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

  /** Fills free places. Sends one message to the store at a time, so that the events of a key start in order. */
  #run(): void {
    const owner = this.#owner;
    if (!owner || this.#isStarting || this.#closed) {
      return;
    }
    const batch = this.#ring.take(() => owner.wake());
    if (batch.length > 0) {
      void this.#start(owner, batch);
    }
  }

  async #start(owner: Owner, batch: readonly Start[]): Promise<void> {
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
      for (const [place, start] of batch.entries()) {
        const delivery = started[place];
        const { part } = start.lane;
        if (part.state === 'gone') {
          continue;
        }
        if (delivery === undefined || typeof delivery === 'string') {
          this.#takeBack(start);
          if (delivery === 'lost') {
            this.#drop(part, 'lost');
          }
        } else if (part.state === 'revoked') {
          part.returned.push(start.reference.seq);
          this.#takeBack(start);
        } else {
          this.#owned.begin(owner, start, delivery);
        }
      }
    } catch (error) {
      this.#options.report(error, undefined, this);
      for (const start of batch.toReversed()) {
        if (start.lane.part.state !== 'gone') {
          this.#ring.putBack(start.lane, start.reference);
          this.#takeBack(start);
        }
      }
      await delay(storeRetryMs);
    } finally {
      this.#isStarting = false;
      this.#run();
    }
  }

  /** Frees the place of an event whose handler was not called. */
  #takeBack({ lane, reference }: Start): void {
    this.#ring.free(lane);
    this.#owned.end(lane, reference);
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
    this.#owned.forget(part);
    this.#ring.freeAll(part);
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
    this.#owned.stopRetries(part);
    this.#ring.clear(part);
  }
}
