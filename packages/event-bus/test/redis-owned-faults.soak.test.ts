import { describe, expect, it } from 'vitest';
import type { BusEvent } from '../src/index.ts';
import { eventually } from './eventually.ts';
import { startProcess } from './processes.ts';
import { codeOf, type Events, newPrefix, open, own, raw, shared, upTo } from './redis-bus.ts';

type Bus = Awaited<ReturnType<typeof open>>;
type JobEvent = BusEvent<`job:${string}`, Events[`job:${string}`]>;

async function owned(bus: Bus, handler: (event: JobEvent) => void | Promise<void>): Promise<void> {
  await bus.subscribe('job:*', handler, { group: 'g', keys: 'owned' }).ready;
}

async function settled(bus: Bus): Promise<void> {
  await eventually(async () => expect((await bus.stats()).groups).toMatchObject([{ lag: 0, pending: 0 }]));
}

describe.concurrent('owned keys on a Redis that fails', () => {
  it('go on after Redis lost its data, and refuse what was owned before', async () => {
    const server = await own({});
    const [a, b] = [await open({ url: server.url }), await open({ url: server.url })];
    const got: number[] = [];
    const fences: string[] = [];
    for (const bus of [a, b]) {
      await owned(bus, ({ payload, fence = '' }) => {
        got.push(payload.n);
        fences.push(fence);
      });
    }
    await Promise.all(upTo(20).map((n) => a.publish('job:a', { n }, { key: `k${n}` })));
    await eventually(() => expect(got).toHaveLength(20));
    const before = fences.slice();
    await server.restart();
    await eventually(() => a.publish('job:a', { n: 100 }, { key: 'k' }));
    for (const n of upTo(20)) {
      await a.publish('job:a', { n: 200 + n }, { key: `k${n}` });
    }
    await eventually(() => expect(got).toEqual(expect.arrayContaining(upTo(20).map((n) => 200 + n))));
    expect(new Set(got).size).toBe(got.length);
    for (const fence of before) {
      expect(await codeOf(a.publish('job:a', { n: 1 }, { fence }))).toBe('BUS_FENCED');
    }
    await settled(a);
  });

  it('lose nothing and double nothing through commits when Redis is killed and comes back with its file', async () => {
    const server = await own({ appendonly: 'always' });
    const [a, b] = [await open({ url: server.url }), await open({ url: server.url })];
    const acked: number[] = [];
    for (const bus of [a, b]) {
      await owned(bus, async (event) => {
        for (;;) {
          const done = { topic: 'job:done:x', payload: { n: event.payload.n } } as const;
          const code = await codeOf(bus.commit({ settle: [event], publish: [done] }));
          if (code !== 'BUS_UNAVAILABLE') {
            return;
          }
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      });
    }
    const publishing = (async () => {
      for (const n of upTo(600)) {
        const dedupeId = `d${n}`;
        await eventually(() => a.publish('job:a', { n }, { key: `k${n % 30}`, dedupeId }));
        acked.push(n);
      }
    })();
    await eventually(() => expect(acked.length).toBeGreaterThan(150));
    await server.kill('SIGKILL');
    await server.restart();
    await publishing;
    await settled(a);
    const { events } = await a.read(undefined, { limit: 2_000, pattern: 'job:done:x' });
    expect(events.map(({ payload }) => payload.n).toSorted((x, y) => x - y)).toEqual(upTo(600));
  });

  it('bring every event once and in order though connections are cut again and again', async () => {
    const server = await own({});
    const bus = await open({ url: server.url });
    const command = await raw(server);
    const order = new Map<string, number[]>();
    await owned(bus, ({ key = '', payload, attempt }) => {
      if (attempt === 1) {
        order.set(key, [...(order.get(key) ?? []), payload.n]);
      }
    });
    for (const n of upTo(600)) {
      if (n % 60 === 30) {
        await command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      }
      const dedupeId = `event-${n}`;
      await eventually(() => bus.publish('job:a', { n }, { dedupeId, key: `k${n % 5}` }));
    }
    await settled(bus);
    for (const seen of order.values()) {
      expect(seen).toEqual(seen.toSorted((x, y) => x - y));
    }
    expect([...order.values()].flat().length).toBeGreaterThan(500);
  });

  it('make a dead letter of an event that kills three owners, and let its key go on', async () => {
    const prefix = newPrefix();
    const bus = await open({ prefix });
    const store = { url: shared.url, prefix, leaseMs: 500 };
    const first = bus.subscribe('job:*', () => {}, { group: 'g', keys: 'owned' });
    await first.ready;
    await first.close();
    await bus.publish('job:a', { n: 1 }, { key: 'k' });
    for (const attempt of [1, 2, 3]) {
      const child = startProcess({ store, role: 'consume', keys: 'owned', handler: 'die' });
      await eventually(() => expect(child.started()).toEqual([`1.${attempt}`]));
      await eventually(() => expect(child.child.signalCode).toBe('SIGKILL'));
    }
    const got: number[] = [];
    await owned(bus, ({ payload }) => void got.push(payload.n));
    await eventually(async () =>
      expect(await bus.listDeadLetters()).toMatchObject([{ payload: { n: 1 }, group: 'g' }]),
    );
    await bus.publish('job:a', { n: 2 }, { key: 'k' });
    await eventually(() => expect(got).toEqual([2]));
  });

  it('are not taken over because Redis was paused for longer than the lease', async () => {
    const server = await own({ appendonly: 'everysec' });
    const [a, b] = [await open({ url: server.url, leaseMs: 800 }), await open({ url: server.url, leaseMs: 800 })];
    const lost: string[] = [];
    for (const bus of [a, b]) {
      await bus.subscribe('job:*', () => new Promise(() => {}), {
        group: 'g',
        keys: 'owned',
        onLose: (key, why) => void lost.push(`${key} ${why}`),
      }).ready;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
    for (const n of upTo(20)) {
      await a.publish('job:a', { n }, { key: `k${n}` });
    }
    await eventually(async () => expect((await a.stats()).groups[0]?.pending).toBe(20));
    await server.kill('SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, 1_800));
    await server.kill('SIGCONT');
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect(lost).toEqual([]);
    expect((await a.stats()).groups[0]).toMatchObject({ pending: 20, redeliveries: 0 });
  });

  it('forget references and keys that history was cut before, and count them', async () => {
    const prefix = newPrefix();
    const bus = await open({ prefix, maxEvents: 100 });
    const command = await raw();
    const closed = bus.subscribe('job:*', () => {}, { group: 'g', keys: 'owned' });
    await closed.ready;
    await closed.close();
    const total = 40_000;
    for (let n = 0; n < total; n += 500) {
      await Promise.all(upTo(500).map((more) => bus.publish('job:a', { n }, { key: `k${n + more}` })));
    }
    const { lag, lost } = (await bus.stats()).groups[0] ?? { lag: 0, lost: 0 };
    expect(lag + lost).toBe(total);
    expect(lost).toBeGreaterThan(total / 4);
    expect(await command('HLEN', `{${prefix}}:heads`)).toBeLessThan(total / 4);
    const got: number[] = [];
    await owned(bus, ({ payload }) => void got.push(payload.n));
    await settled(bus);
    expect((await bus.stats()).groups[0]?.lost).toBe(total - got.length);
  });
});
