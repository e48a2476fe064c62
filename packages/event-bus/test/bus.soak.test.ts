import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { startRedis } from '@bnc/testing/redis';
import { expect, it } from 'vitest';
import { EventBus, memory, type Transport } from '../src/index.ts';
import { redis } from '../src/redis.ts';
import { sqlite } from '../src/sqlite.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function handles(): number {
  return process.getActiveResourcesInfo().length;
}

async function settle(): Promise<void> {
  for (let n = 0; n < 5; n++) {
    collectGarbage();
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Opens a bus, works it with coming and going subscribers, failures and dead letters, and closes it. */
async function life(transport: Transport): Promise<void> {
  const bus = new EventBus({ transport, retry: { attempts: 2, minDelayMs: 1 }, onHandlerError: () => {} });
  let done = 0;
  await bus.subscribe(
    'room:*',
    ({ payload }) => {
      done++;
      if (payload === 7) throw new Error('always');
    },
    { group: 'g', concurrency: 8 },
  ).ready;
  for (let round = 0; round < 10; round++) {
    const subscriptions = Array.from({ length: 10 }, () => bus.subscribe(`room:${round}`, () => {}));
    const publishing = Array.from({ length: 100 }, (_, n) =>
      bus.publish(`room:${round}`, n, { key: `k${n % 5}`, dedupeId: `${round}.${n}` }),
    );
    await Promise.all(publishing);
    await Promise.all(subscriptions.map((subscription) => subscription.close()));
  }
  while ((await bus.stats()).groups.some(({ lag, pending }) => lag + pending > 0)) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(done).toBe(10 * 101);
  await bus.close();
}

it('ends where it began: handles, timers and memory after many lives on each transport', {
  timeout: 600_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'event-bus-soak-'));
  const server = await startRedis({ appendonly: 'everysec' });
  let lives = 0;
  const kinds: (() => Transport | Promise<Transport>)[] = [
    () => memory(),
    () => sqlite({ file: join(folder, `${++lives}.db`), durability: 'normal' }),
    () => redis({ url: server.url, prefix: `soak${++lives}` }),
  ];
  const round = async (times: number): Promise<void> => {
    for (let n = 0; n < times; n++) for (const make of kinds) await life(await make());
    await settle();
  };
  // What the first lives take from the system is used again by the later ones: 100 lives end below 20.
  await round(20);
  const look = (): { handles: number; heap: number; rss: number } => {
    const { heapUsed, rss } = process.memoryUsage();
    return { handles: handles(), heap: heapUsed, rss };
  };
  const before = look();
  await round(20);
  const after = look();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
  expect(after.handles).toBe(before.handles);
  expect(after.heap - before.heap).toBeLessThan(4 * 2 ** 20);
  // Freed pages stay with the process for a while.
  expect(after.rss - before.rss).toBeLessThan(64 * 2 ** 20);
});
