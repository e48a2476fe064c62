import type { BusError } from './errors.ts';
import type { BusEvent, EventOf } from './event.ts';
import type { RetryOptions } from './subscriptions/group.ts';
import type { Subscription } from './subscriptions/subscription.ts';
import type { TopicOf } from './topic.ts';
import type { Transport } from './transport.ts';

/** What a bus refuses to exceed. */
export interface BusLimits {
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
export interface EventBusOptions<Events extends object> {
  /** Where events are kept. Default `memory()`. */
  readonly transport?: Transport;
  /** Gets what a handler threw, and trouble that concerns one subscription (then `event` may be undefined). */
  readonly onHandlerError?: (
    error: unknown,
    event: EventOf<Events, string> | undefined,
    subscription: Subscription,
  ) => void;
  /** Gets trouble in the background that concerns no subscription, such as a lost connection. */
  readonly onWarning?: (error: BusError) => void;
  /** Limits that differ from the defaults. */
  readonly limits?: Partial<BusLimits>;
  /** How failed deliveries to groups are repeated. */
  readonly retry?: Partial<RetryOptions>;
}

/** Settings of one event. */
export interface PublishOptions {
  /** Events of one topic and key are handled in order, and in a group by one consumer at a time. */
  readonly key?: string;
  /** Stored only while its receiver owns the key: `fence` of the event that this one comes from. */
  readonly fence?: string;
  /** Names what happened, by at most 16 ids: when any of them was stored within the window, nothing is stored again. */
  readonly dedupeId?: string | readonly string[];
}

/** Where an event went. */
export interface PublishResult {
  /** Its id, or for a duplicate the id of the event stored first. */
  readonly id: string;
  /** True when an event with the same `dedupeId` is stored already. */
  readonly duplicate: boolean;
}

/** Settings of a subscription. */
export interface SubscribeOptions {
  /** Ends the subscription. */
  readonly signal?: AbortSignal;
  /** Shares events with the other subscriptions of this group and pattern: one of them gets each. Default: gets all. */
  readonly group?: string;
  /**
   * Where to start: after an event's id, with the next event, or with the oldest kept. Default `new`.
   * A group that exists goes on where it was, whatever this says.
   */
  readonly from?: 'new' | 'earliest' | (string & {});
  /** Handler calls that may run at the same time. Default 1; with `keys: 'owned'` `limits.maxBacklog`. */
  readonly concurrency?: number;
  /**
   * How a group treats keys. `ordered`: events of one topic and key one after the other. `owned`: all events of a key,
   * of every topic, go to one subscription at once, in the order of the log, without waiting for each other; it owns
   * the key. Both are groups of their own even under one name. Default `ordered`.
   */
  readonly keys?: 'ordered' | 'owned';
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
  readonly onLose?: (key: string, why: 'lost' | 'revoked' | 'idle') => void | Promise<void>;
  /**
   * With `keys: 'owned'`: keys kept at most that `onOwn` was called for. Beyond it those that have no event waiting,
   * running or to be retried are let go by `onLose(key, 'idle')`, the one idle for longest first; keys with open events
   * stay. Default 10,000; at least 1.
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
  /** Events of one owned group that are done with this commit; their handlers may still run or have ended by it. */
  readonly settle?: readonly BusEvent[];
  /** Events to store. */
  readonly publish?: readonly {
    [Topic in TopicOf<Events>]: CommitEntry<Topic, Events[Topic]>;
  }[TopicOf<Events>][];
  /** State to keep for a key of the group, as JSON; `undefined` ends it. `onOwn` is called with it. */
  readonly state?: { readonly key: string; readonly value: unknown };
  /** Fence to check besides those of `settle`; needed where nothing is settled. */
  readonly fence?: string;
}

/** Settings of `read` for one key. */
export interface ReadKeyOptions<Pattern extends string> extends ReadOptions<Pattern> {
  /** Only events with this key, over all topics. Costs what the key's events after `after` cost, not the log's. */
  readonly key: string;
  /** Id of the event to read after. Default: from the oldest kept. */
  readonly after?: string;
}

/** Settings of `read`. */
export interface ReadOptions<Pattern extends string> {
  /** Events answered at most. Default 100. */
  readonly limit?: number;
  /** Only events of these topics. Default all. */
  readonly pattern?: Pattern;
}

/** Settings of `listDeadLetters`. */
export interface ListDeadLettersOptions {
  /** Dead letters answered at most. Default 100. */
  readonly limit?: number;
  /** Id of the dead letter to list after. Default: from the oldest. */
  readonly after?: string;
}
