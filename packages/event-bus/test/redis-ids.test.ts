import { describe, expect, it } from 'vitest';
import { eventually } from './eventually.ts';
import { newPrefix, open, own, raw, upTo } from './redis-bus.ts';

describe.concurrent('dedupe ids on Redis', () => {
  it('take at most 40 bytes each', async () => {
    const server = await own({});
    const command = await raw(server);
    const used = async (): Promise<number> =>
      Number(/used_memory:(\d+)/.exec(String(await command('INFO', 'memory')))?.[1]);
    const bus = await open({ url: server.url, maxEvents: 100 });
    await bus.publish('job:a', { n: 0 });
    const before = await used();
    const count = 40_000;
    for (let n = 0; n < count; n += 2_000) {
      await Promise.all(
        upTo(2_000).map((m) => bus.publish('job:a', { n }, { dedupeId: `delivery-${n + m}-of-a-repository` })),
      );
    }
    // Part of it is history, which is cut, and what the server needs for itself.
    expect((await used()) - before).toBeLessThan(40 * count);
    for (const n of [0, 1, 777, 20_000, count - 1]) {
      expect(await bus.publish('job:a', { n }, { dedupeId: `delivery-${n}-of-a-repository` })).toMatchObject({
        duplicate: true,
      });
    }
  });

  it('have a budget: the oldest are forgotten first, with one warning, and publishing goes on', async () => {
    const prefix = newPrefix();
    const command = await raw();
    const warnings: string[] = [];
    const bus = await open(
      { prefix, maxDedupeIds: 1_000, groupTtlMs: 500 },
      { onWarning: ({ code }) => warnings.push(code) },
    );
    for (let n = 0; n < 6_000; n += 100) {
      await Promise.all(upTo(100).map((m) => bus.publish('job:a', { n }, { dedupeId: `d${n + m}` })));
    }
    const isKnown = async (n: number): Promise<boolean> =>
      (await bus.publish('job:a', { n }, { dedupeId: `d${n}` })).duplicate;
    expect(await Promise.all([5_999, 5_500, 5_200].map(isKnown))).toEqual([true, true, true]);
    expect(await isKnown(100)).toBe(false);
    let kept = 0;
    for (const bucket of upTo(100)) kept += Number(await command('HLEN', `{${prefix}}:ids:${bucket}`));
    expect(kept).toBeLessThan(2_000);
    await eventually(() => expect(warnings.filter((code) => code === 'BUS_DEDUPE_FULL')).toHaveLength(1));
  });

  it('of an earlier release are found until their window ends', async () => {
    const prefix = newPrefix();
    const command = await raw();
    const first = await open({ prefix });
    const { id } = await first.publish('job:a', { n: 1 });
    const now = Date.now();
    await command('HSET', `{${prefix}}:dedupe:recent`, 'new', `1:${now}`, 'over', `1:${now - 31 * 86_400_000}`);
    await command('HSET', `{${prefix}}:dedupe:former`, 'old', `1:${now - 86_400_000}`);
    await command('HSET', `{${prefix}}:meta`, 'turned', String(now - 1_000));
    const bus = await open({ prefix });
    const publish = (dedupeId: string | string[]) => bus.publish('job:a', { n: 2 }, { dedupeId });
    expect(await publish('new')).toEqual({ id, duplicate: true });
    expect(await publish(['other', 'old'])).toEqual({ id, duplicate: true });
    expect(await publish('over')).toMatchObject({ duplicate: false });
    expect(await publish('over')).toMatchObject({ duplicate: true });
    await command('HSET', `{${prefix}}:meta`, 'turned', String(now - 61 * 86_400_000));
    expect(await publish('late')).toMatchObject({ duplicate: false });
    expect(await command('EXISTS', `{${prefix}}:dedupe:recent`, `{${prefix}}:dedupe:former`)).toBe(0);
    expect(await publish(['late', 'late', 'later'])).toMatchObject({ duplicate: true });
    expect(await publish(['twice', 'twice'])).toMatchObject({ duplicate: false });
  });

  it('of 1,000 events with 16 each fit into one commit', async () => {
    const prefix = newPrefix();
    const bus = await open({ prefix });
    const fences: string[] = [];
    await bus.subscribe('job:in', ({ fence = '' }) => void fences.push(fence), { group: 'g', keys: 'owned' }).ready;
    await bus.publish('job:in', { n: 0 }, { key: 'k' });
    await eventually(() => expect(fences).toHaveLength(1));
    const publish = upTo(1_000).map((n) => ({
      topic: 'job:out' as const,
      payload: { n },
      dedupeId: upTo(16).map((m) => `d${n}.${m}`),
    }));
    const [fence = ''] = fences;
    const stored = await bus.commit({ publish, fence });
    expect(stored.map(({ duplicate }) => duplicate)).toEqual(Array(1_000).fill(false));
    expect(await bus.commit({ publish, fence })).toEqual(stored.map(({ id }) => ({ id, duplicate: true })));
  });
});
