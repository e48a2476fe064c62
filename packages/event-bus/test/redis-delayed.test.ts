import { describe, expect, it } from 'vitest';
import { eventually } from './eventually.ts';
import { listen, newPrefix, open, own, raw, upTo } from './redis-bus.ts';

describe.concurrent('delayed events on Redis', () => {
  it('are released once by those that listen when their publishers are gone', async () => {
    const prefix = newPrefix();
    const listeners = await Promise.all(upTo(3).map(() => open({ prefix })));
    const heard = await Promise.all(listeners.map((bus) => listen(bus)));
    const publisher = await open({ prefix });
    const notBefore = Date.now() + 1_500;
    for (const n of upTo(250)) await publisher.publish('job:a', { n }, { notBefore });
    await publisher.close();
    expect((await listeners[0]?.stats())?.delayed).toBe(250);
    await eventually(() => expect(heard.map((some) => some.length)).toEqual([250, 250, 250]));
    expect(heard[0]).toEqual(upTo(250));
    expect(Date.now()).toBeGreaterThanOrEqual(notBefore);
    expect((await listeners[0]?.stats())?.delayed).toBe(0);
  });

  it('cost nothing while none waits', async () => {
    const server = await own({});
    const command = await raw(server);
    const calls = async (): Promise<number> => {
      const stats = String(await command('INFO', 'commandstats'));
      return [...stats.matchAll(/cmdstat_(?!info)[a-z|]+:calls=(\d+)/g)].reduce(
        (sum, [, count]) => sum + Number(count),
        0,
      );
    };
    const bus = await open({ url: server.url });
    await bus.publish('job:a', { n: 1 });
    await bus.publish('job:a', { n: 1 }, { notBefore: Date.now() + 100 });
    await eventually(async () => expect((await bus.stats()).delayed).toBe(0));
    // What looks once more after the last one.
    await new Promise((resolve) => setTimeout(resolve, 300));
    const before = await calls();
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(await calls()).toBe(before);
  });
});
