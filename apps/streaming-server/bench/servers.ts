import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventBus } from '@bnc/event-bus';
import { sqlite } from '@bnc/event-bus/sqlite';
import { startRedis } from '@bnc/testing/redis';
import type { ServerEvents } from '../src/rooms/events.ts';
import { killAll, runServer, type ServerProcess, settingsFor } from '../test/server-process.ts';

/** Gives the work a folder, which goes after it. */
export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'bnc-bench-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Starts a server without the demo room, with its data in a folder. */
export function startServer(folder: string, more: Readonly<Record<string, string>> = {}): ServerProcess {
  return runServer([], settingsFor(folder, { DEMO: 'off', ...more }));
}

/** Time from the start of the process to listening, in ms. */
export async function timeToListen(folder: string): Promise<number> {
  const from = performance.now();
  const server = startServer(folder);
  await server.origin();
  const took = performance.now() - from;
  server.child.kill('SIGTERM');
  await server.ended;
  return took;
}

/** Every event of a data folder that no server uses. */
export async function eventsIn(
  folder: string,
): Promise<readonly { topic: string; key?: string; publishedAt: number }[]> {
  await using bus = new EventBus<ServerEvents>({ transport: await sqlite({ file: join(folder, 'events.sqlite') }) });
  return (await bus.read(undefined, { limit: 100_000 })).events;
}

/** Servers that share a Redis. */
interface Fleet {
  readonly redisUrl: string;
  readonly redisPid: number;
  /** CPU that Redis has used so far, in seconds. */
  redisCpu(): Promise<number>;
  /** Starts one more server; its origin, once it listens. */
  start(options?: { readonly core?: number }): Promise<string>;
}

/** Gives the work a fleet, which ends after it. */
export function inFleet<T>(work: (fleet: Fleet) => Promise<T>): Promise<T> {
  return inFolder(async (folder) => {
    const redis = await startRedis({ appendonly: 'everysec' });
    let count = 0;
    const start: Fleet['start'] = async ({ core } = {}) => {
      const server = startServer(join(folder, String(count++)), { REDIS_URL: redis.url });
      if (core !== undefined) pin(server.child.pid, core);
      const origin = await server.origin();
      if (core === undefined) return origin;
      // Also the render processes, which are its children.
      const { stdout } = spawnSync('pgrep', ['-P', String(server.child.pid)], { encoding: 'utf8' });
      for (const pid of stdout.split('\n').filter(Boolean)) pin(pid, core);
      return origin;
    };
    try {
      const redisCpu = (): Promise<number> => cpuOf(redis.url);
      return await work({ redisUrl: redis.url, redisPid: redis.pid, redisCpu, start });
    } finally {
      killAll();
      await redis.stop();
    }
  });
}

/** Keeps a process, with all its threads, on some cores. */
export function pin(pid: number | string | undefined, cores: number | string): void {
  spawnSync('taskset', ['-acp', String(cores), String(pid)]);
}

/** Commands that a Redis has processed since it started. */
export async function commandsOf(url: string): Promise<number> {
  return numberIn(await infoOf(url, 'stats'), 'total_commands_processed');
}

async function cpuOf(url: string): Promise<number> {
  const info = await infoOf(url, 'cpu');
  return numberIn(info, 'used_cpu_sys') + numberIn(info, 'used_cpu_user');
}

async function infoOf(url: string, section: string): Promise<string> {
  const { createClient } = await import('@redis/client');
  const client = await createClient({ url }).connect();
  const info = await client.info(section);
  client.destroy();
  return info;
}

function numberIn(info: string, name: string): number {
  return Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(info)?.[1]);
}
