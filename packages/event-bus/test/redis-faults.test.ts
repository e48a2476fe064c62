import { type RedisServer, startRedis } from '@bnc/testing/redis';
import { createClient } from '@redis/client';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type BusError, EventBus, type EventBusOptions } from '../src/index.ts';
import { type RedisOptions, redis } from '../src/redis.ts';
import { eventually } from './eventually.ts';
import { startProcess } from './processes.ts';

interface Events {
  [topic: `job:${string}`]: { readonly n: number; readonly text?: string };
}

let shared: RedisServer;
beforeAll(async () => {
  shared = await startRedis({ appendonly: 'everysec' });
});
afterAll(() => shared.stop());

let prefixes = 0;
const newPrefix = (): string => `faults${++prefixes}`;

const open = async (options: Partial<RedisOptions>, more: EventBusOptions<Events> = {}): Promise<EventBus<Events>> => {
  const bus = new EventBus<Events>({
    transport: await redis({ url: shared.url, leaseMs: 500, ...options }),
    retry: { attempts: 3, minDelayMs: 5 },
    ...more,
  });
  onTestFinished(() => bus.close({ drainMs: 100 }));
  return bus;
};
const own = async (options: Parameters<typeof startRedis>[0]): Promise<RedisServer> => {
  const server = await startRedis(options);
  onTestFinished(() => server.stop());
  return server;
};
const raw = async (server: RedisServer = shared): Promise<(...args: string[]) => Promise<unknown>> => {
  const client = createClient({ url: server.url, RESP: 2 });
  client.on('error', () => {});
  await client.connect();
  onTestFinished(() => client.destroy());
  return (...args) => client.sendCommand(args);
};
const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'fine',
    (error: { code: unknown }) => error.code,
  );
const listen = async (bus: EventBus<Events>, group?: string): Promise<number[]> => {
  const got: number[] = [];
  await bus.subscribe('job:*', ({ payload }) => void got.push(payload.n), group === undefined ? {} : { group }).ready;
  return got;
};
const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

