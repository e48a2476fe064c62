import { type RedisServer, startRedis } from '@bnc/testing/redis';
import { createClient } from '@redis/client';
import { EventBus, type EventBusOptions } from '../src/index.ts';
import { type RedisOptions, redis } from '../src/redis.ts';
import { atEnd } from './cleanup.ts';

export interface Events {
  [topic: `job:${string}`]: { readonly n: number; readonly text?: string };
}

/** One server for the file; tests that harm theirs take `own`. */
export const shared: RedisServer = await startRedis({ appendonly: 'everysec' });
atEnd(() => shared.stop());

let prefixes = 0;

/** A bus of its own on the shared server. */
export function newPrefix(): string {
  return `bus${++prefixes}`;
}

export async function open(
  options: Partial<RedisOptions>,
  more: EventBusOptions<Events> = {},
): Promise<EventBus<Events>> {
  const bus = new EventBus<Events>({
    transport: await redis({ url: shared.url, leaseMs: 500, ...options }),
    retry: { attempts: 3, minDelayMs: 5 },
    ...more,
  });
  atEnd(() => bus.close({ drainMs: 100 }));
  return bus;
}

export async function own(options: Parameters<typeof startRedis>[0]): Promise<RedisServer> {
  const server = await startRedis(options);
  atEnd(() => server.stop());
  return server;
}

export async function raw(server: RedisServer = shared): Promise<(...args: string[]) => Promise<unknown>> {
  const client = createClient({ url: server.url, RESP: 2 });
  client.on('error', () => {});
  await client.connect();
  atEnd(() => client.destroy());
  return (...args) => client.sendCommand(args);
}

export function codeOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'fine',
    (error: { code: unknown }) => error.code,
  );
}

export async function listen(bus: EventBus<Events>, group?: string): Promise<number[]> {
  const got: number[] = [];
  await bus.subscribe('job:*', ({ payload }) => void got.push(payload.n), group === undefined ? {} : { group }).ready;
  return got;
}

export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n);
}
