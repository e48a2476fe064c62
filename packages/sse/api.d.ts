// @bnc/sse

import { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import "node:stream";
/** Event names and the type of their data; `message` is the unnamed event that `onmessage` receives. */
type SSEEvents = Readonly<Record<string, object | string | number | boolean | null>>;
/** What a message carries: text and bytes (UTF-8) go out as they are, anything else as JSON. */
type SSEData<Data> = Data | string | Uint8Array;
/**
 * Data, or a function that makes it for each variant in use: at once for variants that have a listener, later for a
 * variant that is replayed. `undefined` means that this variant gets nothing. The result is kept while the variant has
 * a listener, so the function runs once per variant in that time.
 *
 * Where it returns a promise, the streams of that variant wait there, in order, and the others go on. A promise that is
 * rejected, or takes longer than `waitMs`, leaves a gap (the `reset` hook); after a rejection, the function runs again
 * for a later replay.
 */
type SSEPayload<Data> = SSEData<Data> | ((variant: string) => SSEData<Data> | undefined | Promise<SSEData<Data> | undefined>);
interface MessageFields<Data> {
  /** The data, or a function of the variant. Line breaks of any kind arrive as LF, as the format requires. */
  readonly data: SSEPayload<Data>;
  /** Reconnection delay that the client should use from now on, in whole ms, 0 to 2^31 - 1. */
  readonly retry?: number;
  /**
   * The id, unique in its channel: 1-256 bytes of UTF-8 without control characters, and without a space at either end.
   * Default: the hub's own, `<epoch>-<seq>`.
   */
  readonly id?: string;
  /**
   * Whether later connections may get the message by replay. Default true. A message that is not replayed has no id.
   */
  readonly history?: boolean;
}
/** A message for the listeners of a channel, typed by the map of events. */
type SSEMessage<Events extends object = SSEEvents> = { [Name in keyof Events & string]: MessageFields<Events[Name]> & ("message" extends Name ? {
  readonly event?: Name;
} : {
  readonly event: Name;
}); }[keyof Events & string];
/**
 * A message that a hook builds for one moment: greeting, heartbeat, reset, farewell. It has no id and is never
 * replayed.
 */
interface SSEControlMessage {
  /** The data: text and bytes as they are, anything else as JSON. */
  readonly data: unknown;
  /** Event name. Default: unnamed. */
  readonly event?: string;
}
/** What a connection's first message can say about the past; see {@link SSEConnection.resumed}. */
type SSEResumed = "fresh" | "replayed" | "truncated";
/** One open stream. */
interface SSEConnection<Events extends object = SSEEvents> {
  /** Name of the client, unique among open connections. */
  readonly clientId: string;
  /** Proves to `connect` that the client owns `clientId`: give it to this client and to nobody else. */
  readonly resumeKey: string;
  /** The channel that it listens to; the first one if there are several. */
  readonly channel: string;
  /** All channels that it listens to. */
  readonly channels: readonly string[];
  /** Which form of each message it gets; '' unless `connect` named one. */
  readonly variant: string;
  /** Peer address that it counts for in `maxPerAddress`; undefined when `connect` named none. */
  readonly address: string | undefined;
  /** When it was opened, in epoch ms. */
  readonly connectedAt: number;
  /** When the client last took everything that was written to it, or a part of a large message, in epoch ms. */
  readonly lastActivity: number;
  /**
   * `fresh`: it named no id; `replayed`: everything since its last event id follows; `truncated`: some of that is gone.
   * For several channels, the worst that is true of one; channels that the id does not name do not count.
   */
  readonly resumed: SSEResumed;
  /** Messages that are gone for good, in all channels; 0 where the number is not known. */
  readonly missed: number;
  /** What the caller of `connect` gave as `state`. */
  readonly state: unknown;
  /** Settles with the reason when the stream is over. */
  readonly closed: Promise<string>;
  /**
   * Sends a message to this client alone, without an id. It goes ahead of channel messages that wait for a slow client.
   * @returns false when the stream is closed, the message has nothing for its variant, or it was dropped because the
   * byte limit is reached.
   * @throws {TypeError} when the message cannot be sent, as `broadcast` does.
   * @throws {RangeError} when its `id` or `retry` is out of range.
   */
  send(message: SSEMessage<Events>): boolean;
  /**
   * Sends the last message (the `disconnected` hook) and ends the stream. Closing again does nothing.
   * @throws {TypeError} when `reason` is not text.
   */
  close(reason: string): void;
}
/**
 * Limits on what is kept for replay. Bytes count once they are encoded: data that a function makes when a variant first
 * needs it, all other data at once. The newest message of a channel stays whatever its size, until other channels need
 * the room.
 */
interface HistoryLimits {
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
interface SSELimits {
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
type SSEGap = "slow" | "trimmed" | "failed";
/** What is missing from an open stream. */
interface SSEMissing {
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
type SSEStart = "next" | "newest";
/** Options of {@link SSEManager}. Times are whole ms; `Infinity` means never. `undefined` means the default. */
interface SSEManagerOptions<Events extends object = SSEEvents> {
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
type SSEConnectOptions = SSEStreamOptions & (SSEOneChannel | SSESeveralChannels);
/** A stream of one channel. */
interface SSEOneChannel {
  /** The channel to listen to, without CR, LF and NUL. */
  readonly channel: string;
  readonly channels?: undefined;
}
/** A stream of several channels, on which each message names its own. */
interface SSESeveralChannels {
  readonly channel?: undefined;
  /**
   * The channels to listen to, 1 to 16, without CR, LF and NUL; a name given twice counts once. Each message has a line
   * `channel: <name>`, and its id holds the places in all channels, so that the stream resumes exactly in each.
   */
  readonly channels: readonly string[];
}
/** Options of {@link SSEManager.connect}, whatever the channels. */
interface SSEStreamOptions {
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
/**
 * What happens to a client with more than `maxBacklogBytes` waiting. `latest`: it skips to the newest message.
 * `disconnect`: its stream is closed.
 */
type SlowPolicy = "latest" | "disconnect";
/** The fields of one event. */
interface EventFields {
  /** Data: text and bytes (UTF-8) as they are, anything else as JSON. */
  readonly data: unknown;
  /** Event name without CR, LF and NUL. Default: unnamed, which is also what `message` means. */
  readonly event?: string | undefined;
  /** Event id without CR, LF and NUL. Default: none, the client keeps its last one. */
  readonly id?: string | undefined;
  /** Reconnection delay in whole ms, 0 to 2^31 - 1. */
  readonly retry?: number | undefined;
}
/**
 * Encodes one event as the bytes that go on the wire.
 * @throws {TypeError} when `id` or `event` is not text or contains CR, LF or NUL, `retry` is not a number, or `data`
 * has no JSON form.
 * @throws {RangeError} when `retry` is not a whole number from 0 to 2^31 - 1.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
export declare function encodeEvent({ data, event, id, retry }: EventFields): Buffer;
/** Encodes a comment, which clients ignore and proxies count as traffic. Line breaks start a new comment line. */
export declare function encodeComment(comment: string): Buffer;
/**
 * Encodes a reconnection delay on its own, in ms.
 * @throws {TypeError} when it is not a number.
 * @throws {RangeError} when it is not a whole number from 0 to 2^31 - 1.
 */
export declare function encodeRetry(ms: number): Buffer;
/** Why a stream was not opened. */
type SSEErrorCode = "SSE_NOT_ACCEPTABLE" | "SSE_TOO_MANY_CONNECTIONS" | "SSE_CHANNEL_FULL" | "SSE_TOO_MANY_FROM_ADDRESS" | "SSE_PIPELINED" | "SSE_CLOSING";
/** Says why a stream was not opened; nothing has been written to the response yet. */
export declare class SSEError extends Error {
  override readonly name = "SSEError";
  /** Stable name of the reason. */
  readonly code: SSEErrorCode;
  /** HTTP status to respond with: 400, 406, 429 or 503. */
  readonly statusCode: number;
  /** Whole seconds for a `Retry-After` header; absent where trying again does not help. */
  readonly retryAfter?: number;
  constructor(code: SSEErrorCode, message: string, options?: ErrorOptions & {
    readonly retryAfter?: number;
  });
  /** Headers to send with the status: `retry-after`, or none. */
  get headers(): Record<string, string>;
}
/** A request of `node:http`, `node:https` or the compatibility API of `node:http2`. */
type SSERequest = IncomingMessage | Http2ServerRequest;
/** The response that belongs to an {@link SSERequest}. */
type SSEResponse = ServerResponse | Http2ServerResponse;
/** Counters since the manager was made; `connections`, `channels` and `historyBytes` are the current numbers. */
interface SSEStats {
  /** Open streams. */
  readonly connections: number;
  /** Channels with listeners or history. */
  readonly channels: number;
  /** Encoded bytes kept for replay. */
  readonly historyBytes: number;
  /** Streams opened. */
  readonly opened: number;
  /** Streams refused, by code. */
  readonly refused: Readonly<Partial<Record<SSEErrorCode, number>>>;
  /** Streams that are over, by reason. */
  readonly closed: Readonly<Record<string, number>>;
  /** Messages broadcast. */
  readonly broadcasts: number;
  /** Messages written to a listener at once, counted per listener. */
  readonly sent: number;
  /** Messages that had to wait for a slow listener or for their data, counted per listener. */
  readonly deferred: number;
  /**
   * Messages left out of open streams, counted per listener: for slow clients, trimmed from the history, or without
   * data.
   */
  readonly skipped: number;
  /** Messages to one client, of `send` or a hook, that were dropped at the byte limit. */
  readonly dropped: number;
  /** Streams that resumed without a gap. */
  readonly replayed: number;
  /** Streams that asked for a past that was gone, or not known. */
  readonly truncated: number;
  /** Heartbeats written. */
  readonly heartbeats: number;
  /** Bytes written. */
  readonly bytes: number;
  /** Errors of hooks and message functions, as `onError` receives them. */
  readonly errors: number;
}
/** What became of a message. */
interface BroadcastResult {
  /** The id that it was sent with; the empty string when it is not replayed. */
  readonly id: string;
  /** Listeners that it was written to at once, and those whose variant gets nothing. */
  readonly sent: number;
  /** Listeners that get it when their socket drains or its data is made; listeners that stay slow may miss it. */
  readonly deferred: number;
}
/** Channels of Server-Sent Events: encodes each message once and writes the same bytes to every listener. */
export declare class SSEManager<Events extends object = SSEEvents> {
  #private;
  /**
   * Makes a manager. Its one timer runs only while there are channels, and keeps no process alive.
   * @throws {TypeError} when an option has the wrong type.
   * @throws {RangeError} when a number is not whole, or too small.
   */
  constructor(options?: SSEManagerOptions<Events>);
  /**
   * Opens a stream: writes the head, a `retry:` hint, the `connected` message and what the client missed, then whatever
   * is broadcast. A HEAD request gets the head alone; the connection returned for it is over already. When `connect`
   * throws, nothing has been written: send the response yourself.
   * @throws {TypeError} when an option has the wrong type.
   * @throws {RangeError} when there are more than 16 channels, or none, or `heartbeatMs` is not whole.
   * @throws {SSEError} `SSE_NOT_ACCEPTABLE`, `SSE_TOO_MANY_CONNECTIONS`, `SSE_CHANNEL_FULL`,
   * `SSE_TOO_MANY_FROM_ADDRESS`, `SSE_PIPELINED` or `SSE_CLOSING`.
   */
  connect(req: SSERequest, res: SSEResponse, options: SSEConnectOptions): SSEConnection<Events>;
  /**
   * Opens a stream for a request of the Fetch API and returns the response to send: its body is the stream. The stream
   * ends with `client` when the body is cancelled or the request's `signal` aborts. Throws as the other form does.
   */
  connect(request: Request, options: SSEConnectOptions): Response;
  /**
   * Sends a message to everyone in a channel, and keeps it for replay. When `broadcast` throws, nothing has been sent.
   * It also throws what a function of the data throws for a variant in use.
   * @throws {TypeError} when a field has the wrong type, `channel`, `id` or `event` contains CR, LF or NUL, a client
   * could not send `id` back unchanged, or `data` has no JSON form; with or without listeners.
   * @throws {RangeError} when `id` is empty or has more than 256 bytes, or `retry` is not a whole number of ms from 0
   * to 2^31 - 1.
   */
  broadcast(channel: string, message: SSEMessage<Events>): BroadcastResult;
  /** Forgets what a channel keeps for replay; its streams stay open. */
  forget(channel: string): void;
  /**
   * Sends a message to one client, without an id; throws as {@link SSEConnection.send} does.
   * @returns false when there is no such client, or it takes nothing more.
   */
  send(clientId: string, message: SSEMessage<Events>): boolean;
  /**
   * Closes the stream of one client, by default with the reason `disconnected`.
   * @returns false when there is none.
   * @throws {TypeError} when `reason` is not text.
   */
  disconnect(clientId: string, reason?: string): boolean;
  /** The open stream of one client; undefined when there is none. */
  connection(clientId: string): SSEConnection<Events> | undefined;
  /** The open streams, of one channel or of all, as a copy. */
  connections(channel?: string): SSEConnection<Events>[];
  /** Number of open streams, of one channel or of all, in constant time. */
  count(channel?: string): number;
  /** Counters and sizes, for metrics. */
  stats(): SSEStats;
  /**
   * Refuses new streams and ends each open one with a last message and a `retry:`. That delay is random, up to a time
   * that grows with the number of clients, so that they do not all come back at once.
   * @param options.retryMs Upper end of the random delay in ms. Default 250 up to 41 clients, then 6 per client, at
   * most 30,000.
   * @param options.message Last message. Default: what the `disconnected` hook builds.
   * @param options.timeoutMs Time in ms after which streams that have not ended are cut; `Infinity` waits for all.
   * Default 1,000.
   * @throws {TypeError} when an option has the wrong type or `message` cannot be sent. Everything is closed first, with
   * the defaults.
   * @throws {RangeError} when a time is not whole ms, likewise.
   */
  close(options?: {
    readonly retryMs?: number | undefined;
    readonly message?: SSEControlMessage | undefined;
    readonly timeoutMs?: number | undefined;
  }): Promise<void>;
  /** Closes with the defaults. */
  [Symbol.asyncDispose](): Promise<void>;
}
export type { BroadcastResult, EventFields, HistoryLimits, SSEConnectOptions, SSEConnection, SSEControlMessage, SSEData, SSEErrorCode, SSEEvents, SSEGap, SSELimits, SSEManagerOptions, SSEMessage, SSEMissing, SSEOneChannel, SSEPayload, SSERequest, SSEResponse, SSEResumed, SSESeveralChannels, SSEStart, SSEStats, SSEStreamOptions, SlowPolicy };

// @bnc/sse/client

/** One message of a stream. */
interface SSEClientMessage {
  /** Event name; `message` for an unnamed event. */
  readonly event: string;
  /** The data as text. */
  readonly data: string;
  /** The last event id: the message's own, or that of the newest message that had one; '' before there was one. */
  readonly id: string;
  /** The channel that the message belongs to, on a stream of several channels. */
  readonly channel?: string;
}
/**
 * The state of a client. `connecting`: also in the pause before the next try. `following`: another tab holds the open
 * connection and passes its messages on.
 */
type SSEClientState = "connecting" | "open" | "following" | "closed";
/**
 * Why a client is closed. `caller`: by `close()`. `aborted`: by its `signal`. `ended`: the server sent status 204.
 * `refused`: the server sent a refusal that is not tried again.
 */
type SSEClientEnd = "caller" | "aborted" | "ended" | "refused";
/** Why a request brought no stream. */
interface SSERefusal {
  /** The HTTP status; 0 when there was no response; 200 when the response is not an event stream. */
  readonly status: number;
  /** The server's stable name of the reason: `code` of a JSON body, or a body that is one word in capitals. */
  readonly code?: string;
  /** The first 16 KiB of the body, as text. */
  readonly body: string;
  /** Delay in ms that the server asks for by `Retry-After`. */
  readonly retryAfterMs?: number;
  /** Why there was no response, if so. Tabs that follow do not receive it. */
  readonly error?: unknown;
}
/** What the client had to leave out; docs/client.md says what to do. */
type SSEClientErrorCode = "STREAM_EVENT_TOO_LARGE" | "STREAM_ID_NOT_SENT";
/** Says what the client had to leave out of a stream that goes on. */
export declare class SSEClientError extends Error {
  override readonly name = "SSEClientError";
  /** Stable name of the reason. */
  readonly code: SSEClientErrorCode;
  constructor(code: SSEClientErrorCode, message: string, options?: ErrorOptions);
}
/** Headers of a request by name. */
type SSEClientHeaders = Readonly<Record<string, string>>;
/** Options of {@link SSEClient}. An option that is `undefined` has its default. */
interface SSEClientOptions {
  /** Called with every message once, in order. */
  readonly onMessage: (message: SSEClientMessage) => unknown;
  /** Names of events to receive in addition to unnamed ones. Default: none. */
  readonly events?: readonly string[] | undefined;
  /**
   * Headers to send, such as `Authorization`, or a function that makes them for each request. Another origin must allow
   * them with `Access-Control-Allow-Headers`. Default: `Accept` alone.
   */
  readonly headers?: SSEClientHeaders | (() => SSEClientHeaders | Promise<SSEClientHeaders>) | undefined;
  /**
   * Where to resume: the id of the last message that the caller has, without CR, LF and NUL. Default: the server
   * chooses.
   */
  readonly lastEventId?: string | undefined;
  /**
   * How the last id is sent. `header`: as `Last-Event-ID`, in UTF-8. `query`: as `?lastEventId=`. Default: in the
   * header; in the query for another origin, where the header needs permission, and for ids that are not plain ASCII.
   */
  readonly resumeBy?: "header" | "query" | undefined;
  /** Called for every change of the state, with the reason when the client is `closed`. */
  readonly onState?: ((state: SSEClientState, end?: SSEClientEnd) => unknown) | undefined;
  /** Called when a request brings no stream, before the next try. Not called for 204, which ends the client. */
  readonly onRefused?: ((refusal: SSERefusal) => unknown) | undefined;
  /**
   * Whether to try again after a refusal; if not, the client is closed with `refused`. Default: no response, 200
   * without a stream, 408, 425, 429 and 5xx are tried again.
   */
  readonly retryOn?: ((refusal: SSERefusal) => boolean) | undefined;
  /**
   * Returns how many messages are gone for good, from a message that says so, such as the hub's `connected` and
   * `reset`. Default: messages report no gaps.
   */
  readonly gapOf?: ((message: SSEClientMessage) => number | undefined) | undefined;
  /** Called with the size of each gap, before the message that follows it; undefined when the size is not known. */
  readonly onGap?: ((missed: number | undefined) => unknown) | undefined;
  /**
   * Called with what a hook throws or rejects with, and with `SSEClientError`s. Default: a process warning, or
   * `reportError` in a page, once per kind.
   */
  readonly onError?: ((error: unknown) => unknown) | undefined;
  /**
   * Silence in ms after which the connection counts as dead and is opened again; every byte counts, comments too. 0 and
   * `Infinity`: never. Default 75,000.
   */
  readonly watchdogMs?: number | undefined;
  /**
   * Shortest delay in ms before the next try, from 1 to a year; the upper end doubles with every try. After a stream
   * that brought a message, a `retry:` of the server applies instead, even if it is shorter. Default 1,000.
   */
  readonly minRetryMs?: number | undefined;
  /**
   * Longest delay in ms before the next try, from `minRetryMs` to a year, unless the server asks for a longer one.
   * Default 30,000, or `minRetryMs` if that is longer.
   */
  readonly maxRetryMs?: number | undefined;
  /** Longest event in bytes, 1 to 2^28: a longer one is left out and reported. Default 16 MiB. */
  readonly maxEventBytes?: number | undefined;
  /**
   * Name under which the tabs of an origin share one connection to the same URL, where the browser has Web Locks and
   * `BroadcastChannel`. Default: every client has a connection of its own.
   */
  readonly share?: string | undefined;
  /**
   * Returns a name for messages to keep for tabs that join a shared connection later: such a tab receives the newest
   * message of each name at once. Called with messages of every event name. Default: none is kept.
   */
  readonly keep?: ((message: SSEClientMessage) => string | undefined) | undefined;
  /** Whether to send cookies to another origin. Default false. */
  readonly withCredentials?: boolean | undefined;
  /** Closes the client, with the reason `aborted`. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Has no effect.
   * @deprecated The client reads the stream by `fetch`. Leave it out; one that is given is reported, as `onError` says.
   */
  readonly EventSource?: unknown;
  /** The function to request with, for a proxy or an agent of the caller's choice. Default: the global one. */
  readonly fetch?: typeof globalThis.fetch | undefined;
}
/**
 * Keeps a stream open: reads it with `fetch`, reconnects with jitter and resumes where it left off, and notices
 * silence.
 */
export declare class SSEClient {
  #private;
  /** Settles with the reason when the client is closed. */
  readonly closed: Promise<SSEClientEnd>;
  /**
   * Opens the stream at `url`, or follows the tab that has it open.
   * @throws {TypeError} when an argument has the wrong type, `url` is not an http or https address (a relative one
   * needs a page), or there is no `fetch`.
   * @throws {RangeError} when a number is out of its range.
   */
  constructor(url: string | URL, options: SSEClientOptions);
  /** What the client is doing. */
  get state(): SSEClientState;
  /** The last event id; '' before there was one. */
  get lastEventId(): string;
  /** Ends the stream for good; another tab takes over a shared one. Doing it again does nothing. */
  close(): void;
  [Symbol.dispose](): void;
}
export type { SSEClientEnd, SSEClientErrorCode, SSEClientHeaders, SSEClientMessage, SSEClientOptions, SSEClientState, SSERefusal };

// @bnc/sse/fastify

import { SSERouteOptions } from "@fastify/sse";
import { FastifyInstance } from "fastify";
import { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import "node:stream";
/** Event names and the type of their data; `message` is the unnamed event that `onmessage` receives. */
type SSEEvents = Readonly<Record<string, object | string | number | boolean | null>>;
/** What a message carries: text and bytes (UTF-8) go out as they are, anything else as JSON. */
type SSEData<Data> = Data | string | Uint8Array;
/**
 * Data, or a function that makes it for each variant in use: at once for variants that have a listener, later for a
 * variant that is replayed. `undefined` means that this variant gets nothing. The result is kept while the variant has
 * a listener, so the function runs once per variant in that time.
 *
 * Where it returns a promise, the streams of that variant wait there, in order, and the others go on. A promise that is
 * rejected, or takes longer than `waitMs`, leaves a gap (the `reset` hook); after a rejection, the function runs again
 * for a later replay.
 */
type SSEPayload<Data> = SSEData<Data> | ((variant: string) => SSEData<Data> | undefined | Promise<SSEData<Data> | undefined>);
interface MessageFields<Data> {
  /** The data, or a function of the variant. Line breaks of any kind arrive as LF, as the format requires. */
  readonly data: SSEPayload<Data>;
  /** Reconnection delay that the client should use from now on, in whole ms, 0 to 2^31 - 1. */
  readonly retry?: number;
  /**
   * The id, unique in its channel: 1-256 bytes of UTF-8 without control characters, and without a space at either end.
   * Default: the hub's own, `<epoch>-<seq>`.
   */
  readonly id?: string;
  /**
   * Whether later connections may get the message by replay. Default true. A message that is not replayed has no id.
   */
  readonly history?: boolean;
}
/** A message for the listeners of a channel, typed by the map of events. */
type SSEMessage<Events extends object = SSEEvents> = { [Name in keyof Events & string]: MessageFields<Events[Name]> & ("message" extends Name ? {
  readonly event?: Name;
} : {
  readonly event: Name;
}); }[keyof Events & string];
/**
 * A message that a hook builds for one moment: greeting, heartbeat, reset, farewell. It has no id and is never
 * replayed.
 */
interface SSEControlMessage {
  /** The data: text and bytes as they are, anything else as JSON. */
  readonly data: unknown;
  /** Event name. Default: unnamed. */
  readonly event?: string;
}
/** What a connection's first message can say about the past; see {@link SSEConnection.resumed}. */
type SSEResumed = "fresh" | "replayed" | "truncated";
/** One open stream. */
interface SSEConnection<Events extends object = SSEEvents> {
  /** Name of the client, unique among open connections. */
  readonly clientId: string;
  /** Proves to `connect` that the client owns `clientId`: give it to this client and to nobody else. */
  readonly resumeKey: string;
  /** The channel that it listens to; the first one if there are several. */
  readonly channel: string;
  /** All channels that it listens to. */
  readonly channels: readonly string[];
  /** Which form of each message it gets; '' unless `connect` named one. */
  readonly variant: string;
  /** Peer address that it counts for in `maxPerAddress`; undefined when `connect` named none. */
  readonly address: string | undefined;
  /** When it was opened, in epoch ms. */
  readonly connectedAt: number;
  /** When the client last took everything that was written to it, or a part of a large message, in epoch ms. */
  readonly lastActivity: number;
  /**
   * `fresh`: it named no id; `replayed`: everything since its last event id follows; `truncated`: some of that is gone.
   * For several channels, the worst that is true of one; channels that the id does not name do not count.
   */
  readonly resumed: SSEResumed;
  /** Messages that are gone for good, in all channels; 0 where the number is not known. */
  readonly missed: number;
  /** What the caller of `connect` gave as `state`. */
  readonly state: unknown;
  /** Settles with the reason when the stream is over. */
  readonly closed: Promise<string>;
  /**
   * Sends a message to this client alone, without an id. It goes ahead of channel messages that wait for a slow client.
   * @returns false when the stream is closed, the message has nothing for its variant, or it was dropped because the
   * byte limit is reached.
   * @throws {TypeError} when the message cannot be sent, as `broadcast` does.
   * @throws {RangeError} when its `id` or `retry` is out of range.
   */
  send(message: SSEMessage<Events>): boolean;
  /**
   * Sends the last message (the `disconnected` hook) and ends the stream. Closing again does nothing.
   * @throws {TypeError} when `reason` is not text.
   */
  close(reason: string): void;
}
/**
 * What happens to a client with more than `maxBacklogBytes` waiting. `latest`: it skips to the newest message.
 * `disconnect`: its stream is closed.
 */
type SlowPolicy = "latest" | "disconnect";
/**
 * Limits on what is kept for replay. Bytes count once they are encoded: data that a function makes when a variant first
 * needs it, all other data at once. The newest message of a channel stays whatever its size, until other channels need
 * the room.
 */
interface HistoryLimits {
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
interface SSELimits {
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
type SSEGap = "slow" | "trimmed" | "failed";
/** What is missing from an open stream. */
interface SSEMissing {
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
type SSEStart = "next" | "newest";
/** Options of {@link SSEManager}. Times are whole ms; `Infinity` means never. `undefined` means the default. */
interface SSEManagerOptions<Events extends object = SSEEvents> {
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
type SSEConnectOptions = SSEStreamOptions & (SSEOneChannel | SSESeveralChannels);
/** A stream of one channel. */
interface SSEOneChannel {
  /** The channel to listen to, without CR, LF and NUL. */
  readonly channel: string;
  readonly channels?: undefined;
}
/** A stream of several channels, on which each message names its own. */
interface SSESeveralChannels {
  readonly channel?: undefined;
  /**
   * The channels to listen to, 1 to 16, without CR, LF and NUL; a name given twice counts once. Each message has a line
   * `channel: <name>`, and its id holds the places in all channels, so that the stream resumes exactly in each.
   */
  readonly channels: readonly string[];
}
/** Options of {@link SSEManager.connect}, whatever the channels. */
interface SSEStreamOptions {
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
/** A request of `node:http`, `node:https` or the compatibility API of `node:http2`. */
type SSERequest = IncomingMessage | Http2ServerRequest;
/** The response that belongs to an {@link SSERequest}. */
type SSEResponse = ServerResponse | Http2ServerResponse;
/** Why a stream was not opened. */
type SSEErrorCode = "SSE_NOT_ACCEPTABLE" | "SSE_TOO_MANY_CONNECTIONS" | "SSE_CHANNEL_FULL" | "SSE_TOO_MANY_FROM_ADDRESS" | "SSE_PIPELINED" | "SSE_CLOSING";
/** Counters since the manager was made; `connections`, `channels` and `historyBytes` are the current numbers. */
interface SSEStats {
  /** Open streams. */
  readonly connections: number;
  /** Channels with listeners or history. */
  readonly channels: number;
  /** Encoded bytes kept for replay. */
  readonly historyBytes: number;
  /** Streams opened. */
  readonly opened: number;
  /** Streams refused, by code. */
  readonly refused: Readonly<Partial<Record<SSEErrorCode, number>>>;
  /** Streams that are over, by reason. */
  readonly closed: Readonly<Record<string, number>>;
  /** Messages broadcast. */
  readonly broadcasts: number;
  /** Messages written to a listener at once, counted per listener. */
  readonly sent: number;
  /** Messages that had to wait for a slow listener or for their data, counted per listener. */
  readonly deferred: number;
  /**
   * Messages left out of open streams, counted per listener: for slow clients, trimmed from the history, or without
   * data.
   */
  readonly skipped: number;
  /** Messages to one client, of `send` or a hook, that were dropped at the byte limit. */
  readonly dropped: number;
  /** Streams that resumed without a gap. */
  readonly replayed: number;
  /** Streams that asked for a past that was gone, or not known. */
  readonly truncated: number;
  /** Heartbeats written. */
  readonly heartbeats: number;
  /** Bytes written. */
  readonly bytes: number;
  /** Errors of hooks and message functions, as `onError` receives them. */
  readonly errors: number;
}
/** What became of a message. */
interface BroadcastResult {
  /** The id that it was sent with; the empty string when it is not replayed. */
  readonly id: string;
  /** Listeners that it was written to at once, and those whose variant gets nothing. */
  readonly sent: number;
  /** Listeners that get it when their socket drains or its data is made; listeners that stay slow may miss it. */
  readonly deferred: number;
}
/** Channels of Server-Sent Events: encodes each message once and writes the same bytes to every listener. */
declare class SSEManager<Events extends object = SSEEvents> {
  #private;
  /**
   * Makes a manager. Its one timer runs only while there are channels, and keeps no process alive.
   * @throws {TypeError} when an option has the wrong type.
   * @throws {RangeError} when a number is not whole, or too small.
   */
  constructor(options?: SSEManagerOptions<Events>);
  /**
   * Opens a stream: writes the head, a `retry:` hint, the `connected` message and what the client missed, then whatever
   * is broadcast. A HEAD request gets the head alone; the connection returned for it is over already. When `connect`
   * throws, nothing has been written: send the response yourself.
   * @throws {TypeError} when an option has the wrong type.
   * @throws {RangeError} when there are more than 16 channels, or none, or `heartbeatMs` is not whole.
   * @throws {SSEError} `SSE_NOT_ACCEPTABLE`, `SSE_TOO_MANY_CONNECTIONS`, `SSE_CHANNEL_FULL`,
   * `SSE_TOO_MANY_FROM_ADDRESS`, `SSE_PIPELINED` or `SSE_CLOSING`.
   */
  connect(req: SSERequest, res: SSEResponse, options: SSEConnectOptions): SSEConnection<Events>;
  /**
   * Opens a stream for a request of the Fetch API and returns the response to send: its body is the stream. The stream
   * ends with `client` when the body is cancelled or the request's `signal` aborts. Throws as the other form does.
   */
  connect(request: Request, options: SSEConnectOptions): Response;
  /**
   * Sends a message to everyone in a channel, and keeps it for replay. When `broadcast` throws, nothing has been sent.
   * It also throws what a function of the data throws for a variant in use.
   * @throws {TypeError} when a field has the wrong type, `channel`, `id` or `event` contains CR, LF or NUL, a client
   * could not send `id` back unchanged, or `data` has no JSON form; with or without listeners.
   * @throws {RangeError} when `id` is empty or has more than 256 bytes, or `retry` is not a whole number of ms from 0
   * to 2^31 - 1.
   */
  broadcast(channel: string, message: SSEMessage<Events>): BroadcastResult;
  /** Forgets what a channel keeps for replay; its streams stay open. */
  forget(channel: string): void;
  /**
   * Sends a message to one client, without an id; throws as {@link SSEConnection.send} does.
   * @returns false when there is no such client, or it takes nothing more.
   */
  send(clientId: string, message: SSEMessage<Events>): boolean;
  /**
   * Closes the stream of one client, by default with the reason `disconnected`.
   * @returns false when there is none.
   * @throws {TypeError} when `reason` is not text.
   */
  disconnect(clientId: string, reason?: string): boolean;
  /** The open stream of one client; undefined when there is none. */
  connection(clientId: string): SSEConnection<Events> | undefined;
  /** The open streams, of one channel or of all, as a copy. */
  connections(channel?: string): SSEConnection<Events>[];
  /** Number of open streams, of one channel or of all, in constant time. */
  count(channel?: string): number;
  /** Counters and sizes, for metrics. */
  stats(): SSEStats;
  /**
   * Refuses new streams and ends each open one with a last message and a `retry:`. That delay is random, up to a time
   * that grows with the number of clients, so that they do not all come back at once.
   * @param options.retryMs Upper end of the random delay in ms. Default 250 up to 41 clients, then 6 per client, at
   * most 30,000.
   * @param options.message Last message. Default: what the `disconnected` hook builds.
   * @param options.timeoutMs Time in ms after which streams that have not ended are cut; `Infinity` waits for all.
   * Default 1,000.
   * @throws {TypeError} when an option has the wrong type or `message` cannot be sent. Everything is closed first, with
   * the defaults.
   * @throws {RangeError} when a time is not whole ms, likewise.
   */
  close(options?: {
    readonly retryMs?: number | undefined;
    readonly message?: SSEControlMessage | undefined;
    readonly timeoutMs?: number | undefined;
  }): Promise<void>;
  /** Closes with the defaults. */
  [Symbol.asyncDispose](): Promise<void>;
}
declare module "fastify" {
  interface FastifyReply {
    /**
     * Hands this request to the manager, which writes to `reply.raw` from now on. For routes with the `sse` option. The
     * headers set on the reply so far go out with the stream.
     * @throws {SSEError} as `SSEManager.connect` does, with `Retry-After` set on the reply where it applies.
     * @throws {TypeError} when the route has no `sse` option, or an option has the wrong type.
     * @throws {RangeError} as `SSEManager.connect` does.
     */
    connectSSE(options: SSEConnectOptions): SSEConnection;
  }
  interface RouteShorthandOptions {
    sse?: SSERouteOptions;
  }
}
/** Options of {@link sse}. */
export interface SSEPluginOptions<Events extends object> {
  /**
   * The manager that writes the streams. It is closed in `preClose`, so that `app.close()` does not wait for listeners.
   */
  readonly manager: SSEManager<Events>;
}
/**
 * Registers `@fastify/sse`, whose `sse` route option negotiates the type and reads `Last-Event-ID`, and adds
 * `reply.connectSSE()`. Nothing is ever sent through `reply.sse.send()`: it keeps one copy per client and does not
 * settle when a blocked client leaves.
 */
export declare function sse<Events extends object>(app: FastifyInstance, { manager }: SSEPluginOptions<Events>): Promise<void>;
export {};
