import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { Benchmark } from '@bnc/bench';
import { startRedis } from '@bnc/testing/redis';
import { createClient } from '@redis/client';
import { Queue } from 'bullmq';
import { EventBus } from '../src/index.ts';
import { redis } from '../src/redis.ts';
import { payload, rate } from './load.ts';

const count = 20_000;
/** Shorter rounds where all of a row are ours, and many, as a round takes a tenth of a second. */
const shortCount = 10_000;
const manyRounds = 15;
const leaseMs = 5_000;

/** Kills a consumer during a job. Returns how long it takes until another one starts the job again. */
async function redelivery(url: string, prefix: string): Promise<number> {
  const bus = new EventBus({ transport: await redis({ url, prefix, leaseMs }) });
  const child = fork(new URL('./worker.ts', import.meta.url), [JSON.stringify({ url, prefix })], {
    execArgv: ['--conditions=@bnc/source'],
  });
  await once(child, 'message');
  // The group is made when its first consumer has joined.
  while ((await bus.stats()).groups.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  const started = once(child, 'message');
  await bus.publish('job:a', payload);
  await started;
  const again = new Promise<number>((resolve) => {
    bus.subscribe('job:*', () => resolve(performance.now()), { group: 'g' });
  });
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const killed = performance.now();
  child.kill('SIGKILL');
  const time = (await again) - killed;
  await bus.close();
  return time / 1000;
}

export const benchmark: Benchmark = {
  name: 'event-bus/redis',
  async run(bench) {
    // No rewrites of its file: one takes a core for some time, and slows whichever round it falls into.
    const args = ['--auto-aof-rewrite-percentage', '0'];
    const server = await startRedis({ appendonly: 'everysec', args }).catch((error: unknown) => {
      bench.skip('event-bus/redis', String(error));
      return undefined;
    });
    if (!server) return;
    const bus = new EventBus({ transport: await redis({ url: server.url }) });
    const client = createClient({ url: server.url });
    await client.connect();
    const bullClient = client.duplicate();
    const queue = new Queue('bench', { connection: bullClient });
    await queue.waitUntilReady();
    let published = 0;
    const rawXadd = async (): Promise<number> => {
      const add = () =>
        client.xAdd('raw', '*', { t: 'webhook:github:push', p: JSON.stringify(payload), at: String(Date.now()) });
      const perSecond = await rate(add, count, 100);
      // The bus keeps a limited number of events: the peer's, which would fill the memory, are gone after each round.
      await client.unlink('raw');
      return perSecond;
    };
    await bench.compare({
      name: 'publish, 100 in flight',
      unit: 'events/s',
      ours: () => rate(() => bus.publish('webhook:github:push', payload), count, 100),
      peers: { 'raw XADD': rawXadd },
      rounds: manyRounds,
      goal: { peer: 'raw XADD', atLeast: 0.75 },
    });
    const row = await bench.compare({
      name: 'publish with dedupeId, 100 in flight',
      unit: 'events/s',
      ours: () =>
        rate(() => bus.publish('webhook:github:push', payload, { dedupeId: `id-${published++}` }), count, 100),
      peers: {
        'raw XADD': rawXadd,
        BullMQ: () => rate(() => queue.add('push', payload), count / 4, 100),
      },
      rounds: manyRounds,
      goal: { peer: 'raw XADD', atLeast: 0.5 },
    });
    bench.record({ ...row, name: 'the same, compared with BullMQ', goal: { peer: 'BullMQ', atLeast: 1.5 } });
    const owned = new EventBus({ transport: await redis({ url: server.url, prefix: 'owned' }) });
    const group = () => owned.subscribe('webhook:**', () => {}, { group: 'g', keys: 'owned' });
    /** Lets an owner take what waits, so that every round begins empty, as if owners keep up. */
    const drain = async (): Promise<void> => {
      const subscription = group();
      await subscription.ready;
      while ((await owned.stats()).groups.some(({ lag, pending }) => lag + pending > 0)) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      await subscription.close();
    };
    await drain();
    await bench.compare({
      name: 'publish with a key to an owned group, 100 in flight',
      unit: 'events/s',
      ours: async () => {
        const publish = () => owned.publish('webhook:github:push', payload, { key: `k${published++ % 2_000}` });
        const perSecond = await rate(publish, count, 100);
        await drain();
        return perSecond;
      },
      peers: { 'raw XADD': rawXadd },
      rounds: manyRounds,
      goal: { peer: 'raw XADD', atLeast: 0.65 },
    });
    const keyed = (to: EventBus) => () =>
      to.publish('webhook:github:push', payload, { dedupeId: `id-${published++}`, key: `k${published % 2_000}` });
    await bench.compare({
      name: 'publish with a key and dedupeId to an owned group, 100 in flight',
      unit: 'events/s',
      ours: async () => {
        const perSecond = await rate(keyed(owned), shortCount, 100);
        await drain();
        return perSecond;
      },
      peers: {
        'without the group': () => rate(keyed(bus), shortCount, 100),
        'without key and group': () =>
          rate(() => bus.publish('webhook:github:push', payload, { dedupeId: `id-${published++}` }), shortCount, 100),
      },
      rounds: manyRounds,
      goal: { peer: 'without the group', atLeast: 0.9 },
    });
    await owned.close();
    let round = 0;
    await bench.compare({
      name: 'kill -9 to redelivery, lease 5 s',
      unit: 's',
      ours: () => redelivery(server.url, `killed-${round++}`),
      rounds: 3,
      goal: { atMost: leaseMs / 1000 + 1 },
    });
    await bus.close();
    client.destroy();
    await queue.close();
    if (bullClient.isOpen) bullClient.destroy();
    await server.stop();
  },
};
