import { expect, it } from 'vitest';
import { eventually } from './eventually.ts';
import { type BusProcess, startProcess } from './processes.ts';
import { open, own, raw, upTo } from './redis-bus.ts';

/** How long it is written, in milliseconds. */
const runMs = process.env.BNC_SOAK === 'full' ? 60_000 : 15_000;

function until(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

it('miss, double and swap nothing while followers are paused and cut off at 800 events a second', {
  timeout: 180_000,
}, async () => {
  const server = await own({ appendonly: 'always' });
  const command = await raw(server);
  const bus = await open({ url: server.url });
  const store = { url: server.url, prefix: 'bnc', leaseMs: 5_000, followTtlMs: 600 };
  const start = async (): Promise<BusProcess> => {
    const follower = startProcess({ store, role: 'follow' });
    await follower.ready();
    return follower;
  };
  const followers = await Promise.all([start(), start(), start()]);
  const written = new AbortController();
  const writing = (async () => {
    const publishing: Promise<void>[] = [];
    let n = 0;
    for (const from = performance.now(); performance.now() - from < runMs; ) {
      const some = upTo(8).map((more) => n + more);
      n += 8;
      publishing.push(
        ...some.map(async (one) => {
          const options = { key: `k${one % 10}`, dedupeId: `event-${one}` };
          await eventually(() => bus.publish('job:a', { n: one }, options));
        }),
      );
      await until(10);
    }
    await Promise.all(publishing);
    written.abort();
    return n;
  })();
  for (let round = 0; !written.signal.aborted; round++) {
    await until(1_000 + Math.random() * 1_000);
    const victim = followers[Math.floor(Math.random() * followers.length)];
    if (round % 4 === 3) {
      await command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    } else {
      victim?.child.kill('SIGSTOP');
      await until(Math.random() * 2_000);
      victim?.child.kill('SIGCONT');
    }
  }
  const count = await writing;
  const order = new Map<string, number[]>();
  for (let after: string | undefined, more = true; more; ) {
    const from = after;
    // The last cut may have hit this connection too.
    const page = await eventually(() => bus.read(from, { limit: 1_000 }));
    for (const { key = '', payload } of page.events) {
      order.set(key, [...(order.get(key) ?? []), payload.n]);
    }
    ({ last: after, more } = page);
  }
  expect([...order.values()].flat()).toHaveLength(count);
  for (const { told } of followers) {
    await eventually(() => {
      const seen = told.flatMap((one) => (one.say === 'saw' ? [one] : []));
      expect(seen).toHaveLength(count);
    });
    const seen = Map.groupBy(
      told.flatMap((one) => (one.say === 'saw' ? [one] : [])),
      ({ key }) => key,
    );
    for (const [key, numbers] of order) {
      expect(seen.get(key)?.map(({ n }) => n)).toEqual(numbers);
    }
  }
});
