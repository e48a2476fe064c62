import { describe, expect, it } from 'vitest';
import type { BusError } from '../src/index.ts';
import { redis } from '../src/redis.ts';
import { eventually } from './eventually.ts';
import { startProcess } from './processes.ts';
import { codeOf, listen, newPrefix, open, own, raw, shared, upTo } from './redis-bus.ts';

/** Reads a reply of Redis in the form name, value, name, value, … */
function pairs(answer: unknown): string[][] {
  return (answer as string[]).flatMap((name, place, all) => (place % 2 === 0 ? [[name, all[place + 1] ?? '']] : []));
}

describe.concurrent('a Redis that fails', () => {
  for (const appendonly of ['everysec', 'always'] as const) {
    it(`has what it acknowledged when it is killed with appendfsync ${appendonly}`, async () => {
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
      const before = [...acked];
      await server.restart();
      await publishing;
      expect(new Set(refused)).toEqual(new Set(['BUS_UNAVAILABLE']));
      await eventually(() => bus.publish('job:a', { n: 1_000_000 }));
      await eventually(() => {
        expect(heard).toContain(1_000_000);
        expect(new Set(worked).has(1_000_000)).toBe(true);
      });
      for (const got of [heard, worked]) {
        const missing = acked.filter((n) => !got.includes(n));
        // During a slow fsync, `everysec` replies before it has written, so the newest events may be missing.
        // See https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/
        if (appendonly === 'always') expect(missing).toEqual([]);
        else expect(missing).toEqual(before.slice(before.length - missing.length));
      }
      expect(heard).toEqual(heard.toSorted((a, b) => a - b));
    });
  }

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
    for (let n = 0; n < 200 && answer !== 'BUS_STORAGE_FULL'; n++) {
      answer = await codeOf(bus.publish('job:a', { n, text }));
    }
    expect(answer).toBe('BUS_STORAGE_FULL');
    expect((await bus.read(undefined, { limit: 3 })).events).toHaveLength(3);

    const evicting = await own({ args: ['--maxmemory', '50mb', '--maxmemory-policy', 'allkeys-lru'] });
    const warned = await open({ url: evicting.url });
    expect((await warned.stats()).warnings.map(({ code }) => code)).toContain('BUS_MAY_EVICT');
  });

  it('frees memory when its groups have handled what is there, so that publishing goes on', async () => {
    const server = await own({ args: ['--maxmemory', '10mb', '--maxmemory-policy', 'noeviction'] });
    const bus = await open({ url: server.url });
    const gate = Promise.withResolvers<void>();
    const worked: number[] = [];
    await bus.subscribe('job:*', ({ payload }) => gate.promise.then(() => void worked.push(payload.n)), { group: 'g' })
      .ready;
    const owned: number[] = [];
    const own1 = { group: 'o', keys: 'owned' } as const;
    await bus.subscribe('job:*', ({ payload }) => gate.promise.then(() => void owned.push(payload.n)), own1).ready;
    const text = 'x'.repeat(50_000);
    const stored: number[] = [];
    for (let n = 0; stored.length === n; n++) {
      const code = await codeOf(bus.publish('job:a', { n, text }, { key: `k${n % 7}` }));
      if (code === 'fine') stored.push(n);
      else expect(code).toBe('BUS_STORAGE_FULL');
    }
    gate.resolve();
    await eventually(() => expect([worked.length, owned.length]).toEqual([stored.length, stored.length]));
    // Nobody publishes until there is room again.
    await eventually(async () => expect((await bus.stats()).depth).toBeLessThan(stored.length));
    for (let n = 1_000; n < 1_000 + 2 * stored.length; n++) {
      await eventually(() => bus.publish('job:a', { n, text }, { key: `k${n % 7}` }));
    }
    await eventually(() => expect(worked).toHaveLength(3 * stored.length));
    expect((await bus.stats()).groups.map(({ lost }) => lost)).toEqual([0, 0]);
    await bus.close();
    const small = await open({ url: server.url, maxEvents: 10 });
    await eventually(async () => expect((await small.stats()).depth).toBeLessThanOrEqual(20));
  });

  it('starts no job twice because it was paused for longer than the lease', async () => {
    const server = await own({ appendonly: 'everysec' });
    const leaseMs = 1_000;
    const bus = await open({ url: server.url, leaseMs });
    const store = { url: server.url, prefix: 'bnc', leaseMs };
    const worker = startProcess({ store, role: 'consume', handler: { wait: 4_500 } });
    await worker.ready();
    await bus.publish('job:a', { n: 1 });
    await eventually(() => expect(worker.started()).toEqual(['1.1']));
    const got = await listen(bus, 'g');
    await server.kill('SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, 2_200));
    await server.kill('SIGCONT');
    await eventually(() => expect(worker.ended()).toEqual(['1.1']));
    await eventually(async () => expect((await bus.stats()).groups[0]).toMatchObject({ pending: 0, redeliveries: 0 }));
    expect(got).toEqual([]);
  });

  it('brings every event in order though its connections are cut again and again', async () => {
    const server = await own({});
    const bus = await open({ url: server.url });
    const command = await raw(server);
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
    const script = `redis.call('XADD', KEYS[1], '2-0', 'hello', 'world')
      redis.call('XADD', KEYS[1], '3-0', 'v', '1', 't', 'job:a', 'at', '1', 'p', '{"n":')
      redis.call('XADD', KEYS[1], '4-0', 'v', '99', 't', 'job:a', 'at', '1', 'p', '{"n":4}', 'k', 'k')`;
    await command('EVAL', script, '1', log);
    await bus.publish('job:a', { n: 5 }, { key: 'k' });
    await eventually(() =>
      expect([heard, worked]).toEqual([
        [0, 5],
        [0, 5],
      ]),
    );
    await eventually(async () => expect(await bus.listDeadLetters()).toHaveLength(3));
    const reasons = (await bus.listDeadLetters()).map(({ reason }) => reason);
    expect(reasons[0]).toContain('another program');
    expect(reasons[0]).toContain('entry');
    expect(reasons[1]).toContain('not JSON');
    expect(reasons[2]).toContain('version 99');
    expect(warnings).toContain('BUS_CORRUPT_EVENT');
    expect(failures).toEqual(expect.arrayContaining(['BUS_CORRUPT_EVENT', 'BUS_UNKNOWN_VERSION']));
    expect((await bus.stats()).groups[0]).toMatchObject({ pending: 0, lag: 0 });
  });

  it('goes on after an entry with an id of another kind', async () => {
    const prefix = newPrefix();
    const command = await raw();
    const bus = await open({ prefix });
    const heard = await listen(bus);
    const worked = await listen(bus, 'g');
    const first = await bus.publish('job:a', { n: 1 }, { dedupeId: 'one' });
    await command('XADD', `{${prefix}}:log`, '*', 'hello', 'world');
    const next = await bus.publish('job:a', { n: 2 }, { dedupeId: 'two' });
    await bus.publish('job:a', { n: 3 });
    await eventually(() =>
      expect([heard, worked]).toEqual([
        [1, 2, 3],
        [1, 2, 3],
      ]),
    );
    const place = (id: string): number => Number(id.split('-')[1]);
    expect(place(next.id)).toBeGreaterThan(place(first.id) + 1);
    expect(await bus.publish('job:a', { n: 2 }, { dedupeId: ['other', 'two'] })).toEqual({ ...next, duplicate: true });
    await eventually(async () => expect(await bus.listDeadLetters()).toMatchObject([{ group: 'g' }]));
  });

  it('cuts history by age too', async () => {
    const bus = await open({ prefix: newPrefix(), maxAgeMs: 100 });
    const { id } = await bus.publish('job:a', { n: 0 });
    for (const n of upTo(150)) await bus.publish('job:a', { n });
    await new Promise((resolve) => setTimeout(resolve, 150));
    await Promise.all(upTo(250).map((n) => bus.publish('job:a', { n })));
    expect((await bus.read(id)).gap).toBe('cut');
    expect((await bus.stats()).depth).toBeLessThanOrEqual(251);
  });

  it('brings a new subscriber only later events, from any process, even if there were no listeners before', async () => {
    const prefix = newPrefix();
    const [a, b] = await Promise.all([open({ prefix }), open({ prefix })]);
    for (const round of upTo(5)) {
      for (const n of upTo(20)) await b.publish('job:a', { n: -n });
      const heard: number[] = [];
      const subscription = a.subscribe('job:*', ({ payload }) => void heard.push(payload.n));
      // Not even waiting until it is ready.
      await a.publish('job:a', { n: 1 });
      await subscription.ready;
      await b.publish('job:a', { n: 2 });
      await a.publish('job:a', { n: 3 });
      await eventually(() => expect(heard).toEqual([1, 2, 3]));
      await subscription.close();
      // From here on the log is not read, or still read: both must do.
      if (round > 2) await new Promise((resolve) => setTimeout(resolve, 1_100));
    }
  });

  it('notices data loss even without listeners, and does not report it to a new subscriber', async () => {
    const server = await own({});
    const command = await raw(server);
    const warnings: string[] = [];
    const failures: unknown[] = [];
    const bus = await open(
      { url: server.url },
      { onWarning: ({ code }) => warnings.push(code), onHandlerError: (error) => failures.push(error) },
    );
    for (const n of upTo(10)) await bus.publish('job:a', { n });
    await command('FLUSHALL');
    await bus.publish('job:a', { n: 10 });
    await eventually(() => expect(warnings).toContain('BUS_RESTARTED'));
    const heard = await listen(bus);
    await command('FLUSHALL');
    await bus.publish('job:a', { n: 11 });
    await eventually(() => expect(heard).toEqual([11]));
    await eventually(() => expect(failures).toMatchObject([{ code: 'BUS_RESTARTED' }]));
  });

  it('keeps dedupe ids, keys and leases when the clock of the server jumps', async () => {
    const prefix = newPrefix();
    const command = await raw();
    const [a, b] = await Promise.all([open({ prefix }), open({ prefix })]);
    const runs: string[] = [];
    for (const bus of [a, b]) {
      await bus.subscribe(
        'job:*',
        async ({ payload, attempt }) => {
          runs.push(`${payload.n}.${attempt}`);
          await new Promise((resolve) => setTimeout(resolve, 300));
        },
        { group: 'g' },
      ).ready;
    }
    // A jump of the clock is, for all that is stored, the same as stamps that lie as far in the other direction.
    const jump = async (ms: number): Promise<void> => {
      const [ids, ages] = [`{${prefix}}:ids`, `{${prefix}}:ids-ages`];
      for (const [index, age] of ((await command('LRANGE', ages, '0', '-1')) as string[]).entries()) {
        const [at, ...rest] = age.split(':');
        await command('LSET', ages, String(index), [Number(at) - ms, ...rest].join(':'));
      }
      const state = String(await command('GET', ids)).split(' ');
      await command('SET', ids, state.with(5, String(Number(state[5]) - ms)).join(' '));
      const seen = `{${prefix}}:g:["g","job:*"]:seen`;
      for (const [lane = ''] of pairs(await command('ZRANGE', seen, '0', '-1', 'WITHSCORES'))) {
        await command('ZINCRBY', seen, String(-ms), lane);
      }
    };
    const ids: number[] = [];
    const hours = [1, -1, -1, 1, 2, -2];
    for (const n of upTo(6)) {
      const dedupeId = `d${n}`;
      const { id } = await a.publish('job:a', { n }, { key: 'k', dedupeId });
      ids.push(Number(id.split('-')[1]));
      await jump(3_600_000 * (hours[n] ?? 0));
      expect(await b.publish('job:a', { n }, { key: 'k', dedupeId })).toEqual({ id, duplicate: true });
    }
    expect(ids).toEqual(upTo(6).map((n) => n + 1));
    await eventually(async () => expect((await a.stats()).groups[0]).toMatchObject({ lag: 0, pending: 0 }));
    expect(runs).toEqual(upTo(6).map((n) => `${n}.1`));
  });
});
