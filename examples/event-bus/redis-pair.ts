/**
 * Two processes share the work of one group: @bnc/event-bus on Redis.
 * Needs a Redis: set REDIS_URL, or have one on 127.0.0.1:6379.
 */
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { EventBus } from '@bnc/event-bus';
import { redis } from '@bnc/event-bus/redis';

interface Events {
  [topic: `job:${string}`]: { readonly clip: number };
  'job-done': { readonly clip: number; readonly by: string };
}

const [, , role = 'first', prefix = `pair-${process.pid}`] = process.argv;
const url = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379';
const bus = new EventBus<Events>({ transport: await redis({ url, prefix }) });
await bus.subscribe('job:*', ({ payload }) => work(payload.clip), { group: 'workers' }).ready;

async function work(clip: number): Promise<void> {
  await bus.publish('job-done', { clip, by: role });
}

if (role === 'first') {
  const second = fork(import.meta.filename, ['second', prefix]);
  await once(second, 'message');
  const done = new Map<number, string>();
  const all = Promise.withResolvers<void>();
  await bus.subscribe('job-done', ({ payload: { clip, by } }) => {
    assert.ok(!done.has(clip), 'each job is done once');
    done.set(clip, by);
    if (done.size === 20) all.resolve();
  }).ready;
  for (let clip = 0; clip < 20; clip++) await bus.publish('job:render', { clip }, { key: `clip-${clip}` });
  await all.promise;
  console.log(`20 jobs, ${[...done.values()].filter((by) => by === 'second').length} of them by the second process`);
  second.send('close');
  await once(second, 'exit');
} else {
  process.send?.('ready');
  await once(process, 'message');
  process.disconnect();
}
await bus.close();
