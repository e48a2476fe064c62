import { BusError } from '../errors.ts';
import type { RedisAddress, RedisClient } from './address.ts';
import { asBusError, atStart, isAway } from './errors.ts';
import { ScriptQueue } from './script-queue.ts';
import type { ScriptName } from './scripts.ts';

/** A reply of Redis. */
export type Answer = string | number | null | readonly Answer[];

/** Sends one command. */
export type Send = (args: readonly string[]) => Promise<Answer>;

/** Where connections lead, and those that are open. */
export interface RedisLines {
  readonly address: RedisAddress;
  readonly open: Set<RedisConnection>;
}

/** What happens on a connection. */
export interface ConnectionOptions {
  /**
   * Called with each new connection, before it is used, and the writer of the previous one. When it fails, another
   * connection is made. Default: `PING`.
   */
  readonly greet?: (send: Send, former: string) => Promise<unknown>;
  /** Called when a new connection has replaced the old one and can be used. */
  readonly onReady?: () => void;
}

/**
 * After this silence, in milliseconds, a new connection is made, which replaces the silent one if it gets a reply
 * first.
 */
const doubtMs = 1_000;
/** A command without a reply within this time has failed, in milliseconds. Then the connection is replaced. */
const commandTimeoutMs = 5_000;
/** How long to wait for a first connection, and for one that replaces another, in milliseconds. */
const firstTimeoutMs = 5_000;
const renewTimeoutMs = 1_500;
/** How long a reply that is on its way still counts once a new connection works, in milliseconds. */
const graceMs = 50;

/**
 * One connection to Redis. It is replaced when it breaks, when it stays silent, and when its server is no longer the
 * master. While there is none, commands fail at once.
 */
export class RedisConnection {
  /** Server and port, for messages. */
  readonly where: string;
  readonly #lines: RedisLines;
  readonly #options: ConnectionOptions;
  readonly #scripts = new ScriptQueue((args) => this.command(args));
  #client: RedisClient | undefined;
  /** Grows with each reply, errors included. */
  #answers = 0;
  #isRenewing = false;
  #isClosed = false;

  private constructor(lines: RedisLines, options: ConnectionOptions) {
    this.#lines = lines;
    this.#options = options;
    this.where = lines.address.where;
  }

  /**
   * Opens a connection.
   * @throws {BusError} `BUS_REFUSED` or `BUS_UNAVAILABLE`.
   */
  static async open(lines: RedisLines, options: ConnectionOptions = {}): Promise<RedisConnection> {
    const connection = new RedisConnection(lines, options);
    try {
      connection.#use(await connection.#connect(firstTimeoutMs));
    } catch (error) {
      throw atStart(error);
    }
    lines.open.add(connection);
    return connection;
  }

  get isReady(): boolean {
    return this.#client !== undefined;
  }

