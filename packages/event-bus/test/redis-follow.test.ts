import { describe, expect, it } from 'vitest';
import type { BusError, EventBus, Following } from '../src/index.ts';
import type { RedisOptions } from '../src/redis.ts';
import { eventually } from './eventually.ts';
import { type BusProcess, startProcess } from './processes.ts';
import { type Events, newPrefix, open, own, raw, shared, upTo } from './redis-bus.ts';

function until(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

interface Watching {
  readonly following: Following;
  readonly seen: Map<string, number[]>;
}

/** Follows keys and notes what comes of each. */
async function follow(bus: EventBus<Events>, keys: readonly string[]): Promise<Watching> {
  const seen = new Map<string, number[]>();
  const following = bus.follow('job:*', ({ key = '', payload }) => {
    seen.set(key, [...(seen.get(key) ?? []), payload.n]);
  });
  await Promise.all(keys.map((key) => following.add(key)));
  return { following, seen };
}

/** What a process has seen of a key. */
function seenBy({ told }: BusProcess, key: string): number[] {
  return told.flatMap((one) => (one.say === 'saw' && one.key === key ? [one.n] : []));
}

/** Options that only tests set. */
function quick(options: Partial<RedisOptions> & { readonly followTtlMs: number }): Partial<RedisOptions> {
  return options;
}

describe.concurrent('following keys on Redis', () => {
  it('join a hundred times under writes without a gap, a double or a swap', async () => {
    const prefix = newPrefix();
    const [writer, reader] = [await open({ prefix }), await open({ prefix })];
    let n = 0;
    const over = new AbortController();
    const ids: string[] = [];
    const write = async (): Promise<void> => {
      while (!over.signal.aborted) {
        const mine = n++;
        ids[mine] = (await writer.publish('job:a', { n: mine }, { key: 'k' })).id;
      }
    };
    const writing = Promise.all([write(), write(), write()]);
    await until(30);
    const joins: { readonly from: number | undefined; readonly seen: Map<string, number[]> }[] = [];
    for (const round of upTo(100)) {
      const seen = new Map<string, number[]>();
      const following = reader.follow('job:*', ({ id }) => {
        seen.set('k', [...(seen.get('k') ?? []), Number(id.split('-').at(-1))]);
      });
      const from = round % 2 === 0 ? ids.filter((id) => id !== undefined).at(-3) : undefined;
      await following.add('k', from === undefined ? {} : { from });
      joins.push({ from: from === undefined ? undefined : Number(from.split('-').at(-1)), seen });
      await until(2);
    }
    over.abort();
    await writing;
    const last = n;
    await eventually(() => {
      for (const { seen } of joins) {
        expect(seen.get('k')?.at(-1)).toBe(last);
      }
    });
    for (const { from, seen } of joins) {
      const places = seen.get('k') ?? [];
      const first = from === undefined ? (places[0] ?? 0) : from + 1;
      expect(places).toEqual(upTo(last - first + 1).map((place) => first + place));
    }
  });

  it('begins far back in a long key while it is being written', async () => {
    const bus = await open({ prefix: newPrefix() });
    const { id } = await bus.publish('job:a', { n: 0 }, { key: 'k' });
    for (let n = 1; n < 12_000; n += 500) {
      await Promise.all(upTo(500).map((more) => bus.publish('job:a', { n: n + more }, { key: 'k' })));
    }
    const { following, seen } = await follow(bus, []);
    const adding = following.add('k', { from: id });
    for (const n of upTo(300)) {
      await bus.publish('job:a', { n: 12_001 + n }, { key: 'k' });
    }
    await adding;
    await eventually(() => expect(seen.get('k')?.length).toBe(12_300));
    expect(seen.get('k')).toEqual(upTo(12_301).slice(1));
  });

  it('brings a process its keys only, and one process the notes of the others', async () => {
    const prefix = newPrefix();
    const [a, b] = [await open({ prefix }), await open({ prefix })];
    const [atA, atB] = [await follow(a, ['x', 'both']), await follow(b, ['y', 'both'])];
    for (const n of upTo(30)) {
      await (n % 2 ? a : b).publish('job:a', { n }, { key: ['x', 'y', 'both'][n % 3] ?? '' });
    }
    const of = (rest: number): number[] => upTo(30).filter((n) => n % 3 === rest);
    await eventually(() => {
      expect(Object.fromEntries(atA.seen)).toEqual({ x: of(0), both: of(2) });
      expect(Object.fromEntries(atB.seen)).toEqual({ y: of(1), both: of(2) });
    });
    await atA.following.add('both', { note: 'a' });
    await atB.following.add('both', { note: 'b' });
    expect((await a.followers('job:*', 'both')).map(String).toSorted()).toEqual(['a', 'b']);
    await b.close();
    expect(await a.followers('job:*', 'both')).toEqual(['a']);
    const command = await raw();
    expect(await command('HLEN', `{${prefix}}:inboxes`)).toBe(1);
    await a.close();
    expect(await command('KEYS', `{${prefix}}:*`)).toHaveLength(3);
    expect(await command('HGET', `{${prefix}}:meta`, 'following')).toBe('');
  });

  it('reads each event in the processes that follow its key, and in no other', async () => {
    const server = await own({});
    const command = await raw(server);
    const buses = await Promise.all(upTo(8).map(() => open({ url: server.url })));
    const watching = await Promise.all(
      buses.map((bus, me) => {
        const mine = upTo(200).filter((n) => n % 8 === me);
        return follow(
          bus,
          mine.map((n) => `k${n}`),
        );
      }),
    );
    const calls = async (name: string): Promise<number> =>
      Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(String(await command('INFO', 'commandstats')))?.[1] ?? 0);
    const before = await calls('xrange');
    for (const n of upTo(400)) {
      await buses[n % 8]?.publish('job:a', { n }, { key: `k${(n * 7) % 200}` });
    }
    const handled = (): number => watching.flatMap(({ seen }) => [...seen.values()].flat()).length;
    await eventually(() => expect(handled()).toBe(400));
    // Bodies that were read, and what publishing itself reads.
    expect((await calls('xrange')) - before).toBeLessThanOrEqual(600);
    const inboxes = (await command('HKEYS', '{bnc}:inboxes')) as string[];
    let entries = 0;
    for (const inbox of inboxes) {
      const info = (await command('XINFO', 'STREAM', `{bnc}:in:${inbox}`)) as unknown[];
      entries += Number(info[info.indexOf('entries-added') + 1]);
    }
    expect(entries).toBe(400 + 8);
  });

  it('goes on without a gap, a double or a swap though connections are cut again and again', async () => {
    const server = await own({});
    const command = await raw(server);
    const bus = await open({ url: server.url });
    const { seen } = await follow(
      bus,
      upTo(5).map((n) => `k${n}`),
    );
    const inboxes = await command('HKEYS', '{bnc}:inboxes');
    for (const n of upTo(600)) {
      if (n % 60 === 30) {
        await command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      }
      const dedupeId = `event-${n}`;
      await eventually(() => bus.publish('job:a', { n }, { dedupeId, key: `k${n % 5}` }));
    }
    await eventually(() => {
      for (const n of upTo(5)) {
        expect(seen.get(`k${n}`)).toEqual(upTo(120).map((step) => step * 5 + n));
      }
    });
    // It went on where it was.
    expect(await command('HKEYS', '{bnc}:inboxes')).toEqual(inboxes);
  });

  it('goes on where it was after Redis was killed and came back with its data', async () => {
    const server = await own({ appendonly: 'always' });
    const bus = await open({ url: server.url });
    const { seen } = await follow(bus, ['a', 'b']);
    for (const n of upTo(300)) {
      if (n === 150) {
        await server.kill('SIGKILL');
        await server.restart();
      }
      const dedupeId = `event-${n}`;
      await eventually(() => bus.publish('job:a', { n }, { dedupeId, key: n % 2 ? 'a' : 'b' }));
    }
    await eventually(() => {
      expect(seen.get('a')).toEqual(upTo(150).map((n) => 2 * n + 1));
      expect(seen.get('b')).toEqual(upTo(150).map((n) => 2 * n));
    });
  });

  for (const how of ['restarts', 'FLUSHALL'] as const) {
    it(`reports that a new log started and goes on when Redis lost its data (${how})`, async () => {
      const server = await own({});
      const command = await raw(server);
      const failures: string[] = [];
      const bus = await open(quick({ url: server.url, followTtlMs: 400 }), {
        onHandlerError: (error) => failures.push((error as BusError).code),
      });
      const { seen, following } = await follow(bus, ['a']);
      for (const n of upTo(10)) {
        await bus.publish('job:a', { n }, { key: 'a' });
      }
      await eventually(() => expect(seen.get('a')).toEqual(upTo(10)));
      await (how === 'restarts' ? server.restart() : command('FLUSHALL'));
      for (const n of upTo(10)) {
        await eventually(() => bus.publish('job:a', { n: 10 + n }, { key: 'a' }));
      }
      await eventually(() => expect(seen.get('a')).toEqual(upTo(20)));
      expect(failures).toEqual(['BUS_RESTARTED']);
      await following.add('b');
      await bus.publish('job:a', { n: 1 }, { key: 'b' });
      await eventually(() => expect(seen.get('b')).toEqual([1]));
      expect(failures).toEqual(['BUS_RESTARTED']);
    });
  }

  it('adds and deletes keys though Redis is away, and leaves no interest behind', async () => {
    const server = await own({ appendonly: 'always' });
    const bus = await open({ url: server.url });
    const { following, seen } = await follow(bus, ['a', 'b']);
    await server.kill('SIGKILL');
    const added = following.add('c', { note: 1 });
    await following.delete('b');
    await server.restart();
    await added;
    await bus.publish('job:a', { n: 1 }, { key: 'c' });
    await bus.publish('job:a', { n: 2 }, { key: 'a' });
    await eventually(() => expect(Object.fromEntries(seen)).toEqual({ c: [1], a: [2] }));
    await eventually(async () => expect(await bus.followers('job:*', 'b')).toEqual([]));
    expect(await bus.followers('job:*', 'c')).toEqual([1]);
  });

  it('closes soon though Redis is away, also while it reads', async () => {
    const server = await own({});
    const bus = await open({ url: server.url });
    const { id } = await bus.publish('job:a', { n: 1 }, { key: 'a' });
    const { following } = await follow(bus, ['a', 'b']);
    await server.kill('SIGKILL');
    await following.delete('b');
    const added = following.add('c', { from: id }).catch((error: BusError) => error.code);
    const deleted = following.add('d');
    await following.delete('d');
    // Nothing of it can be missed.
    await deleted;
    const from = performance.now();
    await bus.close();
    expect(performance.now() - from).toBeLessThan(2_000);
    expect(await added).toBe('BUS_CLOSED');
  });

  it('ends the interest of a process that was killed, by the others', async () => {
    const prefix = newPrefix();
    const bus = await open(quick({ prefix, followTtlMs: 500 }));
    const store = { url: shared.url, prefix, leaseMs: 5_000, followTtlMs: 500 };
    const victim = startProcess({ store, role: 'follow' });
    await victim.ready();
    await follow(bus, ['mine']);
    expect(await bus.followers('job:*', 'k3')).toEqual([victim.child.pid]);
    await victim.kill();
    await eventually(async () => expect(await bus.followers('job:*', 'k3')).toEqual([]));
    const command = await raw();
    expect(await command('HLEN', `{${prefix}}:inboxes`)).toBe(1);
    expect(await command('HGET', `{${prefix}}:following`, 'job:*')).toBe('1');
  });

  it('goes on under a new name without a gap or a double after a pause for which the others ended it', async () => {
    const prefix = newPrefix();
    const bus = await open(quick({ prefix, followTtlMs: 500 }));
    await follow(bus, ['mine']);
    const store = { url: shared.url, prefix, leaseMs: 5_000, followTtlMs: 500 };
    const paused = startProcess({ store, role: 'follow' });
    await paused.ready();
    let n = 0;
    const write = async (count: number): Promise<void> => {
      for (const _ of upTo(count)) {
        await bus.publish('job:a', { n }, { key: `k${n++ % 10}` });
      }
    };
    await write(50);
    paused.child.kill('SIGSTOP');
    await write(50);
    await eventually(async () => expect(await bus.followers('job:*', 'k3')).toEqual([]));
    await write(50);
    paused.child.kill('SIGCONT');
    await write(50);
    await eventually(() => {
      for (const key of upTo(10)) {
        expect(seenBy(paused, `k${key}`)).toEqual(upTo(20).map((step) => step * 10 + key));
      }
    });
    await eventually(async () => expect(await bus.followers('job:*', 'k3')).toEqual([paused.child.pid]));
  });

  it('reads its keys from the log when its inbox was full', async () => {
    const prefix = newPrefix();
    const bus = await open({ prefix });
    const store = { url: shared.url, prefix, leaseMs: 5_000 };
    const slow = startProcess({ store, role: 'follow' });
    await slow.ready();
    slow.child.kill('SIGSTOP');
    const write = async (numbers: readonly number[]): Promise<void> => {
      for (const n of numbers) {
        await bus.publish('job:a', { n }, { key: `k${n % 2}` });
      }
    };
    await write(upTo(100));
    const command = await raw();
    const [inbox = ''] = (await command('HKEYS', `{${prefix}}:inboxes`)) as string[];
    const fill = "for _ = 1, 10000 do redis.call('XADD', KEYS[1], '*', '1', 'k1') end";
    await command('EVAL', fill, '1', `{${prefix}}:in:${inbox}`);
    await write(upTo(120).slice(100));
    expect(Number(await command('XLEN', `{${prefix}}:in:${inbox}`))).toBeLessThan(100);
    slow.child.kill('SIGCONT');
    await eventually(() => {
      for (const key of upTo(2)) {
        expect(seenBy(slow, `k${key}`)).toEqual(upTo(60).map((step) => step * 2 + key));
      }
    });
  });
});
