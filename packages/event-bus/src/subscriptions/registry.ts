import { bytesOf, decodeEvent, noticeOf } from '../envelope.ts';
import { BusError } from '../errors.ts';
import type { BusEvent } from '../event.ts';
import type { BusLimits } from '../options.ts';
import type { Publisher } from '../publisher.ts';
import type { Reporter } from '../reporter.ts';
import { assertTopic, TopicRouter } from '../topic.ts';
import type { GroupSpec, Listener, Stored, Transport } from '../transport.ts';
import { BroadcastSubscription } from './broadcast.ts';
import { GroupSubscription } from './group.ts';
import { KeyFollowing } from './key-following.ts';
import { OwnedSubscription } from './owned-subscription.ts';
import type { CheckedSubscribe } from './subscribe.ts';
import type { Handler } from './subscription.ts';

type AnySubscription = BroadcastSubscription | GroupSubscription | OwnedSubscription | KeyFollowing;

/** Parts of the subscriptions of a bus. */
export interface RegistryOptions {
  readonly transport: Transport;
  readonly limits: BusLimits;
  readonly publisher: Publisher;
  readonly reporter: Reporter;
}

/** The open subscriptions of a bus: makes them, passes them what the transport announces, and ends them. */
export class Registry implements Listener {
  readonly #options: RegistryOptions;
  readonly #broadcasts = new TopicRouter<BroadcastSubscription>();
  readonly #consumers = new TopicRouter<GroupSubscription>();
  /** The topic that was checked last, as many events have one topic. */
  #topic = '';
  readonly #followings = new Set<KeyFollowing>();
  #followingCount = 0;
  /** Open subscriptions, each with what to call when it ends. */
  readonly #open = new Map<AnySubscription, () => void>();

  constructor(options: RegistryOptions) {
    this.#options = options;
  }

  /** Makes a subscription. `onEnd` is called when it ends. */
  subscribe(pattern: string, handler: Handler, options: CheckedSubscribe, onEnd: () => void): AnySubscription {
    const { group, isOwned, signal } = options;
    const subscription =
      group === undefined
        ? this.#broadcast(pattern, handler, options)
        : isOwned
          ? this.#own(pattern, handler, group, options)
          : this.#join(pattern, handler, group, options);
    this.#keep(subscription, signal, onEnd);
    return subscription;
  }

  follow(pattern: string, handler: Handler, timeoutMs: number, signal: AbortSignal | undefined): KeyFollowing {
    const { transport, limits, publisher } = this.#options;
    const following = new KeyFollowing({
      ...this.#shared,
      id: ++this.#followingCount,
      pattern,
      handler,
      timeoutMs,
      maxBacklog: limits.maxBacklog,
      maxBacklogBytes: limits.maxBacklogBytes,
      transport,
      encode: (key, note) => {
        publisher.assertLength('key', key);
        return publisher.encode(`the note of ${key}`, note);
      },
      onClose: (ended) => {
        this.#followings.delete(ended);
        this.#forget(ended);
      },
    });
    this.#followings.add(following);
    this.#keep(following, signal, () => {});
    return following;
  }

