import { decodeDeadLetter, decodeEvent, encodePayload, noticeOf, parseId } from './envelope.ts';
import { BusError } from './errors.ts';
import type { BusEvent, BusStats, DeadLetter, EventOf, ReadResult } from './event.ts';
import { parseFence } from './fence.ts';
import { memory } from './memory/memory.ts';
import type {
  BusLimits,
  CommitEntry,
  CommitOptions,
  EventBusOptions,
  ListDeadLettersOptions,
  PublishOptions,
  PublishResult,
  ReadKeyOptions,
  ReadOptions,
  SubscribeOptions,
} from './options.ts';
import { readLog } from './read.ts';
import { BroadcastSubscription } from './subscriptions/broadcast.ts';
import type { Following, FollowOptions } from './subscriptions/following.ts';
import { GroupSubscription, type RetryOptions } from './subscriptions/group.ts';
import { KeyFollowing } from './subscriptions/key-following.ts';
import { OwnedSubscription } from './subscriptions/owned-subscription.ts';
import { type CloseOptions, defaultDrainMs, type Handler, type Subscription } from './subscriptions/subscription.ts';
import { waitAtMost } from './timer.ts';
import { assertPattern, isOwnTopic, type TopicOf, TopicRouter } from './topic.ts';
import type { Appended, Entry, GroupSpec, Stored, Transport } from './transport.ts';

const defaults: BusLimits = { maxPayloadBytes: 1_048_576, maxTopicLength: 256, maxPending: 10_000, maxBacklog: 1_000 };
const defaultRetry: RetryOptions = { attempts: 3, minDelayMs: 1_000, maxDelayMs: 60_000 };
const noIds: readonly string[] = [];
const maxDedupeIds = 16;
/** Most events that one commit settles, and most that it publishes. */
const maxCommitted = 1_000;

/** Keys that an owner keeps while they have no open events. */
const defaultMaxKeys = 10_000;

/** Last moment that a `Date` can hold. */
const maxTimeMs = 8.64e15;

type NewEvent = CommitEntry & Omit<PublishOptions, 'key' | 'dedupeId'>;
type AnySubscription = BroadcastSubscription | GroupSubscription | OwnedSubscription | KeyFollowing;

/**
 * Delivers typed events from publishers to handlers, through memory, one SQLite file or Redis Streams.
 *
 * `Events` maps each topic to the type of its payload. A topic may be a template such as
 * `` `webhook:github:${string}` ``.
 */
export class EventBus<Events extends object = Record<string, unknown>> {
  readonly #transport: Transport;
  readonly #limits: BusLimits;
  readonly #retry: RetryOptions;
  readonly #onHandlerError: EventBusOptions<Events>['onHandlerError'];
  readonly #onWarning: EventBusOptions<Events>['onWarning'];
  readonly #broadcasts = new TopicRouter<BroadcastSubscription>();
  readonly #consumers = new TopicRouter<GroupSubscription>();
  readonly #followings = new Set<KeyFollowing>();
  #followingCount = 0;
  /** Open subscriptions, each with the function that stops listening to its signal. */
  readonly #open = new Map<AnySubscription, () => void>();
  #publishing = 0;
  #published: (() => void)[] = [];
  #state: 'open' | 'draining' | 'closed' = 'open';
  #closing: Promise<void> | undefined;

