export { BusError, type BusErrorCode } from './errors.ts';
export type { BusEvent, BusStats, DeadLetter, EventOf, GroupStats, ReadResult } from './event.ts';
export {
  type BusLimits,
  EventBus,
  type EventBusOptions,
  type PublishOptions,
  type PublishResult,
  type ReadOptions,
  type SubscribeOptions,
} from './event-bus.ts';
export type { RetryOptions } from './group.ts';
export { type MemoryOptions, memory } from './memory.ts';
export type { CloseOptions, Subscription } from './subscription.ts';
export type { MatchingTopic, TopicOf } from './topic.ts';
export type {
  Appended,
  Consumer,
  Delivery,
  Entry,
  GroupSpec,
  Listener,
  Page,
  Stored,
  StoredDeadLetter,
  Transport,
  TransportStats,
} from './transport.ts';
