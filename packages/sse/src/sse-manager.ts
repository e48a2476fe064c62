import { spreadMs } from './admission.ts';
import { Caretaker } from './caretaker.ts';
import { checkLine, checkObject, checkText, checkWhole } from './check.ts';
import type { Connection } from './connection.ts';
import { encodeRetry } from './encode.ts';
import { checkMessage } from './entry.ts';
import { FetchSink } from './fetch-sink.ts';
import { encodeControl, Hooks } from './hooks.ts';
import type { SSEControlMessage, SSEEvents, SSEMessage } from './message.ts';
import {
  fetchHeaders,
  isQueued,
  openStream,
  type SSERequest,
  type SSEResponse,
  sendHead,
  serveStream,
} from './open-stream.ts';
import type { SSEConnectOptions, SSEManagerOptions } from './options.ts';
import { Rooms } from './rooms.ts';
import { readSettings } from './settings.ts';
import { settlesWithin } from './settles-within.ts';
import type { SSEConnection } from './sse-connection.ts';
import { Counters, type SSEStats } from './stats.ts';
import { Streams } from './streams.ts';

/** What became of a message. */
export interface BroadcastResult {
  /** The id that it was sent with; the empty string when it is not replayed. */
  readonly id: string;
  /** Listeners that it was written to at once, and those whose variant gets nothing. */
  readonly sent: number;
  /** Listeners that get it when their socket drains or its data is made; listeners that stay slow may miss it. */
  readonly deferred: number;
}

/** Channels of Server-Sent Events: encodes each message once and writes the same bytes to every listener. */
export class SSEManager<Events extends object = SSEEvents> {
  readonly #rooms: Rooms;
  readonly #streams: Streams<Events>;
  readonly #caretaker: Caretaker<Events>;
  readonly #counters = new Counters();
  /** Connections of HTTP/1 that a stream has for itself: a request behind it would never get a response. */
  readonly #taken = new WeakSet<object>();

  /**
   * Makes a manager. Its one timer runs only while there are channels, and keeps no process alive.
   * @throws {TypeError} when an option has the wrong type.
   * @throws {RangeError} when a number is not whole, or too small.
   */
  constructor(options: SSEManagerOptions<Events> = {}) {
    const settings = readSettings(options);
    const counters = this.#counters;
    const hooks = new Hooks<Connection>(options.onError, () => counters.of.errors++);
    const rooms = new Rooms(settings.history, options.slow);
    this.#rooms = rooms;
    this.#streams = new Streams({ hooks, rooms, counters, settings, options });
    this.#caretaker = new Caretaker({ streams: this.#streams.byId, rooms, hooks, counters, settings, options });
  }

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
  connect(
    req: SSERequest | Request,
    res: SSEResponse | SSEConnectOptions,
    options?: SSEConnectOptions,
  ): SSEConnection<Events> | Response {
    if (isFetch(req)) return this.#respond(req, res as SSEConnectOptions);
    return this.#write(req, res as SSEResponse, options as SSEConnectOptions);
  }

  /**
   * Sends a message to everyone in a channel, and keeps it for replay. When `broadcast` throws, nothing has been sent.
   * It also throws what a function of the data throws for a variant in use.
   * @throws {TypeError} when a field has the wrong type, `channel`, `id` or `event` contains CR, LF or NUL, a client
   * could not send `id` back unchanged, or `data` has no JSON form; with or without listeners.
   * @throws {RangeError} when `id` is empty or has more than 256 bytes, or `retry` is not a whole number of ms from 0
   * to 2^31 - 1.
   */
  broadcast(channel: string, message: SSEMessage<Events>): BroadcastResult {
    checkLine('channel', channel);
    checkMessage(message);
    const room = this.#rooms.get(channel);
    this.#caretaker.start();
    const { history } = room;
    const id = message.history === false ? undefined : (message.id ?? `${room.epoch}-${history.end}`);
    room.usedAt = performance.now();
    const entry = this.#rooms.using([room], () => history.append(message, id, room.variants.keys(), room.usedAt));
    let sent = 0;
    let deferred = 0;
    for (const cursor of room.cursors) {
      if (cursor.offer(entry)) sent++;
      else deferred++;
    }
    if (id === undefined && deferred === 0) history.release(entry);
    this.#rooms.forgetIfClosed(room);
    const { of: counts } = this.#counters;
    counts.broadcasts++;
    counts.sent += sent;
    counts.deferred += deferred;
    return { id: id ?? '', sent, deferred };
  }

  /** Forgets what a channel keeps for replay; its streams stay open. */
  forget(channel: string): void {
    this.#rooms.find(channel)?.history.clear();
  }

