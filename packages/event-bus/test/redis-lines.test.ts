import { describe, expect, it } from 'vitest';
import type { EventBus } from '../src/index.ts';
import { eventually } from './eventually.ts';
import { codeOf, type Events, listen, newPrefix, open, own, raw, shared, upTo } from './redis-bus.ts';
import { startProxy } from './redis-proxy.ts';

/** Publishes again and again until it is acknowledged. Returns how often it was refused, and as what. */
async function publishAgain(bus: EventBus<Events>, n: number): Promise<unknown[]> {
  const refused: unknown[] = [];
  await eventually(async () => {
    const code = await codeOf(bus.publish('job:a', { n }, { key: 'k', dedupeId: `d${n}` }));
    if (code !== 'fine') refused.push(code);
    expect(code).toBe('fine');
  });
  return refused;
}

/** Everything that a bus brings: to a listener, a group, an owner and a follower. */
async function listenInAllWays(bus: EventBus<Events>): Promise<number[][]> {
  const owned: number[] = [];
  const followed: number[] = [];
  const following = bus.follow('job:*', ({ payload }) => void followed.push(payload.n));
  const owner = bus.subscribe('job:*', ({ payload }) => void owned.push(payload.n), { group: 'o', keys: 'owned' });
  await Promise.all([owner.ready, following.add('k')]);
  return [await listen(bus), await listen(bus, 'g'), owned, followed];
}

function all<Value>(value: Value): Value[] {
  return [value, value, value, value];
}

describe.concurrent('a connection to Redis', () => {
  it('that stays open and carries nothing any more is replaced, and so are those that wait', async () => {
    const proxy = await startProxy(shared.port);
    const bus = await open({ url: proxy.url, prefix: newPrefix() });
    const heard = await listenInAllWays(bus);
    await publishAgain(bus, 1);
    await eventually(() => expect(heard).toEqual(all([1])));
    const before = proxy.opened;
    // Commands, the tail, the inbox and the owner.
    expect(proxy.mute()).toBe(4);
    const since = performance.now();
    const refused = await publishAgain(bus, 2);
    // A new line is tried before the silent one has failed.
    expect(performance.now() - since).toBeLessThan(4_500);
    expect(new Set(refused)).toEqual(new Set(['BUS_UNAVAILABLE']));
    await eventually(() => expect(heard).toEqual(all([1, 2])));
    expect(proxy.opened).toBe(before + 4);
  });

  it('that only waits is replaced too when it stays silent', async () => {
    const proxy = await startProxy(shared.port);
    const bus = await open({ url: proxy.url, prefix: newPrefix() });
    const heard = await listen(bus);
    await publishAgain(bus, 1);
    await eventually(() => expect(heard).toEqual([1]));
    expect(proxy.mute((asked) => asked.includes('XREAD'))).toBe(1);
    expect(await publishAgain(bus, 2)).toEqual([]);
    await eventually(() => expect(heard).toEqual([1, 2]));
  });

  it('is kept while Redis itself is slow', async () => {
    const server = await own({});
    const proxy = await startProxy(server.port);
    const command = await raw(server);
    const bus = await open({ url: proxy.url });
    const heard = await listen(bus);
    for (const what of ['ALL', 'WRITE']) {
      await command('CLIENT', 'PAUSE', '2200', what);
      expect(await Promise.all(upTo(5).map((n) => codeOf(bus.publish('job:a', { n }))))).toEqual(Array(5).fill('fine'));
    }
    await eventually(() => expect(heard).toEqual([...upTo(5), ...upTo(5)]));
  });

  it('goes to the new master when its server became a replica', async () => {
    const [first, second] = await Promise.all([own({}), own({})]);
    const [one, two] = await Promise.all([raw(first), raw(second)]);
    await two('REPLICAOF', '127.0.0.1', String(first.port));
    const proxy = await startProxy(first.port);
    const bus = await open({ url: proxy.url });
    const heard = await listenInAllWays(bus);
    await publishAgain(bus, 1);
    await eventually(() => expect(heard).toEqual(all([1])));
    await eventually(async () => expect(await two('XLEN', '{bnc}:log')).toBe(1));
    await two('REPLICAOF', 'NO', 'ONE');
    await one('REPLICAOF', '127.0.0.1', String(second.port));
    const refused: unknown[] = [];
    // Until the name leads to the new master, every publish fails, and none of them later than at once.
    for (const n of upTo(5)) refused.push(await codeOf(bus.publish('job:a', { n: 100 + n })));
    proxy.port = second.port;
    refused.push(...(await publishAgain(bus, 2)));
    expect(new Set(refused)).toEqual(new Set(['BUS_UNAVAILABLE']));
    await eventually(() => expect(heard).toEqual(all([1, 2])));
    expect((await bus.read(undefined)).events.map(({ payload }) => payload.n)).toEqual([1, 2]);
  });

  for (const error of [
    'LOADING Redis is loading the dataset in memory',
    "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
    'CLUSTERDOWN The cluster is down',
  ]) {
    it(`waits while its server says ${error.split(' ')[0]}`, async () => {
      const proxy = await startProxy(shared.port);
      const bus = await open({ url: proxy.url, prefix: newPrefix() });
      const heard = await listenInAllWays(bus);
      proxy.error = error;
      proxy.cut();
      await eventually(async () => expect(await codeOf(bus.publish('job:a', { n: 0 }))).toBe('BUS_UNAVAILABLE'));
      const before = proxy.opened;
      await eventually(() => expect(proxy.opened).toBeGreaterThan(before + 8));
      expect(await codeOf(bus.publish('job:a', { n: 1 }, { key: 'k' }))).toBe('BUS_UNAVAILABLE');
      proxy.error = undefined;
      await publishAgain(bus, 2);
      await eventually(() => expect(heard.map((some) => some.at(-1))).toEqual(all(2)));
    });
  }
});