  /**
   * Makes a bus.
   * @throws {RangeError} when a limit is below 1.
   * @throws {TypeError} when the transport belongs to another bus.
   */
  constructor(options: EventBusOptions<Events> = {}) {
    this.#limits = { ...defaults, ...options.limits };
    this.#retry = { ...defaultRetry, ...options.retry };
    for (const [name, value] of Object.entries({ ...this.#limits, ...this.#retry })) assertCount(name, value);
    this.#onHandlerError = options.onHandlerError;
    this.#onWarning = options.onWarning;
    this.#transport = options.transport ?? memory();
    this.#transport.start({
      events: (events, epoch) => {
        for (const stored of events) this.#dispatch(stored, epoch);
        if (this.#followings.size > 0 && !this.#transport.follow) this.#bring(events, epoch);
      },
      followed: (events, epoch) => this.#bring(events, epoch),
      missed: () => {
        for (const following of this.#followings) following.missed();
      },
      restarted: (epoch) => {
        for (const subscription of this.#open.keys()) {
          if (subscription instanceof BroadcastSubscription || subscription instanceof KeyFollowing) {
            subscription.restarted(epoch);
          }
        }
      },
      warning: (error) => this.#warn(error),
    });
  }

  /**
   * Publishes an event. Resolves when the event is stored, as durably as the transport promises.
   * @throws {BusError} `BUS_PAYLOAD_TOO_LARGE`, `BUS_TOPIC_TOO_LONG`, `BUS_OVERLOADED`, `BUS_CLOSED` or
   * `BUS_STORAGE_FULL`: the event is not stored. `BUS_UNAVAILABLE`: the event may be stored, so publish it again with
   * the same `dedupeId`. `BUS_FENCED`: `fence` was passed, and its receiver has lost the key.
   * @throws {TypeError} when the topic is malformed, or the payload is not JSON.
   * @throws {RangeError} when there are more than 16 dedupe ids.
   */
  publish<Topic extends TopicOf<Events>>(
    topic: Topic,
    payload: Events[Topic],
    options?: PublishOptions,
  ): Promise<PublishResult> {
    try {
      return this.#publish(this.#entryOf({ topic, payload, ...options }));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Calls `handler` with the events whose topic matches a pattern. In a pattern, `*` stands for one segment, and `**`
   * at the end for one or more. Several patterns joined by one space are one pattern, which matches what any of them
   * does.
   *
   * Without a group, every subscription receives every event. With a group, one of its consumers receives each event.
   * The event is acknowledged when the handler has ended, and delivered again after a failure.
   *
   * A handler that rejects with a `BusError` `BUS_RETURNED` gives its event back. The event comes again after
   * `retry.minDelayMs`, or goes to the next owner of its key, with the same `attempt`. Nothing is reported.
   * @throws {TypeError} when the pattern or the id in `from` is malformed, or options do not fit together.
   * @throws {RangeError} when `concurrency` or `maxKeys` is below 1.
   * @throws {BusError} `BUS_CLOSED` when the bus is closed, `BUS_TOPIC_TOO_LONG`.
   */
  subscribe<Pattern extends string>(
    pattern: Pattern,
    handler: (event: EventOf<Events, Pattern>) => void | Promise<void>,
    options: SubscribeOptions = {},
  ): Subscription {
    assertPattern(pattern);
    this.#assertLength('pattern', pattern);
    if (this.#state !== 'open') throw new BusError('BUS_CLOSED', 'the bus is closed: subscribe before close()');
    const { group, signal, keys = 'ordered' } = options;
    const isOwned = keys === 'owned';
    const { concurrency = isOwned ? this.#limits.maxBacklog : 1 } = options;
    assertCount('concurrency', concurrency);
    if (keys !== 'ordered' && keys !== 'owned') {
      throw new TypeError(`keys must be 'ordered' or 'owned', got ${String(keys)}`);
    }
    if (!isOwned && (options.onOwn || options.onLose)) {
      throw new TypeError("onOwn and onLose need keys: 'owned': without it, keys have no owner");
    }
    if (!isOwned && options.maxKeys !== undefined) {
      throw new TypeError("maxKeys needs keys: 'owned': without it, keys are not kept");
    }
    assertCount('maxKeys', options.maxKeys ?? defaultMaxKeys);
    if (isOwned && group === undefined) {
      throw new TypeError("keys: 'owned' needs a group, whose subscriptions share the keys");
    }
    const subscription =
      group === undefined
        ? this.#broadcast(pattern, handler as Handler, concurrency, options.from)
        : isOwned
          ? this.#own(pattern, handler as Handler, concurrency, group, options)
          : this.#join(pattern, handler as Handler, concurrency, group, options);
    this.#keep(subscription, signal);
    return subscription;
  }

  /**
   * Calls `handler` with the events of some keys whose topic matches `pattern`. Add and delete keys on the `Following`
   * that it returns. Each event comes once, in the order of the log. Each key has one call at a time, and keys do not
   * wait for each other. Events without a key never come.
   *
   * Events that do not fit into memory (`limits.maxBacklog`) are read from the log later. On Redis, a process reads
   * only the events that it follows, whatever else is published.
   * @throws {TypeError} when the pattern is malformed.
   * @throws {BusError} `BUS_CLOSED` when the bus is closed, `BUS_TOPIC_TOO_LONG`.
   */
  follow<Pattern extends string>(
    pattern: Pattern,
    handler: (event: EventOf<Events, Pattern>) => void | Promise<void>,
    { signal }: FollowOptions = {},
  ): Following {
    assertPattern(pattern);
    this.#assertLength('pattern', pattern);
    if (this.#state !== 'open') throw new BusError('BUS_CLOSED', 'the bus is closed: follow before close()');
    const following = new KeyFollowing({
      id: ++this.#followingCount,
      pattern,
      handler: handler as Handler,
      maxBacklog: this.#limits.maxBacklog,
      transport: this.#transport,
      encode: (key, note) => {
        this.#assertLength('key', key);
        return this.#encode(`the note of ${key}`, note);
      },
      decode: (stored, epoch) => this.#decode(stored, epoch),
      report: (...what) => this.#report(...what),
      onClose: (ended) => {
        this.#followings.delete(ended);
        this.#forget(ended);
      },
    });
    this.#followings.add(following);
    this.#keep(following, signal);
    return following;
  }

  /**
   * Returns the note of every following of a key with exactly this pattern, in every process; `undefined` for a
   * following without a note. A process that died counts for about a minute. Costs one command on Redis.
   * @throws {BusError} `BUS_CLOSED`, `BUS_UNAVAILABLE`, `BUS_TOPIC_TOO_LONG`.
   */
  async followers(pattern: string, key: string): Promise<readonly unknown[]> {
    if (this.#state === 'closed') throw new BusError('BUS_CLOSED', 'the bus is closed: ask before close()');
    for (const [name, text] of Object.entries({ pattern, key })) this.#assertLength(name, text);
    const here = (): unknown[] =>
      [...this.#followings].filter((one) => one.pattern === pattern).flatMap((one) => one.notesOf(key));
    const notes = (await this.#transport.followers?.(pattern, key)) ?? here();
    return notes.map((note) => this.#decodeText(note));
  }

  /**
   * Settles events of an owned group, publishes new events and keeps the state of a key, in one step: either all of it
   * is stored, or none of it. Settled events are done, even while their handlers still run. Returns the ids of the
   * published events, in their order.
   * @throws {BusError} `BUS_FENCED` when the receiver has lost the key of one of the events. `BUS_SETTLED` when one of
   * them is settled already. `BUS_UNAVAILABLE` when the commit may be stored or not: commit again, and `BUS_SETTLED`
   * then says that the first commit was stored.
   * @throws {TypeError} when neither `settle` nor `fence` has a fence, when the fences are of several groups, or when
   * `state.key` is not a key that they own.
   * @throws {RangeError} when there are more than 1,000 events to settle or to publish.
   */
  async commit(options: CommitOptions<Events>): Promise<readonly PublishResult[]> {
    if (this.#state === 'closed') throw new BusError('BUS_CLOSED', 'the bus is closed: commit before close()');
    const { settle = [], publish = [], state, fence } = options;
    for (const [name, { length }] of Object.entries({ settle, publish })) {
      if (length > maxCommitted) throw new RangeError(`${name} must be at most ${maxCommitted} events, got ${length}`);
    }
    const settled = settle.map((event) => {
      if (event.fence === undefined) {
        throw new TypeError(`event ${event.id} has no fence: settle events of a group with keys: 'owned'`);
      }
      return event.fence;
    });
    const fences = [...new Set(fence === undefined ? settled : [fence, ...settled])];
    if (fences.length === 0) throw new TypeError('commit needs events to settle, or a fence');
    if (new Set(fences.map((one) => parseFence(one).group)).size > 1) {
      throw new TypeError('commit settles events of one group and pattern: make one commit for each');
    }
    const entries = (publish as readonly CommitEntry[]).map((entry) => this.#entryOf(entry));
    const kept = state && { key: state.key, value: this.#encode(`the state of ${state.key}`, state.value) };
    if (kept) this.#assertLength('state.key', kept.key);
    this.#assertPending();
    const appended = await this.#count(
      this.#transport.commit({ fences, settle: [...new Set(settled)], publish: entries, state: kept }),
    );
    for (const subscription of this.#open.keys()) {
      if (subscription instanceof OwnedSubscription) for (const one of settled) subscription.settled(one);
    }
    return appended.map(resultOf);
  }

  /**
   * Reads stored events after an id, oldest first; from the oldest event without an id. The result says when events in
   * between are gone, or when the id belongs to an earlier log.
   * @throws {TypeError} when `after` is not an event id.
   */
  read<Pattern extends string = string>(
    after?: string,
    options?: ReadOptions<Pattern>,
  ): Promise<ReadResult<EventOf<Events, Pattern>>>;
  /** Reads stored events of one key. */
  read<Pattern extends string = string>(
    options: ReadKeyOptions<Pattern>,
  ): Promise<ReadResult<EventOf<Events, Pattern>>>;
  async read<Pattern extends string = string>(
    from?: string | ReadKeyOptions<Pattern>,
    options: ReadOptions<Pattern> = {},
  ): Promise<ReadResult<EventOf<Events, Pattern>>> {
    const ofKey = typeof from === 'object' ? from : undefined;
    const after = typeof from === 'object' ? from.after : from;
    const { limit = 100, maxBytes = 16_777_216, pattern } = ofKey ?? options;
    assertCount('limit', limit);
    assertCount('maxBytes', maxBytes);
    if (ofKey) this.#assertLength('key', ofKey.key);
    const result = await readLog(this.#transport, after, limit, maxBytes, pattern ?? '**', ofKey?.key);
    return result as ReadResult<EventOf<Events, Pattern>>;
  }

  /**
   * Lists the events that groups gave up, oldest first. To get the next page, pass the last id as `after`; that dead
   * letter may be gone by then.
   * @throws {TypeError} when `after` is not the id of a dead letter.
   * @throws {RangeError} when `limit` is below 1.
   */
  async listDeadLetters({ limit = 100, after }: ListDeadLettersOptions = {}): Promise<readonly DeadLetter[]> {
    assertCount('limit', limit);
    if (after !== undefined && !isLetterId(after)) {
      throw new TypeError(`after must be the id of a dead letter, got ${after.slice(0, 80)}`);
    }
    return (await this.#transport.deadLetters(limit, after)).map((letter) =>
      decodeDeadLetter(letter, this.#transport.payloads),
    );
  }

  /** Returns one dead letter; undefined when none has that id. */
  async readDeadLetter(id: string): Promise<DeadLetter | undefined> {
    const letter = isLetterId(id) ? await this.#transport.deadLetter(id) : undefined;
    return letter && decodeDeadLetter(letter, this.#transport.payloads);
  }

  /** Deletes a dead letter for good. Returns false when none has that id. */
  async deleteDeadLetter(id: string): Promise<boolean> {
    return isLetterId(id) && this.#transport.deleteDeadLetter(id);
  }

  /**
   * Gives a dead letter back to its group, which may try it as often as a new event. Returns false when none has that
   * id.
   */
  retryDeadLetter(id: string): Promise<boolean> {
    return this.#transport.retryDeadLetter(id);
  }

  /**
   * Erases a key: its stored events of all topics, the deliveries of them, its dead letters with the events of
   * `$dead-letter` about them, and its state in every owned group. Returns how many events were erased.
   *
   * A running handler goes on, but its acknowledgement is ignored, and its `commit` ends with `BUS_SETTLED`. Dedupe ids
   * stay. An owner of the key can store a state again. The cost grows with the number of the key's events.
   * @throws {BusError} `BUS_CLOSED`, or `BUS_UNAVAILABLE`: some of it may be erased then, so call it again.
   */
  async forget(key: string): Promise<number> {
    if (this.#state === 'closed') throw new BusError('BUS_CLOSED', 'the bus is closed: forget before close()');
    this.#assertLength('key', key);
    return this.#transport.forget(key);
  }

  /** Returns how much is stored, waiting and given up. */
  async stats(): Promise<BusStats> {
    return { transport: this.#transport.name, publishing: this.#publishing, ...(await this.#transport.stats()) };
  }

  /**
   * Closes the bus. Subscriptions end after the events that they hold, groups get back what is not acknowledged, and
   * publishes under way are stored. Then the store is closed. Handlers may publish until they have ended.
   */
  close({ drainMs = defaultDrainMs }: CloseOptions = {}): Promise<void> {
    this.#closing ??= this.#close(drainMs);
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(drainMs: number): Promise<void> {
    this.#state = 'draining';
    const ends = [...this.#open.keys()].map((subscription) =>
      subscription instanceof BroadcastSubscription || subscription instanceof KeyFollowing
        ? subscription.drain(drainMs)
        : subscription.close({ drainMs }),
    );
    await Promise.all(ends);
    this.#state = 'closed';
    if (this.#publishing > 0) await waitAtMost(new Promise<void>((resolve) => this.#published.push(resolve)), drainMs);
    await this.#transport.close();
  }

  #publish(entry: Entry): Promise<PublishResult> {
    if (this.#state === 'closed') throw new BusError('BUS_CLOSED', 'the bus is closed: publish before close()');
    this.#assertPending();
    const appended = this.#transport.append(entry);
    if (!(appended instanceof Promise)) {
      return Promise.resolve(resultOf(appended));
    }
    return this.#settle(appended);
  }

  /** Checks a publish, and makes the entry to store. */
  #entryOf({ topic, payload, key, dedupeId, fence, notBefore }: NewEvent): Entry {
    this.#assertLength('topic', topic);
    if (isOwnTopic(topic)) throw new TypeError(`topics that begin with '$' are the bus's own, got ${topic}`);
    // Throws when the topic is malformed.
    this.#broadcasts.match(topic);
    if (key !== undefined) this.#assertLength('key', key);
    const dedupeIds = dedupeId === undefined ? noIds : typeof dedupeId === 'string' ? [dedupeId] : dedupeId;
    if (dedupeIds.length > maxDedupeIds) {
      throw new RangeError(`dedupeId must be at most ${maxDedupeIds} ids, got ${dedupeIds.length}`);
    }
    for (const id of dedupeIds) this.#assertLength('dedupeId', id);
    if (fence !== undefined) parseFence(fence);
    const stored =
      this.#transport.payloads === 'reference' ? payload : encodePayload(topic, payload, this.#limits.maxPayloadBytes);
    const now = Date.now();
    const dueAt = notBefore === undefined ? undefined : timeOf(notBefore);
    const isDelayed = dueAt !== undefined && dueAt > now;
    const entry = { topic, key, payload: stored, dedupeIds, publishedAt: isDelayed ? dueAt : now };
    return { ...entry, ...(fence !== undefined && { fence }), ...(isDelayed && { dueAt }) };
  }

  #encode(what: string, value: unknown): unknown {
    if (value === undefined || this.#transport.payloads === 'reference') return value;
    return encodePayload(what, value, this.#limits.maxPayloadBytes);
  }

  #decodeText(text: unknown): unknown {
    return text === undefined || this.#transport.payloads === 'reference' ? text : JSON.parse(text as string);
  }

  #assertPending(): void {
    if (this.#publishing >= this.#limits.maxPending) {
      throw new BusError(
        'BUS_OVERLOADED',
        `${this.#publishing} publishes wait for the store: publish slower or raise maxPending`,
      );
    }
  }

  async #settle(appended: Promise<Appended>): Promise<PublishResult> {
    return resultOf(await this.#count(appended));
  }

  /** Counts publishes that wait for the store, and wakes `close` when none does. */
  async #count<T>(stored: Promise<T>): Promise<T> {
    this.#publishing++;
    try {
      return await stored;
    } finally {
      if (--this.#publishing === 0) for (const wake of this.#published.splice(0)) wake();
    }
  }

  #broadcast(pattern: string, handler: Handler, concurrency: number, from: string = 'new'): BroadcastSubscription {
    const subscription = new BroadcastSubscription({
      pattern,
      handler,
      concurrency,
      from: from === 'new' ? undefined : from === 'earliest' ? 0 : parseId(from).seq,
      epoch: from === 'new' || from === 'earliest' ? undefined : parseId(from).epoch,
      listen: () => this.#transport.listen?.(),
      maxBacklog: this.#limits.maxBacklog,
      read: (...what) => this.#transport.read(...what),
      decode: (stored, epoch) => this.#decode(stored, epoch),
      report: (...what) => this.#report(...what),
      onClose: (ended) => {
        this.#broadcasts.delete(pattern, ended);
        this.#forget(ended);
      },
    });
    this.#broadcasts.add(pattern, subscription);
    return subscription;
  }

  #join(
    pattern: string,
    handler: Handler,
    concurrency: number,
    group: string,
    { from }: SubscribeOptions,
  ): GroupSubscription {
    const spec = this.#groupFrom(group, pattern, from);
    const subscription = new GroupSubscription({
      pattern,
      group,
      handler,
      concurrency,
      retry: this.#retry,
      maxBacklog: this.#limits.maxBacklog,
      join: (wake) => spec((start) => this.#transport.join(start, wake)),
      decode: (stored, epoch, attempt) => this.#decode(stored, epoch, attempt),
      notice: (letter) => noticeOf(letter, this.#transport.payloads),
      report: (...what) => this.#report(...what),
      onClose: (ended) => {
        this.#consumers.delete(pattern, ended);
        this.#forget(ended);
      },
    });
    this.#consumers.add(pattern, subscription);
    return subscription;
  }

  #own(
    pattern: string,
    handler: Handler,
    concurrency: number,
    group: string,
    { from, onOwn, onLose, maxKeys = defaultMaxKeys }: SubscribeOptions,
  ): OwnedSubscription {
    const spec = this.#groupFrom(group, pattern, from);
    return new OwnedSubscription({
      pattern,
      group,
      handler,
      concurrency,
      retry: this.#retry,
      onOwn,
      onLose,
      maxKeys,
      own: (listener) => spec((start) => this.#transport.own(start, listener)),
      decode: (stored, epoch, attempt) => this.#decode(stored, epoch, attempt),
      decodeState: (state) => this.#decodeText(state),
      notice: (letter) => noticeOf(letter, this.#transport.payloads),
      report: (...what) => this.#report(...what),
      onClose: (ended) => this.#forget(ended),
    });
  }

  /**
   * Checks the name and the start of a group, and returns the function that starts it there. The group starts before
   * this process publishes anything more, unless the store must first say whether an id belongs to its log.
   */
  #groupFrom(
    group: string,
    pattern: string,
    from: string = 'new',
  ): <Joined>(begin: (spec: GroupSpec) => Promise<Joined>) => Promise<Joined> {
    if (group === '') throw new TypeError('group must not be empty');
    this.#assertLength('group', group);
    const id = from === 'new' || from === 'earliest' ? undefined : parseId(from);
    const place = from === 'new' ? 'new' : (id?.seq ?? 0);
    return async (begin) => {
      const isOfOtherLog = id !== undefined && (await this.#transport.read(id.seq, 1, 1)).epoch !== id.epoch;
      return begin({ group, pattern, from: isOfOtherLog ? 0 : place });
    };
  }

  /** Ends a subscription when its signal aborts, and when the bus closes. */
  #keep(subscription: AnySubscription, signal: AbortSignal | undefined): void {
    const end = (): void => void subscription.close();
    this.#open.set(subscription, () => signal?.removeEventListener('abort', end));
    if (signal?.aborted) end();
    else signal?.addEventListener('abort', end, { once: true });
  }

  #forget(ended: AnySubscription): void {
    this.#open.get(ended)?.();
    this.#open.delete(ended);
  }

  #dispatch(stored: Stored, epoch: string): void {
    let subscriptions: readonly BroadcastSubscription[];
    try {
      subscriptions = this.#broadcasts.match(stored.topic);
      for (const consumer of this.#consumers.match(stored.topic)) consumer.wake();
    } catch (cause) {
      for (const subscription of this.#open.keys()) if (subscription instanceof GroupSubscription) subscription.wake();
      this.#warn(
        new BusError('BUS_CORRUPT_EVENT', `entry ${stored.seq} of the log has no valid topic: it was skipped`, {
          cause,
        }),
      );
      return;
    }
    if (subscriptions.length === 0) return;
    try {
      const event = this.#decode(stored, epoch);
      for (const subscription of subscriptions) subscription.push(event, stored.seq);
    } catch (error) {
      for (const subscription of subscriptions) subscription.unreadable(error as BusError);
    }
  }

  #bring(events: readonly Stored[], epoch: string): void {
    for (const stored of events) for (const following of this.#followings) following.push(stored, epoch);
  }

  #decode(stored: Stored, epoch: string, attempt: number = 1): BusEvent {
    return decodeEvent(stored, epoch, attempt, this.#transport.payloads);
  }

  #assertLength(name: string, value: string): void {
    if (typeof value !== 'string') throw new TypeError(`${name} must be a string, got ${typeof value}`);
    const { maxTopicLength } = this.#limits;
    if (value.length > maxTopicLength) {
      throw new BusError(
        'BUS_TOPIC_TOO_LONG',
        `${name} has ${value.length} characters, the limit is ${maxTopicLength}: shorten it`,
      );
    }
  }

  #report(error: unknown, event: BusEvent | undefined, subscription: Subscription): void {
    try {
      this.#onHandlerError?.(error, event as EventOf<Events, string> | undefined, subscription);
    } catch {
      // A failure of the failure handler cannot be reported to anything.
    }
  }

  #warn(error: BusError): void {
    try {
      this.#onWarning?.(error);
    } catch {
      // As above.
    }
  }
}

/** Reads `notBefore`. */
function timeOf(notBefore: Date | number): number {
  const ms = notBefore instanceof Date ? notBefore.getTime() : notBefore;
  if (typeof ms !== 'number') throw new TypeError(`notBefore must be a Date or a number, got ${typeof ms}`);
  if (!(Math.abs(ms) <= maxTimeMs)) throw new RangeError(`notBefore must be a date, got ${ms}`);
  return Math.ceil(ms);
}

/** Returns the id of an event; none while it waits for its time. */
function resultOf({ epoch, seq, duplicate }: Appended): PublishResult {
  return { id: seq === 0 ? '' : `${epoch}-${seq}`, duplicate };
}

function assertCount(name: string, value: number): void {
  if (!(value >= 1)) throw new RangeError(`${name} must be at least 1, got ${value}`);
}

function isLetterId(id: string): boolean {
  return /^\d+(-\d+)?$/.test(id);
}