describe('several servers on one Redis', () => {
  it('are one bus: each hears all, a group shares, a key has one owner at a time', async () => {
    const prefix = newPrefix();
    const [a, b] = await Promise.all([open({ prefix }), open({ prefix })]);
    const [allA, allB] = await Promise.all([listen(a), listen(b)]);
    const busy = new Set<string>();
    let overlaps = 0;
    const owners = new Map<string, Set<string>>();
    const order = new Map<string, number[]>();
    for (const [name, bus] of Object.entries({ a, b }))
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
    const bus = await open({ prefix });
    const store = { url: shared.url, prefix, leaseMs: 500 };
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
    for (const bus of [a, b])
      await bus.subscribe(
        'job:*',
        async ({ attempt }) => {
          starts.push(attempt);
          await new Promise((resolve) => setTimeout(resolve, 2_000));
          ends++;
        },
        { group: 'g' },
      ).ready;
    await a.publish('job:a', { n: 1 });
    await eventually(() => expect(ends).toBe(1));
    await eventually(async () => expect((await a.stats()).groups[0]?.pending).toBe(0));
    expect(starts).toEqual([1]);
  });

  for (const [what, stop] of [
    ['is paused', true],
    ['blocks its event loop', false],
  ] as const)
    it(`ignore the late end of one that ${what} past its lease`, async () => {
      const prefix = newPrefix();
      const bus = await open({ prefix });
      const store = { url: shared.url, prefix, leaseMs: 500 };
      const handler = stop ? { wait: 100 } : { block: 3_000 };
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
});

describe('a Redis that fails', () => {
  for (const appendonly of ['everysec', 'always'] as const)
    it(`loses nothing acknowledged when it is killed with appendonly ${appendonly}`, async () => {
      const server = await own({ appendonly });
      const bus = await open({ url: server.url });
      const heard = await listen(bus);
      const worked = await listen(bus, 'g');
      const acked: number[] = [];
      const refused: string[] = [];
      const publishing = (async () => {
        for (let n = 0; n < 600 || refused.length === 0; n++) {
          await bus.publish('job:a', { n }).then(
            () => acked.push(n),
            (error: BusError) => {
              refused.push(error.code);
            },
          );
          if (refused.length > 0) await new Promise((resolve) => setTimeout(resolve, 2));
        }
      })();
      await eventually(() => expect(acked.length).toBeGreaterThan(100));
      await server.kill('SIGKILL');
      expect(await codeOf(bus.publish('job:a', { n: -1 }))).toBe('BUS_UNAVAILABLE');
      await server.restart();
      await publishing;
      expect(new Set(refused)).toEqual(new Set(['BUS_UNAVAILABLE']));
      await eventually(() => bus.publish('job:a', { n: 1_000_000 }));
      await eventually(() => {
        expect(heard).toContain(1_000_000);
        expect(new Set(worked).has(1_000_000)).toBe(true);
      });
      expect(acked.filter((n) => !heard.includes(n))).toEqual([]);
      expect(acked.filter((n) => !worked.includes(n))).toEqual([]);
      expect(heard).toEqual(heard.toSorted((a, b) => a - b));
    });

  it('warns without an append-only file, and after data loss starts a new epoch and goes on', async () => {
    const server = await own({});
    const warnings: string[] = [];
    const failures: unknown[] = [];
    const bus = await open(
      { url: server.url },
      { onWarning: ({ code }) => warnings.push(code), onHandlerError: (error) => failures.push(error) },
    );
    await eventually(() => expect(warnings).toEqual(['BUS_NOT_DURABLE']));
    expect((await bus.stats()).warnings).toMatchObject([{ code: 'BUS_NOT_DURABLE' }]);
    const heard = await listen(bus);
    const worked = await listen(bus, 'g');
    const { id } = await bus.publish('job:a', { n: 1 });
    await eventually(() => expect([heard, worked]).toEqual([[1], [1]]));
    await server.restart();
    await eventually(() => bus.publish('job:a', { n: 2 }));
    await eventually(() => expect([heard.includes(2), worked.includes(2)]).toEqual([true, true]));
    expect(warnings).toContain('BUS_RESTARTED');
    expect(failures.map((error) => (error as BusError).code)).toContain('BUS_RESTARTED');
    const page = await bus.read(id);
    expect(page.gap).toBe('restarted');
    expect(page.last?.split('-')[0]).not.toBe(id.split('-')[0]);
  });

  it('goes on after FLUSHALL under load, also when its ids start small again', async () => {
    const server = await own({});
    const command = await raw(server);
    const bus = await open({ url: server.url });
    const heard = await listen(bus);
    const worked = await listen(bus, 'g');
    for (const n of upTo(200)) await bus.publish('job:a', { n }, { key: 'k' });
    await eventually(() => expect([heard.length, worked.length]).toEqual([200, 200]));
    await command('FLUSHALL');
    await command('XADD', '{bnc}:log', '1-0', 'v', '1', 't', 'job:a', 'p', '{"n":1000}', 'at', '1');
    await eventually(() => expect([heard.includes(1000), worked.includes(1000)]).toEqual([true, true]));
    await bus.publish('job:a', { n: 1001 }, { key: 'k' });
    await eventually(() => expect([heard.includes(1001), worked.includes(1001)]).toEqual([true, true]));
  });

  it('refuses when its memory is full, and says so', async () => {
    const server = await own({ args: ['--maxmemory', '8mb', '--maxmemory-policy', 'noeviction'] });
    const bus = await open({ url: server.url });
    const text = 'x'.repeat(100_000);
    let answer: unknown;
    for (let n = 0; n < 200 && answer !== 'BUS_STORAGE_FULL'; n++)
      answer = await codeOf(bus.publish('job:a', { n, text }));
    expect(answer).toBe('BUS_STORAGE_FULL');
    expect((await bus.read(undefined, { limit: 3 })).events).toHaveLength(3);

    const evicting = await own({ args: ['--maxmemory', '50mb', '--maxmemory-policy', 'allkeys-lru'] });
    const warned = await open({ url: evicting.url });
    expect((await warned.stats()).warnings.map(({ code }) => code)).toContain('BUS_MAY_EVICT');
  });

  it('brings every event in order though its connections are cut again and again', async () => {
    const bus = await open({ prefix: newPrefix() });
    const command = await raw();
    const heard = await listen(bus);
    const worked = await listen(bus, 'g');
    const acked: number[] = [];
    let cuts = 0;
    for (const n of upTo(2_000)) {
      if (n % 100 === 50) {
        await command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
        cuts++;
      }
      const dedupeId = `event-${n}`;
      await eventually(() => bus.publish('job:a', { n }, { dedupeId }));
      acked.push(n);
    }
    expect(cuts).toBe(20);
    await eventually(() => expect(heard).toHaveLength(2_000));
    expect(heard).toEqual(acked);
    await eventually(async () => expect((await bus.stats()).groups[0]).toMatchObject({ lag: 0, pending: 0 }));
    expect(new Set(worked)).toEqual(new Set(acked));
  });

  it('bounds what waits for it when it is slow', async () => {
    const server = await own({});
    const command = await raw(server);
    const bus = await open({ url: server.url }, { limits: { maxPending: 50 } });
    await command('CLIENT', 'PAUSE', '300', 'ALL');
    const codes = await Promise.all(upTo(80).map((n) => codeOf(bus.publish('job:a', { n }))));
    expect(codes.filter((code) => code === 'fine')).toHaveLength(50);
    expect(codes.filter((code) => code === 'BUS_OVERLOADED')).toHaveLength(30);
    expect((await bus.stats()).publishing).toBe(0);
  });

  it('is refused at the start with a wrong password or as a replica, without printing the password', async () => {
    const locked = await own({ args: ['--requirepass', 'correct-horse'] });
    const url = (password: string): string => locked.url.replace('redis://', `redis://:${password}@`);
    for (const wrong of [locked.url, url('hunter2')]) {
      const error: unknown = await redis({ url: wrong }).catch((caught: unknown) => caught);
      expect(error).toMatchObject({ code: 'BUS_REFUSED' });
      const { message, stack, cause } = error as Error;
      expect(`${message}${stack}${JSON.stringify(error)}${String(cause)}`).not.toMatch(/hunter2/);
    }
    await (await redis({ url: url('correct-horse') })).close();
    const replica = await own({ args: ['--replicaof', '127.0.0.1', String(shared.port)] });
    await eventually(async () =>
      expect(await codeOf(redis({ url: replica.url, prefix: 'replica' }))).toBe('BUS_REFUSED'),
    );
    expect(await codeOf(redis({ url: 'redis://127.0.0.1:1' }))).toBe('BUS_UNAVAILABLE');
    await expect(redis({ url: 'nonsense' })).rejects.toThrow(TypeError);
  });

  it('may hold foreign, damaged and newer entries: groups bury them and go on', async () => {
    const prefix = newPrefix();
    const command = await raw();
    const warnings: string[] = [];
    const failures: string[] = [];
    const bus = await open(
      { prefix },
      {
        onWarning: ({ code }) => warnings.push(code),
        onHandlerError: (error) => failures.push((error as BusError).code),
      },
    );
    const heard = await listen(bus);
    const worked = await listen(bus, 'g');
    const log = `{${prefix}}:log`;
    await bus.publish('job:a', { n: 0 });
    await command('XADD', log, '2-0', 'hello', 'world');
    await command('XADD', log, '3-0', 'v', '1', 't', 'job:a', 'at', '1', 'p', '{"n":');
    await command('XADD', log, '4-0', 'v', '99', 't', 'job:a', 'at', '1', 'p', '{"n":4}', 'k', 'k');
    await command('HSET', `{${prefix}}:meta`, 'n', '4');
    await bus.publish('job:a', { n: 5 }, { key: 'k' });
    await eventually(() =>
      expect([heard, worked]).toEqual([
        [0, 5],
        [0, 5],
      ]),
    );
    await eventually(async () => expect(await bus.listDeadLetters()).toHaveLength(3));
    const reasons = (await bus.listDeadLetters()).map(({ reason }) => reason);
    expect(reasons[0]).toContain('foreign');
    expect(reasons[0]).toContain('entry');
    expect(reasons[1]).toContain('not JSON');
    expect(reasons[2]).toContain('version 99');
    expect(warnings).toContain('BUS_CORRUPT_EVENT');
    expect(failures).toEqual(expect.arrayContaining(['BUS_CORRUPT_EVENT', 'BUS_UNKNOWN_VERSION']));
    expect((await bus.stats()).groups[0]).toMatchObject({ pending: 0, lag: 0 });
  });
});
