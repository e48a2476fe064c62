import { describe, expect, it } from 'vitest';
import type { EventBus } from '../src/index.ts';
import { scripts } from '../src/redis/scripts.ts';
import { eventually } from './eventually.ts';
import { type Events, open, own, raw, upTo } from './redis-bus.ts';

/** Publishes without waiting, in bursts of one turn of the loop each. Returns when all is stored. */
async function flood(bus: EventBus<Events>, from: number, count: number): Promise<void> {
  const all: Promise<unknown>[] = [];
  for (let n = from; n < from + count; n++) {
    all.push(bus.publish('job:a', { n }, { key: 'k' }));
    if (n % 3 === 0) await new Promise(setImmediate);
  }
  await Promise.all(all);
}

describe('the order of publishes on Redis', () => {
  it('holds on a new server, which knows no script yet', async () => {
    const server = await own({});
    const command = await raw(server);
    for (const round of upTo(10)) {
      await command('SCRIPT', 'FLUSH');
      const bus = await open({ url: server.url, prefix: `p${round}` });
      await flood(bus, 0, 200);
      const { events } = await bus.read(undefined, { limit: 1_000 });
      expect(events.map(({ payload }) => payload.n)).toEqual(upTo(200));
    }
  });

  it('holds while the scripts are flushed and loaded by another process again and again', async () => {
    const server = await own({});
    const flush = await raw(server);
    const bus = await open({ url: server.url });
    let published = 0;
    const flushing = (async () => {
      for (const _ of upTo(80)) {
        await flush('SCRIPT', 'FLUSH');
        // As another process does, which may come between two batches that are on the way.
        await flush('SCRIPT', 'LOAD', scripts.publish);
      }
      return 'flushed' as const;
    })();
    for (const rest = Promise.resolve('publishing' as const); (await Promise.race([flushing, rest])) !== 'flushed'; ) {
      await flood(bus, published, 500);
      published += 500;
    }
    expect(published).toBeGreaterThan(1_000);
    const { events } = await bus.read(undefined, { limit: 100_000, pattern: 'job:a' });
    expect(events.map(({ payload }) => payload.n)).toEqual(upTo(published));
  });

  it('holds for commits among the publishes, and for those that follow a commit that is refused', async () => {
    const server = await own({});
    const command = await raw(server);
    const bus = await open({ url: server.url });
    const fences: string[] = [];
    await bus.subscribe('job:in', ({ fence = '' }) => void fences.push(fence), { group: 'g', keys: 'owned' }).ready;
    await bus.publish('job:in', { n: 0 }, { key: 'k' });
    await eventually(() => expect(fences).toHaveLength(1));
    const all: Promise<unknown>[] = [];
    const refused: unknown[] = [];
    const [fence = ''] = fences;
    for (const n of upTo(300)) {
      const publish = [{ topic: 'job:a' as const, payload: { n }, key: 'k' }];
      all.push(n % 5 === 2 ? bus.commit({ publish, fence }) : bus.publish('job:a', { n }, { key: 'k' }));
      if (n % 50 === 7) all.push(command('SCRIPT', 'FLUSH'));
      if (n % 20 === 3) {
        const wrong = fence.replace(/^\d+:\d+:/, '1:1:');
        all.push(bus.commit({ publish, fence: wrong }).catch((error: unknown) => refused.push(error)));
      }
      if (n % 3 === 0) await new Promise(setImmediate);
    }
    await Promise.all(all);
    expect(refused).toHaveLength(15);
    const { events } = await bus.read(undefined, { limit: 1_000, pattern: 'job:a' });
    expect(events.map(({ payload }) => payload.n)).toEqual(upTo(300));
  });
});
