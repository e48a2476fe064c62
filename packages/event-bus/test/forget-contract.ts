import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BusEvent, type DeadLetter, EventBus, type Transport } from '../src/index.ts';
import type { Settings } from './contract.ts';
import { eventually } from './eventually.ts';

interface Events {
  [topic: `room:${string}`]: { readonly n: number };
}

type RoomEvent = BusEvent<`room:${string}`, { readonly n: number }>;

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n);
}

function never(): Promise<void> {
  return new Promise(() => {});
}

function places(events: readonly { readonly payload: { readonly n: number } }[]): number[] {
  return events.map(({ payload }) => payload.n);
}

/** What erasing a key, and looking after dead letters, must do alike on every transport. */
export function forgetContract(name: string, make: (options: Settings) => Promise<Transport>): void {
  describe(`forgetting on ${name}`, () => {
    let bus: EventBus<Events>;
    const failures: unknown[] = [];

    beforeEach(async () => {
      failures.length = 0;
      bus = new EventBus<Events>({
        transport: await make({}),
        retry: { attempts: 1, minDelayMs: 5, maxDelayMs: 20 },
        onHandlerError: (error) => failures.push(error),
      });
    });
    afterEach(() => bus.close({ drainMs: 100 }));

    const read = async (after?: string): Promise<number[]> =>
      places((await bus.read(after, { limit: 1_000, pattern: 'room:*' })).events);
    /** Six keys in turns; returns the ids. */
    const fill = async (count: number): Promise<string[]> => {
      const ids: string[] = [];
      for (const n of upTo(count)) {
        ids.push((await bus.publish(`room:${n % 4}`, { n }, { key: `k${n % 6}`, dedupeId: `d${n}` })).id);
      }
      return ids;
    };

    it('erases every event of a key, over all topics, and nothing of other keys', async () => {
      const ids = await fill(60);
      expect(await bus.forget('k2')).toBe(10);
      const rest = upTo(60).filter((n) => n % 6 !== 2);
      expect(await read()).toEqual(rest);
      expect((await bus.read({ key: 'k2' })).events).toEqual([]);
      expect(places((await bus.read({ key: 'k3', pattern: 'room:*' })).events)).toEqual(upTo(10).map((n) => n * 6 + 3));
      // Reading on after a place that is missing says nothing of a gap.
      for (const at of [2, 1, 7, 8]) {
        const page = await bus.read(ids[at], { limit: 4, pattern: 'room:*' });
        expect(page.gap).toBeUndefined();
        expect(places(page.events)).toEqual(rest.filter((n) => n > at).slice(0, 4));
      }
      expect(await bus.forget('k2')).toBe(0);
      expect(await bus.forget('nobody')).toBe(0);
      // Ids of what was published stay known.
      expect(await bus.publish('room:2', { n: 2 }, { key: 'k2', dedupeId: 'd2' })).toEqual({
        id: ids[2],
        duplicate: true,
      });
      await bus.publish('room:2', { n: 100 }, { key: 'k2' });
      expect(places((await bus.read({ key: 'k2', pattern: 'room:*' })).events)).toEqual([100]);
    });

    it('keeps places in order when the oldest and the newest events are erased', async () => {
      const got: number[] = [];
      await bus.subscribe('room:*', ({ payload }) => void got.push(payload.n)).ready;
      const ids: string[] = [];
      for (const n of upTo(8)) {
        const key = n < 2 || n > 5 ? 'edge' : 'middle';
        ids.push((await bus.publish('room:a', { n }, { key })).id);
      }
      // An event that is erased before it was read reaches no handler.
      await eventually(() => expect(got).toEqual(upTo(8)));
      expect(await bus.forget('edge')).toBe(4);
      expect((await bus.read(ids[0])).gap).toBeUndefined();
      expect(await read(ids[0])).toEqual([2, 3, 4, 5]);
      const { id } = await bus.publish('room:a', { n: 8 }, { key: 'edge' });
      expect(Number(id.split('-').at(-1))).toBeGreaterThan(Number(ids[7]?.split('-').at(-1)));
      expect(await read(ids[3])).toEqual([4, 5, 8]);
      expect(await bus.forget('middle')).toBe(4);
      expect(await read()).toEqual([8]);
      await eventually(() => expect(got).toEqual(upTo(9)));
    });

    it('ends what groups hold of a key, and no group stops at it', async () => {
      const ordered: number[] = [];
      const late: number[] = [];
      let release: () => void = () => {};
      const gate = new Promise<void>((resolve) => {
        release = resolve;
      });
      const take =
        (list: number[], wait: boolean) =>
        async ({ payload: { n } }: RoomEvent): Promise<void> => {
          list.push(n);
          if (wait) {
            await gate;
          }
        };
      const before = bus.subscribe('room:*', take(late, false), { group: 'late' });
      await before.ready;
      await before.close();
      await bus.subscribe('room:*', take(ordered, true), { group: 'ordered', concurrency: 6 }).ready;
      await fill(24);
      // The first of each lane runs, the others wait behind it.
      await eventually(() => expect(ordered).toHaveLength(6));
      expect(await bus.forget('k1')).toBe(4);
      expect(await bus.forget('k4')).toBe(4);
      await bus.publish('room:1', { n: 101 }, { key: 'k1' });
      release();
      const rest = upTo(24).filter((n) => n % 6 !== 1 && n % 6 !== 4);
      await eventually(() =>
        expect(ordered.toSorted((a, b) => a - b)).toEqual([...rest, 1, 4, 101].toSorted((a, b) => a - b)),
      );
      await bus.subscribe('room:*', take(late, false), { group: 'late' }).ready;
      await eventually(() => expect(late.toSorted((a, b) => a - b)).toEqual([...rest, 101]));
      await eventually(async () => {
        for (const group of (await bus.stats()).groups) {
          expect(group).toMatchObject({ lag: 0, pending: 0, lost: 0 });
        }
      });
      expect(failures).toEqual([]);
    });

    it('ends what an owner holds of a key, and its state', async () => {
      const events: RoomEvent[] = [];
      const states: unknown[] = [];
      const options = {
        group: 'g',
        keys: 'owned',
        concurrency: 4,
        onOwn: (key: string, state: unknown) => void states.push([key, state]),
      } as const;
      const hold = (event: RoomEvent): Promise<void> => {
        events.push(event);
        return never();
      };
      const first = bus.subscribe('room:*', hold, options);
      await first.ready;
      await bus.publish('room:1', { n: -1 }, { key: 'k1' });
      await eventually(() => expect(events).toHaveLength(1));
      await fill(24);
      await eventually(() => expect(events).toHaveLength(4));
      const [k1] = events;
      await bus.commit({ fence: k1?.fence ?? '', state: { key: 'k1', value: 'secret' } });
      expect(await bus.forget('k1')).toBe(5);
      await expect(bus.commit({ settle: [k1 as RoomEvent] })).rejects.toMatchObject({ code: 'BUS_SETTLED' });
      await first.close({ drainMs: 10 });
      const got: number[] = [];
      states.length = 0;
      await bus.subscribe('room:*', ({ payload }) => void got.push(payload.n), options).ready;
      await bus.publish('room:1', { n: 101 }, { key: 'k1' });
      await eventually(() =>
        expect(got.toSorted((a, b) => a - b)).toEqual([...upTo(24).filter((n) => n % 6 !== 1), 101]),
      );
      expect(states).toContainEqual(['k1', undefined]);
      await eventually(async () =>
        expect((await bus.stats()).groups[0]).toMatchObject({ lag: 0, pending: 0, lost: 0 }),
      );
    });

    it.each(['ordered', 'owned'] as const)(
      'erases the dead letters of a key and the reports of them (%s)',
      async (keys) => {
        let isBroken = true;
        await bus.subscribe(
          'room:*',
          () => {
            if (isBroken) {
              throw new Error('poison');
            }
            return never();
          },
          { group: 'g', keys, concurrency: 100 },
        ).ready;
        await fill(12);
        await eventually(async () => expect(await bus.listDeadLetters()).toHaveLength(12));
        const letters = await bus.listDeadLetters();
        const retried = letters.find(({ key }) => key === 'k1') as DeadLetter;
        isBroken = false;
        expect(await bus.retryDeadLetter(retried.id)).toBe(true);
        await eventually(async () => expect((await bus.stats()).groups[0]?.pending).toBe(1));
        // Its two events, and the reports of its two dead letters.
        expect(await bus.forget('k1')).toBe(4);
        expect((await bus.listDeadLetters()).map(({ key }) => key)).toEqual(
          letters.map(({ key }) => key).filter((key) => key !== 'k1'),
        );
        const told = (await bus.read(undefined, { pattern: '$dead-letter', limit: 1_000 })).events;
        expect(told).toHaveLength(10);
        expect(told.some(({ payload }) => payload.key === 'k1')).toBe(false);
        expect((await bus.stats()).groups[0]).toMatchObject({ lag: 0, pending: 0, lost: 0 });
      },
    );

    it('leaves those who follow the key, or read without a group, with what comes after', async () => {
      const followed: number[] = [];
      const following = bus.follow('room:*', ({ payload }) => void followed.push(payload.n));
      await following.ready;
      await following.add('k1');
      await following.add('k2');
      const ids = await fill(24);
      const rest = upTo(24).filter((n) => n % 6 === 2);
      await eventually(() => expect(followed).toHaveLength(8));
      expect(await bus.forget('k1')).toBe(4);
      followed.length = 0;
      await bus.publish('room:a', { n: 100 }, { key: 'k1' });
      await eventually(() => expect(followed).toEqual([100]));
      const late: number[] = [];
      const another = bus.follow('room:*', ({ payload }) => void late.push(payload.n));
      await another.ready;
      await another.add('k1', { from: ids[0] ?? '' });
      await another.add('k2', { from: ids[0] ?? '' });
      await eventually(() => expect(late.toSorted((a, b) => a - b)).toEqual([...rest, 100]));
      const all: number[] = [];
      await bus.subscribe('room:*', ({ payload }) => void all.push(payload.n), { from: 'earliest' }).ready;
      await eventually(() => expect(all).toEqual([...upTo(24).filter((n) => n % 6 !== 1), 100]));
      expect(failures).toEqual([]);
    });

    it('reads, deletes and pages dead letters', async () => {
      await bus.subscribe('room:*', () => Promise.reject(new Error('poison')), { group: 'g', concurrency: 100 }).ready;
      await fill(7);
      await eventually(async () => expect(await bus.listDeadLetters()).toHaveLength(7));
      const all = await bus.listDeadLetters();
      const ids = all.map(({ id }) => id);
      expect(await bus.readDeadLetter(ids[3] ?? '')).toEqual(all[3]);
      expect(await bus.deleteDeadLetter(ids[3] ?? '')).toBe(true);
      expect(await bus.deleteDeadLetter(ids[3] ?? '')).toBe(false);
      expect(await bus.readDeadLetter(ids[3] ?? '')).toBeUndefined();
      expect(await bus.retryDeadLetter(ids[3] ?? '')).toBe(false);
      for (const id of ['', 'nonsense', '999999999999999']) {
        expect(await bus.readDeadLetter(id)).toBeUndefined();
        expect(await bus.deleteDeadLetter(id)).toBe(false);
      }
      const seen: string[] = [];
      for (let after: string | undefined; ; ) {
        const page = await bus.listDeadLetters(after === undefined ? { limit: 2 } : { limit: 2, after });
        if (page.length === 0) {
          break;
        }
        seen.push(...page.map(({ id }) => id));
        after = page.at(-1)?.id;
      }
      expect(seen).toEqual(ids.filter((id) => id !== ids[3]));
      expect((await bus.listDeadLetters({ after: ids[3] ?? '' })).map(({ id }) => id)).toEqual(ids.slice(4));
      await expect(bus.listDeadLetters({ after: 'nonsense' })).rejects.toThrow(TypeError);
      await expect(bus.forget('x'.repeat(257))).rejects.toMatchObject({ code: 'BUS_TOPIC_TOO_LONG' });
    });
  });
}
