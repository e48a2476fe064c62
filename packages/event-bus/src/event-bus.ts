import { assertCount, assertOptions, assertType, nameOf, withDefaults } from './check.ts';
import { decodeDeadLetter } from './envelope.ts';
import { BusError } from './errors.ts';
import type { BusStats, DeadLetter, EventOf, ReadResult } from './event.ts';
import { memory } from './memory/memory.ts';
import type {
  BusLimits,
  CommitOptions,
  EventBusOptions,
  ListDeadLettersOptions,
  PublishOptions,
  PublishResult,
  ReadKeyOptions,
  ReadOptions,
  StreamOptions,
  SubscribeOptions,
} from './options.ts';
import { Publisher } from './publisher.ts';
import { isLetterId, readLog } from './read.ts';
import { type Callbacks, Reporter } from './reporter.ts';
import { SchemaCheck, type Topics } from './schema.ts';
import { type HandlerContext, outsideCalls } from './subscriptions/calls.ts';
import { type EventStream, LoopedEvents } from './subscriptions/event-stream.ts';
import type { Following, FollowOptions } from './subscriptions/following.ts';
import { Registry } from './subscriptions/registry.ts';
import { type RetryOptions, retryOptionsOf } from './subscriptions/retry.ts';
import { type CheckedSubscribe, checkSubscribe } from './subscriptions/subscribe.ts';
import { type CloseOptions, drainMsOf, type Handler, type Subscription } from './subscriptions/subscription.ts';
import { waitAtMost } from './timer.ts';
import type { TopicOf } from './topic.ts';
import type { Transport } from './transport.ts';

const defaultLimits: BusLimits = {
  maxPayloadBytes: 1_048_576,
  maxTopicLength: 256,
  maxPending: 10_000,
  maxBacklog: 1_000,
  maxBacklogBytes: 16_777_216,
};

