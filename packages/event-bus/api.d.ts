// @bnc/event-bus

/** Everything that can go wrong on a bus besides wrong use; each code has a row in the README's failure table. */
type BusErrorCode = "BUS_CLOSED" | "BUS_OVERLOADED" | "BUS_PAYLOAD_TOO_LARGE" | "BUS_TOPIC_TOO_LONG" | "BUS_UNAVAILABLE" | "BUS_STORAGE_FULL" | "BUS_LOCKED" | "BUS_CORRUPT_FILE" | "BUS_NEWER_FILE" | "BUS_REFUSED" | "BUS_CORRUPT_EVENT" | "BUS_UNKNOWN_VERSION" | "BUS_NO_RESULT" | "BUS_DEAD_LETTERED" | "BUS_HISTORY_CUT" | "BUS_RESTARTED" | "BUS_FENCED" | "BUS_SETTLED" | "BUS_RETURNED" | "BUS_NOT_DURABLE" | "BUS_MAY_EVICT";
/** Tells what went wrong on the bus; test `code`, not the class. */
export declare class BusError extends Error {
  override readonly name = "BusError";
  /** Stable name of the failure. */
  readonly code: BusErrorCode;
  constructor(code: BusErrorCode, message: string, options?: ErrorOptions);
}
/** Splits a topic, a pattern or a template such as `webhook:github:${string}` at its colons. */
type Segments<T extends string> = T extends `${infer Head}:${infer Tail}` ? [Head, ...Segments<Tail>] : [T];
/** True where a pattern's segments may match a topic's; a last segment of type `string` stands for one or more. */
type Matches<Pattern extends readonly string[], Topic extends readonly string[]> = Pattern extends ["**"] ? Topic extends [] ? false : true : Pattern extends [infer P extends string, ...infer PRest extends string[]] ? Topic extends [infer T extends string, ...infer TRest extends string[]] ? string extends P ? true : P extends "*" | T ? Matches<PRest, TRest> extends true ? true : string extends T ? TRest extends [] ? PRest extends [] ? false : Matches<PRest, Topic> : false : false : T extends P ? Matches<PRest, TRest> : false : false : Topic extends [] ? true : false;
/** Splits a pattern at its blanks. */
type Alternatives<Pattern extends string> = Pattern extends `${infer First} ${infer Rest}` ? First | Alternatives<Rest> : Pattern;
/** Names the topics of `Events`. */
type TopicOf<Events> = Extract<keyof Events, string>;
/** Picks the topics of `Events` that a pattern, or one of its alternatives, may match. */
type MatchingTopic<Events, Pattern extends string> = { [Topic in TopicOf<Events>]: string extends Pattern ? Topic : true extends Matches<Segments<Alternatives<Pattern>>, Segments<Topic>> ? Topic : never; }[TopicOf<Events>];
/** One stored event, as a handler gets it. */
interface BusEvent<Topic extends string = string, Payload = unknown> {
  /** `<epoch>-<number>`: the number grows by one per stored event, the epoch changes when the log starts anew. */
  readonly id: string;
  /** Where it was published. */
  readonly topic: Topic;
  /** What was published. Several handlers may hold the same object: treat it as read-only. */
  readonly payload: Payload;
  /** The key it was published with: events of one topic and key keep their order. */
  readonly key?: string;
  /**
   * In a group with `keys: 'owned'`: proves to `publish` and `commit` that its receiver still owns the key. It belongs
   * to this delivery: after the key was lost it never holds again, even when the key comes back.
   */
  readonly fence?: string;
  /** 1 for the first delivery to this group, one more for each redelivery; always 1 without a group. */
  readonly attempt: number;
  /** When it was published, in milliseconds since 1970 by the publisher's clock. */
  readonly publishedAt: number;
}
/**
 * The events that a pattern may bring, as a union over the topics that its alternatives match. `$dead-letter` brings every event that a
 * group gave up; no wildcard does.
 */
