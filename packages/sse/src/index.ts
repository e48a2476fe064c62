/**
 * A Server-Sent Events hub: one encoded frame for all, exact replay, back-pressure in bytes, graceful drain.
 * @module
 */
export type { SlowPolicy } from './channel.ts';
export { type EventFields, encodeComment, encodeEvent, encodeRetry } from './encode.ts';
export { SSEError, type SSEErrorCode } from './errors.ts';
export type { SSEControlMessage, SSEData, SSEEvents, SSEMessage, SSEPayload } from './message.ts';
export type { SSERequest, SSEResponse } from './open-stream.ts';
export type {
  HistoryLimits,
  SSEConnectOptions,
  SSEGap,
  SSELimits,
  SSEManagerOptions,
  SSEMissing,
  SSEOneChannel,
  SSESeveralChannels,
  SSEStart,
  SSEStreamOptions,
} from './options.ts';
export type { SSEConnection, SSEResumed } from './sse-connection.ts';
export { type BroadcastResult, SSEManager } from './sse-manager.ts';
export type { SSEStats } from './stats.ts';
