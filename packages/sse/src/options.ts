import type { OutgoingHttpHeaders } from 'node:http';
import type { SlowPolicy } from './channel.ts';
import type { SSEControlMessage, SSEEvents } from './message.ts';
import type { SSEConnection } from './sse-connection.ts';

/**
 * Limits on what is kept for replay. Bytes count once they are encoded: data that a function makes when a variant first
 * needs it, all other data at once. The newest message of a channel stays whatever its size, until other channels need
 * the room.
 */
export interface HistoryLimits {
  /** Most bytes that a channel keeps. Default 16 MiB. */
  readonly maxBytes?: number | undefined;
  /** Most bytes that all channels keep together; the oldest message of all goes first. Default 256 MiB. */
  readonly maxTotalBytes?: number | undefined;
  /** Most messages that a channel keeps, 1 or more. Default 1,000. */
  readonly maxMessages?: number | undefined;
  /** Age in ms after which a message is gone. Default 300,000 (5 minutes). */
  readonly maxAgeMs?: number | undefined;
}

/** How many streams may be open, and how much may wait for one. Whole numbers; `Infinity` lifts a limit. */
export interface SSELimits {
  /** Most open streams in this manager, 1 or more. Default 10,000. */
  readonly maxConnections?: number | undefined;
  /**
   * Most open streams of one channel, 1 or more; a stream of several channels counts in each. Default: no limit of its
   * own.
   */
  readonly maxPerChannel?: number | undefined;
  /** Most open streams of one `address`, 1 or more. Default: no limit of its own. */
  readonly maxPerAddress?: number | undefined;
  /**
   * Bytes of one channel that may wait for one client before the policy for slow clients applies; one message may
   * always wait. Default 1 MiB.
   */
  readonly maxBacklogBytes?: number | undefined;
}

/**
 * Why messages are missing from an open stream: the client was too `slow`, they were `trimmed` from the history, or the
 * data of one `failed`, which means that its promise was rejected or did not settle in time.
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

/**
 * Where a stream starts that names no id, or an unknown one: with the next message, or with the newest one that is
 * kept.
 */
export type SSEStart = 'next' | 'newest';

/** Options of {@link SSEManager}. Times are whole ms; `Infinity` means never. `undefined` means the default. */
export interface SSEManagerOptions<Events extends object = SSEEvents> {
  /** Silence in ms after which a client gets a heartbeat; 0 sends none. Default 30,000. */
  readonly heartbeatMs?: number | undefined;
  /**
   * Time in ms, 1 or more, after which a client is closed that takes nothing (of a large message: not even 256 KiB)
   * although bytes wait for it. Default 30,000.
   */
  readonly stallMs?: number | undefined;
  /**
   * Time in ms, 1 or more, that a stream waits for the data of one message, where that is a promise; then it goes on
   * after a `reset`. Default 30,000.
   */
  readonly waitMs?: number | undefined;
  /**
   * What happens to a client with more than `maxBacklogBytes` waiting. Default `disconnect`: it comes back and replays.
   */
  readonly slow?: SlowPolicy | ((channel: string) => SlowPolicy) | undefined;
  /** Limits on streams and bytes. */
  readonly limits?: SSELimits | undefined;
  /** What is kept for replay: by default 16 MiB, 1,000 messages and 5 minutes a channel, 256 MiB in all. */
  readonly history?: HistoryLimits | undefined;
  /** Builds the first message of a stream, before any replay. Default: none. */
  readonly connected?: (connection: SSEConnection<Events>) => SSEControlMessage | undefined;
  /** Builds the heartbeat, once for all clients that are due. Default: a comment. */
  readonly heartbeat?: () => SSEControlMessage;
  /**
   * Builds the message that says that an open stream has a gap. If it throws, the stream is closed with `error`, and
   * its client comes back. Default: none.
   */
  readonly reset?: (connection: SSEConnection<Events>, gap: SSEMissing) => SSEControlMessage | undefined;
  /** Builds the last message of a stream that the server closes. Default: none; a `retry:` is sent in any case. */
  readonly disconnected?: (connection: SSEConnection<Events>, reason: string) => SSEControlMessage | undefined;
  /** Called for every opened stream, after its first message was written. */
  readonly onConnect?: (connection: SSEConnection<Events>) => void;
  /** Called for every stream that is over, exactly once; for a replaced one before its successor is announced. */
  readonly onDisconnect?: (connection: SSEConnection<Events>, reason: string) => void;
  /**
   * Returns until when (epoch ms) a stream may go on whose `expiresAt` has passed. Anything but a later time closes the
   * stream with `expired`, and so does a promise that has not settled within `waitMs`. Default: the stream is closed.
   */
  readonly reauthorize?: (connection: SSEConnection<Events>) => Promise<number | undefined> | number | undefined;
  /**
   * Called once with each error that hooks and message functions throw, or that their promises reject with. Default:
   * errors are counted, and the first one is emitted as a process warning; so is the first one that this hook itself
   * throws.
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
   * The channels to listen to, 1 to 16, without CR, LF and NUL; a name given twice counts once. Each message has a line
   * `channel: <name>`, and its id holds the places in all channels, so that the stream resumes exactly in each.
   */
  readonly channels: readonly string[];
}

/** Options of {@link SSEManager.connect}, whatever the channels. */
export interface SSEStreamOptions {
  /**
   * The id that the client asks for: up to 128 letters, digits and `._:@-`. The client gets it if it is free, or takes
   * it over with its `resumeKey`; else it gets a new id.
   */
  readonly clientId?: string | undefined;
  /** The key that an open connection with this `clientId` was given. */
  readonly resumeKey?: string | undefined;
  /** Which form of each message this client gets. Default: the empty string. */
  readonly variant?: string | undefined;
  /**
   * Where to resume; with the empty string, the stream starts fresh. Default: the `Last-Event-ID` header, else
   * `lastEventId` in the query of the request's URL.
   */
  readonly lastEventId?: string | undefined;
  /**
   * Where to start without a known last event id: one choice for all channels, or a function that returns it for each.
   * Default `next`.
   */
  readonly start?: SSEStart | ((channel: string) => SSEStart) | undefined;
  /** Silence in ms after which this client gets a heartbeat; 0 sends none. Default: that of the manager. */
  readonly heartbeatMs?: number | undefined;
  /** A value of the caller's choice for its hooks, found at `connection.state`. */
  readonly state?: unknown;
  /**
   * Peer address for `maxPerAddress`. Only the caller knows which proxies to trust, so the caller passes it. Default:
   * not counted.
   */
  readonly address?: string | undefined;
  /** Epoch ms until which the client may listen; then `reauthorize` is called. Default: no end. */
  readonly expiresAt?: number | undefined;
  /** Closes the stream, with the reason `aborted`. */
  readonly signal?: AbortSignal | undefined;
  /** Response headers to send in addition to those of an event stream. */
  readonly headers?: OutgoingHttpHeaders | undefined;
  /** Called with the reason when the stream is over. */
  readonly onClose?: ((reason: string) => void) | undefined;
}