type EventOf<Events, Pattern extends string> = EventOfOne<Events, Alternatives<Pattern>>;
type EventOfOne<Events, Pattern extends string> = Pattern extends "$dead-letter" ? BusEvent<"$dead-letter", DeadLetter> : { [Topic in MatchingTopic<Events, Pattern>]: BusEvent<Topic, Events[Topic & keyof Events]>; }[MatchingTopic<Events, Pattern>];
/** An event that a group gave up, as it is listed and as `$dead-letter` brings it. */
interface DeadLetter {
  /** Names it in `retryDeadLetter`. */
  readonly id: string;
  /** Id of the event. */
  readonly eventId: string;
  /** Group that gave it up. */
  readonly group: string;
  /** Pattern of that group's subscription. */
  readonly pattern: string;
  /** Where it was published. */
  readonly topic: string;
  /** The key it was published with. */
  readonly key?: string;
  /** What was published; the raw text where it could not be read. */
  readonly payload: unknown;
  /** Deliveries begun; one that found none left counts too. */
  readonly attempts: number;
  /** Why it was given up: the last failure's message, at most 500 characters. */
  readonly reason: string;
  /** When it was given up, in milliseconds since 1970. */
  readonly at: number;
}
/** What `read` answers. */
interface ReadResult<Event> {
  /** Events after the one asked for, oldest first. */
  readonly events: readonly Event[];
  /** Pass it as `after` to read on; undefined while nothing was ever stored. */
  readonly last: string | undefined;
  /** True when there is more to read now. */
  readonly more: boolean;
  /** `cut` when events between `after` and the first one here are gone; `restarted` when `after` is of another epoch. */
  readonly gap?: "cut" | "restarted";
  /** Stored entries that were passed over because they are damaged or of a newer version. */
  readonly unreadable: number;
}
/** Numbers of one group. */
interface GroupStats {
  readonly group: string;
  readonly pattern: string;
  /** Stored events, of any topic, that the group has not looked at yet. */
  readonly lag: number;
  /** Events handed out or held back behind their key, not yet acknowledged. */
  readonly pending: number;
  /** Deliveries beyond an event's first, since the group was made. */
  readonly redeliveries: number;
  /** Events given up, since the group was made. */
  readonly deadLettered: number;
  /** Events cut from history before the group came to look at them. */
  readonly lost: number;
}
/** Numbers of a bus. */
interface BusStats {
  /** `memory`, `sqlite` or `redis`. */
  readonly transport: string;
  /** Events stored and readable. */
  readonly depth: number;
  /** Publishes not yet settled in this process. */
  readonly publishing: number;
  /** Dead letters that wait for a decision. */
  readonly deadLetters: number;
  readonly groups: readonly GroupStats[];
  /** Standing trouble, such as a store that does not survive a power cut; empty when all is well. */
  readonly warnings: readonly {
    readonly code: string;
    readonly message: string;
  }[];
}
/** An event on its way into the log. */
interface Entry {
  readonly topic: string;
  readonly key: string | undefined;
  /** JSON text, or the value itself where the transport keeps references. */
  readonly payload: unknown;
  /** Any of them stored before within the window makes the entry a duplicate. */
  readonly dedupeIds: readonly string[];
  readonly publishedAt: number;
  /** Stored only while this fence holds. */
  readonly fence?: string | undefined;
}
/** An event in the log. */
interface Stored {
  /** Place in the log: 1, 2, 3, … */
  readonly seq: number;
  readonly topic: string;
  readonly key: string | undefined;
  readonly payload: unknown;
  readonly publishedAt: number;
  /** Envelope version; NaN where the entry is damaged. */
  readonly version: number;
  /** Place of the event that this entry repeats for one group (a retried dead letter). */
  readonly origin?: number | undefined;
}
/** Where an entry went. */
interface Appended {
  readonly seq: number;
  readonly epoch: string;
  readonly duplicate: boolean;
}
/** A piece of the log. */
interface Page {
  readonly epoch: string;
  readonly events: readonly Stored[];
  /** Lowest place that is still kept; one past the last where nothing is. */
  readonly first: number;
  /** Highest place given out. */
  readonly last: number;
  /** Place up to which the page looked: read on after it. */
  readonly upTo: number;
  /** Of `readKey`, where it is known: true when events of the key after the place are gone from history. */
  readonly isCut?: boolean;
}
/** An event handed to one consumer of a group. */
interface Delivery {
  readonly event: Stored;
  readonly epoch: string;
  readonly attempt: number;
}
/** A group's name, pattern, and where it starts when it does not exist yet. */
interface GroupSpec {
  readonly group: string;
  readonly pattern: string;
  /** Place after which a new group starts; `new` is the end of the log. */
  readonly from: number | "new";
}
/** One consumer's place in a group. A delivery stays its own until `done`, `dead` or `leave`, or until its lease ends. */
interface Consumer {
  /** Hands out up to `count` events that may start now; of one topic and key at most one at a time. */
  take(count: number): Promise<readonly Delivery[]>;
  /** Counts another attempt and answers its number, or undefined when the delivery is no longer this consumer's. */
  again(delivery: Delivery): Promise<number | undefined>;
  /** Acknowledges; false when the delivery is no longer this consumer's. */
  done(delivery: Delivery): Promise<boolean>;
  /**
   * Moves the event to the dead letters, and stores `notice` with the letter's `id` in its payload, both or neither;
   * false when the delivery is no longer this consumer's.
   */
  dead(delivery: Delivery, reason: string, notice: Entry | undefined): Promise<boolean>;
  /** Gives back what is not done; the deliveries in `unfinished` do not count as attempts. */
  leave(unfinished: readonly Delivery[]): Promise<void>;
}
/** An event of an owned group that waits to be started. */
interface Reference {
  readonly seq: number;
  readonly key: string | undefined;
}
/** What an owner is called with; partitions are numbers from 0 to 255. */
interface OwnerListener {
  /** The partition is its own from now on. What waits in it comes next, from the oldest on. */
  gained(partition: number): void;
  /** Events that wait in a partition, in the order of the log. */
  came(partition: number, references: readonly Reference[]): void;
  /** Another owner shall have the partition: `release` it when its work has ended. */
  revoked(partition: number): void;
  /** The partition is another owner's already. */
  lost(partition: number): void;
  /** Returns how many more references of a partition it takes. */
  room(partition: number): number;
}
/** A reference that may start, and the key whose state is wanted with it. */
interface Start {
  readonly partition: number;
  readonly seq: number;
  readonly stateOf: string | undefined;
}
/** An event handed to the owner of its key. */
interface OwnedDelivery extends Delivery {
  /** Holds while the partition belongs to this owner without a break. */
  readonly fence: string;
  /** The key's state, when it was asked for and there is one: JSON text, or the value itself. */
  readonly state: unknown;
}
/** A partition that its owner gives away. */
interface Release {
  readonly partition: number;
  /** Places of events whose last delivery does not count as an attempt: their handlers had not ended. */
  readonly unfinished: readonly number[];
}
/** One owner's place in an owned group. */
interface Owner {
  /** Counts an attempt of each; `lost` where the partition is not its own any more, `gone` where history was cut. */
  start(wanted: readonly Start[]): Promise<readonly (OwnedDelivery | "lost" | "gone")[]>;
  /** Acknowledges; false when the partition is not its own any more, or the event was settled before. */
  done(delivery: OwnedDelivery): Promise<boolean>;
  /** Moves the event to the dead letters, as `Consumer.dead`. */
  dead(delivery: OwnedDelivery, reason: string, notice: Entry | undefined): Promise<boolean>;
  /** Takes an attempt back: the event waits as if this delivery had not been. False as with `done`. */
  giveBack(delivery: OwnedDelivery): Promise<boolean>;
  /** Looks again at partitions that had no room. */
  wake(): void;
  /** Hands partitions over to those who shall have them. */
  release(partitions: readonly Release[]): Promise<void>;
  /** Takes no more partitions, and has others wait for those it has. */
  retire(): Promise<void>;
  /** Leaves; what it still has goes to others at once. */
  leave(): Promise<void>;
}
/** What is written in one step, or not at all. */
interface Commit {
  /** Fences that must hold, of one group. */
  readonly fences: readonly string[];
  /** Fences of the deliveries that are done with it. */
  readonly settle: readonly string[];
  readonly publish: readonly Entry[];
  /** A key's new state: JSON text, or the value itself; undefined ends it. */
  readonly state: {
    readonly key: string;
    readonly value: unknown;
  } | undefined;
}
/** A wish for the events of one key whose topics match a pattern. */
interface Interest {
  /** Tells it from others of this process in the same pattern and key. */
  readonly id: number;
  readonly pattern: string;
  readonly key: string;
}
/** What a transport tells its bus. */
interface Listener {
  /** New entries, in the order of the log. */
  events(events: readonly Stored[], epoch: string): void;
  /** New entries that are followed here, in the order of the log; only from a transport with `follow`. */
  followed(events: readonly Stored[], epoch: string): void;
  /** Entries that are followed may have been passed over, up to now: read each key from its last place. */
  missed(): void;
  /** The log began anew: places count from 1 again. */
  restarted(epoch: string): void;
  /** Trouble in the background. */
  warning(error: BusError): void;
}
/** Where a log ends. */
interface LogEnd {
  readonly epoch: string;
  /** Highest place given out. */
  readonly last: number;
}
/** A wish to hear of new entries. */
interface Listening {
  /** Settles when the wish was heard, with the end of the log then: what is stored after it is announced. */
  readonly from: Promise<LogEnd>;
  /** Ends the wish. */
  end(): void;
}
/** A dead letter as a transport keeps it. */
interface StoredDeadLetter {
  readonly id: string;
  readonly group: string;
  readonly pattern: string;
  readonly event: Stored;
  readonly epoch: string;
  readonly attempts: number;
  readonly reason: string;
  readonly at: number;
}
/** Numbers that only the transport knows. */
interface TransportStats {
  readonly depth: number;
  readonly deadLetters: number;
  readonly groups: readonly GroupStats[];
  readonly warnings: readonly {
    readonly code: string;
    readonly message: string;
  }[];
}
/** Where events are kept. Give one to one bus only. */
interface Transport {
  /** `memory`, `sqlite` or `redis`. */
  readonly name: string;
  /** `json` where payloads are stored as text, `reference` where the value itself is kept. */
  readonly payloads: "json" | "reference";
  /** Connects the transport with its bus. */
  start(listener: Listener): void;
  /** Asks for new entries; a transport without it announces all that it stores, in the order of its answers. */
  listen?(): Listening;
  /**
   * Announces a key's entries by `followed`; returns the end of the log: what is stored after it is announced. Waits
   * while the store is away. `note` is JSON text, undefined for none; asking again changes it. A transport without
   * `follow` announces all that it stores.
   */
  follow?(interest: Interest, note: unknown): Promise<LogEnd>;
  /** Ends interest; never rejects. */
  unfollow?(interests: readonly Interest[]): Promise<void>;
  /** Notes of all interest in a key with this pattern, of all processes. */
  followers?(pattern: string, key: string): Promise<readonly unknown[]>;
  /** Stores an entry; answers at once where nothing has to be waited for. */
  append(entry: Entry): Appended | Promise<Appended>;
  /** Reads up to `limit` entries after a place. */
  read(after: number, limit: number): Promise<Page>;
  /** Reads up to `limit` entries of one key after a place, over all topics. Costs what the key's entries cost. */
  readKey(key: string, after: number, limit: number): Promise<Page>;
  /** Joins a group; `wake` is called when there may be something to take though no event came. */
  join(spec: GroupSpec, wake: () => void): Promise<Consumer>;
  /** Joins an owned group. */
  own(spec: GroupSpec, listener: OwnerListener): Promise<Owner>;
  /**
   * Settles deliveries, publishes and keeps a key's state in one step.
   * @throws {BusError} `BUS_FENCED`, `BUS_SETTLED`: nothing was written.
   */
  commit(commit: Commit): Promise<readonly Appended[]>;
  /** Lists up to `limit` dead letters, oldest first, after the one of an id, which may be gone. */
  deadLetters(limit: number, after: string | undefined): Promise<readonly StoredDeadLetter[]>;
  deadLetter(id: string): Promise<StoredDeadLetter | undefined>;
  /** Ends a dead letter; false when there is none of that id. */
  deleteDeadLetter(id: string): Promise<boolean>;
  /** Gives a dead letter back to its group; false when there is none of that id. */
  retryDeadLetter(id: string): Promise<boolean>;
  /** Erases a key: its events, what refers to them, its dead letters and its states; returns how many events. */
  forget(key: string): Promise<number>;
  stats(): Promise<TransportStats>;
  close(): Promise<void>;
}
/** A handler's place on a bus. */
interface Subscription {
  /** The topic or pattern it was made with. */
  readonly pattern: string;
  /** The group it shares its events with, if any. */
  readonly group: string | undefined;
  /** Settles when events that are published from now on will come; rejects with `BUS_CLOSED` when closed before. */
  readonly ready: Promise<void>;
  /**
   * Ends it: no new call of the handler; settles when running calls have ended, at the latest after `drainMs`
   * (default 10,000). A group gets back what was not acknowledged.
   */
  close(options?: CloseOptions): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
/** How to end. */
interface CloseOptions {
  /** Longest wait for handlers that run, in milliseconds. Default 10,000. */
  readonly drainMs?: number;
}
/** When and how often a failed delivery is tried again. */
interface RetryOptions {
  /** Deliveries of an event at most, crashes included; then it is a dead letter. Default 3. */
  readonly attempts: number;
  /** Wait before the second attempt, in milliseconds; doubles with each further one. Default 1,000. */
  readonly minDelayMs: number;
  /** Longest wait between attempts, in milliseconds. Default 60,000. */
  readonly maxDelayMs: number;
}
/** What a bus refuses to exceed. */
interface BusLimits {
  /** Longest JSON text of a payload, in UTF-8 bytes. Default 1 MiB. Not measured in memory, where no text is made. */
  readonly maxPayloadBytes: number;
  /** Longest topic, pattern, key, group or dedupe id, in UTF-16 units. Default 256. */
  readonly maxTopicLength: number;
  /** Publishes that may wait for the store at one time. Default 10,000. */
  readonly maxPending: number;
  /** Events that one subscription holds in memory at most. Default 1,000. */
  readonly maxBacklog: number;
}
/** Settings of a bus. */
interface EventBusOptions<Events extends object> {
  /** Where events are kept. Default `memory()`. */
  readonly transport?: Transport;
  /** Gets what a handler threw, and trouble that concerns one subscription (then `event` may be undefined). */
  readonly onHandlerError?: (error: unknown, event: EventOf<Events, string> | undefined, subscription: Subscription) => void;
  /** Gets trouble in the background that concerns no subscription, such as a lost connection. */
  readonly onWarning?: (error: BusError) => void;
  /** Limits that differ from the defaults. */
  readonly limits?: Partial<BusLimits>;
  /** How failed deliveries to groups are repeated. */
  readonly retry?: Partial<RetryOptions>;
}
/** Settings of one event. */
interface PublishOptions {
  /** Events of one topic and key are handled in order, and in a group by one consumer at a time. */
  readonly key?: string;
  /** Stored only while its receiver owns the key: `fence` of the event that this one comes from. */
  readonly fence?: string;
  /** Names what happened, by at most 16 ids: when any of them was stored within the window, nothing is stored again. */
  readonly dedupeId?: string | readonly string[];
}
/** Where an event went. */
interface PublishResult {
  /** Its id, or for a duplicate the id of the event stored first. */
  readonly id: string;
  /** True when an event with the same `dedupeId` is stored already. */
  readonly duplicate: boolean;
}
/** Settings of a subscription. */
interface SubscribeOptions {
  /** Ends the subscription. */
  readonly signal?: AbortSignal;
  /** Shares events with the other subscriptions of this group and pattern: one of them gets each. Default: gets all. */
  readonly group?: string;
  /**
   * Where to start: after an event's id, with the next event, or with the oldest kept. Default `new`.
   * A group that exists goes on where it was, whatever this says.
   */
  readonly from?: "new" | "earliest" | (string & {});
  /** Handler calls that may run at the same time. Default 1; with `keys: 'owned'` `limits.maxBacklog`. */
  readonly concurrency?: number;
  /**
   * How a group treats keys. `ordered`: events of one topic and key one after the other. `owned`: all events of a key,
   * of every topic, go to one subscription at once, in the order of the log, without waiting for each other; it owns
   * the key. Both are groups of their own even under one name. Default `ordered`.
   */
  readonly keys?: "ordered" | "owned";
  /**
   * With `keys: 'owned'`: called before the first event of a key that is its own now, with the state that the last
   * `commit` kept, undefined when there is none. Events of the key wait until it has ended.
   */
  readonly onOwn?: (key: string, state: unknown) => void | Promise<void>;
  /**
   * With `keys: 'owned'`: called once for each `onOwn` that succeeded, when the key ends here. `revoked`: it is handed
   * over after this call and the running handlers have ended, so what is unfinished may be committed now. `idle`: more
   * than `maxKeys` are kept and nothing of this one is open; it is still its own, so that its state may be committed
   * with the fence of its last event, and its next event waits for this call and then calls `onOwn` again. `lost`: it
   * is another's already, and every fence of it is refused.
   */
  readonly onLose?: (key: string, why: "lost" | "revoked" | "idle") => void | Promise<void>;
  /**
   * With `keys: 'owned'`: keys kept at most that `onOwn` was called for. Beyond it those that have no event waiting,
   * running or to be retried are let go by `onLose(key, 'idle')`, the one idle for longest first; keys with open events
   * stay. Default 10,000; at least 1.
   */
  readonly maxKeys?: number;
}
/** An event to publish with a commit. */
interface CommitEntry<Topic extends string = string, Payload = unknown> {
  readonly topic: Topic;
  readonly payload: Payload;
  /** As in `PublishOptions`. */
  readonly key?: string;
  /** As in `PublishOptions`. */
  readonly dedupeId?: string | readonly string[];
}
/** What `commit` writes in one step. */
interface CommitOptions<Events extends object = Record<string, unknown>> {
  /** Events of one owned group that are done with this commit; their handlers may still run or have ended by it. */
  readonly settle?: readonly BusEvent[];
  /** Events to store. */
  readonly publish?: readonly { [Topic in TopicOf<Events>]: CommitEntry<Topic, Events[Topic]>; }[TopicOf<Events>][];
  /** State to keep for a key of the group, as JSON; `undefined` ends it. `onOwn` is called with it. */
  readonly state?: {
    readonly key: string;
    readonly value: unknown;
  };
  /** Fence to check besides those of `settle`; needed where nothing is settled. */
  readonly fence?: string;
}
/** Settings of `read` for one key. */
interface ReadKeyOptions<Pattern extends string> extends ReadOptions<Pattern> {
  /** Only events with this key, over all topics. Costs what the key's events after `after` cost, not the log's. */
  readonly key: string;
  /** Id of the event to read after. Default: from the oldest kept. */
  readonly after?: string;
}
/** Settings of `read`. */
interface ReadOptions<Pattern extends string> {
  /** Events answered at most. Default 100. */
  readonly limit?: number;
  /** Only events of these topics. Default all. */
  readonly pattern?: Pattern;
}
/** Settings of `listDeadLetters`. */
interface ListDeadLettersOptions {
  /** Dead letters answered at most. Default 100. */
  readonly limit?: number;
  /** Id of the dead letter to list after. Default: from the oldest. */
  readonly after?: string;
}
/** Settings of a following. */
interface FollowOptions {
  /** Ends the following. */
  readonly signal?: AbortSignal;
}
/** Settings of one key of a following. */
interface FollowKeyOptions {
  /** Where to start: with the next event, after an event's id, or with the oldest of the key. Default `new`. */
  readonly from?: "new" | "earliest" | (string & {});
  /** What `followers` returns of this key to everybody, as JSON of at most `maxPayloadBytes`. Default undefined. */
  readonly note?: unknown;
}
/** The events of some keys, which may come and go. */
interface Following extends Subscription {
  /**
   * Brings the events of a key from now on; settles when nothing that is published after that can be missed, and waits
   * while the store is away. With `from` the stored events of the key after it come first, in order, without gap or
   * double. A key that is followed already gets the new `note` and keeps its place. Costs one script on Redis.
   * @throws {BusError} `BUS_CLOSED` when the following is or gets closed, `BUS_TOPIC_TOO_LONG`,
   * `BUS_PAYLOAD_TOO_LARGE` for the note.
   * @throws {TypeError} when `from` is no event id or the note is no JSON.
   */
  add(key: string, options?: FollowKeyOptions): Promise<void>;
  /** Brings no more events of the key, at once; settles when the store knows. */
  delete(key: string): Promise<void>;
  /** True for a key that is followed now. */
  has(key: string): boolean;
  /** Number of keys that are followed now. */
  readonly size: number;
}
/**
 * Brings typed events from publishers to handlers, through memory, one SQLite file or Redis Streams.
 *
 * `Events` maps each topic to its payload; keys may be templates such as `` `webhook:github:${string}` ``.
 */
export declare class EventBus<Events extends object = Record<string, unknown>> {
  #private;
  /** @throws {RangeError} when a limit is below 1, TypeError when the transport belongs to another bus. */
  constructor(options?: EventBusOptions<Events>);
  /**
   * Stores an event and settles when it is stored, as durably as the transport promises.
   * @throws {BusError} `BUS_PAYLOAD_TOO_LARGE`, `BUS_TOPIC_TOO_LONG`, `BUS_OVERLOADED`, `BUS_CLOSED`, or what the
   * store says: `BUS_UNAVAILABLE`, `BUS_STORAGE_FULL`. After `BUS_UNAVAILABLE` the event may be stored or not:
   * publish again with the same `dedupeId`. `BUS_FENCED` when `fence` is given and its receiver has lost the key.
   * @throws {TypeError} for a malformed topic or a payload that is no JSON, RangeError for more than 16 dedupe ids.
   */
  publish<Topic extends TopicOf<Events>>(topic: Topic, payload: Events[Topic], options?: PublishOptions): Promise<PublishResult>;
  /**
   * Calls `handler` with the events of a topic or pattern: `*` stands for one segment, a last `**` for one or more.
   * Several patterns with one blank between are one pattern: it brings what any of them matches, once.
   * Without a group every subscription gets every event. With one, an event goes to one consumer of the group,
   * counts as done when its handler has ended, and is repeated after a failure.
   * A handler that rejects with a BusError `BUS_RETURNED` gives its event back: it comes again after
   * `retry.minDelayMs`, or to the next owner of its key, with the same `attempt`, and nothing is reported.
   * @throws {TypeError} for a malformed pattern or id, RangeError for a concurrency or `maxKeys` below 1.
   * @throws {BusError} `BUS_CLOSED` on a closed bus, `BUS_TOPIC_TOO_LONG`.
   */
  subscribe<Pattern extends string>(pattern: Pattern, handler: (event: EventOf<Events, Pattern>) => void | Promise<void>, options?: SubscribeOptions): Subscription;
  /**
   * Calls `handler` with the events of the keys that are added to what it returns, where a topic matches `pattern`: each
   * event once, in the order of the log, one call of a key at a time; keys do not wait for each other. What cannot be
   * held (`limits.maxBacklog`) is read again later. Events without a key never come. On Redis a process reads only what
   * it follows, whatever else is published.
   * @throws {TypeError} for a malformed pattern.
   * @throws {BusError} `BUS_CLOSED` on a closed bus, `BUS_TOPIC_TOO_LONG`.
   */
  follow<Pattern extends string>(pattern: Pattern, handler: (event: EventOf<Events, Pattern>) => void | Promise<void>, { signal }?: FollowOptions): Following;
  /**
   * Returns the notes of everybody who follows a key with this very pattern, in every process; `undefined` for one
   * without a note. A process that died counts for about a minute. Costs one command on Redis.
   * @throws {BusError} `BUS_CLOSED`, `BUS_UNAVAILABLE`, `BUS_TOPIC_TOO_LONG`.
   */
  followers(pattern: string, key: string): Promise<readonly unknown[]>;
  /**
   * Settles events of an owned group, publishes what came of them and keeps a key's state, in one step: all of it is
   * stored, or nothing. Events that are settled so need no acknowledgement by their handlers, which may still run.
   * Returns where the published events went, in their order.
   * @throws {BusError} `BUS_FENCED` when the receiver has lost the key of one of the events, `BUS_SETTLED` when one of
   * them is settled already: after `BUS_UNAVAILABLE` commit again, and `BUS_SETTLED` says that the first one was stored.
   * @throws {TypeError} when neither `settle` nor `fence` has a fence, or they are of several groups, or `state.key` is
   * not a key that they own.
   * @throws {RangeError} for more than 1,000 events to settle or to publish.
   */
  commit(options: CommitOptions<Events>): Promise<readonly PublishResult[]>;
  /**
   * Reads stored events after an id, oldest first; from the oldest kept without one. The answer says when events
   * between are gone, or when the id is of a log that has since begun anew.
   * @throws {TypeError} when `after` is no event id.
   */
  read<Pattern extends string = string>(after?: string, options?: ReadOptions<Pattern>): Promise<ReadResult<EventOf<Events, Pattern>>>;
  /** Reads stored events of one key. */
  read<Pattern extends string = string>(options: ReadKeyOptions<Pattern>): Promise<ReadResult<EventOf<Events, Pattern>>>;
  /**
   * Lists events that groups gave up, oldest first. Page with the id of the last one seen as `after`; it may be gone
   * meanwhile.
   * @throws {TypeError} when `after` is not the id of a dead letter, {RangeError} for a limit below 1.
   */
  listDeadLetters({ limit, after }?: ListDeadLettersOptions): Promise<readonly DeadLetter[]>;
  /** Reads one dead letter; undefined when there is none of that id. */
  readDeadLetter(id: string): Promise<DeadLetter | undefined>;
  /** Ends a dead letter, which cannot be given back then; false when there is none of that id. */
  deleteDeadLetter(id: string): Promise<boolean>;
  /** Gives a dead letter back to its group, with all its attempts; false when there is none of that id. */
  retryDeadLetter(id: string): Promise<boolean>;
  /**
   * Erases a key: every stored event of it, over all topics, what groups hold of them, its dead letters (and what
   * `$dead-letter` told of them), and its state in every owned group. Returns how many events were erased. A handler
   * that runs goes on, and its acknowledgement counts for nothing; its `commit` ends with `BUS_SETTLED`. Dedupe ids
   * stay, and an owner that has the key may keep a state again. Costs what the key's events cost.
   * @throws {BusError} `BUS_CLOSED`, `BUS_UNAVAILABLE`: some of it may be erased then; call it again.
   */
  forget(key: string): Promise<number>;
  /** Counts what is stored, waiting and given up. */
  stats(): Promise<BusStats>;
  /**
   * Ends the bus: subscriptions end after the events they hold, groups get back what is not acknowledged,
   * publishes under way are stored; then the store is closed. Handlers may publish until they have ended.
   */
  close({ drainMs }?: CloseOptions): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
/** Settings of `memory`. */
interface MemoryOptions {
  /** Events kept for `from`, `read` and groups that lag. Default 10,000; at least 1. */
  readonly maxEvents?: number;
  /** How long a `dedupeId` is remembered, in milliseconds. Default 30 days. */
  readonly dedupeWindowMs?: number;
  /** Ids remembered at most; beyond that the oldest are forgotten early. Default 100,000. */
  readonly maxDedupeIds?: number;
  /** Dead letters kept at most; beyond that the oldest are dropped. Default 1,000. */
  readonly maxDeadLetters?: number;
  /** Time after which a group that nobody uses ends, with what it had not handled, in milliseconds. Default 14 days. */
  readonly groupTtlMs?: number;
}
/**
 * Keeps events in this process's memory: nothing survives its end. Payloads are handed over by reference.
 * @throws {RangeError} when a limit is below 1.
 */
export declare function memory(options?: MemoryOptions): Transport;
export type { Appended, BusErrorCode, BusEvent, BusLimits, BusStats, CloseOptions, Commit, CommitEntry, CommitOptions, Consumer, DeadLetter, Delivery, Entry, EventBusOptions, EventOf, FollowKeyOptions, FollowOptions, Following, GroupSpec, GroupStats, Interest, ListDeadLettersOptions, Listener, Listening, LogEnd, MatchingTopic, MemoryOptions, OwnedDelivery, Owner, OwnerListener, Page, PublishOptions, PublishResult, ReadKeyOptions, ReadOptions, ReadResult, Reference, Release, RetryOptions, Start, Stored, StoredDeadLetter, SubscribeOptions, Subscription, TopicOf, Transport, TransportStats };

// @bnc/event-bus/sqlite

/** Everything that can go wrong on a bus besides wrong use; each code has a row in the README's failure table. */
type BusErrorCode = "BUS_CLOSED" | "BUS_OVERLOADED" | "BUS_PAYLOAD_TOO_LARGE" | "BUS_TOPIC_TOO_LONG" | "BUS_UNAVAILABLE" | "BUS_STORAGE_FULL" | "BUS_LOCKED" | "BUS_CORRUPT_FILE" | "BUS_NEWER_FILE" | "BUS_REFUSED" | "BUS_CORRUPT_EVENT" | "BUS_UNKNOWN_VERSION" | "BUS_NO_RESULT" | "BUS_DEAD_LETTERED" | "BUS_HISTORY_CUT" | "BUS_RESTARTED" | "BUS_FENCED" | "BUS_SETTLED" | "BUS_RETURNED" | "BUS_NOT_DURABLE" | "BUS_MAY_EVICT";
/** Tells what went wrong on the bus; test `code`, not the class. */
declare class BusError extends Error {
  override readonly name = "BusError";
  /** Stable name of the failure. */
  readonly code: BusErrorCode;
  constructor(code: BusErrorCode, message: string, options?: ErrorOptions);
}
/** Numbers of one group. */
interface GroupStats {
  readonly group: string;
  readonly pattern: string;
  /** Stored events, of any topic, that the group has not looked at yet. */
  readonly lag: number;
  /** Events handed out or held back behind their key, not yet acknowledged. */
  readonly pending: number;
  /** Deliveries beyond an event's first, since the group was made. */
  readonly redeliveries: number;
  /** Events given up, since the group was made. */
  readonly deadLettered: number;
  /** Events cut from history before the group came to look at them. */
  readonly lost: number;
}
/** An event on its way into the log. */
interface Entry {
  readonly topic: string;
  readonly key: string | undefined;
  /** JSON text, or the value itself where the transport keeps references. */
  readonly payload: unknown;
  /** Any of them stored before within the window makes the entry a duplicate. */
  readonly dedupeIds: readonly string[];
  readonly publishedAt: number;
  /** Stored only while this fence holds. */
  readonly fence?: string | undefined;
}
/** An event in the log. */
interface Stored {
  /** Place in the log: 1, 2, 3, … */
  readonly seq: number;
  readonly topic: string;
  readonly key: string | undefined;
  readonly payload: unknown;
  readonly publishedAt: number;
  /** Envelope version; NaN where the entry is damaged. */
  readonly version: number;
  /** Place of the event that this entry repeats for one group (a retried dead letter). */
  readonly origin?: number | undefined;
}
/** Where an entry went. */
interface Appended {
  readonly seq: number;
  readonly epoch: string;
  readonly duplicate: boolean;
}
/** A piece of the log. */
interface Page {
  readonly epoch: string;
  readonly events: readonly Stored[];
  /** Lowest place that is still kept; one past the last where nothing is. */
  readonly first: number;
  /** Highest place given out. */
  readonly last: number;
  /** Place up to which the page looked: read on after it. */
  readonly upTo: number;
  /** Of `readKey`, where it is known: true when events of the key after the place are gone from history. */
  readonly isCut?: boolean;
}
/** An event handed to one consumer of a group. */
interface Delivery {
  readonly event: Stored;
  readonly epoch: string;
  readonly attempt: number;
}
/** A group's name, pattern, and where it starts when it does not exist yet. */
interface GroupSpec {
  readonly group: string;
  readonly pattern: string;
  /** Place after which a new group starts; `new` is the end of the log. */
  readonly from: number | "new";
}
/** One consumer's place in a group. A delivery stays its own until `done`, `dead` or `leave`, or until its lease ends. */
interface Consumer {
  /** Hands out up to `count` events that may start now; of one topic and key at most one at a time. */
  take(count: number): Promise<readonly Delivery[]>;
  /** Counts another attempt and answers its number, or undefined when the delivery is no longer this consumer's. */
  again(delivery: Delivery): Promise<number | undefined>;
  /** Acknowledges; false when the delivery is no longer this consumer's. */
  done(delivery: Delivery): Promise<boolean>;
  /**
   * Moves the event to the dead letters, and stores `notice` with the letter's `id` in its payload, both or neither;
   * false when the delivery is no longer this consumer's.
   */
  dead(delivery: Delivery, reason: string, notice: Entry | undefined): Promise<boolean>;
  /** Gives back what is not done; the deliveries in `unfinished` do not count as attempts. */
  leave(unfinished: readonly Delivery[]): Promise<void>;
}
/** An event of an owned group that waits to be started. */
interface Reference {
  readonly seq: number;
  readonly key: string | undefined;
}
/** What an owner is called with; partitions are numbers from 0 to 255. */
interface OwnerListener {
  /** The partition is its own from now on. What waits in it comes next, from the oldest on. */
  gained(partition: number): void;
  /** Events that wait in a partition, in the order of the log. */
  came(partition: number, references: readonly Reference[]): void;
  /** Another owner shall have the partition: `release` it when its work has ended. */
  revoked(partition: number): void;
  /** The partition is another owner's already. */
  lost(partition: number): void;
  /** Returns how many more references of a partition it takes. */
  room(partition: number): number;
}
/** A reference that may start, and the key whose state is wanted with it. */
interface Start {
  readonly partition: number;
  readonly seq: number;
  readonly stateOf: string | undefined;
}
/** An event handed to the owner of its key. */
interface OwnedDelivery extends Delivery {
  /** Holds while the partition belongs to this owner without a break. */
  readonly fence: string;
  /** The key's state, when it was asked for and there is one: JSON text, or the value itself. */
  readonly state: unknown;
}
/** A partition that its owner gives away. */
interface Release {
  readonly partition: number;
  /** Places of events whose last delivery does not count as an attempt: their handlers had not ended. */
  readonly unfinished: readonly number[];
}
/** One owner's place in an owned group. */
interface Owner {
  /** Counts an attempt of each; `lost` where the partition is not its own any more, `gone` where history was cut. */
  start(wanted: readonly Start[]): Promise<readonly (OwnedDelivery | "lost" | "gone")[]>;
  /** Acknowledges; false when the partition is not its own any more, or the event was settled before. */
  done(delivery: OwnedDelivery): Promise<boolean>;
  /** Moves the event to the dead letters, as `Consumer.dead`. */
  dead(delivery: OwnedDelivery, reason: string, notice: Entry | undefined): Promise<boolean>;
  /** Takes an attempt back: the event waits as if this delivery had not been. False as with `done`. */
  giveBack(delivery: OwnedDelivery): Promise<boolean>;
  /** Looks again at partitions that had no room. */
  wake(): void;
  /** Hands partitions over to those who shall have them. */
  release(partitions: readonly Release[]): Promise<void>;
  /** Takes no more partitions, and has others wait for those it has. */
  retire(): Promise<void>;
  /** Leaves; what it still has goes to others at once. */
  leave(): Promise<void>;
}
/** What is written in one step, or not at all. */
interface Commit {
  /** Fences that must hold, of one group. */
  readonly fences: readonly string[];
  /** Fences of the deliveries that are done with it. */
  readonly settle: readonly string[];
  readonly publish: readonly Entry[];
  /** A key's new state: JSON text, or the value itself; undefined ends it. */
  readonly state: {
    readonly key: string;
    readonly value: unknown;
  } | undefined;
}
/** A wish for the events of one key whose topics match a pattern. */
interface Interest {
  /** Tells it from others of this process in the same pattern and key. */
  readonly id: number;
  readonly pattern: string;
  readonly key: string;
}
/** What a transport tells its bus. */
interface Listener {
  /** New entries, in the order of the log. */
  events(events: readonly Stored[], epoch: string): void;
  /** New entries that are followed here, in the order of the log; only from a transport with `follow`. */
  followed(events: readonly Stored[], epoch: string): void;
  /** Entries that are followed may have been passed over, up to now: read each key from its last place. */
  missed(): void;
  /** The log began anew: places count from 1 again. */
  restarted(epoch: string): void;
  /** Trouble in the background. */
  warning(error: BusError): void;
}
/** Where a log ends. */
interface LogEnd {
  readonly epoch: string;
  /** Highest place given out. */
  readonly last: number;
}
/** A wish to hear of new entries. */
interface Listening {
  /** Settles when the wish was heard, with the end of the log then: what is stored after it is announced. */
  readonly from: Promise<LogEnd>;
  /** Ends the wish. */
  end(): void;
}
/** A dead letter as a transport keeps it. */
interface StoredDeadLetter {
  readonly id: string;
  readonly group: string;
  readonly pattern: string;
  readonly event: Stored;
  readonly epoch: string;
  readonly attempts: number;
  readonly reason: string;
  readonly at: number;
}
/** Numbers that only the transport knows. */
interface TransportStats {
  readonly depth: number;
  readonly deadLetters: number;
  readonly groups: readonly GroupStats[];
  readonly warnings: readonly {
    readonly code: string;
    readonly message: string;
  }[];
}
/** Where events are kept. Give one to one bus only. */
interface Transport {
  /** `memory`, `sqlite` or `redis`. */
  readonly name: string;
  /** `json` where payloads are stored as text, `reference` where the value itself is kept. */
  readonly payloads: "json" | "reference";
  /** Connects the transport with its bus. */
  start(listener: Listener): void;
  /** Asks for new entries; a transport without it announces all that it stores, in the order of its answers. */
  listen?(): Listening;
  /**
   * Announces a key's entries by `followed`; returns the end of the log: what is stored after it is announced. Waits
   * while the store is away. `note` is JSON text, undefined for none; asking again changes it. A transport without
   * `follow` announces all that it stores.
   */
  follow?(interest: Interest, note: unknown): Promise<LogEnd>;
  /** Ends interest; never rejects. */
  unfollow?(interests: readonly Interest[]): Promise<void>;
  /** Notes of all interest in a key with this pattern, of all processes. */
  followers?(pattern: string, key: string): Promise<readonly unknown[]>;
  /** Stores an entry; answers at once where nothing has to be waited for. */
  append(entry: Entry): Appended | Promise<Appended>;
  /** Reads up to `limit` entries after a place. */
  read(after: number, limit: number): Promise<Page>;
  /** Reads up to `limit` entries of one key after a place, over all topics. Costs what the key's entries cost. */
  readKey(key: string, after: number, limit: number): Promise<Page>;
  /** Joins a group; `wake` is called when there may be something to take though no event came. */
  join(spec: GroupSpec, wake: () => void): Promise<Consumer>;
  /** Joins an owned group. */
  own(spec: GroupSpec, listener: OwnerListener): Promise<Owner>;
  /**
   * Settles deliveries, publishes and keeps a key's state in one step.
   * @throws {BusError} `BUS_FENCED`, `BUS_SETTLED`: nothing was written.
   */
  commit(commit: Commit): Promise<readonly Appended[]>;
  /** Lists up to `limit` dead letters, oldest first, after the one of an id, which may be gone. */
  deadLetters(limit: number, after: string | undefined): Promise<readonly StoredDeadLetter[]>;
  deadLetter(id: string): Promise<StoredDeadLetter | undefined>;
  /** Ends a dead letter; false when there is none of that id. */
  deleteDeadLetter(id: string): Promise<boolean>;
  /** Gives a dead letter back to its group; false when there is none of that id. */
  retryDeadLetter(id: string): Promise<boolean>;
  /** Erases a key: its events, what refers to them, its dead letters and its states; returns how many events. */
  forget(key: string): Promise<number>;
  stats(): Promise<TransportStats>;
  close(): Promise<void>;
}
/** Settings of `sqlite`. */
export interface SqliteOptions {
  /** Path of the database file; its folder must exist. Beside it lies `<file>-wal` while it is open. */
  readonly file: string;
  /**
   * `full`: a stored event survives a power cut. `normal`: it survives a crash of the process, and after a power cut
   * the last moments may be missing; several times faster. Default `full`.
   */
  readonly durability?: "full" | "normal";
  /** Events kept at most. Default 1,000,000. */
  readonly maxEvents?: number;
  /**
   * Size that the oldest events are cut to keep, in bytes; at twice that, filled by what may not be cut, publishing is
   * refused. Default 256 MiB.
   */
  readonly maxBytes?: number;
  /** Age at which events are cut, in milliseconds. Default 30 days. */
  readonly maxAgeMs?: number;
  /** How long a `dedupeId` is remembered, in milliseconds. Default 30 days. */
  readonly dedupeWindowMs?: number;
  /** Dead letters kept at most; beyond that the oldest are dropped. Default 1,000. */
  readonly maxDeadLetters?: number;
  /**
   * Time after which a group that nobody uses ends, with what it had not handled, in milliseconds. Default 14 days; a
   * file that was closed for longer gives its groups an hour first.
   */
  readonly groupTtlMs?: number;
}
/**
 * Opens one SQLite file as the store of a bus, in a thread of its own. One process at a time may hold a file.
 * A file of up to 16 MiB is checked in full before. Of a larger one the ends of all tables and the newest events are
 * read before, and all of it is checked in another thread while it is used: damage found then is told to `onWarning` as
 * `BUS_CORRUPT_FILE`, and stays in `stats().warnings`.
 * @throws {BusError} `BUS_LOCKED`, `BUS_CORRUPT_FILE`, `BUS_NEWER_FILE`, `BUS_REFUSED`, `BUS_STORAGE_FULL`: nothing was
 * changed or deleted.
 * @throws {RangeError} when a limit is below 1.
 */
export declare function sqlite(options: SqliteOptions): Promise<Transport>;
export {};

// @bnc/event-bus/redis

/** Everything that can go wrong on a bus besides wrong use; each code has a row in the README's failure table. */
type BusErrorCode = "BUS_CLOSED" | "BUS_OVERLOADED" | "BUS_PAYLOAD_TOO_LARGE" | "BUS_TOPIC_TOO_LONG" | "BUS_UNAVAILABLE" | "BUS_STORAGE_FULL" | "BUS_LOCKED" | "BUS_CORRUPT_FILE" | "BUS_NEWER_FILE" | "BUS_REFUSED" | "BUS_CORRUPT_EVENT" | "BUS_UNKNOWN_VERSION" | "BUS_NO_RESULT" | "BUS_DEAD_LETTERED" | "BUS_HISTORY_CUT" | "BUS_RESTARTED" | "BUS_FENCED" | "BUS_SETTLED" | "BUS_RETURNED" | "BUS_NOT_DURABLE" | "BUS_MAY_EVICT";
/** Tells what went wrong on the bus; test `code`, not the class. */
declare class BusError extends Error {
  override readonly name = "BusError";
  /** Stable name of the failure. */
  readonly code: BusErrorCode;
  constructor(code: BusErrorCode, message: string, options?: ErrorOptions);
}
/** Numbers of one group. */
interface GroupStats {
  readonly group: string;
  readonly pattern: string;
  /** Stored events, of any topic, that the group has not looked at yet. */
  readonly lag: number;
  /** Events handed out or held back behind their key, not yet acknowledged. */
  readonly pending: number;
  /** Deliveries beyond an event's first, since the group was made. */
  readonly redeliveries: number;
  /** Events given up, since the group was made. */
  readonly deadLettered: number;
  /** Events cut from history before the group came to look at them. */
  readonly lost: number;
}
/** An event on its way into the log. */
interface Entry {
  readonly topic: string;
  readonly key: string | undefined;
  /** JSON text, or the value itself where the transport keeps references. */
  readonly payload: unknown;
  /** Any of them stored before within the window makes the entry a duplicate. */
  readonly dedupeIds: readonly string[];
  readonly publishedAt: number;
  /** Stored only while this fence holds. */
  readonly fence?: string | undefined;
}
/** An event in the log. */
interface Stored {
  /** Place in the log: 1, 2, 3, … */
  readonly seq: number;
  readonly topic: string;
  readonly key: string | undefined;
  readonly payload: unknown;
  readonly publishedAt: number;
  /** Envelope version; NaN where the entry is damaged. */
  readonly version: number;
  /** Place of the event that this entry repeats for one group (a retried dead letter). */
  readonly origin?: number | undefined;
}
/** Where an entry went. */
interface Appended {
  readonly seq: number;
  readonly epoch: string;
  readonly duplicate: boolean;
}
/** A piece of the log. */
interface Page {
  readonly epoch: string;
  readonly events: readonly Stored[];
  /** Lowest place that is still kept; one past the last where nothing is. */
  readonly first: number;
  /** Highest place given out. */
  readonly last: number;
  /** Place up to which the page looked: read on after it. */
  readonly upTo: number;
  /** Of `readKey`, where it is known: true when events of the key after the place are gone from history. */
  readonly isCut?: boolean;
}
/** An event handed to one consumer of a group. */
interface Delivery {
  readonly event: Stored;
  readonly epoch: string;
  readonly attempt: number;
}
/** A group's name, pattern, and where it starts when it does not exist yet. */
interface GroupSpec {
  readonly group: string;
  readonly pattern: string;
  /** Place after which a new group starts; `new` is the end of the log. */
  readonly from: number | "new";
}
/** One consumer's place in a group. A delivery stays its own until `done`, `dead` or `leave`, or until its lease ends. */
interface Consumer {
  /** Hands out up to `count` events that may start now; of one topic and key at most one at a time. */
  take(count: number): Promise<readonly Delivery[]>;
  /** Counts another attempt and answers its number, or undefined when the delivery is no longer this consumer's. */
  again(delivery: Delivery): Promise<number | undefined>;
  /** Acknowledges; false when the delivery is no longer this consumer's. */
  done(delivery: Delivery): Promise<boolean>;
  /**
   * Moves the event to the dead letters, and stores `notice` with the letter's `id` in its payload, both or neither;
   * false when the delivery is no longer this consumer's.
   */
  dead(delivery: Delivery, reason: string, notice: Entry | undefined): Promise<boolean>;
  /** Gives back what is not done; the deliveries in `unfinished` do not count as attempts. */
  leave(unfinished: readonly Delivery[]): Promise<void>;
}
/** An event of an owned group that waits to be started. */
interface Reference {
  readonly seq: number;
  readonly key: string | undefined;
}
/** What an owner is called with; partitions are numbers from 0 to 255. */
interface OwnerListener {
  /** The partition is its own from now on. What waits in it comes next, from the oldest on. */
  gained(partition: number): void;
  /** Events that wait in a partition, in the order of the log. */
  came(partition: number, references: readonly Reference[]): void;
  /** Another owner shall have the partition: `release` it when its work has ended. */
  revoked(partition: number): void;
  /** The partition is another owner's already. */
  lost(partition: number): void;
  /** Returns how many more references of a partition it takes. */
  room(partition: number): number;
}
/** A reference that may start, and the key whose state is wanted with it. */
interface Start {
  readonly partition: number;
  readonly seq: number;
  readonly stateOf: string | undefined;
}
/** An event handed to the owner of its key. */
interface OwnedDelivery extends Delivery {
  /** Holds while the partition belongs to this owner without a break. */
  readonly fence: string;
  /** The key's state, when it was asked for and there is one: JSON text, or the value itself. */
  readonly state: unknown;
}
/** A partition that its owner gives away. */
interface Release {
  readonly partition: number;
  /** Places of events whose last delivery does not count as an attempt: their handlers had not ended. */
  readonly unfinished: readonly number[];
}
/** One owner's place in an owned group. */
interface Owner {
  /** Counts an attempt of each; `lost` where the partition is not its own any more, `gone` where history was cut. */
  start(wanted: readonly Start[]): Promise<readonly (OwnedDelivery | "lost" | "gone")[]>;
  /** Acknowledges; false when the partition is not its own any more, or the event was settled before. */
  done(delivery: OwnedDelivery): Promise<boolean>;
  /** Moves the event to the dead letters, as `Consumer.dead`. */
  dead(delivery: OwnedDelivery, reason: string, notice: Entry | undefined): Promise<boolean>;
  /** Takes an attempt back: the event waits as if this delivery had not been. False as with `done`. */
  giveBack(delivery: OwnedDelivery): Promise<boolean>;
  /** Looks again at partitions that had no room. */
  wake(): void;
  /** Hands partitions over to those who shall have them. */
  release(partitions: readonly Release[]): Promise<void>;
  /** Takes no more partitions, and has others wait for those it has. */
  retire(): Promise<void>;
  /** Leaves; what it still has goes to others at once. */
  leave(): Promise<void>;
}
/** What is written in one step, or not at all. */
interface Commit {
  /** Fences that must hold, of one group. */
  readonly fences: readonly string[];
  /** Fences of the deliveries that are done with it. */
  readonly settle: readonly string[];
  readonly publish: readonly Entry[];
  /** A key's new state: JSON text, or the value itself; undefined ends it. */
  readonly state: {
    readonly key: string;
    readonly value: unknown;
  } | undefined;
}
/** A wish for the events of one key whose topics match a pattern. */
interface Interest {
  /** Tells it from others of this process in the same pattern and key. */
  readonly id: number;
  readonly pattern: string;
  readonly key: string;
}
/** What a transport tells its bus. */
interface Listener {
  /** New entries, in the order of the log. */
  events(events: readonly Stored[], epoch: string): void;
  /** New entries that are followed here, in the order of the log; only from a transport with `follow`. */
  followed(events: readonly Stored[], epoch: string): void;
  /** Entries that are followed may have been passed over, up to now: read each key from its last place. */
  missed(): void;
  /** The log began anew: places count from 1 again. */
  restarted(epoch: string): void;
  /** Trouble in the background. */
  warning(error: BusError): void;
}
/** Where a log ends. */
interface LogEnd {
  readonly epoch: string;
  /** Highest place given out. */
  readonly last: number;
}
/** A wish to hear of new entries. */
interface Listening {
  /** Settles when the wish was heard, with the end of the log then: what is stored after it is announced. */
  readonly from: Promise<LogEnd>;
  /** Ends the wish. */
  end(): void;
}
/** A dead letter as a transport keeps it. */
interface StoredDeadLetter {
  readonly id: string;
  readonly group: string;
  readonly pattern: string;
  readonly event: Stored;
  readonly epoch: string;
  readonly attempts: number;
  readonly reason: string;
  readonly at: number;
}
/** Numbers that only the transport knows. */
interface TransportStats {
  readonly depth: number;
  readonly deadLetters: number;
  readonly groups: readonly GroupStats[];
  readonly warnings: readonly {
    readonly code: string;
    readonly message: string;
  }[];
}
/** Where events are kept. Give one to one bus only. */
interface Transport {
  /** `memory`, `sqlite` or `redis`. */
  readonly name: string;
  /** `json` where payloads are stored as text, `reference` where the value itself is kept. */
  readonly payloads: "json" | "reference";
  /** Connects the transport with its bus. */
  start(listener: Listener): void;
  /** Asks for new entries; a transport without it announces all that it stores, in the order of its answers. */
  listen?(): Listening;
  /**
   * Announces a key's entries by `followed`; returns the end of the log: what is stored after it is announced. Waits
   * while the store is away. `note` is JSON text, undefined for none; asking again changes it. A transport without
   * `follow` announces all that it stores.
   */
  follow?(interest: Interest, note: unknown): Promise<LogEnd>;
  /** Ends interest; never rejects. */
  unfollow?(interests: readonly Interest[]): Promise<void>;
  /** Notes of all interest in a key with this pattern, of all processes. */
  followers?(pattern: string, key: string): Promise<readonly unknown[]>;
  /** Stores an entry; answers at once where nothing has to be waited for. */
  append(entry: Entry): Appended | Promise<Appended>;
  /** Reads up to `limit` entries after a place. */
  read(after: number, limit: number): Promise<Page>;
  /** Reads up to `limit` entries of one key after a place, over all topics. Costs what the key's entries cost. */
  readKey(key: string, after: number, limit: number): Promise<Page>;
  /** Joins a group; `wake` is called when there may be something to take though no event came. */
  join(spec: GroupSpec, wake: () => void): Promise<Consumer>;
  /** Joins an owned group. */
  own(spec: GroupSpec, listener: OwnerListener): Promise<Owner>;
  /**
   * Settles deliveries, publishes and keeps a key's state in one step.
   * @throws {BusError} `BUS_FENCED`, `BUS_SETTLED`: nothing was written.
   */
  commit(commit: Commit): Promise<readonly Appended[]>;
  /** Lists up to `limit` dead letters, oldest first, after the one of an id, which may be gone. */
  deadLetters(limit: number, after: string | undefined): Promise<readonly StoredDeadLetter[]>;
  deadLetter(id: string): Promise<StoredDeadLetter | undefined>;
  /** Ends a dead letter; false when there is none of that id. */
  deleteDeadLetter(id: string): Promise<boolean>;
  /** Gives a dead letter back to its group; false when there is none of that id. */
  retryDeadLetter(id: string): Promise<boolean>;
  /** Erases a key: its events, what refers to them, its dead letters and its states; returns how many events. */
  forget(key: string): Promise<number>;
  stats(): Promise<TransportStats>;
  close(): Promise<void>;
}
/** Settings of `redis`. */
export interface RedisOptions {
  /** `redis://` or `rediss://`, with user, password and database number as needed. */
  readonly url: string;
  /** First part of every key; buses with the same prefix are one. Default `bnc`. */
  readonly prefix?: string;
  /** Events kept, about. Default 100,000. */
  readonly maxEvents?: number;
  /** Age at which events are cut, by their publishers' clocks, in milliseconds. Default 30 days. */
  readonly maxAgeMs?: number;
  /** How long a `dedupeId` is remembered, in milliseconds. Default 30 days. */
  readonly dedupeWindowMs?: number;
  /** Dead letters kept at most; beyond that the oldest are dropped. Default 1,000. */
  readonly maxDeadLetters?: number;
  /** Silence after which a consumer counts as dead and its events go to others, in milliseconds. Default 5,000. */
  readonly leaseMs?: number;
  /**
   * Time after which a group that nobody uses ends, with what it had not handled, by the server's clock, in
   * milliseconds. Default 14 days.
   */
  readonly groupTtlMs?: number;
}
/**
 * Connects a bus with Redis 7 or newer: one stream as the log, a consumer group per group and pattern.
 * @throws {BusError} `BUS_UNAVAILABLE` when Redis cannot be reached, `BUS_REFUSED` when it does not let us in or is a
 * replica; the message never holds the password.
 * @throws {TypeError} for a malformed url, RangeError when a limit is below 1.
 */
export declare function redis(options: RedisOptions): Promise<Transport>;
export {};
