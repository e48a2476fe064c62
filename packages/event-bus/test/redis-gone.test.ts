import { describe, expect, it } from 'vitest';
import type { BusError, EventBus } from '../src/index.ts';
import { eventually } from './eventually.ts';
import { type Events, listen, newPrefix, open, raw, upTo } from './redis-bus.ts';

const group = '["g","job:*"]';

async function publish(bus: EventBus<Events>, from: number, to: number, key?: string): Promise<void> {
  for (let n = from; n <= to; n++) await bus.publish('job:a', { n }, key === undefined ? {} : { key });
}

for (const keys of ['ordered', 'owned'] as const) {
  it(`reports how many events were cut from history before a group had read them: ${keys}`, async () => {
    const warnings: BusError[] = [];
    const bus = await open({ prefix: newPrefix(), maxEvents: 100 }, { onWarning: (error) => warnings.push(error) });
    const held = Promise.withResolvers<void>();
    const options = { group: 'g', keys, concurrency: 1 } as const;
    await bus.subscribe('job:*', () => held.promise, options).ready;
    await publish(bus, 1, 1_500, 'k');
    held.resolve();
    await eventually(async () => expect((await bus.stats()).groups).toMatchObject([{ lag: 0, pending: 0 }]));
    const { groups } = await bus.stats();
    expect(groups[0]?.lost).toBeGreaterThan(500);
    const told = (): number =>
      warnings
        .filter(({ code }) => code === 'BUS_HISTORY_CUT')
        .reduce((sum, { message }) => sum + Number(/^(\d+) events .* group g /.exec(message)?.[1]), 0);
    await eventually(() => expect(told()).toBe(groups[0]?.lost));
  });
}

