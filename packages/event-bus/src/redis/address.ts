import { createClient } from '@redis/client';

/** Settings of TLS, as in `tls.connect` of Node. */
export interface RedisTls {
  /** Certificates of authorities to trust instead of the well-known ones, as PEM. */
  readonly ca?: string | string[];
  /** Certificate and key of this client, as PEM. */
  readonly cert?: string;
  readonly key?: string;
  /** Name that the server's certificate must have. Default: the host of `url`. */
  readonly servername?: string;
  /** Set to false to accept any certificate, which lets others read and change everything. Default true. */
  readonly rejectUnauthorized?: boolean;
}

/** A client of `@redis/client` 5 or newer, or of `redis` 5 or newer. */
export interface RedisClient {
  readonly isReady: boolean;
  readonly options?: object;
  duplicate(overrides?: object): RedisClient;
  connect(): Promise<unknown>;
  destroy(): void;
  sendCommand(args: string[]): Promise<never>;
  on(event: string, listener: () => void): unknown;
}

/** Where Redis is. */
export interface RedisAddress {
  /** Server and port, for messages; never the password. */
  readonly where: string;
  /** Makes a client that is not connected, and that does not connect again by itself. */
  makeClient(connectTimeoutMs: number): RedisClient;
}

interface Socket {
  readonly host?: string;
  readonly port?: number;
  readonly path?: string;
  readonly tls?: boolean;
}

interface Place {
  readonly where: string;
  readonly socket: Readonly<Record<string, unknown>>;
  readonly username: string;
  readonly password: string;
  readonly database: number;
}

const form = 'redis://user:password@host:6379/0';
const encodeHint = 'encode user and password with encodeURIComponent when they contain @ / : ? # or %';

/**
 * Reads the address of a server.
 * @throws {TypeError} when an option is malformed. The message never contains the password.
 */
export function addressOf(url: unknown, client: unknown, tls: RedisTls | undefined): RedisAddress {
  if ((url === undefined) === (client === undefined)) {
    throw new TypeError('give either url or client');
  }
  if (client !== undefined) {
    if (tls !== undefined) throw new TypeError('tls goes with url: a client has its own');
    return likeClient(client);
  }
  if (typeof url !== 'string') {
    throw new TypeError(`url must be a text such as ${form}, got ${typeof url}`);
  }
  const { where, socket, username, password, database } = /^unix:/i.test(url) ? socketOf(url) : hostOf(url);
  if (tls !== undefined && socket.tls !== true) {
    throw new TypeError('tls needs a url that begins with rediss:// or valkeys://');
  }
  return {
    where,
    makeClient: (connectTimeout) =>
      createClient({
        // A server without users takes the password alone.
        ...(username !== '' && { username }),
        ...(password !== '' && { password }),
        database,
        RESP: 2,
        disableOfflineQueue: true,
        socket: { ...tls, ...socket, reconnectStrategy: false, connectTimeout },
      }),
  };
}

function hostOf(url: string): Place {
  if (/^redis[s+-]*sentinel:/i.test(url)) {
    throw new TypeError('url names a Sentinel: give the address of the master itself, or a name that follows it');
  }
  if (/^\w+:\/\/[^/]*,/.test(url)) {
    throw new TypeError('url names several hosts: the bus talks to one server, give the address of the master');
  }
  if (!URL.canParse(url) || !/^(redis|valkey)s?:$/.test(new URL(url).protocol)) {
    throw new TypeError(
      `url must look like ${form}, rediss://… (TLS), valkey://…, valkeys://… or unix:///path?db=0; ${encodeHint}`,
    );
  }
  const { protocol, hostname, host, port, username, password, pathname, search, hash } = new URL(url);
  if (!/^\/?\d*$/.test(pathname) || search !== '' || hash !== '') {
    throw new TypeError(`url has something other than the number of a database after its host; ${encodeHint}`);
  }
  return {
    where: `${protocol}//${host}`,
    socket: {
      host: hostname === '' ? 'localhost' : hostname.replace(/^\[|\]$/g, ''),
      port: Number(port || 6379),
      ...(protocol.endsWith('ss:') || protocol === 'valkeys:' ? { tls: true } : {}),
    },
    username: decode(username),
    password: decode(password),
    database: Number(pathname.slice(1)),
  };
}

function socketOf(url: string): Place {
  const [, username = '', password = '', path = '', database = '0'] =
    /^unix:\/\/(?:([^:@/]*)(?::([^@/]*))?@)?(\/[^?#]+)(?:\?db=(\d+))?$/i.exec(url) ?? [];
  if (path === '') {
    throw new TypeError(`url of a socket must look like unix:///run/redis.sock?db=0; ${encodeHint}`);
  }
  return {
    where: `unix://${path}`,
    socket: { path: decode(path) },
    username: decode(username),
    password: decode(password),
    database: Number(database),
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new TypeError(`url has a % that encodes nothing; ${encodeHint}`);
  }
}

/** Makes connections with the settings of a client, which is left as it is. */
function likeClient(client: unknown): RedisAddress {
  if (!isClient(client)) {
    throw new TypeError('client must be made by createClient of @redis/client 5 or newer');
  }
  if ('slots' in client || 'getSentinelNode' in client) {
    throw new TypeError('client must be a client of a single server, not of a cluster or Sentinel');
  }
  const { socket = {} } = (client.options ?? {}) as { readonly socket?: Socket };
  const { host = 'localhost', port = 6379, path, tls } = socket;
  return {
    where: path === undefined ? `redis${tls ? 's' : ''}://${host}:${port}` : `unix://${path}`,
    makeClient: (connectTimeout) =>
      client.duplicate({
        RESP: 2,
        disableOfflineQueue: true,
        commandOptions: {},
        // What goes with a newer protocol only.
        maintNotifications: 'disabled',
        clientSideCache: undefined,
        emitInvalidate: false,
        socket: { ...socket, reconnectStrategy: false, connectTimeout },
      }),
  };
}

function isClient(value: unknown): value is RedisClient {
  const methods = ['duplicate', 'connect', 'destroy', 'sendCommand', 'on'] as const;
  return (
    typeof value === 'object' &&
    value !== null &&
    methods.every((name) => typeof (value as Partial<Record<string, unknown>>)[name] === 'function')
  );
}
