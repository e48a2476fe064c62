import type { OutgoingHttpHeaders } from 'node:http';
import type { SlowPolicy } from './channel.ts';
import type { SSEControlMessage, SSEEvents } from './message.ts';
import type { SSEConnection } from './sse-connection.ts';

/**
 * Bounds of what is kept for replay. Bytes count as they are encoded: data that a function makes counts once a variant has
 * needed it, all other data at once. The newest message of a channel stays whatever its size, until other channels need the room.
 */
export interface HistoryLimits {
  /** Bytes a channel keeps. Default 16 MiB. */
  readonly maxBytes?: number | undefined;
  /** Bytes all channels keep together; the oldest message of all goes first. Default 256 MiB. */
  readonly maxTotalBytes?: number | undefined;
  /** Messages a channel keeps, 1 or more. Default 1,000. */
  readonly maxMessages?: number | undefined;
  /** Age in ms after which a message is gone. Default 300,000 (5 minutes). */
  readonly maxAgeMs?: number | undefined;
}

/** How many streams may be open, and how much may wait for one. Whole numbers; `Infinity` lifts a limit. */
export interface SSELimits {
  /** Open streams in this manager. Default 10,000. */
  readonly maxConnections?: number | undefined;
  /** Open streams of one channel; a stream of several counts in each. Default: no limit of its own. */
  readonly maxPerChannel?: number | undefined;
  /** Open streams of one `address`. Default: no limit of its own. */
  readonly maxPerAddress?: number | undefined;
  /** Bytes of one channel that may wait for one client before the policy for slow clients applies; one message is always allowed. Default 1 MiB. */
  readonly maxBacklogBytes?: number | undefined;
}

/**
 * Why messages are missing from an open stream: the client was too `slow`, they were `trimmed` from the history, or the data
 * of one `failed`: its promise was rejected, or did not settle in time.
 */
export type SSEGap = 'slow' | 'trimmed' | 'failed';

/** What is missing from an open stream. */
export interface SSEMissing {
  /** Why it is missing. */
  readonly reason: SSEGap;
  /** Number of messages. */
  readonly missed: number;
  /** The channel that they belong to. */
  readonly channel: string;
}

/** Where a stream starts that names no id, or one that is not known: with the next message, or with the newest that is kept. */
export type SSEStart = 'next' | 'newest';

/** Options of {@link SSEManager}. Times are whole ms; `Infinity` is never. `undefined` means the default. */
export interface SSEManagerOptions<Events extends object = SSEEvents> {
  /** Silence in ms after which a client gets a heartbeat; 0 sends none. Default 30,000. */
  readonly heartbeatMs?: number | undefined;
  /** Time in ms after which a client is closed that takes nothing (of a large message: no 256 KiB) although something waits. Default 30,000. */
  readonly stallMs?: number | undefined;
  /** Time in ms that a stream waits for the data of one message, where that is a promise; then it goes on after a `reset`. Default 30,000. */
  readonly waitMs?: number | undefined;
  /** What happens to a client with more than `maxBacklogBytes` waiting. Default `disconnect`: it comes back and replays. */
  readonly slow?: SlowPolicy | ((channel: string) => SlowPolicy) | undefined;
  /** Limits on streams and bytes. */
  readonly limits?: SSELimits | undefined;
  /** What is kept for replay: by default 16 MiB, 1,000 messages and 5 minutes a channel, 256 MiB in all. */
  readonly history?: HistoryLimits | undefined;
  /** Builds the first message of a stream, before any replay. Default: none. */
  readonly connected?: (connection: SSEConnection<Events>) => SSEControlMessage | undefined;
  /** Builds the heartbeat, once for all clients that are due. Default: a comment. */
  readonly heartbeat?: () => SSEControlMessage;
  /** Builds the message that says that an open stream has a gap. Default: none. */
  readonly reset?: (connection: SSEConnection<Events>, gap: SSEMissing) => SSEControlMessage | undefined;
  /** Builds the last message of a stream that the server closes. Default: none; a `retry:` is sent in any case. */
  readonly disconnected?: (connection: SSEConnection<Events>, reason: string) => SSEControlMessage | undefined;
  /** Called for every opened stream, after its first message was written. */
  readonly onConnect?: (connection: SSEConnection<Events>) => void;
  /** Called for every stream that is over, exactly once; for a replaced one before its successor is announced. */
  readonly onDisconnect?: (connection: SSEConnection<Events>, reason: string) => void;
  /** Says until when (epoch ms) a stream may go on whose `expiresAt` has passed. Anything but a later time closes it with `expired`; so does no answer within `waitMs`. */
  readonly reauthorize?: (connection: SSEConnection<Events>) => Promise<number | undefined> | number | undefined;
  /**
   * Called once with each error that hooks and message functions throw, or that their promises reject. Default: errors are
   * counted, and the first is a process warning; so is the first that this hook throws itself.
   */
  readonly onError?: (error: unknown, connection: SSEConnection<Events>) => void;
}

/** Options of {@link SSEManager.connect}: the channel to listen to, or several. */
export type SSEConnectOptions = SSEStreamOptions & (SSEOneChannel | SSESeveralChannels);

/** A stream of one channel. */
export interface SSEOneChannel {
  /** The channel to listen to, without CR, LF and NUL. */
  readonly channel: string;
  readonly channels?: undefined;
}

/** A stream of several channels, on which each message names its own. */
export interface SSESeveralChannels {
  readonly channel?: undefined;
  /**
   * The channels to listen to, 1 to 16, without CR, LF and NUL; names given twice count once. Each message has a line
   * `channel: <name>`, and its id is the places in all channels, so that the stream resumes exactly in each.
   */
  readonly channels: readonly string[];
}

/** Options of {@link SSEManager.connect}, whatever the channels. */
export interface SSEStreamOptions {
  /** The id the client asks for: letters, digits and `._:@-`, up to 128. Given when free, or taken over with its `resumeKey`; else it gets a new one. */
  readonly clientId?: string | undefined;
  /** The key that an open connection with this `clientId` was given. */
  readonly resumeKey?: string | undefined;
  /** Which form of each message this client gets. Default ''. */
  readonly variant?: string | undefined;
  /** Where to go on; '' is a new start. Default: the `Last-Event-ID` header, else `lastEventId` in the query of the request's URL. */
  readonly lastEventId?: string | undefined;
  /** Where to start without a known last event id, in every channel or in each. Default `next`. */
  readonly start?: SSEStart | ((channel: string) => SSEStart) | undefined;
  /** Silence in ms after which this client gets a heartbeat; 0 sends none. Default: that of the manager. */
  readonly heartbeatMs?: number | undefined;
  /** Anything of the caller's, for its hooks: `connection.state`. */
  readonly state?: unknown;
  /** Peer address for `maxPerAddress`. The caller knows its proxies, so the caller names it. Default: not counted. */
  readonly address?: string | undefined;
  /** Epoch ms until which it may listen; then `reauthorize` is asked. Default: no end. */
  readonly expiresAt?: number | undefined;
  /** Closes the stream with `aborted`. */
  readonly signal?: AbortSignal | undefined;
  /** Further response headers. */
  readonly headers?: OutgoingHttpHeaders | undefined;
  /** Called with the reason when the stream is over. */
  readonly onClose?: ((reason: string) => void) | undefined;
}
