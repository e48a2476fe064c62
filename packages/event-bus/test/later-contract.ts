import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EventBus, type EventBusOptions, type Transport } from '../src/index.ts';
import type { Settings } from './contract.ts';
import { eventually } from './eventually.ts';

interface Events {
  [topic: `job:${string}`]: { readonly n: number; readonly text?: string };
}

/** What every transport must do alike with what waits for its time: delayed events and retries. */
export function laterContract(name: string, make: (options: Settings) => Promise<Transport>): void {
  describe(`what waits on ${name}`, () => {
    let bus: EventBus<Events>;
    const buses: EventBus<Events>[] = [];
    const failures: unknown[] = [];

    const open = async (options: EventBusOptions<Events> = {}, settings: Settings = {}) => {
      const made = new EventBus<Events>({
        transport: await make(settings),
        retry: { attempts: 3, minDelayMs: 5, maxDelayMs: 20 },
        onHandlerError: (error) => failures.push(error),
        ...options,
      });
      buses.push(made);
      return made;
    };

    beforeEach(async () => {
      failures.length = 0;
      bus = await open();
    });
    afterEach(async () => {
      await Promise.all(buses.splice(0).map((each) => each.close({ drainMs: 500 })));
    });

    it('gives a delayed event its place when it is due, after what was published meanwhile', async () => {
      const got: string[] = [];
      const at: number[] = [];
      const note = (who: string) => async (event: { payload: { n: number }; publishedAt: number }) => {
        got.push(`${who}${event.payload.n}`);
        if (event.payload.n === 1) at.push(Date.now() - event.publishedAt);
      };
      await bus.subscribe('job:*', note('all')).ready;
      await bus.subscribe('job:*', note('group'), { group: 'g' }).ready;
      await bus.subscribe('job:*', note('owner'), { group: 'g', keys: 'owned' }).ready;
      const rooms = bus.follow('job:*', note('key'));
      await rooms.add('k');
      const notBefore = new Date(Date.now() + 300);
      const { id } = await bus.publish('job:a', { n: 1 }, { key: 'k', notBefore });
      expect(id).toBe('');
      await bus.publish('job:a', { n: 2 }, { key: 'k', notBefore: Date.now() - 1 });
      expect((await bus.read()).events.map(({ payload }) => payload.n)).toEqual([2]);
      expect(await bus.stats()).toMatchObject({ depth: 1, delayed: 1 });
      for (const who of ['all', 'group', 'owner', 'key']) {
        await eventually(() => expect(got.filter((one) => one.startsWith(who))).toEqual([`${who}2`, `${who}1`]));
      }
      // A clock is read in whole milliseconds.
      for (const late of at) expect(late).toBeGreaterThanOrEqual(0);
      const { events } = await bus.read({ key: 'k' });
      expect(events.map(({ payload, publishedAt }) => [payload.n, publishedAt])).toEqual([
        [2, expect.any(Number)],
        [1, notBefore.getTime()],
      ]);
      expect(await bus.stats()).toMatchObject({ depth: 2, delayed: 0 });
    });

    it('counts a dedupeId from the publish of a delayed event, and returns the id once there is one', async () => {
      const twice = { dedupeId: 'd', notBefore: Date.now() + 200 };
      expect(await bus.publish('job:a', { n: 1 }, twice)).toEqual({ id: '', duplicate: false });
      expect(await bus.publish('job:a', { n: 1 }, twice)).toEqual({ id: '', duplicate: true });
      expect(await bus.publish('job:a', { n: 1 }, { dedupeId: 'd' })).toEqual({ id: '', duplicate: true });
      await eventually(async () => expect((await bus.read()).events).toHaveLength(1));
      const [event] = (await bus.read()).events;
      expect(await bus.publish('job:a', { n: 1 }, { dedupeId: 'd' })).toEqual({ id: event?.id, duplicate: true });
    });

    it('refuses more delayed events than the limit, and erases those of a key', async () => {
      bus = await open({}, { maxDelayed: 2 });
      const notBefore = Date.now() + 30 * 86_400_000;
      await bus.publish('job:a', { n: 1 }, { key: 'k', notBefore });
      await bus.publish('job:a', { n: 2 }, { key: 'l', notBefore });
      await expect(bus.publish('job:a', { n: 3 }, { notBefore })).rejects.toMatchObject({ code: 'BUS_STORAGE_FULL' });
      await bus.publish('job:a', { n: 4 });
      expect(await bus.forget('k')).toBe(1);
      await bus.publish('job:a', { n: 5 }, { notBefore });
      expect(await bus.stats()).toMatchObject({ depth: 1, delayed: 2 });
    });

    it('tries events of other keys while a crowd of failed events waits to be tried again', async () => {
      bus = await open({
        limits: { maxBacklog: 20 },
        retry: { attempts: 2, minDelayMs: 86_400_000 * 30, maxDelayMs: 86_400_000 * 30 },
      });
      const tried: number[] = [];
      await bus.subscribe(
        'job:*',
        ({ topic, payload }) => {
          tried.push(payload.n);
          if (topic === 'job:bad') throw new Error('down');
        },
        { group: 'g', concurrency: 10 },
      ).ready;
      for (let n = 0; n < 100; n++) await bus.publish('job:bad', { n }, { key: `bad ${n}` });
      await bus.publish('job:good', { n: 100 }, { key: 'good' });
      await bus.publish('job:bad', { n: 101 }, { key: 'bad 0' });
      await eventually(() => expect(tried).toContain(100));
      await eventually(async () => expect((await bus.stats()).groups[0]).toMatchObject({ lag: 0, pending: 101 }));
      // Behind its key waits what comes after a failed event.
      expect(tried.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 101 }, (_, n) => n));
    });

    it('lets retries that are due and first tries take turns', async () => {
      bus = await open({ retry: { attempts: 2, minDelayMs: 200, maxDelayMs: 200 } });
      const gate = Promise.withResolvers<void>();
      const order: string[] = [];
      await bus.subscribe(
        'job:*',
        async ({ topic, attempt }) => {
          if (topic === 'job:gate') return gate.promise;
          if (topic === 'job:bad' && attempt === 1) throw new Error('down');
          order.push(topic);
        },
        { group: 'g' },
      ).ready;
      for (let n = 0; n < 20; n++) void bus.publish('job:bad', { n });
      await eventually(() => expect(failures).toHaveLength(20));
      void bus.publish('job:gate', { n: 0 });
      await Promise.all(Array.from({ length: 20 }, (_, n) => bus.publish('job:good', { n })));
      await new Promise((resolve) => setTimeout(resolve, 250));
      const before = order.length;
      gate.resolve();
      await eventually(() => expect(order).toHaveLength(40));
      // Those that were due before the gate closed are not part of it.
      const turns = order.slice(before, before + 10);
      expect(new Set(turns)).toEqual(new Set(['job:good', 'job:bad']));
      expect(turns.filter((topic) => topic === 'job:good')).toHaveLength(5);
    });

    it('ends a page of large events by its bytes, and reads on', async () => {
      const text = 'x'.repeat(100_000);
      for (let n = 0; n < 6; n++) await bus.publish('job:a', { n, text }, { key: 'k' });
      const json = (await bus.read()).events.length === 6 && name !== 'memory';
      for (const from of [undefined, { key: 'k' }]) {
        const got: number[] = [];
        let pages = 0;
        for (let after: string | undefined, more = true; more; pages++) {
          const page = from
            ? await bus.read({ ...from, maxBytes: 250_000, ...(after !== undefined && { after }) })
            : await bus.read(after, { maxBytes: 250_000 });
          got.push(...page.events.map(({ payload }) => payload.n));
          ({ last: after, more } = page);
          expect(page.gap).toBeUndefined();
        }
        expect(got).toEqual([0, 1, 2, 3, 4, 5]);
        expect(pages).toBe(json ? 2 : 1);
      }
    });
  });
}
