import { randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { acceptsEventStream } from './accept.ts';
import { Admission, spreadMs } from './admission.ts';
import { Channel } from './channel.ts';
import { Connection, type ConnectionPort, encodeControl } from './connection.ts';
import { encodeComment, encodeRetry } from './encode.ts';
import type { HistoryLimits } from './history.ts';
import type { SSEControlMessage, SSEEvents, SSEMessage } from './message.ts';
import { openStream, type SSERequest, type SSEResponse, sendHead } from './open-stream.ts';
import type { SSEConnectOptions, SSELimits, SSEManagerOptions } from './options.ts';
import type { SSEConnection } from './sse-connection.ts';
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
  readonly #heartbeatMs: number;
  readonly #stallMs: number;
  readonly #admission: Admission;
  readonly #history: HistoryLimits;
  readonly #epoch = randomBytes(6).toString('base64url');
  readonly #channels = new Map<string, Channel>();
  readonly #byId = new Map<string, Connection>();
  readonly #counters = new Counters();
  readonly #port: ConnectionPort;
  #channelsMade = 0;
  #timer: NodeJS.Timeout | undefined;
  #farewell: { readonly retryMs?: number; readonly message?: SSEControlMessage } | undefined;

  constructor(options: SSEManagerOptions<Events> = {}) {
    const { heartbeatMs = 30_000, stallMs = 30_000, waitMs = 30_000, limits = {}, history = {} } = options;
    this.#options = options;
    this.#heartbeatMs = heartbeatMs;
    this.#stallMs = stallMs;
    const allLimits: Required<SSELimits> = {
      maxConnections: 10_000,
      maxPerChannel: Number.POSITIVE_INFINITY,
      maxPerAddress: Number.POSITIVE_INFINITY,
      maxBacklogBytes: 2 ** 20,
      ...limits,
    };
    this.#admission = new Admission(allLimits, (code) => this.#counters.refuse(code));
    this.#history = { maxBytes: 16 * 2 ** 20, maxMessages: 1_000, maxAgeMs: 300_000, ...history };
    this.#port = this.#makePort(allLimits.maxBacklogBytes, waitMs);
  }

  /**
   * Opens a stream: writes the head, a `retry:` hint, the `connected` message and what the client missed,
   * then whatever is broadcast. A HEAD request gets the head alone, and a connection that is over already.
   * @throws {SSEError} `SSE_NOT_ACCEPTABLE`, `SSE_TOO_MANY_CONNECTIONS`, `SSE_CHANNEL_FULL`,
   * `SSE_TOO_MANY_FROM_ADDRESS` or `SSE_CLOSING`, before anything is written: send the response yourself.
   */
  connect(req: SSERequest, res: SSEResponse, options: SSEConnectOptions): SSEConnection<Events> {
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
    const inChannel = this.count(options.channel);
    const replaces = previous && { isInChannel: previous.channel === options.channel, address: previous.address };
    this.#admission.check({ total, inChannel, address, replaces });
    const room = this.#channel(options.channel);
    const header = req.headers['last-event-id'];
    const lastEventId = options.lastEventId ?? (Array.isArray(header) ? header[0] : header);
    const { from, resumed, missed } = room.resume(lastEventId, options.start ?? 'next');
    const facts = {
      clientId: asked !== undefined && (!holder || previous) ? asked : randomUUID(),
      resumeKey: previous?.resumeKey ?? randomBytes(16).toString('base64url'),
      variant,
      address,
      resumed,
      missed,
    };
    if (req.method === 'HEAD') {
      sendHead(res, headers);
      const over = new Connection(facts, room, from, this.#port, res, res);
      over.end('head');
      this.#dropUnused(room);
      return over;
    }
    const stream = openStream(req, res, headers);
    previous?.close('replaced');
    // A channel without a message was forgotten with its last listener: it is made again then, and begins as this one.
    const joined = this.#channel(options.channel);
    const connection = new Connection(facts, joined, from, this.#port, res, stream);
    connection.expiresAt = options.expiresAt ?? Number.POSITIVE_INFINITY;
    this.#register(connection, joined);
    if (options.onClose) void connection.closed.then(options.onClose);
    this.#greet(connection);
    stream.uncork();
    if (signal) this.#follow(signal, connection);
    // A peer may have left before we could listen for it: no event will come then.
    if (res.destroyed || stream.destroyed) connection.end('client');
    return connection;
  }

  /**
   * Sends a message to everyone in a channel, and keeps it for replay.
   * @throws {TypeError} when `id` or `event` holds CR, LF or NUL, or `data` has no JSON form; and whatever a function of
   * the data throws for a variant in use. Nothing has been sent then.
   */
  broadcast(channel: string, message: SSEMessage<Events>): BroadcastResult {
    const room = this.#channel(channel);
    const { history } = room;
    const id = message.history === false ? undefined : (message.id ?? `${room.epoch}-${history.end}`);
    room.usedAt = performance.now();
    const entry = history.append(message, id, room.variants.keys(), room.usedAt);
    let sent = 0;
    let deferred = 0;
    for (const connection of room.connections) {
      if (connection.offer(entry)) sent++;
      else deferred++;
    }
    if (id === undefined && deferred === 0) history.release(entry);
    const { of: counts } = this.#counters;
    counts.broadcasts++;
    counts.sent += sent;
    counts.deferred += deferred;
    return { id: id ?? '', sent, deferred };
  }

  /** Forgets what a channel keeps for replay; its streams stay open. */
  forget(channel: string): void {
    this.#channels.get(channel)?.history.clear();
  }

  /** Sends a message to one client, without an id. @returns false when there is no such client or it takes nothing more. */
  send(clientId: string, message: SSEMessage<Events>): boolean {
    return this.#byId.get(clientId)?.send(message) ?? false;
  }

  /** Closes the stream of one client. @returns false when there is none. */
  disconnect(clientId: string, reason = 'disconnected'): boolean {
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
    return [...(channel === undefined ? this.#byId.values() : (this.#channels.get(channel)?.connections ?? []))];
  }

  /** Number of open streams, of one channel or of all, in constant time. */
  count(channel?: string): number {
    return channel === undefined ? this.#byId.size : (this.#channels.get(channel)?.connections.size ?? 0);
  }

  /** Counters and sizes, for metrics. Takes time with the number of channels. */
  stats(): SSEStats {
    let historyBytes = 0;
    for (const { history } of this.#channels.values()) historyBytes += history.bytes;
    return {
      connections: this.#byId.size,
      channels: this.#channels.size,
      historyBytes,
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
   * @param options.timeoutMs Time in ms after which streams are cut that have not ended. Default 1,000.
   */
  async close(options: { retryMs?: number; message?: SSEControlMessage; timeoutMs?: number } = {}): Promise<void> {
    const { retryMs = spreadMs(this.#byId.size), message, timeoutMs = 1_000 } = options;
    this.#farewell ??= message ? { retryMs, message } : { retryMs };
    const open = [...this.#byId.values()];
    for (const connection of open) connection.close('shutdown');
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#channels.clear();
    const { promise: cut, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      for (const connection of open) connection.destroy();
      resolve();
    }, timeoutMs);
    await Promise.race([Promise.all(open.map((connection) => connection.gone)), cut]);
    clearTimeout(timer);
  }

  /** Closes with the defaults. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #channel(name: string): Channel {
    const known = this.#channels.get(name);
    if (known) return known;
    const { slow = 'disconnect' } = this.#options;
    const policy = typeof slow === 'function' ? slow(name) : slow;
    const made = new Channel(name, `${this.#epoch}.${(this.#channelsMade++).toString(36)}`, policy, this.#history);
    this.#channels.set(name, made);
    this.#startTimer();
    return made;
  }

  /** A channel without a message has no past to remember: strangers cannot fill the memory with names. */
  #dropUnused(room: Channel): void {
    if (room.connections.size === 0 && room.history.end === 1) this.#channels.delete(room.name);
  }

  #register(connection: Connection, room: Channel): void {
    room.add(connection);
    this.#byId.set(connection.clientId, connection);
    this.#admission.enter(connection.address);
    this.#counters.of.opened++;
    if (connection.resumed !== 'fresh') this.#counters.of[connection.resumed]++;
  }

  #forget(connection: Connection, reason: string): void {
    if (this.#byId.get(connection.clientId) !== connection) return;
    this.#byId.delete(connection.clientId);
    const room = this.#channels.get(connection.channel);
    room?.delete(connection);
    if (room) this.#dropUnused(room);
    this.#admission.leave(connection.address);
    this.#counters.close(reason);
    this.#guard(connection, () => this.#options.onDisconnect?.(connection, reason));
  }

  #greet(connection: Connection): void {
    connection.sendFrame(encodeRetry(this.#jitter()));
    this.#guard(connection, () => {
      const hello = this.#options.connected?.(connection);
      if (hello) connection.sendFrame(encodeControl(hello));
      this.#options.onConnect?.(connection);
    });
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

  #guard(connection: Connection, run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#fail(error, connection);
    }
  }

  #fail(error: unknown, connection: Connection): void {
    this.#counters.of.errors++;
    this.#options.onError?.(error, connection);
  }

  #makePort(maxBacklogBytes: number, waitMs: number): ConnectionPort {
    const { of: counts } = this.#counters;
    return {
      maxBacklogBytes,
      waitMs,
      onBytes: (bytes) => {
        counts.bytes += bytes;
      },
      onSkipped: (messages) => {
        counts.skipped += messages;
      },
      onRefusedSend: () => {
        counts.dropped++;
      },
      onError: (error, connection) => this.#fail(error, connection),
      onClosed: (connection, reason) => this.#forget(connection, reason),
      resetFrame: (connection, reason, missed) => {
        const message = this.#options.reset?.(connection, { reason, missed });
        return message && encodeControl(message);
      },
      farewellFrame: (connection, reason) => {
        const retry = this.#jitter(this.#farewell?.retryMs);
        const given = this.#farewell?.message;
        if (given) return encodeControl(given, retry);
        let frame: Buffer | undefined;
        this.#guard(connection, () => {
          const message = this.#options.disconnected?.(connection, reason);
          frame = message && encodeControl(message, retry);
        });
        return frame ?? encodeRetry(retry);
      },
    };
  }

  #startTimer(): void {
    if (this.#timer || this.#farewell) return;
    const shortest = Math.min(this.#heartbeatMs || 4_000, this.#stallMs, this.#port.waitMs, 4_000);
    this.#timer = setInterval(() => this.#tick(), Math.max(5, shortest / 4));
    this.#timer.unref();
  }

  #tick(): void {
    const now = performance.now();
    const wallClock = Date.now();
    let frame: Buffer | undefined;
    const heartbeat = (): Buffer => {
      if (frame) return frame;
      const message = this.#options.heartbeat?.();
      frame = message ? encodeControl(message) : commentFrame;
      return frame;
    };
    for (const connection of this.#byId.values()) {
      this.#guard(connection, () => {
        if (connection.tick(now, this.#heartbeatMs, this.#stallMs, heartbeat)) this.#counters.of.heartbeats++;
      });
      if (connection.expiresAt <= wallClock) void this.#renew(connection);
    }
    for (const [name, room] of this.#channels) {
      room.history.trim(now);
      const isIdle = room.connections.size === 0 && now - room.usedAt > this.#history.maxAgeMs;
      if (isIdle) this.#channels.delete(name);
    }
    if (this.#channels.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #renew(connection: Connection): Promise<void> {
    connection.expiresAt = Number.POSITIVE_INFINITY;
    try {
      connection.expiresAt = (await this.#options.reauthorize?.(connection)) ?? 0;
    } catch (error) {
      this.#fail(error, connection);
      connection.expiresAt = 0;
    }
    if (connection.expiresAt <= Date.now()) connection.close('expired');
  }
}

function isSame(a: string, b: string | undefined): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b ?? '')];
  return left.length === right.length && timingSafeEqual(left, right);
}
