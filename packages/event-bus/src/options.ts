import type { BusError } from './errors.ts';
import type { EventOf } from './event.ts';
import type { RetryOptions } from './group.ts';
import type { Subscription } from './subscription.ts';
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
  /** Handler calls that may run at the same time. Default 1. */
  readonly concurrency?: number;
}

/** Settings of `read`. */
export interface ReadOptions<Pattern extends string> {
  /** Events answered at most. Default 100. */
  readonly limit?: number;
  /** Only events of these topics. Default all. */
  readonly pattern?: Pattern;
}