  /**
   * Sends a command and returns the reply. `blockMs` is how long Redis may wait on purpose.
   * @throws {BusError} `BUS_UNAVAILABLE` when the connection is down or breaks, or no reply comes in time.
   */
  async command(args: readonly string[], blockMs = 0): Promise<Answer> {
    const client = this.#client;
    if (!client) {
      throw new BusError('BUS_UNAVAILABLE', `${this.where}: not connected; nothing was stored`);
    }
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      const late = new Promise<never>((_, reject) => {
        const giveUp = (): void => reject(new Error(`no reply within ${blockMs + commandTimeoutMs} ms`));
        timer = setTimeout(() => {
          timer = setTimeout(giveUp, commandTimeoutMs - doubtMs);
          void this.#doubt(client);
        }, blockMs + doubtMs);
      });
      const answer = await Promise.race([client.sendCommand([...args]), late]);
      this.#answers++;
      return answer;
    } catch (error) {
      this.#answers++;
      if (isAway(error) || (error instanceof Error && error.message.startsWith('no reply within'))) {
        this.#lose(client);
        this.#renewOthers();
      }
      throw asBusError(error, this.where);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Runs a script and returns what it returns. Scripts take effect in the order of these calls. */
  script(name: ScriptName, keys: readonly string[], args: readonly string[]): Promise<Answer> {
    return this.#scripts.run(name, keys, args);
  }

  close(): void {
    this.#isClosed = true;
    this.#lines.open.delete(this);
    const client = this.#client;
    this.#client = undefined;
    client?.destroy();
  }

  /** Makes a connection that is ready for use. */
  async #connect(timeoutMs: number): Promise<RedisClient> {
    const client = this.#lines.address.makeClient(timeoutMs);
    // Without a listener the client would throw. Each command that fails reports the error itself.
    client.on('error', () => {});
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`no connection within ${timeoutMs} ms`)), timeoutMs);
      });
      await Promise.race([this.#greet(client), late]);
      return client;
    } catch (error) {
      // One that is still on the way would stay open.
      client.on('connect', () => client.destroy());
      client.destroy();
      const { cause, originalError, socketError } = error as Record<string, unknown>;
      throw asBusError(
        error instanceof BusError ? error : (socketError ?? originalError ?? cause ?? error),
        this.where,
      );
    } finally {
      clearTimeout(timer);
    }
  }

  async #greet(client: RedisClient): Promise<void> {
    await client.connect();
    const { greet = (send: Send) => send(['PING']) } = this.#options;
    await greet((args) => client.sendCommand([...args]), this.#scripts.writer);
  }

  #use(client: RedisClient): void {
    if (this.#isClosed || !client.isReady) {
      client.destroy();
      return;
    }
    const former = this.#client;
    this.#scripts.restart();
    this.#client = client;
    for (const event of ['error', 'end'] as const) {
      client.on(event, () => !client.isReady && this.#lose(client));
    }
    former?.destroy();
  }

  #lose(client: RedisClient): void {
    if (this.#client === client) {
      this.#client = undefined;
      client.destroy();
      void this.#renew();
    }
  }

  /** Replaces the other connections: what has happened to this one has happened to them. */
  #renewOthers(): void {
    for (const other of this.#lines.open) {
      if (other !== this && other.#client) {
        other.#lose(other.#client);
      }
    }
  }

  /** Connects again until it works. */
  async #renew(): Promise<void> {
    for (let tries = 0; !this.#client && !this.#isClosed && !this.#isRenewing; tries++) {
      await new Promise((resolve) => setTimeout(resolve, tries === 0 ? 0 : waitMs(tries)));
      await this.#tryRenew(() => true);
    }
  }

  /**
   * Makes a new connection next to a silent one. It replaces the silent one if that is still silent when the new one
   * works.
   */
  async #doubt(client: RedisClient): Promise<void> {
    const before = this.#answers;
    const isSilent = (): boolean => this.#client === client && this.#answers === before;
    if (this.#isRenewing) {
      return;
    }
    const isReplaced = await this.#tryRenew(async () => {
      await new Promise((resolve) => setTimeout(resolve, graceMs));
      return isSilent() || this.#client === undefined;
    });
    if (isReplaced) {
      this.#renewOthers();
    } else if (!this.#client) {
      void this.#renew();
    }
  }

  /** Tries to replace the connection. Returns whether a new one is in use now. */
  async #tryRenew(isWanted: () => boolean | Promise<boolean>): Promise<boolean> {
    this.#isRenewing = true;
    try {
      const client = await this.#connect(renewTimeoutMs);
      if (!(await isWanted())) {
        client.destroy();
        return false;
      }
      this.#use(client);
      if (this.#client !== client) {
        return false;
      }
      this.#options.onReady?.();
      return true;
    } catch {
      return false;
    } finally {
      this.#isRenewing = false;
    }
  }
}

/**
 * Wait before another try, up to 0.6 s and partly random, so that many processes do not come back at the same moment.
 */
function waitMs(tries: number): number {
  return Math.min(50 * 2 ** Math.min(tries, 4), 500) * (0.75 + Math.random() / 2);
}
