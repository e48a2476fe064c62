import { assertCount, assertOptions, assertType, withDefaults } from './check.ts';
import { addressOf, type RedisClient, type RedisTls } from './redis/address.ts';
import { RedisConnection, type RedisLines } from './redis/connection.ts';
import { RedisLog } from './redis/log.ts';
import { type RedisSettings, RedisTransport } from './redis/transport.ts';
import type { Transport } from './transport.ts';

export type { RedisClient, RedisTls };

/** Settings of `redis`. Numbers are whole and at least 1. */
export interface RedisOptions {
  /**
   * Address of Redis: `redis://user:password@host:6379/0`, `rediss://` with TLS, `valkey://`, `valkeys://` or
   * `unix:///run/redis.sock?db=0`. Encode user and password with `encodeURIComponent`. Pass either this or `client`.
   */
  readonly url?: string;
  /**
   * A client of `@redis/client` whose settings to use, for example for credentials that change. The bus makes
   * connections of its own with `client.duplicate()` and closes them. It neither uses nor closes the client itself,
   * which need not be connected.
   */
  readonly client?: RedisClient;
  /** Settings of TLS, for a `rediss://` or `valkeys://` url. */
  readonly tls?: RedisTls;
  /**
   * First part of every key in Redis, without braces or white space. Buses with the same prefix share one log. Default
   * `bnc`.
   */
  readonly prefix?: string;
  /** Most events to keep, approximately: Redis cuts about 100 at a time. Default 100,000. */
  readonly maxEvents?: number;
  /** Age at which events are cut, by their publishers' clocks, in milliseconds. Default 30 days. */
  readonly maxAgeMs?: number;
  /** How long a `dedupeId` is remembered, in milliseconds, and up to 1/32 longer. Default 30 days. */
  readonly dedupeWindowMs?: number;
  /**
   * Most dedupe ids to keep, about 40 bytes each. Beyond that, the oldest are forgotten before their window has passed,
   * and `onWarning` is called once with `BUS_DEDUPE_FULL`. Default 5,000,000, which is two ids a second for 30 days.
   */
  readonly maxDedupeIds?: number;
  /**
   * Most dead letters to keep. Beyond that, the oldest are dropped, and `onWarning` is called for each with
   * `BUS_DEAD_LETTERED`. Default 1,000.
   */
  readonly maxDeadLetters?: number;
  /** How long a consumer may be silent before its events go to others, in milliseconds. Default 5,000. */
  readonly leaseMs?: number;
  /**
   * Most events that wait for their `notBefore`; beyond that, `publish` rejects with `BUS_STORAGE_FULL`. Default
   * 100,000.
   */
  readonly maxDelayed?: number;
  /**
   * How long a group may be unused before it ends, together with what it had not handled, by the server's clock, in
   * milliseconds. Default 14 days.
   */
  readonly groupTtlMs?: number;
}

const month = 30 * 86_400_000;

/**
 * Connects a bus to Redis 7 or newer, which keeps the log as one stream.
 * @throws {BusError} `BUS_UNAVAILABLE` when Redis cannot be reached; `BUS_REFUSED` when it refuses the login, a command
 * or the keys, when it is a replica or a Sentinel, is too old, or when another node of its cluster has the keys. The
 * message names what is missing, and never contains the password.
 * @throws {TypeError} when an option has the wrong type, or `url`, `client`, `tls` or `prefix` is malformed.
 * @throws {RangeError} when a limit is not a whole number of at least 1.
 * @see https://redis.io/docs/latest/develop/data-types/streams/
 */
export async function redis(options: RedisOptions): Promise<Transport> {
  assertOptions('options', options);
  const { url, client, tls, ...rest } = options;
  const settings = withDefaults<RedisSettings>(rest, {
    prefix: 'bnc',
    maxEvents: 100_000,
    maxAgeMs: month,
    dedupeWindowMs: month,
    maxDedupeIds: 5_000_000,
    maxDeadLetters: 1_000,
    maxDelayed: 100_000,
    leaseMs: 5_000,
    groupTtlMs: 14 * 86_400_000,
    followTtlMs: 60_000,
  });
  const { prefix, ...limits } = settings;
  for (const [name, value] of Object.entries(limits)) {
    assertCount(name, value);
  }
  assertType('prefix', prefix, 'string');
  if (!/^[^{}\s]+$/.test(prefix)) {
    throw new TypeError(`prefix must be a word without braces, got ${prefix}`);
  }
  if (tls !== undefined) {
    assertOptions('tls', tls);
  }
  const lines: RedisLines = { address: addressOf(url, client, tls), open: new Set() };
  try {
    const log = await RedisLog.open(lines, settings.prefix);
    return new RedisTransport(lines, log, await RedisConnection.open(lines), settings);
  } catch (error) {
    for (const connection of lines.open) connection.close();
    throw error;
  }
}