/** Bytes of payloads at which a page of `read` ends. */
const defaultPageBytes = 16_777_216;

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
  readonly #publisher: Publisher;
  readonly #registry: Registry;
  #state: 'open' | 'draining' | 'closed' = 'open';
  #closing: Promise<void> | undefined;

  /**
   * Makes a bus.
   * @throws {RangeError} when a limit or a retry option is out of its range.
   * @throws {TypeError} when an option has the wrong type, or the transport belongs to another bus.
   */
  constructor(options: EventBusOptions<Events> = {}) {
    assertOptions('options', options);
    const { limits = {}, retry = {}, schemas = {}, onHandlerError, onWarning, transport = memory() } = options;
    for (const [name, value] of Object.entries({ limits, retry, schemas, transport })) assertOptions(name, value);
    assertTransport(transport);
    if (onHandlerError !== undefined) assertType('onHandlerError', onHandlerError, 'function');
    if (onWarning !== undefined) assertType('onWarning', onWarning, 'function');
    this.#limits = withDefaults(limits, defaultLimits);
    for (const [name, value] of Object.entries(this.#limits)) assertCount(`limits.${name}`, value);
    this.#retry = retryOptionsOf(retry);
    this.#transport = transport;
    const reporter = new Reporter({ onHandlerError, onWarning } as Callbacks);
    const checks = new SchemaCheck(schemas);
    this.#publisher = new Publisher(transport, this.#limits, checks);
    this.#registry = new Registry({ transport, limits: this.#limits, publisher: this.#publisher, reporter });
    transport.start(this.#registry);
  }

  /**
   * Publishes an event. Resolves when the event is stored, as durably as the transport promises.
   * @throws {BusError} `BUS_PAYLOAD_TOO_LARGE`, `BUS_INVALID_PAYLOAD`, `BUS_TOPIC_TOO_LONG`, `BUS_OVERLOADED`,
   * `BUS_CLOSED` or `BUS_STORAGE_FULL`: the event is not stored. `BUS_UNAVAILABLE`: the event may be stored, so publish
   * it again with the same `dedupeId`. `BUS_FENCED`: `fence` was passed, and its receiver has lost the key.
   * @throws {TypeError} when the topic or the fence is malformed, an option has the wrong type, the payload is not
   * JSON, or a schema returns a promise.
   * @throws {RangeError} when there are more than 16 dedupe ids, or `notBefore` is not a time.
   */
  publish<Topic extends TopicOf<Topics<Events>>>(
    topic: Topic,
    payload: Topics<Events>[Topic],
    options: PublishOptions = {},
  ): Promise<PublishResult> {
    try {
      this.#assertNot('closed', 'publish');
      assertOptions('options', options);
      return this.#publisher.publish(topic as string, payload, options);
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
   * A handler that rejects with a `BusError` `BUS_UNRECOVERABLE` makes its event a dead letter at once.
   * @throws {TypeError} when the pattern, the handler or an option is malformed, or options do not fit together.
   * @throws {RangeError} when a number is out of its range.
   * @throws {BusError} `BUS_CLOSED` when the bus is closed, `BUS_TOPIC_TOO_LONG`.
   */
  subscribe<Pattern extends string>(
    pattern: Pattern,
    handler: (event: EventOf<Topics<Events>, Pattern>, context: HandlerContext) => void | Promise<void>,
    options: SubscribeOptions = {},
  ): Subscription {
    return this.#registry.subscribe(
      pattern,
      handler as unknown as Handler,
      this.#check(pattern, handler, options),
      () => {},
    );
  }

  /**
   * Returns the events whose topic matches a pattern, for a loop: `for await (const event of bus.events('job:*'))`.
   *
   * The options are those of `subscribe`. Asking for the next event acknowledges the one before. A loop that ends early
   * gives its last event back to its group, as if it had not been delivered. At most `concurrency` events wait for the
   * loop. The loop ends when its `signal` aborts, or when the bus closes.
   * @throws {TypeError} as `subscribe`, and when `keys` is `owned`.
   * @throws {RangeError} as `subscribe`.
   * @throws {BusError} as `subscribe`.
   */
  events<Pattern extends string>(
    pattern: Pattern,
    options: StreamOptions = {},
  ): EventStream<EventOf<Topics<Events>, Pattern>> {
    const given: SubscribeOptions = options;
    if (given?.keys === 'owned') throw new TypeError("events has no keys: 'owned': use subscribe");
    const checked = this.#check(pattern, () => {}, options);
    const stream = new LoopedEvents((handler, onEnd) => this.#registry.subscribe(pattern, handler, checked, onEnd));
    return stream as unknown as EventStream<EventOf<Topics<Events>, Pattern>>;
  }

  /**
   * Calls `handler` with the events of some keys whose topic matches `pattern`. Add and delete keys on the `Following`
   * that it returns. Each event comes once, in the order of the log. Each key has one call at a time, and keys do not
   * wait for each other. Events without a key never come.
   *
   * Events that do not fit into memory (`limits.maxBacklog`) are read from the log later. On Redis, a process reads
   * only the events that it follows, whatever else is published.
   * @throws {TypeError} when the pattern is malformed, or the handler or an option has the wrong type.
   * @throws {RangeError} when `timeoutMs` is below 1.
   * @throws {BusError} `BUS_CLOSED` when the bus is closed, `BUS_TOPIC_TOO_LONG`.
   */
  follow<Pattern extends string>(
    pattern: Pattern,
    handler: (event: EventOf<Topics<Events>, Pattern>, context: HandlerContext) => void | Promise<void>,
    options: FollowOptions = {},
  ): Following {
    assertOptions('options', options);
    const { signal, timeoutMs } = options;
    const checked = this.#check(pattern, handler, {
      ...(signal && { signal }),
      ...(timeoutMs !== undefined && { timeoutMs }),
    });
    return this.#registry.follow(pattern, handler as unknown as Handler, checked.timeoutMs, signal);
  }

  /**
   * Returns the notes of all followings of a key with exactly this pattern: on Redis those of every process, else those
   * of this process. The note is `undefined` for a following without one. A process that died counts for about a
   * minute. Costs one command on Redis.
   * @throws {BusError} `BUS_CLOSED`, `BUS_UNAVAILABLE`, `BUS_TOPIC_TOO_LONG`.
   * @throws {TypeError} unless `pattern` and `key` are strings.
   */
  async followers(pattern: string, key: string): Promise<readonly unknown[]> {
    this.#assertNot('closed', 'ask');
    for (const [name, text] of Object.entries({ pattern, key })) this.#publisher.assertLength(name, text);
    const notes = (await this.#transport.followers?.(pattern, key)) ?? this.#registry.notesOf(pattern, key);
    return notes.map((note) => this.#publisher.decode(note));
  }

  /**
   * Settles events of an owned group, publishes new events and keeps the state of a key, in one step: either all of it
   * is stored, or none of it. Settled events are done, even while their handlers still run. Returns one result per
   * published event, in the order of `publish`.
   * @throws {BusError} `BUS_FENCED` when the receiver has lost the key of one of the events. `BUS_SETTLED` when one of
   * them is settled already. `BUS_UNAVAILABLE` when the commit may be stored or not: commit again, and `BUS_SETTLED`
   * then says that the first commit was stored. `BUS_PAYLOAD_TOO_LARGE`, also for the state, and the other codes of
   * `publish`: nothing is stored.
   * @throws {TypeError} when neither `settle` nor `fence` has a fence, when the fences are of several groups, when
   * `state.key` is not a key that they own, or as `publish`.
   * @throws {RangeError} when there are more than 1,000 events to settle or to publish, or more than 16 dedupe ids of
   * one event.
   */
  async commit(options: CommitOptions<Events>): Promise<readonly PublishResult[]> {
    this.#assertNot('closed', 'commit');
    assertOptions('options', options);
    const [results, settled] = await this.#publisher.commit(options);
    this.#registry.settled(settled);
    return results;
  }

  /**
   * Reads stored events after an id, oldest first; from the oldest event without an id. The result says when events in
   * between are gone. When the id belongs to an earlier log, it says so and starts at the oldest event.
   * @throws {BusError} `BUS_CLOSED`, `BUS_UNAVAILABLE`.
   * @throws {TypeError} when `after` is not an event id, or `pattern` is malformed.
   * @throws {RangeError} when `limit` or `maxBytes` is not a whole number of at least 1.
   */
  read<Pattern extends string = string>(
    after?: string,
    options?: ReadOptions<Pattern>,
  ): Promise<ReadResult<EventOf<Topics<Events>, Pattern>>>;
  /** Reads stored events of one key. Throws as the other form does, and `BUS_TOPIC_TOO_LONG`. */
  read<Pattern extends string = string>(
    options: ReadKeyOptions<Pattern>,
  ): Promise<ReadResult<EventOf<Topics<Events>, Pattern>>>;
  async read<Pattern extends string = string>(
    from?: string | ReadKeyOptions<Pattern>,
    options: ReadOptions<Pattern> = {},
  ): Promise<ReadResult<EventOf<Topics<Events>, Pattern>>> {
    this.#assertNot('closed', 'read');
    const ofKey = typeof from === 'object' ? from : undefined;
    assertOptions('options', ofKey ?? options);
    const after = typeof from === 'object' ? from?.after : from;
    const { limit = 100, maxBytes = defaultPageBytes, pattern = '**' } = ofKey ?? options;
    assertCount('limit', limit);
    assertCount('maxBytes', maxBytes);
    if (after !== undefined) assertType('after', after, 'string');
    if (ofKey) this.#publisher.assertLength('key', ofKey.key);
    const result = await readLog(this.#transport, after, limit, maxBytes, pattern, ofKey?.key);
    return result as ReadResult<EventOf<Topics<Events>, Pattern>>;
  }

  /**
   * Lists the events that groups gave up, oldest first. To get the next page, pass the last id as `after`; that dead
   * letter may be gone by then.
   * @throws {BusError} `BUS_CLOSED`, `BUS_UNAVAILABLE`.
   * @throws {TypeError} when `after` is not the id of a dead letter.
   * @throws {RangeError} when `limit` is not a whole number of at least 1.
   */
  async listDeadLetters(options: ListDeadLettersOptions = {}): Promise<readonly DeadLetter[]> {
    this.#assertNot('closed', 'list');
    assertOptions('options', options);
    const { limit = 100, after } = options;
    assertCount('limit', limit);
    if (after !== undefined && (typeof after !== 'string' || !isLetterId(after))) {
      throw new TypeError(
        `after must be the id of a dead letter, got ${nameOf(after)} ${JSON.stringify(after)?.slice(0, 80)}`,
      );
    }
    const letters = await this.#transport.deadLetters(limit, after);
    return letters.map((letter) => decodeDeadLetter(letter, this.#transport.payloads));
  }

  /**
   * Returns one dead letter; undefined when none has that id.
   * @throws {TypeError} unless the id is a string.
   */
  async readDeadLetter(id: string): Promise<DeadLetter | undefined> {
    this.#assertNot('closed', 'read');
    assertType('id', id, 'string');
    const letter = isLetterId(id) ? await this.#transport.deadLetter(id) : undefined;
    return letter && decodeDeadLetter(letter, this.#transport.payloads);
  }

  /**
   * Deletes a dead letter for good. Returns false when none has that id.
   * @throws {TypeError} unless the id is a string.
   */
  async deleteDeadLetter(id: string): Promise<boolean> {
    this.#assertNot('closed', 'delete');
    assertType('id', id, 'string');
    return isLetterId(id) && this.#transport.deleteDeadLetter(id);
  }

  /**
   * Gives a dead letter back to its group, which may try it as often as a new event. Returns false when none has that
   * id, or its group has ended.
   * @throws {TypeError} unless the id is a string.
   */
  async retryDeadLetter(id: string): Promise<boolean> {
    this.#assertNot('closed', 'retry');
    assertType('id', id, 'string');
    return isLetterId(id) && this.#transport.retryDeadLetter(id);
  }

  /**
   * Erases a key: its stored events of all topics, the deliveries of them, its dead letters with the events of
   * `$dead-letter` about them, and its state in every owned group. Returns how many events were erased.
   *
   * A running handler goes on, but its acknowledgement is ignored, and its `commit` ends with `BUS_SETTLED`. Dedupe ids
   * stay. An owner of the key can store a state again. The cost grows with the number of the key's events.
   * @throws {BusError} `BUS_CLOSED`, `BUS_TOPIC_TOO_LONG`, or `BUS_UNAVAILABLE`: some of it may be erased then, so call
   * it again.
   * @throws {TypeError} unless the key is a string.
   */
  async forget(key: string): Promise<number> {
    this.#assertNot('closed', 'forget');
    this.#publisher.assertLength('key', key);
    return this.#transport.forget(key);
  }

  /**
   * Returns how many events are stored, waiting and given up, with the counters of each group.
   * @throws {BusError} `BUS_CLOSED`, `BUS_UNAVAILABLE`.
   */
  async stats(): Promise<BusStats> {
    this.#assertNot('closed', 'ask');
    const { name } = this.#transport;
    return { transport: name, publishing: this.#publisher.waiting, ...(await this.#transport.stats()) };
  }

  /**
   * Closes the bus. Subscriptions end after the events that they hold, groups get back what is not acknowledged, and
   * publishes under way are stored. Then the store is closed. Handlers may publish until they have ended. Inside a
   * handler, it resolves when the other handlers have ended; the bus closes when this one has too.
   * @throws {TypeError} when `drainMs` is not a number.
   * @throws {RangeError} when `drainMs` is below 0 or NaN.
   */
  async close(options?: CloseOptions): Promise<void> {
    const drainMs = drainMsOf(options);
    const others = this.#registry.isInside ? this.#registry.othersEnded() : undefined;
    this.#closing ??= outsideCalls(() => this.#close(drainMs));
    await (others ? waitAtMost(others, drainMs) : this.#closing);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(drainMs: number): Promise<void> {
    this.#state = 'draining';
    await this.#registry.end(drainMs);
    this.#state = 'closed';
    await waitAtMost(this.#publisher.idle(), drainMs);
    await this.#transport.close();
  }

  #check(pattern: string, handler: unknown, options: SubscribeOptions): CheckedSubscribe {
    const checked = checkSubscribe(pattern, handler, options, { retry: this.#retry, ...this.#limits });
    this.#publisher.assertLength('pattern', pattern);
    if (checked.group !== undefined) this.#publisher.assertLength('group', checked.group);
    this.#assertNot('draining', 'subscribe');
    return checked;
  }

  /** @throws {BusError} `BUS_CLOSED` when the bus is in this state, or in a later one. */
  #assertNot(state: 'draining' | 'closed', what: string): void {
    if (this.#state === 'closed' || this.#state === state) {
      throw new BusError('BUS_CLOSED', `the bus is closed: ${what} before close()`);
    }
  }
}

/** @throws {TypeError} when something other than a transport is given, such as the promise of one. */
function assertTransport(transport: Transport): void {
  if (typeof (transport as Partial<Transport>).start === 'function') return;
  throw new TypeError('transport must be what memory(), await sqlite() or await redis() returns');
}
