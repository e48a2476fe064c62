import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EventBus, type Transport } from '../src/index.ts';
import { redis } from '../src/redis.ts';
import { sqlite } from '../src/sqlite.ts';
import { atEnd } from './cleanup.ts';
import { eventually } from './eventually.ts';
import { newPrefix, shared } from './redis-bus.ts';

const folder = mkdtempSync(join(tmpdir(), 'event-bus-'));
atEnd(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

/** Makes a function that opens the same store each time. */
const stores: Readonly<Record<string, () => () => Promise<Transport>>> = {
  SQLite: () => {
    const file = join(folder, `${++files}.db`);
    return () => sqlite({ file, durability: 'normal' });
  },
  Redis: () => {
    const prefix = newPrefix();
    return () => redis({ url: shared.url, prefix, leaseMs: 500 });
  },
};

async function open(store: () => Promise<Transport>, delayMs = 600): Promise<EventBus> {
  const bus = new EventBus({
    transport: await store(),
    retry: { attempts: 2, minDelayMs: delayMs, maxDelayMs: delayMs, jitter: 0 },
    onHandlerError: () => {},
    onWarning: () => {},
  });
  atEnd(() => bus.close({ drainMs: 100 }));
  return bus;
}

describe.each(Object.entries(stores))('what waits for its time on %s', (_, make) => {
  it('survives the end of its process, and does not come early after it', async () => {
    const store = make();
    const first = await open(store);
    const failed = Promise.withResolvers<number>();
    await first.subscribe(
      'job:*',
      () => {
        failed.resolve(Date.now());
        throw new Error('down');
      },
      { group: 'g' },
    ).ready;
    const notBefore = Date.now() + 600;
    await first.publish('later', 1, { notBefore });
    await first.publish('job:a', 1, { key: 'k' });
    await first.publish('job:a', 2, { key: 'k' });
    const failedAt = await failed.promise;
    await eventually(async () => expect((await first.stats()).groups[0]).toMatchObject({ pending: 2, lag: 0 }));
    await first.close();

    const second = await open(store);
    const got: { readonly what: string; readonly at: number }[] = [];
    second.subscribe(
      'later',
      ({ topic, payload }) => void got.push({ what: `${topic} ${String(payload)}`, at: Date.now() }),
    );
    second.subscribe(
      'job:*',
      ({ payload, attempt }) => void got.push({ what: `job ${String(payload)}.${attempt}`, at: Date.now() }),
      { group: 'g' },
    );
    await eventually(() => expect(got).toHaveLength(3));
    const at = (what: string): number => got.find((one) => one.what === what)?.at ?? 0;
    expect(at('later 1')).toBeGreaterThanOrEqual(notBefore);
    // The store reads its own clock, in whole milliseconds.
    expect(at('job 1.2')).toBeGreaterThanOrEqual(failedAt + 598);
    expect(at('job 2.1')).toBeGreaterThanOrEqual(at('job 1.2'));
  });
});

it('comes once from Redis, whichever of several processes gives it its place', async () => {
  const store = stores.Redis?.() ?? expect.fail();
  const buses = await Promise.all([open(store), open(store), open(store)]);
  const got: unknown[] = [];
  await buses[0]?.subscribe('later', ({ payload }) => void got.push(payload)).ready;
  const notBefore = Date.now() + 150;
  await Promise.all(
    buses.flatMap((bus, place) =>
      Array.from({ length: 100 }, (__, n) => bus.publish('later', 3 * n + place, { notBefore: notBefore + (n % 7) })),
    ),
  );
  await eventually(() => expect(got).toHaveLength(300));
  expect(new Set(got).size).toBe(300);
  expect(await buses[1]?.stats()).toMatchObject({ depth: 300, delayed: 0 });
});
