import { createHash } from 'node:crypto';
import { createClient } from '@redis/client';
import { BusError, type BusErrorCode } from '../errors.ts';
import { scripts } from './scripts.ts';

/** What Redis may answer. */
export type Answer = string | number | null | readonly Answer[];

/** First words of Redis's refusals that have a name here. See https://redis.io/docs/latest/develop/reference/protocol-spec/ */
const refusals: readonly (readonly [RegExp, BusErrorCode, string])[] = [
  [/^OOM\b/, 'BUS_STORAGE_FULL', 'Redis has used up its maxmemory: raise it, or keep fewer events'],
  [/^MISCONF\b/, 'BUS_STORAGE_FULL', 'Redis cannot write to its disk'],
  [/^(NOAUTH|WRONGPASS|NOPERM|ERR AUTH|ERR invalid password)/, 'BUS_REFUSED', 'Redis refused the user or password'],
  [/^READONLY\b/, 'BUS_REFUSED', 'this Redis is a read-only replica: give the url of its master'],
];

/** Says in our words what Redis or its client said, never with the password. */
export function asBusError(cause: unknown, where: string): BusError {
  if (cause instanceof BusError) return cause;
  const said = cause instanceof Error ? cause.message : String(cause);
  const known = refusals.find(([words]) => words.test(said));
  if (known) return new BusError(known[1], `${where}: ${known[2]} (${said.slice(0, 80)})`, { cause });
  return new BusError('BUS_UNAVAILABLE', `${where}: ${said.slice(0, 200)}`, { cause });
}

const commandTimeoutMs = 5_000;

const shas = Object.fromEntries(
  Object.entries(scripts).map(([name, text]) => [name, createHash('sha1').update(text).digest('hex')]),
) as Record<keyof typeof scripts, string>;

function makeClient(url: string, reconnectStrategy: (tries: number) => number | Error) {
  return createClient({
    url,
    RESP: 2,
    disableOfflineQueue: true,
    socket: { reconnectStrategy, connectTimeout: 5_000 },
  });
}

/** One connection that reconnects by itself; commands fail at once while it is down. */
export class RedisConnection {
  /** Server and port, for messages. */
  readonly where: string;
  readonly #client: ReturnType<typeof makeClient>;
  #onReady: () => void = () => {};

  private constructor(url: string, where: string) {
    this.where = where;
    let connected = false;
    this.#client = makeClient(url, (tries) =>
      connected ? Math.min(50 * 2 ** Math.min(tries, 4), 500) * (0.75 + Math.random() / 2) : new Error('not reachable'),
    );
    // Without a listener the client would throw; every command that suffers says so itself.
    this.#client.on('error', () => {});
    this.#client.on('ready', () => {
      const first = !connected;
      connected = true;
      if (!first) this.#onReady();
    });
  }

  /** @throws {BusError} `BUS_REFUSED` or `BUS_UNAVAILABLE`; TypeError for a malformed url. */
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

  /** Calls back each time the connection has come back. */
  onReady(callback: () => void): void {
    this.#onReady = callback;
  }

  /** @throws {BusError} `BUS_UNAVAILABLE` when the connection is down, breaks, or nothing comes within the timeout. */
  async command(args: readonly string[], timeoutMs: number = commandTimeoutMs): Promise<Answer> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
      });
      return await Promise.race([this.#client.sendCommand<Answer>([...args]), late]);
    } catch (error) {
      throw asBusError(error, this.where);
    } finally {
      clearTimeout(timer);
    }
  }

  async script(name: keyof typeof scripts, keys: readonly string[], args: readonly string[]): Promise<Answer> {
    const rest = [String(keys.length), ...keys, ...args];
    try {
      return await this.command(['EVALSHA', shas[name], ...rest]);
    } catch (error) {
      if (!(error instanceof BusError) || !/NOSCRIPT/.test(error.message)) throw error;
      return this.command(['EVAL', scripts[name], ...rest]);
    }
  }

  close(): void {
    if (this.#client.isOpen) this.#client.destroy();
  }
}
