import type { Connection } from './connection.ts';
import { encodeComment } from './encode.ts';
import type { Hooks } from './hooks.ts';
import type { SSEManagerOptions } from './options.ts';
import type { Rooms } from './rooms.ts';
import type { Settings } from './settings.ts';
import type { Counters } from './stats.ts';

/** What a caretaker looks after, and with what. */
interface CaretakerOptions<Events extends object> {
  readonly streams: ReadonlyMap<string, Connection>;
  readonly rooms: Rooms;
  readonly hooks: Hooks<Connection>;
  readonly counters: Counters;
  readonly settings: Settings;
  readonly options: SSEManagerOptions<Events>;
}

const commentFrame = encodeComment('heartbeat');

/**
 * Looks after all streams and channels with one timer: heartbeats, stalls, permissions that expire, and old messages.
 */
export class Caretaker<Events extends object> {
  readonly #with: CaretakerOptions<Events>;
  /** Streams whose `reauthorize` has not settled. */
  readonly #asked = new Set<Connection>();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: CaretakerOptions<Events>) {
    this.#with = options;
  }

  /** Starts the timer, which runs until there are no channels. */
  start(): void {
    if (this.#timer || this.#isClosed) return;
    const { heartbeatMs, stallMs, waitMs } = this.#with.settings;
    const shortest = Math.min(heartbeatMs || 4_000, stallMs, waitMs, 4_000);
    this.#timer = setInterval(() => this.#tick(), Math.max(5, shortest / 4));
    this.#timer.unref();
  }

  close(): void {
    this.#isClosed = true;
    this.#stop();
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tick(): void {
    const { streams, rooms, counters, settings } = this.#with;
    const { heartbeatMs, stallMs } = settings;
    const now = performance.now();
    const wallClock = Date.now();
    let frame: Buffer | undefined;
    for (const connection of streams.values()) {
      if (connection.tick(now, heartbeatMs, stallMs)) {
        frame ??= this.#heartbeat(connection);
        connection.beat(frame);
        counters.of.heartbeats++;
      }
      if (connection.expiresAt === undefined || connection.expiresAt > wallClock || connection.isOver) continue;
      if (this.#asked.has(connection)) connection.close('expired');
      else void this.#renew(connection);
    }
    rooms.trim(now);
    if (rooms.size === 0) this.#stop();
  }

  #heartbeat(connection: Connection): Buffer {
    const { hooks, options } = this.#with;
    return (options.heartbeat && hooks.build(connection, options.heartbeat)) ?? commentFrame;
  }

  async #renew(connection: Connection): Promise<void> {
    const { hooks, options, settings } = this.#with;
    connection.expiresAt = Date.now() + settings.waitMs;
    this.#asked.add(connection);
    let until: unknown;
    try {
      until = await options.reauthorize?.(connection);
    } catch (error) {
      hooks.fail(error, connection);
    }
    this.#asked.delete(connection);
    if (typeof until === 'number' && until > Date.now()) connection.expiresAt = until;
    else connection.close('expired');
  }
}
