// @bnc/event-bus

/** Everything that can go wrong on a bus, apart from wrong use. docs/errors.md has a row for each code. */
type BusErrorCode = "BUS_CLOSED" | "BUS_OVERLOADED" | "BUS_PAYLOAD_TOO_LARGE" | "BUS_TOPIC_TOO_LONG" | "BUS_UNAVAILABLE" | "BUS_STORAGE_FULL" | "BUS_LOCKED" | "BUS_CORRUPT_FILE" | "BUS_NEWER_FILE" | "BUS_REFUSED" | "BUS_CORRUPT_EVENT" | "BUS_UNKNOWN_VERSION" | "BUS_NO_RESULT" | "BUS_DEAD_LETTERED" | "BUS_HISTORY_CUT" | "BUS_RESTARTED" | "BUS_FENCED" | "BUS_SETTLED" | "BUS_RETURNED" | "BUS_UNRECOVERABLE" | "BUS_TIMEOUT" | "BUS_INVALID_PAYLOAD" | "BUS_DEDUPE_FULL" | "BUS_NOT_DURABLE" | "BUS_MAY_EVICT";
/** Says what went wrong on the bus. Test `code`, not the class. */
export declare class BusError extends Error {
  override readonly name = "BusError";
  /** Stable code of the failure. */
  readonly code: BusErrorCode;
  constructor(code: BusErrorCode, message: string, options?: ErrorOptions);
}
/** Splits a topic, a pattern or a template such as `webhook:github:${string}` at the colons. */
type Segments<T extends string> = T extends `${infer Head}:${infer Tail}` ? [Head, ...Segments<Tail>] : [T];
/** True if a pattern's segments may match those of a topic. A last segment of type `string` stands for one or more. */
type Matches<Pattern extends readonly string[], Topic extends readonly string[]> = Pattern extends ["**"] ? Topic extends [] ? false : true : Pattern extends [infer P extends string, ...infer PRest extends string[]] ? Topic extends [infer T extends string, ...infer TRest extends string[]] ? string extends P ? true : P extends "*" | T ? Matches<PRest, TRest> extends true ? true : string extends T ? TRest extends [] ? PRest extends [] ? false : Matches<PRest, Topic> : false : false : T extends P ? Matches<PRest, TRest> : false : false : Topic extends [] ? true : false;
/** Splits a pattern at the spaces. */
type Alternatives<Pattern extends string> = Pattern extends `${infer First} ${infer Rest}` ? First | Alternatives<Rest> : Pattern;
/** The topics of `Events`. */
type TopicOf<Events> = Extract<keyof Events, string>;
/** The topics of `Events` that a pattern, or one of its alternatives, may match. */
type MatchingTopic<Events, Pattern extends string> = { [Topic in TopicOf<Events>]: string extends Pattern ? Topic : true extends Matches<Segments<Alternatives<Pattern>>, Segments<Topic>> ? Topic : never; }[TopicOf<Events>];
/** One stored event, as a handler receives it. */
interface BusEvent<Topic extends string = string, Payload = unknown> {
  /** `<epoch>-<number>`: the number grows with each stored event; the epoch changes when a new log starts. */
  readonly id: string;
  /** Topic that it was published to. */
  readonly topic: Topic;
  /** The payload. Several handlers may hold the same object, so do not change it. */
  readonly payload: Payload;
  /** Key that it was published with. Events of one topic and key keep their order. */
  readonly key?: string;
  /**
   * In a group with `keys: 'owned'`: proves to `publish` and `commit` that the receiver still owns the key. The fence
   * belongs to this delivery. Once the receiver has lost the key, the fence never holds again, even if the key comes
   * back.
   */
  readonly fence?: string;
  /** 1 for the first delivery to this group, one more for each redelivery; always 1 without a group. */
  readonly attempt: number;
  /** When it was published, in milliseconds since 1970, by the publisher's clock; with `notBefore`, that time. */
  readonly publishedAt: number;
}
/**
 * The events that a pattern matches, as a union over the topics. `$dead-letter` matches the reports of events that a
 * group gave up; wildcards do not match it.
 */
type EventOf<Events, Pattern extends string> = EventOfOne<Events, Alternatives<Pattern>>;
type EventOfOne<Events, Pattern extends string> = Pattern extends "$dead-letter" ? BusEvent<"$dead-letter", DeadLetter> : { [Topic in MatchingTopic<Events, Pattern>]: BusEvent<Topic, Events[Topic & keyof Events]>; }[MatchingTopic<Events, Pattern>];
/** An event that a group gave up, as `listDeadLetters` returns it and as `$dead-letter` delivers it. */
interface DeadLetter {
  /** Id of the dead letter: pass it to `retryDeadLetter`. */
  readonly id: string;
  /** Id of the event. */
  readonly eventId: string;
  /** Group that gave the event up. */
  readonly group: string;
  /** Pattern of that group's subscription. */
  readonly pattern: string;
  /** Topic that the event was published to. */
  readonly topic: string;
  /** Key that the event was published with. */
  readonly key?: string;
  /** The payload; its raw text if it could not be read. */
  readonly payload: unknown;
  /** Number of deliveries that began, including one that found no attempt left. */
  readonly attempts: number;
  /** Why the event was given up: the message of the last failure, at most 500 characters. */
  readonly reason: string;
  /** When the event was given up, in milliseconds since 1970. */
  readonly at: number;
}
/** What `read` returns. */
interface ReadResult<Event> {
  /** Events after `after`, oldest first. */
  readonly events: readonly Event[];
  /** Id to pass as `after` to read on; undefined if nothing was ever stored. */
  readonly last: string | undefined;
  /** True when there is more to read now. */
  readonly more: boolean;
  /**
   * `cut` when the events directly after `after` are gone from history (those of any key, also when one key is read);
   * `restarted` when `after` belongs to another log, and `events` begin with the oldest one.
   */
  readonly gap?: "cut" | "restarted";
  /** Stored entries that were skipped because they are damaged or a newer release wrote them. */
  readonly unreadable: number;
}
/** Counters of one group, which a name, a pattern and the kind of `keys` identify. */
interface GroupStats {
  readonly group: string;
  readonly pattern: string;
  /** Stored events, of any topic, that the group has not read yet. */
  readonly lag: number;
  /** Events that are not acknowledged yet: handed out, waiting behind their key, or waiting to be tried again. */
  readonly pending: number;
  /** Deliveries other than the first of an event, since the group was made. */
  readonly redeliveries: number;
  /** Events that the group gave up, since it was made. */
  readonly deadLettered: number;
  /** Events that were cut from history before the group read them. */
  readonly lost: number;
}
/** Counters of a bus. */
interface BusStats {
  /** `memory`, `sqlite` or `redis`. */
  readonly transport: string;
  /** Events that are stored and can be read. */
  readonly depth: number;
  /** Events that wait for their `notBefore`. */
  readonly delayed: number;
  /** Publishes of this process that wait for the store. */
  readonly publishing: number;
  /** Dead letters that are kept. */
  readonly deadLetters: number;
  /** Counters of each group, the unused ones included. */
  readonly groups: readonly GroupStats[];
  /** Lasting problems, such as a store that may lose events in a crash; empty when all is well. */
  readonly warnings: readonly {
    readonly code: string;
    readonly message: string;
  }[];
}
/**
 * The part of Standard Schema that the bus uses. Zod, Valibot, ArkType and others implement it.
 * @see https://standardschema.dev
 */
