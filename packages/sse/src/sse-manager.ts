import { randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { acceptsEventStream } from './accept.ts';
import { Admission, spreadMs } from './admission.ts';
import { type Channel, type Resumed, resumeAll } from './channel.ts';
import { checkLine, checkText, checkWhole, longestTimerMs } from './check.ts';
import { Connection, type ConnectionPort } from './connection.ts';
import { encodeComment, encodeRetry } from './encode.ts';
import { checkMessage } from './entry.ts';
import { buildControl, encodeControl, Hooks } from './hooks.ts';
import { lastEventIdOf } from './last-event-id.ts';
import type { SSEControlMessage, SSEEvents, SSEMessage } from './message.ts';
import { isQueued, openStream, type SSERequest, type SSEResponse, sendHead } from './open-stream.ts';
import type { SSEConnectOptions, SSEManagerOptions } from './options.ts';
import { Rooms } from './rooms.ts';
import { channelsOf, checkConnectOptions, readSettings, type Settings } from './settings.ts';
import type { SSEConnection, SSEResumed } from './sse-connection.ts';
import { Counters, type SSEStats } from './stats.ts';

/** What became of a message. */
export interface BroadcastResult {
  /** The id it went out with; '' when it is not replayed. */
  readonly id: string;
  /** Listeners it was written to at once. */
  readonly sent: number;
  /** Listeners that get it when their socket drains or its data is made, or not at all when they stay slow. */
  readonly deferred: number;
}

const clientIdPattern = /^[\w.:@-]{1,128}$/;
const commentFrame = encodeComment('heartbeat');

/** Channels of Server-Sent Events: encodes each message once and writes the same bytes to every listener. */
export class SSEManager<Events extends object = SSEEvents> {
  readonly #options: SSEManagerOptions<Events>;
  readonly #settings: Settings;
  readonly #hooks: Hooks<Connection>;
  readonly #admission: Admission;
  readonly #rooms: Rooms;
  readonly #byId = new Map<string, Connection>();
  readonly #counters = new Counters();
  readonly #port: ConnectionPort & { lingerMs: number };
  /** Connections of HTTP/1 that a stream has for itself: what is asked for behind it would never get an answer. */
  readonly #taken = new WeakSet<object>();
  #timer: NodeJS.Timeout | undefined;
  /** Streams for which `reauthorize` has not answered. */
  readonly #asked = new Set<Connection>();
  /** Streams that `close()` has ended, until they are gone. */
  readonly #leaving = new Set<Connection>();
  #farewell: { readonly retryMs?: number; readonly message?: SSEControlMessage } | undefined;

  /**
   * @throws {TypeError} when an option has the wrong type.
   * @throws {RangeError} when a number is not whole, or too small.
   */
  constructor(options: SSEManagerOptions<Events> = {}) {
    this.#settings = readSettings(options);
    this.#options = options;
    this.#hooks = new Hooks<Connection>(options.onError, () => this.#counters.of.errors++);
    this.#admission = new Admission(this.#settings.limits, (code) => this.#counters.refuse(code));
    this.#rooms = new Rooms(this.#settings.history, options.slow);
    this.#port = this.#makePort();
  }

  /**
   * Opens a stream: writes the head, a `retry:` hint, the `connected` message and what the client missed,
   * then whatever is broadcast. A HEAD request gets the head alone, and a connection that is over already.
   * @throws {TypeError} when an option has the wrong type. Nothing has been written then.
   * @throws {SSEError} `SSE_NOT_ACCEPTABLE`, `SSE_TOO_MANY_CONNECTIONS`, `SSE_CHANNEL_FULL`,
   * `SSE_TOO_MANY_FROM_ADDRESS`, `SSE_PIPELINED` or `SSE_CLOSING`, before anything is written: send the response yourself.
   */
  connect(req: SSERequest, res: SSEResponse, options: SSEConnectOptions): SSEConnection<Events> {
    checkConnectOptions(options);
    const names = channelsOf(options);
    const { address, variant = '', headers = {}, signal } = options;
    const total = this.#byId.size;
    if (!acceptsEventStream(req.headers.accept)) {
      this.#admission.refuse('SSE_NOT_ACCEPTABLE', 'The client refuses text/event-stream.', total);
    }
    if (this.#farewell) this.#admission.refuse('SSE_CLOSING', 'The server is shutting down: try again.', total);
    const asked =
      options.clientId !== undefined && clientIdPattern.test(options.clientId) ? options.clientId : undefined;
    const holder = asked === undefined ? undefined : this.#byId.get(asked);
    const previous = holder && isSame(holder.resumeKey, options.resumeKey) ? holder : undefined;
    const inChannels = names.map((name) => this.count(name) - (previous?.channels.includes(name) ? 1 : 0));
    this.#admission.check({ total, inChannels, address, replaces: previous });
    if (isQueued(res) && this.#taken.has(req.socket)) {
      const why = 'A stream is open on this connection, and ends with it: ask on another one.';
      this.#admission.refuse('SSE_PIPELINED', why, total);
    }
    const rooms = names.map((name) => this.#rooms.get(name));
    const lastEventId = options.lastEventId ?? lastEventIdOf(req.headers['last-event-id'], req.url ?? '');
    const places = resumeAll(rooms, lastEventId, options.start ?? 'next');
    const facts = {
      clientId: asked !== undefined && (!holder || previous) ? asked : randomUUID(),
      resumeKey: previous?.resumeKey ?? randomBytes(16).toString('base64url'),
      variant,
      address,
      resumed: worst(places),
      missed: places.reduce((sum, { missed }) => sum + missed, 0),
      isNamed: options.channels !== undefined,
    };
    if (req.method === 'HEAD') {
      this.#rooms.using(rooms, () => sendHead(res, headers));
      const over = new Connection(facts, at(rooms, places), this.#port, res, res);
      over.end('head');
      this.#rooms.dropUnused(rooms);
      return over;
    }
    const stream = this.#rooms.using(rooms, () => openStream(req, res, headers));
    this.#taken.add(req.socket);
    previous?.close('replaced');
    // A channel without a message was dropped with its last listener: it is made again then, and begins as this one.
    const joined = names.map((name) => this.#rooms.get(name));
    const connection = new Connection(facts, at(joined, places), this.#port, res, stream);
    connection.expiresAt = options.expiresAt ?? Number.POSITIVE_INFINITY;
    this.#register(connection);
    const { onClose } = options;
    if (onClose) void connection.closed.then((reason) => this.#hooks.tell(connection, () => onClose(reason)));
    this.#greet(connection);
    stream.uncork();
    if (signal) this.#follow(signal, connection);
    // A peer may have left before we could listen for it: no event will come then.
    if (res.destroyed || stream.destroyed) connection.end('client');
    return connection;
  }

  /**
   * Sends a message to everyone in a channel, and keeps it for replay.
   * @throws {TypeError} when a field has the wrong type, `channel`, `id` or `event` holds CR, LF or NUL, `id` would not come
   * back from a client as it is, or `data` has no JSON form; with or without listeners. Nothing has been sent then.
   * @throws {RangeError} when `id` has more than 256 bytes, or `retry` is not a whole number of ms. What a function of the data
   * throws for a variant in use is thrown on.
   */
  broadcast(channel: string, message: SSEMessage<Events>): BroadcastResult {
    checkLine('channel', channel);
    checkMessage(message);
    const room = this.#rooms.get(channel);
    this.#startTimer();
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

  /** Sends a message to one client, without an id. @returns false when there is no such client or it takes nothing more. */
  send(clientId: string, message: SSEMessage<Events>): boolean {
    return this.#byId.get(clientId)?.send(message) ?? false;
  }

  /** Closes the stream of one client. @returns false when there is none. */
  disconnect(clientId: string, reason = 'disconnected'): boolean {
    checkText('reason', reason);
    const connection = this.#byId.get(clientId);
    connection?.close(reason);
    return connection !== undefined;
  }

  /** The open stream of one client. */
  connection(clientId: string): SSEConnection<Events> | undefined {
    return this.#byId.get(clientId);
  }

  /** The open streams, of one channel or of all. */
  connections(channel?: string): SSEConnection<Events>[] {
    if (channel === undefined) return [...this.#byId.values()];
    return Array.from(this.#rooms.find(channel)?.cursors ?? [], ({ connection }) => connection);
  }

  /** Number of open streams, of one channel or of all, in constant time. */
  count(channel?: string): number {
    return channel === undefined ? this.#byId.size : (this.#rooms.find(channel)?.cursors.size ?? 0);
  }

  /** Counters and sizes, for metrics. */
  stats(): SSEStats {
    return {
      connections: this.#byId.size,
      channels: this.#rooms.size,
      historyBytes: this.#rooms.bytes,
      refused: { ...this.#counters.refused },
      closed: { ...this.#counters.closed },
      ...this.#counters.of,
    };
  }

  /**
   * Refuses new streams, says goodbye on each open one and ends it: the message, and a `retry:` at random up to a
   * time that grows with the number of clients, so that they do not come back at once.
   * @param options.retryMs Upper end of the random delay in ms. Default 250 up to 41 clients, then 6 a client, 30,000 at most.
   * @param options.message Last message. Default: what the `disconnected` hook builds.
   * @param options.timeoutMs Time in ms after which streams are cut that have not ended; `Infinity` waits for all. Default 1,000.
   * @throws {TypeError} when an option has the wrong type or `message` cannot be sent, after everything has ended as without it.
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
    let { retryMs = spreadMs(this.#byId.size), message, timeoutMs = 1_000 } = options;
    try {
      checkWhole('timeoutMs', timeoutMs, 0);
      encodeRetry(retryMs);
      if (message) encodeControl(message);
    } catch (error) {
      misuse = { error };
      [retryMs, message, timeoutMs] = [spreadMs(this.#byId.size), undefined, 1_000];
    }
    this.#farewell ??= message ? { retryMs, message } : { retryMs };
    this.#port.lingerMs = Number.POSITIVE_INFINITY;
    for (const connection of this.#byId.values()) {
      this.#leaving.add(connection);
      this.#hooks.tell(connection, () => connection.close('shutdown'));
    }
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#rooms.close();
    const all = Promise.all(Array.from(this.#leaving, ({ gone }) => gone));
    if (!(await settlesWithin(timeoutMs, all))) {
      for (const connection of this.#leaving) connection.destroy();
    }
    this.#leaving.clear();
    if (misuse) throw misuse.error;
  }

  /** Closes with the defaults. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #register(connection: Connection): void {
    for (const cursor of connection.cursors) cursor.room.add(cursor);
    this.#byId.set(connection.clientId, connection);
    this.#startTimer();
    this.#admission.enter(connection.address);
    this.#counters.of.opened++;
    if (connection.resumed !== 'fresh') this.#counters.of[connection.resumed]++;
  }

  #forget(connection: Connection, reason: string): void {
    if (this.#byId.get(connection.clientId) !== connection) return;
    this.#byId.delete(connection.clientId);
    for (const cursor of connection.cursors) cursor.room.delete(cursor);
    this.#rooms.dropUnused(connection.cursors.map(({ room }) => room));
    this.#admission.leave(connection.address);
    this.#counters.close(reason);
    this.#hooks.tell(connection, () => this.#options.onDisconnect?.(connection, reason));
  }

  #greet(connection: Connection): void {
    connection.sendFrame(encodeRetry(this.#jitter()));
    const { connected, onConnect } = this.#options;
    const hello = connected && this.#hooks.build(connection, () => connected(connection));
    if (hello) connection.sendFrame(hello);
    this.#hooks.tell(connection, () => onConnect?.(connection));
    connection.pump();
  }

  #jitter(limit = spreadMs(this.#byId.size)): number {
    return Math.floor(Math.random() * limit);
  }

  #follow(signal: AbortSignal, connection: Connection): void {
    const abort = (): void => connection.close('aborted');
    signal.addEventListener('abort', abort, { once: true });
    void connection.closed.then(() => signal.removeEventListener('abort', abort));
    if (signal.aborted) abort();
  }

  #makePort(): ConnectionPort & { lingerMs: number } {
    const { of: counts } = this.#counters;
    const { waitMs, limits } = this.#settings;
    return {
      maxBacklogBytes: limits.maxBacklogBytes,
      waitMs,
      lingerMs: 1_000,
      onBytes: (bytes) => {
        counts.bytes += bytes;
      },
      onSkipped: (messages) => {
        counts.skipped += messages;
      },
      onRefusedSend: () => {
        counts.dropped++;
      },
      onError: (error, connection) => this.#hooks.fail(error, connection),
      onClosed: (connection, reason) => this.#forget(connection, reason),
      resetFrame: (connection, gap) => {
        const { reset } = this.#options;
        return reset && buildControl(() => reset(connection, gap));
      },
      farewellFrame: (connection, reason) => {
        const retry = this.#jitter(this.#farewell?.retryMs);
        const given = this.#farewell?.message;
        if (given) return encodeControl(given, retry);
        const { disconnected } = this.#options;
        const goodbye = disconnected && this.#hooks.build(connection, () => disconnected(connection, reason), retry);
        return goodbye ?? encodeRetry(retry);
      },
    };
  }

  #startTimer(): void {
    if (this.#timer || this.#farewell) return;
    const { heartbeatMs, stallMs, waitMs } = this.#settings;
    const shortest = Math.min(heartbeatMs || 4_000, stallMs, waitMs, 4_000);
    this.#timer = setInterval(() => this.#tick(), Math.max(5, shortest / 4));
    this.#timer.unref();
  }

  #tick(): void {
    const now = performance.now();
    const wallClock = Date.now();
    const { heartbeatMs, stallMs } = this.#settings;
    let frame: Buffer | undefined;
    for (const connection of this.#byId.values()) {
      const heartbeat = (): Buffer => (frame ??= this.#heartbeat(connection));
      if (connection.tick(now, heartbeatMs, stallMs, heartbeat)) this.#counters.of.heartbeats++;
      if (connection.expiresAt > wallClock) continue;
      if (this.#asked.has(connection)) connection.close('expired');
      else void this.#renew(connection);
    }
    this.#rooms.trim(now);
    if (this.#rooms.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #heartbeat(connection: Connection): Buffer {
    const { heartbeat } = this.#options;
    return (heartbeat && this.#hooks.build(connection, heartbeat)) ?? commentFrame;
  }

  async #renew(connection: Connection): Promise<void> {
    connection.expiresAt = Date.now() + this.#settings.waitMs;
    this.#asked.add(connection);
    let until: unknown;
    try {
      until = await this.#options.reauthorize?.(connection);
    } catch (error) {
      this.#hooks.fail(error, connection);
    }
    this.#asked.delete(connection);
    if (typeof until === 'number' && until > Date.now()) connection.expiresAt = until;
    else connection.close('expired');
  }
}

/** What is true of all channels of a stream. */
function worst(places: readonly Resumed[]): SSEResumed {
  const all = new Set(places.map(({ resumed }) => resumed));
  if (all.has('truncated')) return 'truncated';
  return all.has('replayed') ? 'replayed' : 'fresh';
}

function at(
  rooms: readonly Channel[],
  places: readonly Resumed[],
): { readonly room: Channel; readonly from: number }[] {
  return rooms.map((room, index) => ({ room, from: places[index]?.from ?? room.history.end }));
}

/** Waits for a promise. @returns false when `ms` are over before it has settled. */
async function settlesWithin(ms: number, promise: Promise<unknown>): Promise<boolean> {
  if (ms === Number.POSITIVE_INFINITY) return promise.then(() => true);
  const { promise: late, resolve } = Promise.withResolvers<false>();
  let timer: NodeJS.Timeout | undefined;
  const arm = (left: number): void => {
    timer = setTimeout(
      () => (left > longestTimerMs ? arm(left - longestTimerMs) : resolve(false)),
      Math.min(left, longestTimerMs),
    );
  };
  arm(ms);
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

function isSame(a: string, b: string | undefined): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b ?? '')];
  return left.length === right.length && timingSafeEqual(left, right);
}
