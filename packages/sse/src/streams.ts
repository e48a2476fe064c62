import { randomUUID, timingSafeEqual } from 'node:crypto';
import { acceptsEventStream } from './accept.ts';
import { Admission, spreadMs } from './admission.ts';
import { type Channel, type Resumed, resumeAll } from './channel.ts';
import { Connection, type ConnectionFacts, type ConnectionPort, type Place } from './connection.ts';
import { encodeRetry, encodeStart } from './encode.ts';
import { buildControl, encodeControl, type Hooks } from './hooks.ts';
import { lastEventIdOf } from './last-event-id.ts';
import type { SSEControlMessage } from './message.ts';
import type { SSEConnectOptions, SSEManagerOptions } from './options.ts';
import type { Rooms } from './rooms.ts';
import { channelsOf, checkConnectOptions, type Settings } from './settings.ts';
import type { Sink } from './sink.ts';
import type { SSEResumed } from './sse-connection.ts';
import type { Counters } from './stats.ts';

/** What a request asks for, whichever API it came through. */
export interface AskedFor {
  readonly accept: string | undefined;
  readonly lastEventId: string | readonly string[] | undefined;
  readonly url: string;
  /** Whether this request waits on a connection that a stream has for itself. */
  readonly isBehindStream: boolean;
}

/** A request that gets a stream. */
export interface Admitted {
  readonly facts: ConnectionFacts;
  readonly rooms: readonly Channel[];
  readonly places: readonly Resumed[];
  readonly previous: Connection | undefined;
}

/** What streams work with. */
interface StreamsOptions<Events extends object> {
  readonly hooks: Hooks<Connection>;
  readonly rooms: Rooms;
  readonly counters: Counters;
  readonly settings: Settings;
  readonly options: SSEManagerOptions<Events>;
}

const clientIdPattern = /^[\w.:@-]{1,128}$/;

/** The open streams of a manager: who gets one, and what is said at its beginning and its end. */
export class Streams<Events extends object> {
  readonly byId = new Map<string, Connection>();
  readonly #options: SSEManagerOptions<Events>;
  readonly #hooks: Hooks<Connection>;
  readonly #rooms: Rooms;
  readonly #counters: Counters;
  readonly #admission: Admission;
  readonly #port: ConnectionPort & { lingerMs: number };
  /** Streams that `close()` has ended, until they are gone. */
  readonly #leaving = new Set<Connection>();
  readonly #allGone = Promise.withResolvers<void>();
  #farewell: { readonly retryMs: number; readonly message: SSEControlMessage | undefined } | undefined;

  constructor({ hooks, rooms, counters, settings, options }: StreamsOptions<Events>) {
    this.#options = options;
    this.#hooks = hooks;
    this.#rooms = rooms;
    this.#counters = counters;
    this.#admission = new Admission(settings.limits, (code) => counters.refuse(code));
    this.#port = this.#makePort(settings);
  }

  get isClosed(): boolean {
    return this.#farewell !== undefined;
  }

