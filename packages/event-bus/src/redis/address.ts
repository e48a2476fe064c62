import { createClient } from '@redis/client';

/** What the bus needs of a client of Redis. */
export interface RedisClient {
  readonly isReady: boolean;
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

/**
 * Reads the address of a server.
 * @throws {TypeError} when the url is malformed.
 */
export function addressOf(url: string): RedisAddress {
  if (!URL.canParse(url) || !/^rediss?:$/.test(new URL(url).protocol)) {
    throw new TypeError('url must look like redis://user:password@host:6379/0');
  }
  const { protocol, host } = new URL(url);
  return {
    where: `${protocol}//${host}`,
    makeClient: (connectTimeout) =>
      createClient({
        url,
        RESP: 2,
        disableOfflineQueue: true,
        socket: { reconnectStrategy: false, connectTimeout },
      }),
  };
}
