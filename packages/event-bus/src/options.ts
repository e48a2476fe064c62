import type { BusError } from './errors.ts';
import type { BusEvent, EventOf } from './event.ts';
import type { Schemas, Topics } from './schema.ts';
import type { RetryOptions } from './subscriptions/retry.ts';
import type { Subscription } from './subscriptions/subscription.ts';
import type { TopicOf } from './topic.ts';
import type { Transport } from './transport.ts';

/** Limits of a bus. Each is a whole number of at least 1. */
export interface BusLimits {
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
export interface EventBusOptions<Events extends object> {
  /** Where events are kept. Default `memory()`. */
  readonly transport?: Transport;
  /**
   * Called with what a handler threw, and with problems of one subscription (`event` may then be undefined). Default:
   * the runtime prints a warning, once of each kind. The same happens when this callback fails.
   */
  readonly onHandlerError?: (
    error: unknown,
    event: EventOf<Topics<Events>, string> | undefined,
    subscription: Subscription,
  ) => void;
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
export interface PublishOptions {
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
export interface PublishResult {
  /**
   * Id of the event; for a duplicate, the id of the event that was stored first. Empty for an event that waits for its
   * `notBefore`, as it has no place in the log yet.
   */
  readonly id: string;
  /** True when an event with the same `dedupeId` was stored before. */
  readonly duplicate: boolean;
}

/** Settings of a subscription. */
export interface SubscribeOptions {
  /** Ends the subscription. */
  readonly signal?: AbortSignal;
  /** Shares the events with the other subscriptions of this group and pattern. Default: receives every event. */
  readonly group?: string;
  /**
   * Where to start: with the next event (`new`), with the oldest event that is kept (`earliest`), or after the event
   * with this id. Default `new`. A group that exists continues where it was and ignores this.
   */
  readonly from?: 'new' | 'earliest' | (string & {});
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
  readonly keys?: 'ordered' | 'owned';
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
  readonly onLose?: (key: string, why: 'lost' | 'revoked' | 'idle') => void | Promise<void>;
  /**
   * With `keys: 'owned'`: most keys that are kept after `onOwn` was called for them. Beyond that, `onLose(key, 'idle')`
   * is called for the key that has been idle longest. Keys with an event that waits, runs or is to be tried again stay.
   * Default 10,000; at least 1.
   */
  readonly maxKeys?: number;
}

/** An event to publish with a commit. */
export interface CommitEntry<Topic extends string = string, Payload = unknown> {
  readonly topic: Topic;
  readonly payload: Payload;
  /** As in `PublishOptions`. */
  readonly key?: string;
  /** As in `PublishOptions`. */
  readonly dedupeId?: string | readonly string[];
}

/** What `commit` writes in one step. */
export interface CommitOptions<Events extends object = Record<string, unknown>> {
  /**
   * Events of one owned group that are done with this commit, whether or not their handlers still run. At most 1,000.
   */
  readonly settle?: readonly BusEvent[];
  /** Events to store, at most 1,000. */
  readonly publish?: readonly {
    [Topic in TopicOf<Topics<Events>>]: CommitEntry<Topic, Topics<Events>[Topic]>;
  }[TopicOf<Topics<Events>>][];
  /**
   * State to keep for a key of the group, for the next `onOwn` of the key: JSON of at most `maxPayloadBytes`.
   * `undefined` deletes the state.
   */
  readonly state?: { readonly key: string; readonly value: unknown };
  /** Fence to check in addition to those of `settle`. Required when `settle` is empty. */
  readonly fence?: string;
}

/** Settings of `read` for one key. */
export interface ReadKeyOptions<Pattern extends string> extends ReadOptions<Pattern> {
  /** Key of the events, of all topics. The cost grows with the key's events after `after`, not with the log. */
  readonly key: string;
  /** Id of the event to read after. Default: from the oldest event that is kept. */
  readonly after?: string;
}

/** Settings of `read`. */
export interface ReadOptions<Pattern extends string> {
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
export interface ListDeadLettersOptions {
  /** Most dead letters to return. Default 100; at least 1. */
  readonly limit?: number;
  /** Id of the dead letter to list after. Default: from the oldest one. */
  readonly after?: string;
}

/** Settings of `events`. */
export type StreamOptions = Omit<SubscribeOptions, 'keys' | 'onOwn' | 'onLose' | 'maxKeys'>;