  /** Decides whether a request gets a stream, and where the stream resumes. */
  admit(asked: AskedFor, options: SSEConnectOptions): Admitted {
    checkConnectOptions(options);
    const names = channelsOf(options);
    const { address, variant = '', clientId, resumeKey, start = 'next' } = options;
    const total = this.byId.size;
    const refuse: Admission['refuse'] = (code, why) => this.#admission.refuse(code, why, total);
    if (!acceptsEventStream(asked.accept)) refuse('SSE_NOT_ACCEPTABLE', 'The client refuses text/event-stream.', total);
    if (this.#farewell) refuse('SSE_CLOSING', 'The server is shutting down: try again.', total);
    const wanted = clientId !== undefined && clientIdPattern.test(clientId) ? clientId : undefined;
    const holder = wanted === undefined ? undefined : this.byId.get(wanted);
    const previous = holder && isSame(holder.resumeKey, resumeKey) ? holder : undefined;
    const inChannels = names.map(
      (name) => (this.#rooms.find(name)?.cursors.size ?? 0) - (previous?.channels.includes(name) ? 1 : 0),
    );
    this.#admission.check({ total, inChannels, address, replaces: previous });
    if (asked.isBehindStream) {
      refuse('SSE_PIPELINED', 'A stream is open on this connection, and ends with it: ask on another one.', total);
    }
    const rooms = names.map((name) => this.#rooms.get(name));
    const lastEventId = options.lastEventId ?? lastEventIdOf(asked.lastEventId, asked.url);
    const places = this.#rooms.using(rooms, () => resumeAll(rooms, lastEventId, start));
    const facts = {
      clientId: wanted !== undefined && (!holder || previous) ? wanted : randomUUID(),
      resumeKey: previous?.resumeKey,
      variant,
      address,
      resumed: worst(places),
      missed: places.reduce((sum, { missed }) => sum + missed, 0),
      isNamed: options.channels !== undefined,
      state: options.state,
      heartbeatMs: options.heartbeatMs,
    };
    return { facts, rooms, places, previous };
  }

  /** Runs work that may fail because of the caller's headers. */
  using<T>({ rooms }: Admitted, run: () => T): T {
    return this.#rooms.using(rooms, run);
  }

  /** The connection of a HEAD request: it is over already. */
  headOnly({ facts, rooms, places }: Admitted, sink: Sink & { end(): unknown }): Connection {
    const connection = new Connection(facts, placesIn(rooms, places), this.#port, sink, sink);
    connection.end('head');
    this.#rooms.dropUnused(rooms);
    return connection;
  }

  /** Adds a stream. The one that it replaces ends now. */
  open({ facts, rooms, places, previous }: Admitted, sink: Sink, ending: { end(): unknown }): Connection {
    previous?.close('replaced');
    // A channel without a message was dropped with its last listener: it is made again then, and begins as this one.
    const joined = rooms.map(({ name }) => this.#rooms.get(name));
    const connection = new Connection(facts, placesIn(joined, places), this.#port, sink, ending);
    for (const cursor of connection.cursors) cursor.room.add(cursor);
    this.byId.set(connection.clientId, connection);
    this.#admission.enter(connection.address);
    this.#counters.of.opened++;
    if (connection.resumed !== 'fresh') this.#counters.of[connection.resumed]++;
    return connection;
  }

  /** Writes what each stream begins with, and what it missed. */
  greet(connection: Connection, { expiresAt, signal, onClose }: SSEConnectOptions): void {
    connection.expiresAt = expiresAt;
    if (onClose) void connection.closed.then((reason) => this.#hooks.tell(connection, () => onClose(reason)));
    // A client that hears nothing before it is cut comes back to here.
    connection.sendFrame(encodeStart(this.#jitter(), connection.place));
    const { connected, onConnect } = this.#options;
    const hello = connected && this.#hooks.build(connection, () => connected(connection));
    if (hello) connection.sendFrame(hello);
    this.#hooks.tell(connection, () => onConnect?.(connection));
    connection.pump();
    if (signal) follow(signal, connection);
  }

  /** Ends all streams, and refuses new ones. Settles when they are gone. */
  close(retryMs: number, message: SSEControlMessage | undefined): Promise<void> {
    this.#farewell ??= { retryMs, message };
    this.#port.lingerMs = Number.POSITIVE_INFINITY;
    for (const connection of this.byId.values()) this.#leaving.add(connection);
    for (const connection of this.byId.values()) this.#hooks.tell(connection, () => connection.close('shutdown'));
    if (this.#leaving.size === 0) this.#allGone.resolve();
    return this.#allGone.promise;
  }

  /** Cuts the streams that have not ended. */
  cut(): void {
    for (const connection of this.#leaving) connection.destroy();
    this.#leaving.clear();
    this.#allGone.resolve();
  }

  #forget(connection: Connection, reason: string): void {
    if (this.byId.get(connection.clientId) !== connection) return;
    this.byId.delete(connection.clientId);
    for (const cursor of connection.cursors) cursor.room.delete(cursor);
    this.#rooms.dropUnused(connection.cursors.map(({ room }) => room));
    this.#admission.leave(connection.address);
    this.#counters.close(reason);
    this.#hooks.tell(connection, () => this.#options.onDisconnect?.(connection, reason));
  }

  #jitter(limit = spreadMs(this.byId.size)): number {
    return Math.floor(Math.random() * limit);
  }

  #makePort({ waitMs, limits }: Settings): ConnectionPort & { lingerMs: number } {
    const { of: counts } = this.#counters;
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
      onGone: (connection) => {
        if (this.#leaving.delete(connection) && this.#leaving.size === 0) this.#allGone.resolve();
      },
      resetFrame: (connection, gap) => {
        const { reset } = this.#options;
        return reset && buildControl(() => reset(connection, gap));
      },
      farewellFrame: (connection, reason) => this.#farewellFrame(connection, reason),
    };
  }

  #farewellFrame(connection: Connection, reason: string): Buffer {
    const retry = this.#jitter(this.#farewell?.retryMs);
    if (this.#farewell?.message) return encodeControl(this.#farewell.message, retry);
    const { disconnected } = this.#options;
    const goodbye = disconnected && this.#hooks.build(connection, () => disconnected(connection, reason), retry);
    return goodbye ?? encodeRetry(retry);
  }
}

function follow(signal: AbortSignal, connection: Connection): void {
  const abort = (): void => connection.close('aborted');
  signal.addEventListener('abort', abort, { once: true });
  void connection.closed.then(() => signal.removeEventListener('abort', abort));
  if (signal.aborted) abort();
}

/** The worst that is true of one of the channels of a stream. */
function worst(places: readonly Resumed[]): SSEResumed {
  const all = places.map(({ resumed }) => resumed);
  if (all.includes('truncated')) return 'truncated';
  return all.includes('replayed') ? 'replayed' : 'fresh';
}

function placesIn(rooms: readonly Channel[], places: readonly Resumed[]): Place[] {
  return rooms.map((room, index) => ({ room, from: places[index]?.from ?? room.history.end }));
}

function isSame(a: string, b: string | undefined): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b ?? '')];
  return left.length === right.length && timingSafeEqual(left, right);
}