  /** Returns the notes of this process's followings of a key with exactly this pattern. */
  notesOf(pattern: string, key: string): readonly unknown[] {
    return [...this.#followings].filter((one) => one.pattern === pattern).flatMap((one) => one.notesOf(key));
  }

  /** Frees the places of events that a commit has settled. */
  settled(fences: readonly string[]): void {
    for (const subscription of this.#open.keys()) {
      if (subscription instanceof OwnedSubscription) {
        for (const fence of fences) subscription.settled(fence);
      }
    }
  }

  /** True when the current code belongs to a running call of a handler of this bus. */
  get isInside(): boolean {
    return [...this.#open.keys()].some(({ calls }) => calls.isInside);
  }

  /** Resolves when no handler runs, apart from the one that the current code belongs to. */
  async othersEnded(): Promise<void> {
    await Promise.all([...this.#open.keys()].map(({ calls }) => calls.othersEnded()));
  }

  /** Ends all subscriptions, whatever one of them throws. */
  async end(drainMs: number): Promise<void> {
    const ends = [...this.#open.keys()].map((subscription) =>
      subscription instanceof OwnedSubscription ? subscription.close({ drainMs }) : subscription.drain(drainMs),
    );
    await Promise.allSettled(ends);
  }

  events(events: readonly Stored[], epoch: string): void {
    for (const stored of events) this.#dispatch(stored, epoch);
    if (this.#followings.size > 0 && !this.#options.transport.follow) this.followed(events, epoch);
  }

  followed(events: readonly Stored[], epoch: string): void {
    for (const stored of events) for (const following of this.#followings) following.push(stored, epoch);
  }

  missed(): void {
    for (const following of this.#followings) following.missed();
  }

  restarted(epoch: string): void {
    for (const subscription of this.#open.keys()) {
      if (subscription instanceof BroadcastSubscription || subscription instanceof KeyFollowing) {
        subscription.restarted(epoch);
      }
    }
  }

  warning(error: BusError): void {
    this.#options.reporter.warn(error);
  }

  #broadcast(pattern: string, handler: Handler, checked: CheckedSubscribe): BroadcastSubscription {
    const { transport, limits } = this.#options;
    const { from, concurrency, timeoutMs } = checked;
    const subscription = new BroadcastSubscription({
      ...this.#shared,
      pattern,
      handler,
      concurrency,
      timeoutMs,
      from: from === 'new' ? undefined : from.seq,
      epoch: from === 'new' ? undefined : from.epoch,
      listen: () => transport.listen?.(),
      maxBacklog: limits.maxBacklog,
      maxBacklogBytes: limits.maxBacklogBytes,
      read: (...what) => transport.read(...what),
      onClose: (ended) => {
        this.#broadcasts.delete(pattern, ended);
        this.#forget(ended);
      },
    });
    this.#broadcasts.add(pattern, subscription);
    return subscription;
  }

  #join(pattern: string, handler: Handler, group: string, checked: CheckedSubscribe): GroupSubscription {
    const { transport, limits } = this.#options;
    const { from, concurrency, timeoutMs, retry } = checked;
    const subscription = new GroupSubscription({
      ...this.#shared,
      pattern,
      group,
      handler,
      concurrency,
      timeoutMs,
      retry,
      maxBacklog: limits.maxBacklog,
      join: (wake) => this.#starting({ group, pattern }, from, (spec) => transport.join(spec, wake)),
      notice: (letter) => noticeOf(letter, transport.payloads),
      onClose: (ended) => {
        this.#consumers.delete(pattern, ended);
        this.#forget(ended);
      },
    });
    this.#consumers.add(pattern, subscription);
    return subscription;
  }

  #own(pattern: string, handler: Handler, group: string, checked: CheckedSubscribe): OwnedSubscription {
    const { transport, publisher } = this.#options;
    const { from, concurrency, timeoutMs, retry, onOwn, onLose, maxKeys } = checked;
    return new OwnedSubscription({
      ...this.#shared,
      pattern,
      group,
      handler,
      concurrency,
      timeoutMs,
      retry,
      onOwn,
      onLose,
      maxKeys,
      own: (listener) => this.#starting({ group, pattern }, from, (spec) => transport.own(spec, listener)),
      decodeState: (state) => publisher.decode(state),
      notice: (letter) => noticeOf(letter, transport.payloads),
      onClose: (ended) => this.#forget(ended),
    });
  }

  /** What subscriptions of all kinds need. */
  get #shared(): {
    readonly decode: (stored: Stored, epoch: string, attempt?: number) => BusEvent;
    readonly report: Reporter['report'];
  } {
    return {
      decode: (stored, epoch, attempt = 1) => this.#decode(stored, epoch, attempt),
      report: (...what) => this.#options.reporter.report(...what),
    };
  }

  /**
   * Starts a group at its place, before this process publishes anything more, unless the store must first say whether
   * an id belongs to its log. With an id of another log, the group starts at the oldest event.
   */
  async #starting<Joined>(
    name: { readonly group: string; readonly pattern: string },
    from: CheckedSubscribe['from'],
    begin: (spec: GroupSpec) => Promise<Joined>,
  ): Promise<Joined> {
    if (from === 'new' || from.epoch === undefined) {
      return begin({ ...name, from: from === 'new' ? 'new' : from.seq });
    }
    const { epoch, last } = await this.#options.transport.read(from.seq, 1, 1);
    return begin({ ...name, from: epoch === from.epoch && from.seq <= last ? from.seq : 0 });
  }

  /** Ends a subscription when its signal aborts, and when the bus closes. */
  #keep(subscription: AnySubscription, signal: AbortSignal | undefined, onEnd: () => void): void {
    const end = (): void => void subscription.close();
    this.#open.set(subscription, () => {
      signal?.removeEventListener('abort', end);
      onEnd();
    });
    if (signal?.aborted) end();
    else signal?.addEventListener('abort', end, { once: true });
  }

  #forget(ended: AnySubscription): void {
    const onEnd = this.#open.get(ended);
    this.#open.delete(ended);
    onEnd?.();
  }

  #dispatch(stored: Stored, epoch: string): void {
    try {
      if (stored.topic !== this.#topic) assertTopic(stored.topic);
      this.#topic = stored.topic;
    } catch (cause) {
      for (const subscription of this.#open.keys()) if (subscription instanceof GroupSubscription) subscription.wake();
      const message = `entry ${stored.seq} of the log has no valid topic: it was skipped`;
      this.warning(new BusError('BUS_CORRUPT_EVENT', message, { cause }));
      return;
    }
    for (const consumer of this.#consumers.match(stored.topic)) consumer.wake();
    const subscriptions = this.#broadcasts.match(stored.topic);
    if (subscriptions.length === 0) return;
    let event: BusEvent;
    try {
      event = this.#decode(stored, epoch, 1);
    } catch (error) {
      for (const subscription of subscriptions) subscription.unreadable(error as BusError, stored.seq);
      return;
    }
    const bytes = bytesOf(stored);
    for (const subscription of subscriptions) subscription.push(event, stored.seq, bytes);
  }

  #decode(stored: Stored, epoch: string, attempt: number): BusEvent {
    return decodeEvent(stored, epoch, attempt, this.#options.transport.payloads);
  }
}
