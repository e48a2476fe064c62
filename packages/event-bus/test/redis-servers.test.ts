import { describe, expect, it } from 'vitest';
import { eventually } from './eventually.ts';
import { startProcess } from './processes.ts';
import { listen, newPrefix, open, shared, upTo } from './redis-bus.ts';

describe.concurrent('several servers on one Redis', () => {
  it('are one bus: each hears all, a group shares, a key has one owner at a time', async () => {
    const prefix = newPrefix();
    const [a, b] = await Promise.all([open({ prefix }), open({ prefix })]);
    const [allA, allB] = await Promise.all([listen(a), listen(b)]);
    const busy = new Set<string>();
    let overlaps = 0;
    const owners = new Map<string, Set<string>>();
    const order = new Map<string, number[]>();
    for (const [name, bus] of Object.entries({ a, b })) {
      await bus.subscribe(
        'job:*',
        async ({ payload, key = '' }) => {
          if (busy.has(key)) overlaps++;
          busy.add(key);
          await new Promise((resolve) => setTimeout(resolve, 2));
          busy.delete(key);
          owners.set(key, (owners.get(key) ?? new Set()).add(name));
          order.set(key, [...(order.get(key) ?? []), payload.n]);
        },
        { group: 'g', concurrency: 2 },
      ).ready;
    }
    for (const n of upTo(100)) await (n % 2 ? a : b).publish('job:a', { n }, { key: `k${n % 10}` });
    await eventually(() => expect([...order.values()].flat()).toHaveLength(100));
    expect(overlaps).toBe(0);
    for (const seen of order.values()) expect(seen).toEqual(seen.toSorted((x, y) => x - y));
    // A key stays with the server that began it.
    expect([...owners.values()].every(({ size }) => size === 1)).toBe(true);
    await eventually(() => expect([allA, allB]).toEqual([upTo(100), upTo(100)]));
    await eventually(async () => expect((await a.stats()).groups[0]).toMatchObject({ pending: 0, lag: 0 }));
  });

  it('give the jobs of one that was killed to another', async () => {
    const prefix = newPrefix();
    // Long enough that a busy machine does not make the living look dead.
    const leaseMs = 1_000;
    const bus = await open({ prefix, leaseMs });
    const store = { url: shared.url, prefix, leaseMs };
    const victim = startProcess({ store, role: 'consume', handler: { wait: 60_000 }, concurrency: 2 });
    await victim.ready();
    for (const n of [1, 2]) await bus.publish('job:a', { n }, { key: 'k' });
    await bus.publish('job:a', { n: 3 });
    await eventually(() => expect(victim.started().toSorted()).toEqual(['1.1', '3.1']));
    const got: string[] = [];
    await bus.subscribe('job:*', ({ payload, attempt }) => void got.push(`${payload.n}.${attempt}`), { group: 'g' })
      .ready;
    await bus.publish('job:a', { n: 4 });
    await eventually(() => expect(got).toEqual(['4.1']));
    await victim.kill();
    await eventually(() => expect(got.toSorted()).toEqual(['1.2', '2.1', '3.2', '4.1']));
    expect(got.indexOf('1.2')).toBeLessThan(got.indexOf('2.1'));
    await eventually(async () => expect((await bus.stats()).groups[0]).toMatchObject({ pending: 0, redeliveries: 2 }));
  });

  it('make a dead letter of a job that kills three of them', async () => {
    const prefix = newPrefix();
    const bus = await open({ prefix });
    await bus.subscribe('job:*', () => {}, { group: 'g' }).close();
    const group = bus.subscribe('job:*', () => {}, { group: 'g' });
    await group.ready;
    await group.close();
    await bus.publish('job:a', { n: 1 });
    for (const attempt of [1, 2, 3]) {
      const child = startProcess({ store: { url: shared.url, prefix, leaseMs: 500 }, role: 'consume', handler: 'die' });
      await eventually(() => expect(child.started()).toEqual([`1.${attempt}`]));
      await eventually(() => expect(child.child.signalCode).toBe('SIGKILL'));
    }
    const got = await listen(bus, 'g');
    await eventually(async () =>
      expect(await bus.listDeadLetters()).toMatchObject([{ payload: { n: 1 }, group: 'g' }]),
    );
    await bus.publish('job:a', { n: 2 });
    await eventually(() => expect(got).toEqual([2]));
  });

  it('run a job once that takes longer than its lease', async () => {
    const prefix = newPrefix();
    const [a, b] = await Promise.all([open({ prefix }), open({ prefix })]);
    const starts: number[] = [];
    let ends = 0;
    for (const bus of [a, b]) {
      await bus.subscribe(
        'job:*',
        async ({ attempt }) => {
          starts.push(attempt);
          await new Promise((resolve) => setTimeout(resolve, 2_000));
          ends++;
        },
        { group: 'g' },
      ).ready;
    }
    await a.publish('job:a', { n: 1 });
    await eventually(() => expect(ends).toBe(1));
    await eventually(async () => expect((await a.stats()).groups[0]?.pending).toBe(0));
    expect(starts).toEqual([1]);
  });

  for (const [what, stop] of [
    ['is paused', true],
    ['blocks its event loop', false],
  ] as const) {
    it(`ignore the late end of one that ${what} past its lease`, async () => {
      const prefix = newPrefix();
      const bus = await open({ prefix });
      const store = { url: shared.url, prefix, leaseMs: 500 };
      const handler = stop ? { wait: 1_500 } : { block: 1_500 };
      const late = startProcess({ store, role: 'consume', handler });
      await late.ready();
      await bus.publish('job:a', { n: 1 });
      await eventually(() => expect(late.started()).toEqual(['1.1']));
      if (stop) late.child.kill('SIGSTOP');
      const got: string[] = [];
      const consumer = bus.subscribe('job:*', ({ payload, attempt }) => void got.push(`${payload.n}.${attempt}`), {
        group: 'g',
      });
      await consumer.ready;
      await eventually(() => expect(got).toEqual(['1.2']));
      if (stop) late.child.kill('SIGCONT');
      await eventually(() => expect(late.ended()).toEqual(['1.1']));
      await consumer.close();
      // The late one comes back under a new name and works on.
      await bus.publish('job:a', { n: 2 });
      await eventually(() => expect(late.ended()).toEqual(['1.1', '2.1']));
      await eventually(async () => expect((await bus.stats()).groups[0]?.pending).toBe(0));
    });
  }
});
