import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { Bench, Benchmark } from '@bnc/bench';
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

/** What each part of the benchmark has: a Redis of its own, as its file grows by a gigabyte, and what is left in it slows what follows. */
interface Stage {
  readonly url: string;
  /** Publishes to a bus that no group reads. */
  readonly bus: EventBus;
  /** Events a second of raw `XADD`. */
  rawXadd(): Promise<number>;
}

async function onStage(run: (stage: Stage) => Promise<void>): Promise<void> {
  // No rewrites of its file: one takes a core for some time, and slows whichever round it falls into.
  const server = await startRedis({ appendonly: 'everysec', args: ['--auto-aof-rewrite-percentage', '0'] });
  const bus = new EventBus({ transport: await redis({ url: server.url }) });
  const client = await createClient({ url: server.url }).connect();
  const add = () =>
    client.xAdd('raw', '*', { t: 'webhook:github:push', p: JSON.stringify(payload), at: String(Date.now()) });
  const rawXadd = async (): Promise<number> => {
    const perSecond = await rate(add, count, 100);
    // The bus keeps a limited number of events: the peer's, which would fill the memory, are gone after each round.
    await client.unlink('raw');
    return perSecond;
  };
  await run({ url: server.url, bus, rawXadd });
  await bus.close();
  client.destroy();
  await server.stop();
}

export const benchmark: Benchmark = {
  name: 'event-bus/redis',
  async run(bench) {
    const missing = await startRedis({}).then(
      (server) => server.stop(),
      (error: unknown) => String(error),
    );
    if (missing !== undefined) return bench.skip('event-bus/redis', missing);
    await onStage((stage) => measurePlain(bench, stage));
    await onStage((stage) => measureIds(bench, stage));
    await onStage((stage) => measureJobs(bench, stage));
    await onStage((stage) => measureOwned(bench, stage));
    await onStage(async ({ url }) => {
      let round = 0;
      await bench.compare({
        name: 'kill -9 to redelivery, lease 5 s',
        unit: 's',
        ours: () => redelivery(url, `killed-${round++}`),
        rounds: 3,
        goal: { atMost: leaseMs / 1000 + 1 },
      });
    });
  },
};

let published = 0;

/** Publishes without keys and ids. */
async function measurePlain(bench: Bench, { bus, rawXadd }: Stage): Promise<void> {
  await bench.compare({
    name: 'publish, 100 in flight',
    unit: 'events/s',
    ours: () => rate(() => bus.publish('webhook:github:push', payload), count, 100),
    peers: { 'raw XADD': rawXadd },
    rounds: manyRounds,
    goal: { peer: 'raw XADD', atLeast: 0.75 },
  });
}

/** Publishes with ids. */
async function measureIds(bench: Bench, { bus, rawXadd }: Stage): Promise<void> {
  await bench.compare({
    name: 'publish with dedupeId, 100 in flight',
    unit: 'events/s',
    ours: () => publishIds(bus),
    peers: { 'raw XADD': rawXadd },
    rounds: manyRounds,
    goal: { peer: 'raw XADD', atLeast: 0.5 },
  });
}

/** Publishes with ids, beside a queue of jobs. */
async function measureJobs(bench: Bench, { url, bus }: Stage): Promise<void> {
  const bullClient = createClient({ url });
  await bullClient.connect();
  const queue = new Queue('bench', { connection: bullClient });
  await queue.waitUntilReady();
  await bench.compare({
    name: 'publish with dedupeId, 100 in flight, compared with BullMQ',
    unit: 'events/s',
    ours: () => publishIds(bus),
    peers: { BullMQ: () => rate(() => queue.add('push', payload), count / 4, 100) },
    rounds: manyRounds,
    goal: { peer: 'BullMQ', atLeast: 1.5 },
  });
  await queue.close();
  if (bullClient.isOpen) bullClient.destroy();
}

function publishIds(bus: EventBus): Promise<number> {
  return rate(() => bus.publish('webhook:github:push', payload, { dedupeId: `id-${published++}` }), count, 100);
}

/** Publishes with keys, to a group whose owners keep up. */
async function measureOwned(bench: Bench, { url, bus, rawXadd }: Stage): Promise<void> {
  const owned = new EventBus({ transport: await redis({ url, prefix: 'owned' }) });
  /** Lets an owner take what waits, so that every round begins empty, as if owners keep up. */
  const drain = async (): Promise<void> => {
    const subscription = owned.subscribe('webhook:**', () => {}, { group: 'g', keys: 'owned' });
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
}