describe.concurrent('a group whose keys Redis has lost', () => {
  const losses: readonly (readonly [string, (prefix: string) => string[], number])[] = [
    ['the group in the log', (prefix) => ['XGROUP', 'DESTROY', `${prefix}log`, group], 0],
    ['the log', (prefix) => ['DEL', `${prefix}log`], 0],
    ['the heartbeats', (prefix) => ['DEL', `${prefix}g:${group}:beats`], 0],
    ['its numbers', (prefix) => ['DEL', `${prefix}g:${group}:stats`], 0],
    ['its numbers and the log', (prefix) => ['DEL', `${prefix}g:${group}:stats`, `${prefix}log`], 0],
  ];
  for (const [what, command, lost] of losses) {
    it(`goes on after the last event that it handled, and counts what is gone: ${what}`, async () => {
      const prefix = newPrefix();
      const send = await raw();
      const warnings: string[] = [];
      const failures: unknown[] = [];
      const reports = {
        onWarning: ({ code }: { code: string }) => void (code === 'BUS_NOT_DURABLE' || warnings.push(code)),
        onHandlerError: (error: unknown) => void failures.push(error),
      };
      const bus = await open({ prefix }, reports);
      const got = await listen(bus, 'g');
      await publish(bus, 1, 3);
      await eventually(() => expect(got).toEqual([1, 2, 3]));
      await eventually(async () => expect((await bus.stats()).groups).toMatchObject([{ lag: 0, pending: 0 }]));
      await send(...command(`{${prefix}}:`));
      await publish(bus, 4, 6);
      await eventually(() => expect(got).toEqual([1, 2, 3, 4, 5, 6]));
      await eventually(async () => expect((await bus.stats()).groups).toMatchObject([{ lag: 0, pending: 0, lost }]));
      expect(failures).toEqual([]);
      expect(warnings.length).toBeLessThanOrEqual(1);
      await bus.close();
      // Another process goes on there too.
      const next = await open({ prefix });
      const more = await listen(next, 'g');
      await publish(next, 7, 7);
      await eventually(() => expect(more).toEqual([7]));
    });
  }

  it('keeps what was not done, in the order of its keys, and repeats nothing', async () => {
    const prefix = newPrefix();
    const send = await raw();
    const warnings: string[] = [];
    const bus = await open({ prefix }, { onWarning: ({ code, message }) => warnings.push(`${code} ${message}`) });
    const got: string[] = [];
    const held = Promise.withResolvers<void>();
    await bus.subscribe(
      'job:*',
      async ({ payload: { n }, attempt }) => {
        got.push(`${n}.${attempt}`);
        if (n === 2 && attempt === 1) await held.promise;
      },
      { group: 'g', concurrency: 10 },
    ).ready;
    await publish(bus, 1, 1, 'a');
    await publish(bus, 2, 2, 'b');
    await publish(bus, 3, 4, 'a');
    // Waits behind 2.
    await publish(bus, 5, 6, 'b');
    await eventually(() => expect(got).toEqual(['1.1', '2.1', '3.1', '4.1']));
    await send('XGROUP', 'DESTROY', `{${prefix}}:log`, group);
    await publish(bus, 7, 7, 'a');
    await eventually(() => expect(got).toContain('7.1'));
    held.resolve();
    await eventually(async () => expect((await bus.stats()).groups).toMatchObject([{ lag: 0, pending: 0, lost: 0 }]));
    expect(got.filter((one) => ['1.1', '3.1', '4.1', '7.1'].includes(one))).toEqual(['1.1', '3.1', '4.1', '7.1']);
    expect(got.filter((one) => /^[256]/.test(one))).toEqual(['2.1', '5.1', '6.1']);
    expect(warnings.filter((one) => one.startsWith('BUS_HISTORY_CUT'))).toEqual([
      expect.stringContaining('lost group g'),
    ]);
  });

  it('counts an acknowledgement that comes after the loss', async () => {
    const prefix = newPrefix();
    const send = await raw();
    const bus = await open({ prefix });
    const got: string[] = [];
    const held = Promise.withResolvers<void>();
    await bus.subscribe(
      'job:*',
      async ({ payload: { n }, attempt }) => {
        got.push(`${n}.${attempt}`);
        await held.promise;
      },
      { group: 'g', concurrency: 10 },
    ).ready;
    await publish(bus, 1, 3);
    await eventually(() => expect(got).toHaveLength(3));
    await send('XGROUP', 'DESTROY', `{${prefix}}:log`, group);
    held.resolve();
    await new Promise((resolve) => setTimeout(resolve, 50));
    await publish(bus, 4, 4);
    await eventually(() => expect(got).toContain('4.1'));
    await eventually(async () => expect((await bus.stats()).groups).toMatchObject([{ lag: 0, pending: 0, lost: 0 }]));
    expect(got).toEqual(['1.1', '2.1', '3.1', '4.1']);
  });

  it('counts what was not done and is gone with the log', async () => {
    const prefix = newPrefix();
    const send = await raw();
    const warnings: string[] = [];
    const bus = await open({ prefix }, { onWarning: ({ message }) => warnings.push(message) });
    const held = Promise.withResolvers<void>();
    const got: number[] = [];
    await bus.subscribe(
      'job:*',
      async ({ payload: { n } }) => {
        got.push(n);
        if (n < 5) await held.promise;
      },
      { group: 'g', concurrency: 2 },
    ).ready;
    // Two run, two are not read yet.
    await publish(bus, 1, 4);
    await eventually(() => expect(got).toEqual([1, 2]));
    await send('DEL', `{${prefix}}:log`);
    held.resolve();
    await publish(bus, 5, 5);
    await eventually(() => expect(got).toEqual([1, 2, 5]));
    const { groups } = await bus.stats();
    // 1 and 2 were handled, but could not be acknowledged in a log that is gone.
    expect(groups[0]?.lost).toBeGreaterThanOrEqual(2);
    expect(warnings.some((text) => text.includes('lost group g'))).toBe(true);
  });

  it('starts at the beginning of a new log when all of the old one is gone', async () => {
    const prefix = newPrefix();
    const send = await raw();
    const bus = await open({ prefix });
    const got = await listen(bus, 'g');
    await publish(bus, 1, 50);
    await eventually(() => expect(got).toHaveLength(50));
    await send('DEL', `{${prefix}}:log`, `{${prefix}}:meta`);
    await publish(bus, 51, 60);
    await eventually(() => expect(got).toEqual(upTo(60).map((n) => n + 1)));
  });

  for (const part of ['owned', 'o:["g","job:*"]:own', 'o:["g","job:*"]:beats']) {
    it(`has its owners again: ${part}`, async () => {
      const prefix = newPrefix();
      const send = await raw();
      const bus = await open({ prefix, leaseMs: 200 });
      const got: number[] = [];
      await bus.subscribe('job:*', ({ payload }) => void got.push(payload.n), { group: 'g', keys: 'owned' }).ready;
      await publish(bus, 1, 3, 'k');
      await eventually(() => expect(got).toEqual([1, 2, 3]));
      await send('DEL', `{${prefix}}:${part}`);
      await publish(bus, 4, 6, 'k');
      await eventually(() => expect(got).toEqual([1, 2, 3, 4, 5, 6]));
      await publish(bus, 7, 7, 'k');
      await eventually(() => expect(got).toEqual([1, 2, 3, 4, 5, 6, 7]));
    });
  }
});