interface StandardSchema<Payload = unknown> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Payload> | Promise<SchemaResult<Payload>>;
    readonly types?: {
      readonly input: unknown;
      readonly output: Payload;
    } | undefined;
  };
}
type SchemaResult<Payload> = {
  readonly value: Payload;
  readonly issues?: undefined;
} | {
  readonly issues: readonly SchemaIssue[];
};
interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | {
    readonly key: PropertyKey;
  })[] | undefined;
}
/** Schemas by topic or pattern. */
type Schemas<Events> = { readonly [Topic in keyof Events]?: StandardSchema<Events[Topic]>; };
/** A map of events in which `*` in a topic stands for any text, as in the pattern of a schema. */
type Topics<Events> = { [Topic in keyof Events as Topic extends string ? TemplateOf<Topic> : never]: Events[Topic]; };
type TemplateOf<Topic extends string> = Topic extends `${infer Head}**` ? `${Head}${string}` : Topic extends `${infer Head}*${infer Tail}` ? `${Head}${string}${TemplateOf<Tail>}` : Topic;
/** When and how often a failed delivery is tried again. */
interface RetryOptions {
  /**
   * Most deliveries of an event, crashes included. After that, the event becomes a dead letter. Default 3; at least 1.
   */
  readonly attempts: number;
  /** Wait before the second attempt, in milliseconds. Doubles with each further attempt. Default 1,000; at least 1. */
  readonly minDelayMs: number;
  /**
   * Longest wait between attempts, without the jitter, in milliseconds. Default 60,000, or `minDelayMs` if that is
   * longer.
   */
  readonly maxDelayMs: number;
  /**
   * Largest share of a wait that is added to it at random, so that events that failed together do not come back
   * together: from 0 to 1, default 0.1. The wait after attempt `n` is `min(minDelayMs * 2 ** (n - 1), maxDelayMs) * (1
   * + random * jitter)`.
   */
  readonly jitter: number;
}
/** What a handler receives with its event. */
interface HandlerContext {
  /**
   * Aborts when the call has run for `timeoutMs`, and when the subscription closes and no longer waits for the call.
   */
  readonly signal: AbortSignal;
}
/** A handler that is connected to a bus. */
interface Subscription {
  /** The topic or pattern of the subscription. */
  readonly pattern: string;
  /** The group that shares the events, if any. */
  readonly group: string | undefined;
  /**
   * Resolves when no later event can be missed. Rejects with `BUS_CLOSED` when the subscription is closed before that.
   */
  readonly ready: Promise<void>;
  /**
   * Closes the subscription: the handler is not called again. Resolves when the running calls have ended, or after
   * `drainMs` (default 10,000). A group gets back what was not acknowledged. Inside the handler, it resolves when the
   * other calls have ended, and the subscription closes when this one has too.
   * @throws {TypeError} when `drainMs` is not a number.
   * @throws {RangeError} when `drainMs` is below 0 or NaN.
   */
  close(options?: CloseOptions): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
/** Settings of `close`. */
interface CloseOptions {
  /**
   * Longest wait for running handlers, in milliseconds, 0 or more; `Infinity` waits for all of them. Default 10,000.
   */
  readonly drainMs?: number;
}
/** An event on its way into the log. */
interface Entry {
  readonly topic: string;
  readonly key: string | undefined;
  /** JSON text, or the value itself if the transport keeps references. */
  readonly payload: unknown;
  /** The entry is a duplicate if any of these ids was stored within the window. */
  readonly dedupeIds: readonly string[];
  /** When it was published, in milliseconds since 1970, by the publisher's clock. */
  readonly publishedAt: number;
  /** The entry is stored only while this fence holds. */
  readonly fence?: string | undefined;
  /**
   * When the entry gets its place in the log, in milliseconds since 1970; undefined for at once. Until then, it is
   * stored as durably as any other entry, but nobody reads it. `publishedAt` is the same time.
   */
  readonly dueAt?: number | undefined;
}
/** An event in the log. */
interface Stored {
  /** Place in the log: 1, 2, 3, … */
  readonly seq: number;
  readonly topic: string;
  readonly key: string | undefined;
  readonly payload: unknown;
  readonly publishedAt: number;
  /** Version of the envelope; NaN for a damaged entry. */
  readonly version: number;
  /** Place of the event that this entry repeats for one group (a retried dead letter). */
  readonly origin?: number | undefined;
}
/** Where an entry was stored. */
interface Appended {
  /** Place in the log; 0 while the entry waits for its time. */
  readonly seq: number;
  readonly epoch: string;
  readonly duplicate: boolean;
}
/** A piece of the log. */
interface Page {
  readonly epoch: string;
  readonly events: readonly Stored[];
  /** Lowest place that is still kept; `last` + 1 when none is. */
  readonly first: number;
  /** Highest place so far. */
  readonly last: number;
  /** Place up to which the page reaches: read on after it. */
  readonly upTo: number;
  /** From `readKey`, if known: true when events of the key after the place are gone from history. */
  readonly isCut?: boolean;
}
/** An event handed to one consumer of a group. */
interface Delivery {
  readonly event: Stored;
  readonly epoch: string;
  readonly attempt: number;
}
/** The name and the pattern of a group, and where it starts if it does not exist yet. */
interface GroupSpec {
  readonly group: string;
  readonly pattern: string;
  /** Place after which a new group starts; `new` means the end of the log. */
  readonly from: number | "new";
}
/** One consumer of a group. It keeps a delivery until `done`, `dead` or `leave`, or until its lease ends. */
interface Consumer {
  /**
   * Hands out up to `count` events that may start now, of one topic and key at most one at a time. `first` says which
   * kind comes first, retries that are due or others: half of the events, and at least one, are of that kind if there
   * are enough.
   */
  take(count: number, first: "retries" | "others"): Promise<readonly Delivery[]>;
  /**
   * Puts a delivery back, to be handed out again to any consumer of the group, not before `ms` have passed. Until then,
   * its key waits and nothing of it is in memory. `isUncounted` takes its attempt back. Returns false when the consumer
   * has lost the delivery.
   */
  later(delivery: Delivery, ms: number, isUncounted: boolean): Promise<boolean>;
  /** Acknowledges a delivery. Returns false when the consumer has lost it. */
  done(delivery: Delivery): Promise<boolean>;
  /**
   * Moves the event to the dead letters and stores `notice` with the letter's `id` in its payload: both, or neither.
   * Returns false when the consumer has lost the delivery.
   */
  dead(delivery: Delivery, reason: string, notice: Entry | undefined): Promise<boolean>;
  /**
   * Leaves the group and gives back the deliveries that are not done. Those in `unfinished` do not count as attempts.
   */
  leave(unfinished: readonly Delivery[]): Promise<void>;
}
/** An event of an owned group that waits to start. */
interface Reference {
  readonly seq: number;
  readonly key: string | undefined;
}
/** Callbacks of an owner. Partitions are numbers from 0 to 255. */
interface OwnerListener {
  /** The owner has the partition from now on. Its waiting events come next, oldest first. */
  gained(partition: number): void;
  /** Brings events that wait in a partition, in the order of the log. */
  came(partition: number, references: readonly Reference[]): void;
  /** Another owner is to get the partition: call `release` when the work in it has ended. */
  revoked(partition: number): void;
  /** Another owner has the partition already. */
  lost(partition: number): void;
  /** Returns how many more references of a partition fit. */
  room(partition: number): number;
}
/** A reference to start, and the key whose state is wanted with it. */
interface Start {
  readonly partition: number;
  readonly seq: number;
  readonly stateOf: string | undefined;
}
/** An event handed to the owner of its key. */
interface OwnedDelivery extends Delivery {
  /** Holds as long as this owner has the partition without a break. */
  readonly fence: string;
  /** The state of the key, if it was asked for and exists: JSON text, or the value itself. */
  readonly state: unknown;
}
/** A partition that its owner gives away. */
interface Release {
  readonly partition: number;
  /** Places of events whose last delivery does not count as an attempt, because the handler had not ended. */
  readonly unfinished: readonly number[];
}
/** One owner in an owned group. */
interface Owner {
  /**
   * Starts events, and counts an attempt of each. Returns `lost` for an event whose partition the owner has lost,
   * `gone` for one that was cut from history.
   */
  start(wanted: readonly Start[]): Promise<readonly (OwnedDelivery | "lost" | "gone")[]>;
  /** Acknowledges a delivery. Returns false when the owner has lost the partition, or the event was settled before. */
  done(delivery: OwnedDelivery): Promise<boolean>;
  /** Moves the event to the dead letters, as `Consumer.dead` does. */
  dead(delivery: OwnedDelivery, reason: string, notice: Entry | undefined): Promise<boolean>;
  /** Takes an attempt back: the event waits as if it had not been delivered. Returns false as `done` does. */
  giveBack(delivery: OwnedDelivery): Promise<boolean>;
  /** Reads again in partitions that had no room. */
  wake(): void;
  /** Hands partitions over to their next owners. */
  release(partitions: readonly Release[]): Promise<void>;
  /** Takes no more partitions, and offers its own to the others. */
  retire(): Promise<void>;
  /** Leaves the group. The partitions that it still has go to others at once. */
  leave(): Promise<void>;
}
/** What is written in one step, or not at all. */
interface Commit {
  /** Fences that must hold, of one group. */
  readonly fences: readonly string[];
  /** Fences of the deliveries that this commit settles. */
  readonly settle: readonly string[];
  readonly publish: readonly Entry[];
  /** New state of a key: JSON text, or the value itself; undefined deletes the state. */
  readonly state: {
    readonly key: string;
    readonly value: unknown;
  } | undefined;
}
/** Interest in the events of one key whose topics match a pattern. */
interface Interest {
  /** Differs from the id of other interests of this process with the same pattern and key. */
  readonly id: number;
  readonly pattern: string;
  readonly key: string;
}
/** Callbacks of a bus, for its transport. */
interface Listener {
  /** Brings new entries, in the order of the log. */
  events(events: readonly Stored[], epoch: string): void;
  /** Brings new entries that this process follows, in the order of the log. Only from a transport with `follow`. */
  followed(events: readonly Stored[], epoch: string): void;
  /** Followed entries may have been missed up to now: read each key from its last place. */
  missed(): void;
  /** A new log has started: places count from 1 again. */
  restarted(epoch: string): void;
  /** Reports a problem that does not belong to one subscription. */
  warning(error: BusError): void;
}
/** The end of a log. */
interface LogEnd {
  readonly epoch: string;
  /** Highest place so far. */
  readonly last: number;
}
/** Interest in new entries. */
interface Listening {
  /**
   * Resolves when the interest is registered, with the end of the log: entries that are stored after it are announced.
   */
  readonly from: Promise<LogEnd>;
  /** Ends the interest. */
  end(): void;
}
/** A dead letter inside a transport. Its fields are those of `DeadLetter`, with the stored event. */
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
/** Counters that only the transport knows; their meaning is that of `BusStats`. */
interface TransportStats {
  readonly depth: number;
  /** Entries that wait for their time. */
  readonly delayed: number;
  readonly deadLetters: number;
  readonly groups: readonly GroupStats[];
  readonly warnings: readonly {
    readonly code: string;
    readonly message: string;
  }[];
}
/** A store of events. Each bus needs a transport of its own. */
interface Transport {
  /** `memory`, `sqlite` or `redis`. */
  readonly name: string;
  /** `json` if payloads are stored as text, `reference` if the value itself is kept. */
  readonly payloads: "json" | "reference";
  /** Connects the transport to its bus. @throws {TypeError} when it belongs to a bus already. */
  start(listener: Listener): void;
  /**
   * Asks for new entries. A transport without this method announces all entries that it stores, as its appends resolve.
   */
  listen?(): Listening;
  /**
   * Announces the entries of a key by `followed`. Returns the end of the log: entries that are stored after it are
   * announced. Waits while the store cannot be reached. `note` is JSON text, or undefined; another call changes it. A
   * transport without this method announces all entries that it stores.
   */
  follow?(interest: Interest, note: unknown): Promise<LogEnd>;
  /** Ends interests. Never rejects. */
  unfollow?(interests: readonly Interest[]): Promise<void>;
  /** Returns the notes of all interests in a key with this pattern, of all processes. */
  followers?(pattern: string, key: string): Promise<readonly unknown[]>;
  /** Stores an entry. Returns a promise only if the store takes time. */
  append(entry: Entry): Appended | Promise<Appended>;
  /**
   * Reads up to `limit` entries after a place. The page ends early once its payloads have `maxBytes`, but has at least
   * one entry if there is one. A transport that keeps references does not count bytes.
   */
  read(after: number, limit: number, maxBytes: number): Promise<Page>;
  /**
   * Reads up to `limit` entries of one key after a place, of all topics, and up to `maxBytes` as `read` does. The cost
   * grows with the number of the key's entries.
   */
  readKey(key: string, after: number, limit: number, maxBytes: number): Promise<Page>;
  /**
   * Joins a group. A new group that starts at the end of the log has everything that this process appends after the
   * call. `wake` is called when there may be something to take even though no event came, such as a retry that is due.
   */
  join(spec: GroupSpec, wake: () => void): Promise<Consumer>;
  /** Joins an owned group. */
  own(spec: GroupSpec, listener: OwnerListener): Promise<Owner>;
  /**
   * Settles deliveries, publishes entries and keeps the state of a key, in one step.
   * @throws {BusError} `BUS_FENCED` or `BUS_SETTLED`: nothing was written.
   * @throws {TypeError} when no fence belongs to the key of the state.
   */
  commit(commit: Commit): Promise<readonly Appended[]>;
  /** Lists up to `limit` dead letters, oldest first, after the one with the id `after`, which may be gone. */
  deadLetters(limit: number, after: string | undefined): Promise<readonly StoredDeadLetter[]>;
  deadLetter(id: string): Promise<StoredDeadLetter | undefined>;
  /** Deletes a dead letter. Returns false when none has that id. */
  deleteDeadLetter(id: string): Promise<boolean>;
  /** Gives a dead letter back to its group. Returns false when none has that id, or its group has ended. */
  retryDeadLetter(id: string): Promise<boolean>;
  /**
   * Erases a key: its events, the entries that wait for their time, what refers to them, its dead letters and its
   * states. Returns the number of events.
   */
  forget(key: string): Promise<number>;
  stats(): Promise<TransportStats>;
  close(): Promise<void>;
}
/** Limits of a bus. Each is a whole number of at least 1. */
interface BusLimits {
  /**
   * Longest JSON text of a payload, in UTF-8 bytes. Default 1 MiB. Not measured by `memory()` unless it is `strict`, as
   * it makes no text.
   */
  readonly maxPayloadBytes: number;
  /** Longest topic, pattern, key, group or dedupe id, in UTF-16 code units. Default 256. */
  readonly maxTopicLength: number;
  /** Most publishes that wait for the store at one time. Default 10,000. */
  readonly maxPending: number;
  /** Most events that one subscription holds in memory. Default 1,000. */
  readonly maxBacklog: number;
  /** Most bytes of payloads, as stored, that one subscription holds in memory, roughly. Default 16 MiB. */
  readonly maxBacklogBytes: number;
}
/** Settings of a bus. */
interface EventBusOptions<Events extends object> {
  /** Where events are kept. Default `memory()`. */
  readonly transport?: Transport;
  /**
   * Called with what a handler threw, and with problems of one subscription (`event` may then be undefined). Default:
   * the runtime prints a warning, once of each kind. The same happens when this callback fails.
   */
  readonly onHandlerError?: (error: unknown, event: EventOf<Topics<Events>, string> | undefined, subscription: Subscription) => void;
  /**
   * Called with problems that do not belong to one subscription, such as a lost connection. Default: as for
   * `onHandlerError`.
   */
  readonly onWarning?: (error: BusError) => void;
  /** Limits that differ from the defaults. */
  readonly limits?: Partial<BusLimits>;
  /** When and how often a failed delivery to a group is tried again. */
  readonly retry?: Partial<RetryOptions>;
  /**
   * A Standard Schema for each topic or pattern. An event is stored only when the schemas of all patterns that match
   * its topic accept the payload. Each receives what the one before returned; what the last one returns is stored. A
   * schema must check synchronously.
   * @see https://standardschema.dev
   */
  readonly schemas?: Schemas<Events>;
}
/** Settings of one event. */
interface PublishOptions {
  /** Events of one topic and key are handled in order, and in a group by one consumer at a time. */
  readonly key?: string;
  /** `fence` of the event that led to this one: stores the event only while the receiver owns that key. */
  readonly fence?: string;
  /**
   * One id, or up to 16 ids, of what happened, such as the GUID of a webhook delivery. If any of them was stored within
   * the window, nothing is stored again.
   */
  readonly dedupeId?: string | readonly string[];
  /**
   * Earliest time for the event: a date, or milliseconds since 1970. The event is stored at once, and gets its place in
   * the log when it is due. Only then do subscribers, groups and `read` see it. Default: at once.
   */
  readonly notBefore?: Date | number;
}
/** Where an event was stored. */
interface PublishResult {
  /**
   * Id of the event; for a duplicate, the id of the event that was stored first. Empty for an event that waits for its
   * `notBefore`, as it has no place in the log yet.
   */
  readonly id: string;
  /** True when an event with the same `dedupeId` was stored before. */
  readonly duplicate: boolean;
}
/** Settings of a subscription. */
interface SubscribeOptions {
  /** Ends the subscription. */
  readonly signal?: AbortSignal;
  /** Shares the events with the other subscriptions of this group and pattern. Default: receives every event. */
  readonly group?: string;
  /**
   * Where to start: with the next event (`new`), with the oldest event that is kept (`earliest`), or after the event
   * with this id. Default `new`. A group that exists continues where it was and ignores this.
   */
  readonly from?: "new" | "earliest" | (string & {});
  /**
   * Longest time of one handler call, in milliseconds, at least 1. After it, the event counts as failed with
   * `BUS_TIMEOUT`, the `signal` in the handler's second argument aborts, and the next call may start. Default: no
   * limit.
   */
  readonly timeoutMs?: number;
  /** With a group: when and how often a failed delivery is tried again, where it differs from the bus. */
  readonly retry?: Partial<RetryOptions>;
  /** Most handler calls at one time. Default 1; `limits.maxBacklog` with `keys: 'owned'`. */
  readonly concurrency?: number;
  /**
   * How a group treats keys. Default `ordered`.
   *
   * - `ordered`: events of one topic and key are handled one after the other.
   * - `owned`: one subscription owns each key. It receives all events of the key, of every topic, at once and in the
   *   order of the log. The events do not wait for each other.
   *
   * Two groups with one name and different `keys` are different groups.
   */
  readonly keys?: "ordered" | "owned";
  /**
   * With `keys: 'owned'`: called before the first event of a key that the subscription owns now. `state` is what the
   * last `commit` kept for the key, or undefined. The events of the key wait until this call has ended.
   */
  readonly onOwn?: (key: string, state: unknown) => void | Promise<void>;
  /**
   * With `keys: 'owned'`: called once for each `onOwn` that succeeded, when the subscription gives the key up.
   *
   * - `revoked`: the key is handed over when this call and the running handlers have ended. Commit unfinished work now.
   * - `idle`: more than `maxKeys` keys are kept, and this key has no open events. The subscription still owns it:
   *   commit its state with the fence of its last event. The next event of the key waits for this call, then `onOwn` is
   *   called.
   * - `lost`: another subscription owns the key already, and every fence of the key is refused.
   */
  readonly onLose?: (key: string, why: "lost" | "revoked" | "idle") => void | Promise<void>;
  /**
   * With `keys: 'owned'`: most keys that are kept after `onOwn` was called for them. Beyond that, `onLose(key, 'idle')`
   * is called for the key that has been idle longest. Keys with an event that waits, runs or is to be tried again stay.
   * Default 10,000; at least 1.
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
  /**
   * Events of one owned group that are done with this commit, whether or not their handlers still run. At most 1,000.
   */
  readonly settle?: readonly BusEvent[];
  /** Events to store, at most 1,000. */
  readonly publish?: readonly { [Topic in TopicOf<Topics<Events>>]: CommitEntry<Topic, Topics<Events>[Topic]>; }[TopicOf<Topics<Events>>][];
  /**
   * State to keep for a key of the group, for the next `onOwn` of the key: JSON of at most `maxPayloadBytes`.
   * `undefined` deletes the state.
   */
  readonly state?: {
    readonly key: string;
    readonly value: unknown;
  };
  /** Fence to check in addition to those of `settle`. Required when `settle` is empty. */
  readonly fence?: string;
}
/** Settings of `read` for one key. */
interface ReadKeyOptions<Pattern extends string> extends ReadOptions<Pattern> {
  /** Key of the events, of all topics. The cost grows with the key's events after `after`, not with the log. */
  readonly key: string;
  /** Id of the event to read after. Default: from the oldest event that is kept. */
  readonly after?: string;
}
/** Settings of `read`. */
interface ReadOptions<Pattern extends string> {
  /** Most events to return; the page may have fewer. Default 100; at least 1. */
  readonly limit?: number;
  /**
   * Size of the payloads, as stored, at which the page ends; the page has at least one event if there is one. Default
   * 16 MiB; at least 1. Not measured by `memory()` unless it is `strict`.
   */
  readonly maxBytes?: number;
  /** Returns only events whose topic matches. Default: all. */
  readonly pattern?: Pattern;
}
/** Settings of `listDeadLetters`. */
interface ListDeadLettersOptions {
  /** Most dead letters to return. Default 100; at least 1. */
  readonly limit?: number;
  /** Id of the dead letter to list after. Default: from the oldest one. */
  readonly after?: string;
}
/** Settings of `events`. */
type StreamOptions = Omit<SubscribeOptions, "keys" | "onOwn" | "onLose" | "maxKeys">;
/** Events to loop over. */
interface EventStream<Event> extends AsyncIterableIterator<Event, undefined>, AsyncDisposable {
  /** As in {@link Subscription}. */
  readonly ready: Promise<void>;
  /** Acknowledges the event before, and returns the next one. */
  next(): Promise<IteratorResult<Event, undefined>>;
  /** Ends the loop: its last event goes back to its group, and the subscription closes. */
  return(): Promise<IteratorResult<Event, undefined>>;
  [Symbol.asyncIterator](): EventStream<Event>;
}
/** Settings of `follow`. */
interface FollowOptions {
  /** Ends the following. */
  readonly signal?: AbortSignal;
  /** Longest time of one handler call, in milliseconds, at least 1, as in `SubscribeOptions`. Default: no limit. */
  readonly timeoutMs?: number;
}
/** Settings of one key of a following. */
interface FollowKeyOptions {
  /**
   * Where to start: with the next event (`new`), with the oldest event of the key (`earliest`), or after the event with
   * this id. Default `new`.
   */
  readonly from?: "new" | "earliest" | (string & {});
  /** What `followers` returns for this following, as JSON of at most `maxPayloadBytes`. Default undefined. */
  readonly note?: unknown;
}
/** A subscription to the events of some keys, which may come and go. */
interface Following extends Subscription {
  /**
   * Follows a key from now on. Resolves when no later event of the key can be missed, and waits while the store cannot
   * be reached. With `from`, the stored events of the key come first, in order, without gaps or duplicates. A key that
   * is already followed gets the new `note` and keeps its place. Costs one script on Redis.
   * @throws {BusError} `BUS_CLOSED` when the following is closed, also during the wait; `BUS_TOPIC_TOO_LONG` for the
   * key; `BUS_PAYLOAD_TOO_LARGE` for the note.
   * @throws {TypeError} when `key` is not a string, `from` is not an event id, or the note is not JSON.
   */
  add(key: string, options?: FollowKeyOptions): Promise<void>;
  /** Stops following a key. None of its events come from now on. Resolves when the store has noted it. */
  delete(key: string): Promise<void>;
  /** Returns whether a key is followed now. */
  has(key: string): boolean;
  /** Number of keys that are followed now. */
  readonly size: number;
}
/**
 * Delivers typed events from publishers to handlers, through memory, one SQLite file or Redis Streams.
 *
 * `Events` maps each topic to the type of its payload. A topic may be a template such as
 * `` `webhook:github:${string}` ``.
 */
export declare class EventBus<Events extends object = Record<string, unknown>> {
  #private;
  /**
   * Makes a bus.
   * @throws {RangeError} when a limit or a retry option is out of its range.
   * @throws {TypeError} when an option has the wrong type, or the transport belongs to another bus.
   */
  constructor(options?: EventBusOptions<Events>);
  /**
   * Publishes an event. Resolves when the event is stored, as durably as the transport promises.
   * @throws {BusError} `BUS_PAYLOAD_TOO_LARGE`, `BUS_INVALID_PAYLOAD`, `BUS_TOPIC_TOO_LONG`, `BUS_OVERLOADED`,
   * `BUS_CLOSED` or `BUS_STORAGE_FULL`: the event is not stored. `BUS_UNAVAILABLE`: the event may be stored, so publish
   * it again with the same `dedupeId`. `BUS_FENCED`: `fence` was passed, and its receiver has lost the key.
   * @throws {TypeError} when the topic or the fence is malformed, an option has the wrong type, the payload is not
   * JSON, or a schema returns a promise.
   * @throws {RangeError} when there are more than 16 dedupe ids, or `notBefore` is not a time.
   */
  publish<Topic extends TopicOf<Topics<Events>>>(topic: Topic, payload: Topics<Events>[Topic], options?: PublishOptions): Promise<PublishResult>;
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
  subscribe<Pattern extends string>(pattern: Pattern, handler: (event: EventOf<Topics<Events>, Pattern>, context: HandlerContext) => void | Promise<void>, options?: SubscribeOptions): Subscription;
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
  events<Pattern extends string>(pattern: Pattern, options?: StreamOptions): EventStream<EventOf<Topics<Events>, Pattern>>;
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
  follow<Pattern extends string>(pattern: Pattern, handler: (event: EventOf<Topics<Events>, Pattern>, context: HandlerContext) => void | Promise<void>, options?: FollowOptions): Following;
  /**
   * Returns the notes of all followings of a key with exactly this pattern: on Redis those of every process, else those
   * of this process. The note is `undefined` for a following without one. A process that died counts for about a
   * minute. Costs one command on Redis.
   * @throws {BusError} `BUS_CLOSED`, `BUS_UNAVAILABLE`, `BUS_TOPIC_TOO_LONG`.
   * @throws {TypeError} unless `pattern` and `key` are strings.
   */
  followers(pattern: string, key: string): Promise<readonly unknown[]>;
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
  commit(options: CommitOptions<Events>): Promise<readonly PublishResult[]>;
  /**
   * Reads stored events after an id, oldest first; from the oldest event without an id. The result says when events in
   * between are gone. When the id belongs to an earlier log, it says so and starts at the oldest event.
   * @throws {BusError} `BUS_CLOSED`, `BUS_UNAVAILABLE`.
   * @throws {TypeError} when `after` is not an event id, or `pattern` is malformed.
   * @throws {RangeError} when `limit` or `maxBytes` is not a whole number of at least 1.
   */
  read<Pattern extends string = string>(after?: string, options?: ReadOptions<Pattern>): Promise<ReadResult<EventOf<Topics<Events>, Pattern>>>;
  /** Reads stored events of one key. Throws as the other form does, and `BUS_TOPIC_TOO_LONG`. */
  read<Pattern extends string = string>(options: ReadKeyOptions<Pattern>): Promise<ReadResult<EventOf<Topics<Events>, Pattern>>>;
  /**
   * Lists the events that groups gave up, oldest first. To get the next page, pass the last id as `after`; that dead
   * letter may be gone by then.
   * @throws {BusError} `BUS_CLOSED`, `BUS_UNAVAILABLE`.
   * @throws {TypeError} when `after` is not the id of a dead letter.
   * @throws {RangeError} when `limit` is not a whole number of at least 1.
   */
  listDeadLetters(options?: ListDeadLettersOptions): Promise<readonly DeadLetter[]>;
  /**
   * Returns one dead letter; undefined when none has that id.
   * @throws {TypeError} unless the id is a string.
   */
  readDeadLetter(id: string): Promise<DeadLetter | undefined>;
  /**
   * Deletes a dead letter for good. Returns false when none has that id.
   * @throws {TypeError} unless the id is a string.
   */
  deleteDeadLetter(id: string): Promise<boolean>;
  /**
   * Gives a dead letter back to its group, which may try it as often as a new event. Returns false when none has that
   * id, or its group has ended.
   * @throws {TypeError} unless the id is a string.
   */
  retryDeadLetter(id: string): Promise<boolean>;
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
  forget(key: string): Promise<number>;
  /**
   * Returns how many events are stored, waiting and given up, with the counters of each group.
   * @throws {BusError} `BUS_CLOSED`, `BUS_UNAVAILABLE`.
   */
  stats(): Promise<BusStats>;
  /**
   * Closes the bus. Subscriptions end after the events that they hold, groups get back what is not acknowledged, and
   * publishes under way are stored. Then the store is closed. Handlers may publish until they have ended. Inside a
   * handler, it resolves when the other handlers have ended; the bus closes when this one has too.
   * @throws {TypeError} when `drainMs` is not a number.
   * @throws {RangeError} when `drainMs` is below 0 or NaN.
   */
  close(options?: CloseOptions): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
/** Settings of `memory`. Numbers are whole and at least 1. */
interface MemoryOptions {
  /**
   * Most events to keep for `from`, `read` and groups that lag. Default 10,000; at least 1. What a group with
   * consumers has not read is not cut: publishing is refused with `BUS_OVERLOADED` instead.
   */
  readonly maxEvents?: number;
  /** How long a `dedupeId` is remembered, in milliseconds. Default 30 days. */
  readonly dedupeWindowMs?: number;
  /**
   * Most dedupe ids to remember. Beyond that, the oldest are forgotten early, and `onWarning` is called once with
   * `BUS_DEDUPE_FULL`. Default 100,000.
   */
  readonly maxDedupeIds?: number;
  /**
   * Most dead letters to keep. Beyond that, the oldest are dropped, and `onWarning` is called for each with
   * `BUS_DEAD_LETTERED`. Default 1,000.
   */
  readonly maxDeadLetters?: number;
  /**
   * Most events that wait for their `notBefore`; beyond that, `publish` rejects with `BUS_STORAGE_FULL`. Default
   * 10,000.
   */
  readonly maxDelayed?: number;
  /**
   * How long a group may be unused before it ends, together with what it had not handled, in milliseconds. Default 14
   * days.
   */
  readonly groupTtlMs?: number;
  /**
   * Keeps payloads, states and notes as JSON, as the other transports do, so that tests find what JSON cannot carry:
   * every handler receives a copy, and limits in bytes apply. Default false.
   */
  readonly strict?: boolean;
}
/**
 * Keeps events in the memory of this process, so nothing survives the process. Handlers receive the payload object
 * itself, unless the transport is `strict`.
 * @throws {TypeError} when an option has the wrong type.
 * @throws {RangeError} when a limit is not a whole number of at least 1.
 */
export declare function memory(options?: MemoryOptions): Transport;
export type { Appended, BusErrorCode, BusEvent, BusLimits, BusStats, CloseOptions, Commit, CommitEntry, CommitOptions, Consumer, DeadLetter, Delivery, Entry, EventBusOptions, EventOf, EventStream, FollowKeyOptions, FollowOptions, Following, GroupSpec, GroupStats, HandlerContext, Interest, ListDeadLettersOptions, Listener, Listening, LogEnd, MatchingTopic, MemoryOptions, OwnedDelivery, Owner, OwnerListener, Page, PublishOptions, PublishResult, ReadKeyOptions, ReadOptions, ReadResult, Reference, Release, RetryOptions, Schemas, StandardSchema, Start, Stored, StoredDeadLetter, SubscribeOptions, Subscription, TopicOf, Topics, Transport, TransportStats };

// @bnc/event-bus/sqlite

import "node:sqlite";
import "node:worker_threads";
/** Everything that can go wrong on a bus, apart from wrong use. docs/errors.md has a row for each code. */
type BusErrorCode = "BUS_CLOSED" | "BUS_OVERLOADED" | "BUS_PAYLOAD_TOO_LARGE" | "BUS_TOPIC_TOO_LONG" | "BUS_UNAVAILABLE" | "BUS_STORAGE_FULL" | "BUS_LOCKED" | "BUS_CORRUPT_FILE" | "BUS_NEWER_FILE" | "BUS_REFUSED" | "BUS_CORRUPT_EVENT" | "BUS_UNKNOWN_VERSION" | "BUS_NO_RESULT" | "BUS_DEAD_LETTERED" | "BUS_HISTORY_CUT" | "BUS_RESTARTED" | "BUS_FENCED" | "BUS_SETTLED" | "BUS_RETURNED" | "BUS_UNRECOVERABLE" | "BUS_TIMEOUT" | "BUS_INVALID_PAYLOAD" | "BUS_DEDUPE_FULL" | "BUS_NOT_DURABLE" | "BUS_MAY_EVICT";
/** Says what went wrong on the bus. Test `code`, not the class. */
declare class BusError extends Error {
  override readonly name = "BusError";
  /** Stable code of the failure. */
  readonly code: BusErrorCode;
  constructor(code: BusErrorCode, message: string, options?: ErrorOptions);
}
/** Counters of one group, which a name, a pattern and the kind of `keys` identify. */
interface GroupStats {
  readonly group: string;
  readonly pattern: string;
  /** Stored events, of any topic, that the group has not read yet. */
  readonly lag: number;
  /** Events that are not acknowledged yet: handed out, waiting behind their key, or waiting to be tried again. */
  readonly pending: number;
  /** Deliveries other than the first of an event, since the group was made. */
  readonly redeliveries: number;
  /** Events that the group gave up, since it was made. */
  readonly deadLettered: number;
  /** Events that were cut from history before the group read them. */
  readonly lost: number;
}
/** An event on its way into the log. */
interface Entry {
  readonly topic: string;
  readonly key: string | undefined;
  /** JSON text, or the value itself if the transport keeps references. */
  readonly payload: unknown;
  /** The entry is a duplicate if any of these ids was stored within the window. */
  readonly dedupeIds: readonly string[];
  /** When it was published, in milliseconds since 1970, by the publisher's clock. */
  readonly publishedAt: number;
  /** The entry is stored only while this fence holds. */
  readonly fence?: string | undefined;
  /**
   * When the entry gets its place in the log, in milliseconds since 1970; undefined for at once. Until then, it is
   * stored as durably as any other entry, but nobody reads it. `publishedAt` is the same time.
   */
  readonly dueAt?: number | undefined;
}
/** An event in the log. */
interface Stored {
  /** Place in the log: 1, 2, 3, … */
  readonly seq: number;
  readonly topic: string;
  readonly key: string | undefined;
  readonly payload: unknown;
  readonly publishedAt: number;
  /** Version of the envelope; NaN for a damaged entry. */
  readonly version: number;
  /** Place of the event that this entry repeats for one group (a retried dead letter). */
  readonly origin?: number | undefined;
}
/** Where an entry was stored. */
interface Appended {
  /** Place in the log; 0 while the entry waits for its time. */
  readonly seq: number;
  readonly epoch: string;
  readonly duplicate: boolean;
}
/** A piece of the log. */
interface Page {
  readonly epoch: string;
  readonly events: readonly Stored[];
  /** Lowest place that is still kept; `last` + 1 when none is. */
  readonly first: number;
  /** Highest place so far. */
  readonly last: number;
  /** Place up to which the page reaches: read on after it. */
  readonly upTo: number;
  /** From `readKey`, if known: true when events of the key after the place are gone from history. */
  readonly isCut?: boolean;
}
/** An event handed to one consumer of a group. */
interface Delivery {
  readonly event: Stored;
  readonly epoch: string;
  readonly attempt: number;
}
/** The name and the pattern of a group, and where it starts if it does not exist yet. */
interface GroupSpec {
  readonly group: string;
  readonly pattern: string;
  /** Place after which a new group starts; `new` means the end of the log. */
  readonly from: number | "new";
}
/** One consumer of a group. It keeps a delivery until `done`, `dead` or `leave`, or until its lease ends. */
interface Consumer {
  /**
   * Hands out up to `count` events that may start now, of one topic and key at most one at a time. `first` says which
   * kind comes first, retries that are due or others: half of the events, and at least one, are of that kind if there
   * are enough.
   */
  take(count: number, first: "retries" | "others"): Promise<readonly Delivery[]>;
  /**
   * Puts a delivery back, to be handed out again to any consumer of the group, not before `ms` have passed. Until then,
   * its key waits and nothing of it is in memory. `isUncounted` takes its attempt back. Returns false when the consumer
   * has lost the delivery.
   */
  later(delivery: Delivery, ms: number, isUncounted: boolean): Promise<boolean>;
  /** Acknowledges a delivery. Returns false when the consumer has lost it. */
  done(delivery: Delivery): Promise<boolean>;
  /**
   * Moves the event to the dead letters and stores `notice` with the letter's `id` in its payload: both, or neither.
   * Returns false when the consumer has lost the delivery.
   */
  dead(delivery: Delivery, reason: string, notice: Entry | undefined): Promise<boolean>;
  /**
   * Leaves the group and gives back the deliveries that are not done. Those in `unfinished` do not count as attempts.
   */
  leave(unfinished: readonly Delivery[]): Promise<void>;
}
/** An event of an owned group that waits to start. */
interface Reference {
  readonly seq: number;
  readonly key: string | undefined;
}
/** Callbacks of an owner. Partitions are numbers from 0 to 255. */
interface OwnerListener {
  /** The owner has the partition from now on. Its waiting events come next, oldest first. */
  gained(partition: number): void;
  /** Brings events that wait in a partition, in the order of the log. */
  came(partition: number, references: readonly Reference[]): void;
  /** Another owner is to get the partition: call `release` when the work in it has ended. */
  revoked(partition: number): void;
  /** Another owner has the partition already. */
  lost(partition: number): void;
  /** Returns how many more references of a partition fit. */
  room(partition: number): number;
}
/** A reference to start, and the key whose state is wanted with it. */
interface Start {
  readonly partition: number;
  readonly seq: number;
  readonly stateOf: string | undefined;
}
/** An event handed to the owner of its key. */
interface OwnedDelivery extends Delivery {
  /** Holds as long as this owner has the partition without a break. */
  readonly fence: string;
  /** The state of the key, if it was asked for and exists: JSON text, or the value itself. */
  readonly state: unknown;
}
/** A partition that its owner gives away. */
interface Release {
  readonly partition: number;
  /** Places of events whose last delivery does not count as an attempt, because the handler had not ended. */
  readonly unfinished: readonly number[];
}
/** One owner in an owned group. */
interface Owner {
  /**
   * Starts events, and counts an attempt of each. Returns `lost` for an event whose partition the owner has lost,
   * `gone` for one that was cut from history.
   */
  start(wanted: readonly Start[]): Promise<readonly (OwnedDelivery | "lost" | "gone")[]>;
  /** Acknowledges a delivery. Returns false when the owner has lost the partition, or the event was settled before. */
  done(delivery: OwnedDelivery): Promise<boolean>;
  /** Moves the event to the dead letters, as `Consumer.dead` does. */
  dead(delivery: OwnedDelivery, reason: string, notice: Entry | undefined): Promise<boolean>;
  /** Takes an attempt back: the event waits as if it had not been delivered. Returns false as `done` does. */
  giveBack(delivery: OwnedDelivery): Promise<boolean>;
  /** Reads again in partitions that had no room. */
  wake(): void;
  /** Hands partitions over to their next owners. */
  release(partitions: readonly Release[]): Promise<void>;
  /** Takes no more partitions, and offers its own to the others. */
  retire(): Promise<void>;
  /** Leaves the group. The partitions that it still has go to others at once. */
  leave(): Promise<void>;
}
/** What is written in one step, or not at all. */
interface Commit {
  /** Fences that must hold, of one group. */
  readonly fences: readonly string[];
  /** Fences of the deliveries that this commit settles. */
  readonly settle: readonly string[];
  readonly publish: readonly Entry[];
  /** New state of a key: JSON text, or the value itself; undefined deletes the state. */
  readonly state: {
    readonly key: string;
    readonly value: unknown;
  } | undefined;
}
/** Interest in the events of one key whose topics match a pattern. */
interface Interest {
  /** Differs from the id of other interests of this process with the same pattern and key. */
  readonly id: number;
  readonly pattern: string;
  readonly key: string;
}
/** Callbacks of a bus, for its transport. */
interface Listener {
  /** Brings new entries, in the order of the log. */
  events(events: readonly Stored[], epoch: string): void;
  /** Brings new entries that this process follows, in the order of the log. Only from a transport with `follow`. */
  followed(events: readonly Stored[], epoch: string): void;
  /** Followed entries may have been missed up to now: read each key from its last place. */
  missed(): void;
  /** A new log has started: places count from 1 again. */
  restarted(epoch: string): void;
  /** Reports a problem that does not belong to one subscription. */
  warning(error: BusError): void;
}
/** The end of a log. */
interface LogEnd {
  readonly epoch: string;
  /** Highest place so far. */
  readonly last: number;
}
/** Interest in new entries. */
interface Listening {
  /**
   * Resolves when the interest is registered, with the end of the log: entries that are stored after it are announced.
   */
  readonly from: Promise<LogEnd>;
  /** Ends the interest. */
  end(): void;
}
/** A dead letter inside a transport. Its fields are those of `DeadLetter`, with the stored event. */
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
/** Counters that only the transport knows; their meaning is that of `BusStats`. */
interface TransportStats {
  readonly depth: number;
  /** Entries that wait for their time. */
  readonly delayed: number;
  readonly deadLetters: number;
  readonly groups: readonly GroupStats[];
  readonly warnings: readonly {
    readonly code: string;
    readonly message: string;
  }[];
}
/** A store of events. Each bus needs a transport of its own. */
interface Transport {
  /** `memory`, `sqlite` or `redis`. */
  readonly name: string;
  /** `json` if payloads are stored as text, `reference` if the value itself is kept. */
  readonly payloads: "json" | "reference";
  /** Connects the transport to its bus. @throws {TypeError} when it belongs to a bus already. */
  start(listener: Listener): void;
  /**
   * Asks for new entries. A transport without this method announces all entries that it stores, as its appends resolve.
   */
  listen?(): Listening;
  /**
   * Announces the entries of a key by `followed`. Returns the end of the log: entries that are stored after it are
   * announced. Waits while the store cannot be reached. `note` is JSON text, or undefined; another call changes it. A
   * transport without this method announces all entries that it stores.
   */
  follow?(interest: Interest, note: unknown): Promise<LogEnd>;
  /** Ends interests. Never rejects. */
  unfollow?(interests: readonly Interest[]): Promise<void>;
  /** Returns the notes of all interests in a key with this pattern, of all processes. */
  followers?(pattern: string, key: string): Promise<readonly unknown[]>;
  /** Stores an entry. Returns a promise only if the store takes time. */
  append(entry: Entry): Appended | Promise<Appended>;
  /**
   * Reads up to `limit` entries after a place. The page ends early once its payloads have `maxBytes`, but has at least
   * one entry if there is one. A transport that keeps references does not count bytes.
   */
  read(after: number, limit: number, maxBytes: number): Promise<Page>;
  /**
   * Reads up to `limit` entries of one key after a place, of all topics, and up to `maxBytes` as `read` does. The cost
   * grows with the number of the key's entries.
   */
  readKey(key: string, after: number, limit: number, maxBytes: number): Promise<Page>;
  /**
   * Joins a group. A new group that starts at the end of the log has everything that this process appends after the
   * call. `wake` is called when there may be something to take even though no event came, such as a retry that is due.
   */
  join(spec: GroupSpec, wake: () => void): Promise<Consumer>;
  /** Joins an owned group. */
  own(spec: GroupSpec, listener: OwnerListener): Promise<Owner>;
  /**
   * Settles deliveries, publishes entries and keeps the state of a key, in one step.
   * @throws {BusError} `BUS_FENCED` or `BUS_SETTLED`: nothing was written.
   * @throws {TypeError} when no fence belongs to the key of the state.
   */
  commit(commit: Commit): Promise<readonly Appended[]>;
  /** Lists up to `limit` dead letters, oldest first, after the one with the id `after`, which may be gone. */
  deadLetters(limit: number, after: string | undefined): Promise<readonly StoredDeadLetter[]>;
  deadLetter(id: string): Promise<StoredDeadLetter | undefined>;
  /** Deletes a dead letter. Returns false when none has that id. */
  deleteDeadLetter(id: string): Promise<boolean>;
  /** Gives a dead letter back to its group. Returns false when none has that id, or its group has ended. */
  retryDeadLetter(id: string): Promise<boolean>;
  /**
   * Erases a key: its events, the entries that wait for their time, what refers to them, its dead letters and its
   * states. Returns the number of events.
   */
  forget(key: string): Promise<number>;
  stats(): Promise<TransportStats>;
  close(): Promise<void>;
}
/** Settings of `sqlite`. */
interface SqliteOptions {
  /**
   * Path of the database file. Its folder must exist. While the file is open, `<file>-wal` lies next to it. `:memory:`
   * keeps nothing after `close`.
   */
  readonly file: string;
  /**
   * `full`: stored events survive a power cut. `normal`: they survive a crash of the process, but the last moments
   * before a power cut may be missing; a single publish is faster. Default `full`.
   */
  readonly durability?: "full" | "normal" | undefined;
  /** Most events to keep. Default 1,000,000; at least 1. */
  readonly maxEvents?: number | undefined;
  /**
   * Bytes of the file that events may take. Beyond that, the oldest events are cut, also those that a group has not
   * read yet. Events that a group has read and not acknowledged are not cut: at twice this size, publishing is refused
   * with `BUS_STORAGE_FULL`. Dedupe ids and the empty tables (less than 400 KiB) do not count. Default 256 MiB; at
   * least 64 KiB.
   */
  readonly maxBytes?: number | undefined;
  /** Age at which events are cut, in milliseconds. Default 30 days; at least 1. */
  readonly maxAgeMs?: number | undefined;
  /** How long a `dedupeId` is remembered, in milliseconds, and up to 1/64 longer. Default 30 days; at least 1. */
  readonly dedupeWindowMs?: number | undefined;
  /**
   * Most dedupe ids to remember, which take up to 40 bytes of the file each. Beyond that, the oldest are forgotten
   * before `dedupeWindowMs`, and `onWarning` is called once with `BUS_DEDUPE_FULL`. Default 5,000,000; at least 1.
   */
  readonly maxDedupeIds?: number | undefined;
  /**
   * Most dead letters to keep. Beyond that, the oldest are dropped, and `onWarning` is called for each with
   * `BUS_DEAD_LETTERED`. Default 1,000; at least 1.
   */
  readonly maxDeadLetters?: number | undefined;
  /**
   * Most events that wait for their `notBefore`; beyond that, `publish` rejects with `BUS_STORAGE_FULL`. Default
   * 100,000; at least 1.
   */
  readonly maxDelayed?: number | undefined;
  /**
   * How long a group may be unused before it ends, together with what it had not handled, in milliseconds. After a file
   * was closed for longer than that, its groups have up to an hour to come back. Default 14 days; at least 1.
   */
  readonly groupTtlMs?: number | undefined;
  /**
   * Flags of Node for the thread, in place of those of the process, such as `--disable-warning=ExperimentalWarning` on
   * Node 22. Default: those of the process.
   */
  readonly execArgv?: readonly string[] | undefined;
}
/** A store in a SQLite file. */
interface SqliteTransport extends Transport {
  /**
   * Copies the file to another path while it is in use. Resolves when the copy is complete and has its name. The copy
   * is a bus file like any other, and a new log: its epoch differs, so ids of the original do not belong to it.
   * @throws {BusError} `BUS_REFUSED` when something has that path, or when it cannot be written; `BUS_STORAGE_FULL`,
   * `BUS_UNAVAILABLE` or `BUS_CLOSED`: there is no copy.
   * @throws {TypeError} when `file` is not a path.
   */
  backup(file: string): Promise<void>;
}
/**
 * Opens one SQLite file as the store of a bus, in a thread of its own. Only one process at a time can have a file open.
 *
 * A file of up to 16 MiB is checked in full first. Of a larger file, only the beginning of every table and the newest
 * events are read first; another thread checks all of it while it is used. If that check finds damage, `onWarning` is
 * called with `BUS_CORRUPT_FILE`, which stays in `stats().warnings`.
 * @throws {BusError} `BUS_LOCKED`, `BUS_CORRUPT_FILE`, `BUS_NEWER_FILE`, `BUS_REFUSED`, `BUS_STORAGE_FULL` or
 * `BUS_UNAVAILABLE`: nothing was changed or deleted.
 * @throws {TypeError} when an option has the wrong type.
 * @throws {RangeError} when a limit is not a whole number, or too small.
 */
export declare function sqlite(options: SqliteOptions): Promise<SqliteTransport>;
export type { SqliteOptions, SqliteTransport };

// @bnc/event-bus/redis

/** Settings of TLS, as in `tls.connect` of Node. */
interface RedisTls {
  /** Certificates of authorities to trust instead of the well-known ones, as PEM. */
  readonly ca?: string | string[];
  /** Certificate and key of this client, as PEM. */
  readonly cert?: string;
  readonly key?: string;
  /** Name that the server's certificate must have. Default: the host of `url`. */
  readonly servername?: string;
  /** Set to false to accept any certificate, which lets others read and change everything. Default true. */
  readonly rejectUnauthorized?: boolean;
}
/** A client of `@redis/client` 5 or newer, or of `redis` 5 or newer. */
interface RedisClient {
  readonly isReady: boolean;
  readonly options?: object;
  duplicate(overrides?: object): RedisClient;
  connect(): Promise<unknown>;
  destroy(): void;
  sendCommand(args: string[]): Promise<never>;
  on(event: string, listener: () => void): unknown;
}
/** Everything that can go wrong on a bus, apart from wrong use. docs/errors.md has a row for each code. */
type BusErrorCode = "BUS_CLOSED" | "BUS_OVERLOADED" | "BUS_PAYLOAD_TOO_LARGE" | "BUS_TOPIC_TOO_LONG" | "BUS_UNAVAILABLE" | "BUS_STORAGE_FULL" | "BUS_LOCKED" | "BUS_CORRUPT_FILE" | "BUS_NEWER_FILE" | "BUS_REFUSED" | "BUS_CORRUPT_EVENT" | "BUS_UNKNOWN_VERSION" | "BUS_NO_RESULT" | "BUS_DEAD_LETTERED" | "BUS_HISTORY_CUT" | "BUS_RESTARTED" | "BUS_FENCED" | "BUS_SETTLED" | "BUS_RETURNED" | "BUS_UNRECOVERABLE" | "BUS_TIMEOUT" | "BUS_INVALID_PAYLOAD" | "BUS_DEDUPE_FULL" | "BUS_NOT_DURABLE" | "BUS_MAY_EVICT";
/** Says what went wrong on the bus. Test `code`, not the class. */
declare class BusError extends Error {
  override readonly name = "BusError";
  /** Stable code of the failure. */
  readonly code: BusErrorCode;
  constructor(code: BusErrorCode, message: string, options?: ErrorOptions);
}
/** Counters of one group, which a name, a pattern and the kind of `keys` identify. */
interface GroupStats {
  readonly group: string;
  readonly pattern: string;
  /** Stored events, of any topic, that the group has not read yet. */
  readonly lag: number;
  /** Events that are not acknowledged yet: handed out, waiting behind their key, or waiting to be tried again. */
  readonly pending: number;
  /** Deliveries other than the first of an event, since the group was made. */
  readonly redeliveries: number;
  /** Events that the group gave up, since it was made. */
  readonly deadLettered: number;
  /** Events that were cut from history before the group read them. */
  readonly lost: number;
}
/** An event on its way into the log. */
interface Entry {
  readonly topic: string;
  readonly key: string | undefined;
  /** JSON text, or the value itself if the transport keeps references. */
  readonly payload: unknown;
  /** The entry is a duplicate if any of these ids was stored within the window. */
  readonly dedupeIds: readonly string[];
  /** When it was published, in milliseconds since 1970, by the publisher's clock. */
  readonly publishedAt: number;
  /** The entry is stored only while this fence holds. */
  readonly fence?: string | undefined;
  /**
   * When the entry gets its place in the log, in milliseconds since 1970; undefined for at once. Until then, it is
   * stored as durably as any other entry, but nobody reads it. `publishedAt` is the same time.
   */
  readonly dueAt?: number | undefined;
}
/** An event in the log. */
interface Stored {
  /** Place in the log: 1, 2, 3, … */
  readonly seq: number;
  readonly topic: string;
  readonly key: string | undefined;
  readonly payload: unknown;
  readonly publishedAt: number;
  /** Version of the envelope; NaN for a damaged entry. */
  readonly version: number;
  /** Place of the event that this entry repeats for one group (a retried dead letter). */
  readonly origin?: number | undefined;
}
/** Where an entry was stored. */
interface Appended {
  /** Place in the log; 0 while the entry waits for its time. */
  readonly seq: number;
  readonly epoch: string;
  readonly duplicate: boolean;
}
/** A piece of the log. */
interface Page {
  readonly epoch: string;
  readonly events: readonly Stored[];
  /** Lowest place that is still kept; `last` + 1 when none is. */
  readonly first: number;
  /** Highest place so far. */
  readonly last: number;
  /** Place up to which the page reaches: read on after it. */
  readonly upTo: number;
  /** From `readKey`, if known: true when events of the key after the place are gone from history. */
  readonly isCut?: boolean;
}
/** An event handed to one consumer of a group. */
interface Delivery {
  readonly event: Stored;
  readonly epoch: string;
  readonly attempt: number;
}
/** The name and the pattern of a group, and where it starts if it does not exist yet. */
interface GroupSpec {
  readonly group: string;
  readonly pattern: string;
  /** Place after which a new group starts; `new` means the end of the log. */
  readonly from: number | "new";
}
/** One consumer of a group. It keeps a delivery until `done`, `dead` or `leave`, or until its lease ends. */
interface Consumer {
  /**
   * Hands out up to `count` events that may start now, of one topic and key at most one at a time. `first` says which
   * kind comes first, retries that are due or others: half of the events, and at least one, are of that kind if there
   * are enough.
   */
  take(count: number, first: "retries" | "others"): Promise<readonly Delivery[]>;
  /**
   * Puts a delivery back, to be handed out again to any consumer of the group, not before `ms` have passed. Until then,
   * its key waits and nothing of it is in memory. `isUncounted` takes its attempt back. Returns false when the consumer
   * has lost the delivery.
   */
  later(delivery: Delivery, ms: number, isUncounted: boolean): Promise<boolean>;
  /** Acknowledges a delivery. Returns false when the consumer has lost it. */
  done(delivery: Delivery): Promise<boolean>;
  /**
   * Moves the event to the dead letters and stores `notice` with the letter's `id` in its payload: both, or neither.
   * Returns false when the consumer has lost the delivery.
   */
  dead(delivery: Delivery, reason: string, notice: Entry | undefined): Promise<boolean>;
  /**
   * Leaves the group and gives back the deliveries that are not done. Those in `unfinished` do not count as attempts.
   */
  leave(unfinished: readonly Delivery[]): Promise<void>;
}
/** An event of an owned group that waits to start. */
interface Reference {
  readonly seq: number;
  readonly key: string | undefined;
}
/** Callbacks of an owner. Partitions are numbers from 0 to 255. */
interface OwnerListener {
  /** The owner has the partition from now on. Its waiting events come next, oldest first. */
  gained(partition: number): void;
  /** Brings events that wait in a partition, in the order of the log. */
  came(partition: number, references: readonly Reference[]): void;
  /** Another owner is to get the partition: call `release` when the work in it has ended. */
  revoked(partition: number): void;
  /** Another owner has the partition already. */
  lost(partition: number): void;
  /** Returns how many more references of a partition fit. */
  room(partition: number): number;
}
/** A reference to start, and the key whose state is wanted with it. */
interface Start {
  readonly partition: number;
  readonly seq: number;
  readonly stateOf: string | undefined;
}
/** An event handed to the owner of its key. */
interface OwnedDelivery extends Delivery {
  /** Holds as long as this owner has the partition without a break. */
  readonly fence: string;
  /** The state of the key, if it was asked for and exists: JSON text, or the value itself. */
  readonly state: unknown;
}
/** A partition that its owner gives away. */
interface Release {
  readonly partition: number;
  /** Places of events whose last delivery does not count as an attempt, because the handler had not ended. */
  readonly unfinished: readonly number[];
}
/** One owner in an owned group. */
interface Owner {
  /**
   * Starts events, and counts an attempt of each. Returns `lost` for an event whose partition the owner has lost,
   * `gone` for one that was cut from history.
   */
  start(wanted: readonly Start[]): Promise<readonly (OwnedDelivery | "lost" | "gone")[]>;
  /** Acknowledges a delivery. Returns false when the owner has lost the partition, or the event was settled before. */
  done(delivery: OwnedDelivery): Promise<boolean>;
  /** Moves the event to the dead letters, as `Consumer.dead` does. */
  dead(delivery: OwnedDelivery, reason: string, notice: Entry | undefined): Promise<boolean>;
  /** Takes an attempt back: the event waits as if it had not been delivered. Returns false as `done` does. */
  giveBack(delivery: OwnedDelivery): Promise<boolean>;
  /** Reads again in partitions that had no room. */
  wake(): void;
  /** Hands partitions over to their next owners. */
  release(partitions: readonly Release[]): Promise<void>;
  /** Takes no more partitions, and offers its own to the others. */
  retire(): Promise<void>;
  /** Leaves the group. The partitions that it still has go to others at once. */
  leave(): Promise<void>;
}
/** What is written in one step, or not at all. */
interface Commit {
  /** Fences that must hold, of one group. */
  readonly fences: readonly string[];
  /** Fences of the deliveries that this commit settles. */
  readonly settle: readonly string[];
  readonly publish: readonly Entry[];
  /** New state of a key: JSON text, or the value itself; undefined deletes the state. */
  readonly state: {
    readonly key: string;
    readonly value: unknown;
  } | undefined;
}
/** Interest in the events of one key whose topics match a pattern. */
interface Interest {
  /** Differs from the id of other interests of this process with the same pattern and key. */
  readonly id: number;
  readonly pattern: string;
  readonly key: string;
}
/** Callbacks of a bus, for its transport. */
interface Listener {
  /** Brings new entries, in the order of the log. */
  events(events: readonly Stored[], epoch: string): void;
  /** Brings new entries that this process follows, in the order of the log. Only from a transport with `follow`. */
  followed(events: readonly Stored[], epoch: string): void;
  /** Followed entries may have been missed up to now: read each key from its last place. */
  missed(): void;
  /** A new log has started: places count from 1 again. */
  restarted(epoch: string): void;
  /** Reports a problem that does not belong to one subscription. */
  warning(error: BusError): void;
}
/** The end of a log. */
interface LogEnd {
  readonly epoch: string;
  /** Highest place so far. */
  readonly last: number;
}
/** Interest in new entries. */
interface Listening {
  /**
   * Resolves when the interest is registered, with the end of the log: entries that are stored after it are announced.
   */
  readonly from: Promise<LogEnd>;
  /** Ends the interest. */
  end(): void;
}
/** A dead letter inside a transport. Its fields are those of `DeadLetter`, with the stored event. */
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
/** Counters that only the transport knows; their meaning is that of `BusStats`. */
interface TransportStats {
  readonly depth: number;
  /** Entries that wait for their time. */
  readonly delayed: number;
  readonly deadLetters: number;
  readonly groups: readonly GroupStats[];
  readonly warnings: readonly {
    readonly code: string;
    readonly message: string;
  }[];
}
/** A store of events. Each bus needs a transport of its own. */
interface Transport {
  /** `memory`, `sqlite` or `redis`. */
  readonly name: string;
  /** `json` if payloads are stored as text, `reference` if the value itself is kept. */
  readonly payloads: "json" | "reference";
  /** Connects the transport to its bus. @throws {TypeError} when it belongs to a bus already. */
  start(listener: Listener): void;
  /**
   * Asks for new entries. A transport without this method announces all entries that it stores, as its appends resolve.
   */
  listen?(): Listening;
  /**
   * Announces the entries of a key by `followed`. Returns the end of the log: entries that are stored after it are
   * announced. Waits while the store cannot be reached. `note` is JSON text, or undefined; another call changes it. A
   * transport without this method announces all entries that it stores.
   */
  follow?(interest: Interest, note: unknown): Promise<LogEnd>;
  /** Ends interests. Never rejects. */
  unfollow?(interests: readonly Interest[]): Promise<void>;
  /** Returns the notes of all interests in a key with this pattern, of all processes. */
  followers?(pattern: string, key: string): Promise<readonly unknown[]>;
  /** Stores an entry. Returns a promise only if the store takes time. */
  append(entry: Entry): Appended | Promise<Appended>;
  /**
   * Reads up to `limit` entries after a place. The page ends early once its payloads have `maxBytes`, but has at least
   * one entry if there is one. A transport that keeps references does not count bytes.
   */
  read(after: number, limit: number, maxBytes: number): Promise<Page>;
  /**
   * Reads up to `limit` entries of one key after a place, of all topics, and up to `maxBytes` as `read` does. The cost
   * grows with the number of the key's entries.
   */
  readKey(key: string, after: number, limit: number, maxBytes: number): Promise<Page>;
  /**
   * Joins a group. A new group that starts at the end of the log has everything that this process appends after the
   * call. `wake` is called when there may be something to take even though no event came, such as a retry that is due.
   */
  join(spec: GroupSpec, wake: () => void): Promise<Consumer>;
  /** Joins an owned group. */
  own(spec: GroupSpec, listener: OwnerListener): Promise<Owner>;
  /**
   * Settles deliveries, publishes entries and keeps the state of a key, in one step.
   * @throws {BusError} `BUS_FENCED` or `BUS_SETTLED`: nothing was written.
   * @throws {TypeError} when no fence belongs to the key of the state.
   */
  commit(commit: Commit): Promise<readonly Appended[]>;
  /** Lists up to `limit` dead letters, oldest first, after the one with the id `after`, which may be gone. */
  deadLetters(limit: number, after: string | undefined): Promise<readonly StoredDeadLetter[]>;
  deadLetter(id: string): Promise<StoredDeadLetter | undefined>;
  /** Deletes a dead letter. Returns false when none has that id. */
  deleteDeadLetter(id: string): Promise<boolean>;
  /** Gives a dead letter back to its group. Returns false when none has that id, or its group has ended. */
  retryDeadLetter(id: string): Promise<boolean>;
  /**
   * Erases a key: its events, the entries that wait for their time, what refers to them, its dead letters and its
   * states. Returns the number of events.
   */
  forget(key: string): Promise<number>;
  stats(): Promise<TransportStats>;
  close(): Promise<void>;
}
/** Settings of `redis`. Numbers are whole and at least 1. */
export interface RedisOptions {
  /**
   * Address of Redis: `redis://user:password@host:6379/0`, `rediss://` with TLS, `valkey://`, `valkeys://` or
   * `unix:///run/redis.sock?db=0`. Encode user and password with `encodeURIComponent`. Pass either this or `client`.
   */
  readonly url?: string;
  /**
   * A client of `@redis/client` whose settings to use, for example for credentials that change. The bus makes
   * connections of its own with `client.duplicate()` and closes them. It neither uses nor closes the client itself,
   * which need not be connected.
   */
  readonly client?: RedisClient;
  /** Settings of TLS, for a `rediss://` or `valkeys://` url. */
  readonly tls?: RedisTls;
  /**
   * First part of every key in Redis, without braces or white space. Buses with the same prefix share one log. Default
   * `bnc`.
   */
  readonly prefix?: string;
  /** Most events to keep, approximately: Redis cuts about 100 at a time. Default 100,000. */
  readonly maxEvents?: number;
  /** Age at which events are cut, by their publishers' clocks, in milliseconds. Default 30 days. */
  readonly maxAgeMs?: number;
  /** How long a `dedupeId` is remembered, in milliseconds, and up to 1/32 longer. Default 30 days. */
  readonly dedupeWindowMs?: number;
  /**
   * Most dedupe ids to keep, about 40 bytes each. Beyond that, the oldest are forgotten before their window has passed,
   * and `onWarning` is called once with `BUS_DEDUPE_FULL`. Default 5,000,000, which is two ids a second for 30 days.
   */
  readonly maxDedupeIds?: number;
  /**
   * Most dead letters to keep. Beyond that, the oldest are dropped, and `onWarning` is called for each with
   * `BUS_DEAD_LETTERED`. Default 1,000.
   */
  readonly maxDeadLetters?: number;
  /** How long a consumer may be silent before its events go to others, in milliseconds. Default 5,000. */
  readonly leaseMs?: number;
  /**
   * Most events that wait for their `notBefore`; beyond that, `publish` rejects with `BUS_STORAGE_FULL`. Default
   * 100,000.
   */
  readonly maxDelayed?: number;
  /**
   * How long a group may be unused before it ends, together with what it had not handled, by the server's clock, in
   * milliseconds. Default 14 days.
   */
  readonly groupTtlMs?: number;
}
/**
 * Connects a bus to Redis 7 or newer, which keeps the log as one stream.
 * @throws {BusError} `BUS_UNAVAILABLE` when Redis cannot be reached; `BUS_REFUSED` when it refuses the login, a command
 * or the keys, when it is a replica or a Sentinel, is too old, or when another node of its cluster has the keys. The
 * message names what is missing, and never contains the password.
 * @throws {TypeError} when an option has the wrong type, or `url`, `client`, `tls` or `prefix` is malformed.
 * @throws {RangeError} when a limit is not a whole number of at least 1.
 * @see https://redis.io/docs/latest/develop/data-types/streams/
 */
export declare function redis(options: RedisOptions): Promise<Transport>;
export type { RedisClient, RedisTls };