  /**
   * Sends a message to one client, without an id; throws as {@link SSEConnection.send} does.
   * @returns false when there is no such client, or it takes nothing more.
   */
  send(clientId: string, message: SSEMessage<Events>): boolean {
    return this.#streams.byId.get(clientId)?.send(message) ?? false;
  }

  /**
   * Closes the stream of one client, by default with the reason `disconnected`.
   * @returns false when there is none.
   * @throws {TypeError} when `reason` is not text.
   */
  disconnect(clientId: string, reason = 'disconnected'): boolean {
    checkText('reason', reason);
    const connection = this.#streams.byId.get(clientId);
    connection?.close(reason);
    return connection !== undefined;
  }

  /** The open stream of one client; undefined when there is none. */
  connection(clientId: string): SSEConnection<Events> | undefined {
    return this.#streams.byId.get(clientId);
  }

  /** The open streams, of one channel or of all, as a copy. */
  connections(channel?: string): SSEConnection<Events>[] {
    if (channel === undefined) return [...this.#streams.byId.values()];
    return Array.from(this.#rooms.find(channel)?.cursors ?? [], ({ connection }) => connection);
  }

  /** Number of open streams, of one channel or of all, in constant time. */
  count(channel?: string): number {
    return channel === undefined ? this.#streams.byId.size : (this.#rooms.find(channel)?.cursors.size ?? 0);
  }

  /** Counters and sizes, for metrics. */
  stats(): SSEStats {
    return {
      connections: this.#streams.byId.size,
      channels: this.#rooms.size,
      historyBytes: this.#rooms.bytes,
      refused: { ...this.#counters.refused },
      closed: { ...this.#counters.closed },
      ...this.#counters.of,
    };
  }

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
  async close(
    options: {
      readonly retryMs?: number | undefined;
      readonly message?: SSEControlMessage | undefined;
      readonly timeoutMs?: number | undefined;
    } = {},
  ): Promise<void> {
    let misuse: { readonly error: unknown } | undefined;
    let { retryMs = spreadMs(this.#streams.byId.size), message, timeoutMs = 1_000 } = options ?? {};
    try {
      checkObject('options', options);
      checkWhole('timeoutMs', timeoutMs, 0);
      encodeRetry(retryMs);
      if (message) encodeControl(message);
    } catch (error) {
      misuse = { error };
      [retryMs, message, timeoutMs] = [spreadMs(this.#streams.byId.size), undefined, 1_000];
    }
    this.#caretaker.close();
    const gone = this.#streams.close(retryMs, message);
    this.#rooms.close();
    if (!(await settlesWithin(timeoutMs, gone))) this.#streams.cut();
    if (misuse) throw misuse.error;
  }

  /** Closes with the defaults. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #write(req: SSERequest, res: SSEResponse, options: SSEConnectOptions): Connection {
    const { accept, 'last-event-id': lastEventId } = req.headers;
    const isBehindStream = isQueued(res) && this.#taken.has(req.socket);
    const admitted = this.#streams.admit({ accept, lastEventId, url: req.url ?? '', isBehindStream }, options);
    const { headers = {} } = options;
    if (req.method === 'HEAD') {
      this.#streams.using(admitted, () => sendHead(res, headers));
      return this.#streams.headOnly(admitted, res);
    }
    const stream = this.#streams.using(admitted, () => openStream(req, res, headers));
    this.#taken.add(req.socket);
    const connection = this.#streams.open(admitted, stream, res);
    this.#caretaker.start();
    this.#streams.greet(connection, options);
    stream.uncork();
    serveStream(res, stream, connection);
    return connection;
  }

  #respond(request: Request, options: SSEConnectOptions): Response {
    const accept = request.headers.get('accept') ?? undefined;
    const lastEventId = request.headers.get('last-event-id') ?? undefined;
    const asked = { accept, lastEventId, url: request.url, isBehindStream: false };
    const admitted = this.#streams.admit(asked, options);
    const isHead = request.method === 'HEAD';
    const sink = new FetchSink();
    const response = this.#streams.using(
      admitted,
      () => new Response(isHead ? null : sink.body, { headers: fetchHeaders(options.headers ?? {}) }),
    );
    if (isHead) {
      this.#streams.headOnly(admitted, sink);
      return response;
    }
    const connection = this.#streams.open(admitted, sink, sink);
    this.#caretaker.start();
    this.#streams.greet(connection, options);
    sink.serve(connection, request.signal);
    return response;
  }
}

/** Only the headers of a Fetch request are an object with methods. */
function isFetch(req: SSERequest | Request): req is Request {
  return typeof (req.headers as Partial<Headers>).get === 'function';
}
