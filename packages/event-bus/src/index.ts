export { BusError, type BusErrorCode } from './errors.ts';
export type { BusEvent, BusStats, DeadLetter, EventOf, GroupStats, ReadResult } from './event.ts';
export { EventBus } from './event-bus.ts';
export { type MemoryOptions, memory } from './memory/memory.ts';
export type {
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
export type { Schemas, StandardSchema, Topics } from './schema.ts';
export type { HandlerContext } from './subscriptions/calls.ts';
export type { EventStream } from './subscriptions/event-stream.ts';
export type { Following, FollowKeyOptions, FollowOptions } from './subscriptions/following.ts';
export type { RetryOptions } from './subscriptions/retry.ts';
export type { CloseOptions, Subscription } from './subscriptions/subscription.ts';
export type { MatchingTopic, TopicOf } from './topic.ts';
export type {
  Appended,
  Commit,
  Consumer,
  Delivery,
  Entry,
  GroupSpec,
  Interest,
  Listener,
  Listening,
  LogEnd,
  OwnedDelivery,
  Owner,
  OwnerListener,
  Page,
  Reference,
  Release,
  Start,
  Stored,
  StoredDeadLetter,
  Transport,
  TransportStats,
} from './transport.ts';
