import { createClient } from '@redis/client';
import { BusError, type BusErrorCode } from '../errors.ts';
import { ScriptQueue } from './script-queue.ts';
import type { ScriptName } from './scripts.ts';

/** A reply of Redis. */
export type Answer = string | number | null | readonly Answer[];

/**
 * First words of the errors of Redis that have an error code here.
 * @see https://redis.io/docs/latest/develop/reference/protocol-spec/
 */
const refusals: readonly (readonly [RegExp, BusErrorCode, string])[] = [
  [/^OOM\b/, 'BUS_STORAGE_FULL', 'Redis has used up its maxmemory: raise it, or keep fewer events'],
  [/^MISCONF\b/, 'BUS_STORAGE_FULL', 'Redis cannot write to its disk: make space, or repair the disk'],
  [
    /^(NOAUTH|WRONGPASS|NOPERM|ERR AUTH|ERR invalid password)/,
    'BUS_REFUSED',
    'Redis refused the user or password: check them in the url',
  ],
  [/^READONLY\b/, 'BUS_REFUSED', 'this Redis is a read-only replica: give the url of its master'],
];

/** Turns an error of Redis or its client into a `BusError`, whose message never contains the password. */
export function asBusError(cause: unknown, where: string): BusError {
  if (cause instanceof BusError) return cause;
  const said = cause instanceof Error ? cause.message : String(cause);
  const known = refusals.find(([words]) => words.test(said));
  if (known) return new BusError(known[1], `${where}: ${known[2]} (${said.slice(0, 80)})`, { cause });
  return new BusError('BUS_UNAVAILABLE', `${where}: ${said.slice(0, 200)}`, { cause });
}

const commandTimeoutMs = 5_000;

function makeClient(url: string, reconnectStrategy: (tries: number) => number | Error) {
  return createClient({
    url,
    RESP: 2,
    disableOfflineQueue: true,
    socket: { reconnectStrategy, connectTimeout: 5_000 },
  });
}

/** One connection to Redis, which reconnects by itself. While it is down, commands fail at once. */
export class RedisConnection {
  /** Server and port, for messages. */
  readonly where: string;
  readonly #client: ReturnType<typeof makeClient>;
  readonly #scripts = new ScriptQueue((args) => this.command(args));
  #onReady: () => void = () => {};

  private constructor(url: string, where: string) {
    this.where = where;
    let connected = false;
    this.#client = makeClient(url, (tries) =>
      connected ? Math.min(50 * 2 ** Math.min(tries, 4), 500) * (0.75 + Math.random() / 2) : new Error('not reachable'),
    );
    // Without a listener the client would throw. Each command that fails reports the error itself.
    this.#client.on('error', () => {});
    this.#client.on('ready', () => {
      const first = !connected;
      connected = true;
      if (!first) this.#onReady();
    });
  }

  /**
   * Opens a connection.
   * @throws {BusError} `BUS_REFUSED` or `BUS_UNAVAILABLE`.
   * @throws {TypeError} when the url is malformed.
   */
  static async open(url: string): Promise<RedisConnection> {
    if (!URL.canParse(url) || !/^rediss?:$/.test(new URL(url).protocol)) {
      throw new TypeError('url must look like redis://user:password@host:6379/0');
    }
    const { protocol, host } = new URL(url);
    const connection = new RedisConnection(url, `${protocol}//${host}`);
    try {
      await connection.#client.connect();
    } catch (error) {
      const { cause, originalError, socketError } = error as Record<string, unknown>;
      throw asBusError(socketError ?? cause ?? originalError ?? error, connection.where);
    }
    return connection;
  }

  get isReady(): boolean {
    return this.#client.isReady;
  }

  /** Sets the function to call each time the connection has come back. */
  onReady(callback: () => void): void {
    this.#onReady = callback;
  }

  /**
   * Sends a command and returns the reply.
   * @throws {BusError} `BUS_UNAVAILABLE` when the connection is down or breaks, or no reply comes within the timeout.
   */
  async command(args: readonly string[], timeoutMs: number = commandTimeoutMs): Promise<Answer> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`no reply within ${timeoutMs} ms`)), timeoutMs);
      });
      return await Promise.race([this.#client.sendCommand<Answer>([...args]), late]);
    } catch (error) {
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
    if (this.#client.isOpen) this.#client.destroy();
  }
}
