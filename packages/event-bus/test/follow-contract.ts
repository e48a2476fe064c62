import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BusEvent, EventBus, type EventBusOptions, type Transport } from '../src/index.ts';
import type { Settings } from './contract.ts';
import { eventually } from './eventually.ts';

interface Events {
  [topic: `room:${string}`]: { readonly n: number };
  [topic: `out:${string}`]: { readonly n: number };
}

type RoomEvent = BusEvent<`room:${string}`, { readonly n: number }>;

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n);
}

function until(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** What following keys must do alike on every transport. */
export function followContract(name: string, make: (options: Settings) => Promise<Transport>): void {
  describe(`following keys on ${name}`, () => {
    let bus: EventBus<Events>;
    const failures: unknown[] = [];
    const buses: EventBus<Events>[] = [];

    const open = async (options: EventBusOptions<Events> = {}, settings: Settings = {}) => {
      const made = new EventBus<Events>({
        transport: await make(settings),
        onHandlerError: (error) => failures.push(error),
        ...options,
      });
      buses.push(made);
      return made;
    };
    const publish = async (key: string, numbers: readonly number[], topic: `room:${string}` = 'room:a') => {
      const ids: string[] = [];
      for (const n of numbers) {
        ids.push((await bus.publish(topic, { n }, { key })).id);
      }
      return ids;
    };
    const collect = (pattern = 'room:*', wait?: () => Promise<void>) => {
      const seen = new Map<string, number[]>();
      const handler = ({ key = '', payload }: RoomEvent): void | Promise<void> => {
        seen.set(key, [...(seen.get(key) ?? []), payload.n]);
        return wait?.();
      };
      return { seen, following: bus.follow(pattern as 'room:*', handler) };
    };
    const codes = (): unknown[] => failures.map((error) => (error as { code?: unknown }).code);

    beforeEach(async () => {
      failures.length = 0;
      bus = await open();
    });
    afterEach(async () => {
      await Promise.all(buses.splice(0).map((each) => each.close({ drainMs: 500 })));
    });

    it('brings the events of followed keys whose topics match, and no others', async () => {
      const got: RoomEvent[] = [];
      const following = bus.follow('room:* out:a', (event) => void got.push(event as RoomEvent));
      await following.ready;
      expect([following.pattern, following.group, following.size]).toEqual(['room:* out:a', undefined, 0]);
      await publish('a', [1]);
      await following.add('a');
      await following.add('b');
      expect([following.has('a'), following.has('c'), following.size]).toEqual([true, false, 2]);
      const [id] = await publish('a', [2]);
      await publish('c', [3]);
      await bus.publish('room:a', { n: 4 });
      await bus.publish('out:a', { n: 5 }, { key: 'b' });
      await bus.publish('out:b', { n: 6 }, { key: 'b' });
      await bus.publish('room:x', { n: 7 }, { key: 'a' });
      await eventually(() => expect(got.map(({ payload }) => payload.n)).toEqual([2, 5, 7]));
      expect(got[0]).toEqual({
        id,
        topic: 'room:a',
        payload: { n: 2 },
        key: 'a',
        attempt: 1,
        publishedAt: expect.any(Number) as number,
      });
      await until(30);
      expect(got).toHaveLength(3);
    });

    it('brings what a commit publishes, and takes any text as a key', async () => {
      const keys = ['', 'a\nb', '{x}', 'ü😀', '1\n*\nk'];
      const { seen, following } = collect('out:*');
      for (const key of keys) {
        await following.add(key, { note: key });
      }
      await bus.subscribe(
        'room:*',
        async (event) => {
          const publish = keys.map((key) => ({ topic: 'out:a', payload: { n: event.payload.n }, key }) as const);
          await bus.commit({ settle: [event], publish });
        },
        { group: 'g', keys: 'owned' },
      ).ready;
      await publish('a', [1, 2]);
      await eventually(() => {
        expect(keys.map((key) => seen.get(key)?.toSorted().join())).toEqual(keys.map(() => '1,2'));
      });
      for (const key of keys) {
        expect(await bus.followers('out:*', key)).toEqual([key]);
        await following.delete(key);
        expect(await bus.followers('out:*', key)).toEqual([]);
      }
    });

    it('brings what this process publishes right after a key was added', async () => {
      for (const n of upTo(20)) {
        const { seen, following } = collect();
        await following.add(`k${n}`);
        await publish(`k${n}`, [n]);
        await eventually(() => expect(seen.get(`k${n}`)).toEqual([n]));
        await following.close();
      }
    });

    it('brings each event once and in order when a key is added in the middle of writing, from an id or new', async () => {
      const total = 300;
      const [first = ''] = await publish('k', [0]);
      const writing = publish('k', upTo(total).slice(1));
      const { seen, following } = collect();
      const later = collect();
      await following.add('k', { from: first });
      await later.following.add('k');
      await writing;
      await eventually(() => expect(seen.get('k')).toEqual(upTo(total).slice(1)));
      await eventually(() => {
        const some = later.seen.get('k') ?? [];
        expect(some).toEqual(upTo(total).slice(total - some.length));
      });
      expect(failures).toEqual([]);
    });

    it('begins with the stored events of the key after an id', async () => {
      const ids = await publish('a', upTo(250));
      await publish('b', upTo(20));
      const { seen, following } = collect();
      await following.add('a', { from: ids[9] ?? '' });
      await following.add('b');
      await publish('a', [250]);
      await eventually(() => expect(seen.get('a')).toEqual(upTo(251).slice(10)));
      expect(seen.has('b')).toBe(false);
    });

    it('begins with the oldest event of the key that is kept', async () => {
      await publish('a', upTo(5));
      const { seen, following } = collect();
      await following.add('a', { from: 'earliest' });
      await publish('a', [5]);
      await eventually(() => expect(seen.get('a')).toEqual(upTo(6)));
      expect(failures).toEqual([]);
    });

    it('brings nothing more of a deleted key, and starts again when the key is added again', async () => {
      const { seen, following } = collect();
      await following.add('a');
      await following.add('b');
      await publish('a', [1]);
      await eventually(() => expect(seen.get('a')).toEqual([1]));
      await following.delete('a');
      await following.delete('never');
      await publish('a', [2]);
      await publish('b', [3]);
      await eventually(() => expect(seen.get('b')).toEqual([3]));
      const [id = ''] = await publish('a', [4]);
      await following.add('a');
      await publish('a', [5]);
      await eventually(() => expect(seen.get('a')).toEqual([1, 5]));
      await following.delete('a');
      await following.add('a', { from: id });
      await eventually(() => expect(seen.get('a')).toEqual([1, 5, 5]));
    });

    it('calls the handler with one event of a key at a time, also over a delete, while other keys go on', async () => {
      const gates: (() => void)[] = [];
      const { seen, following } = collect('room:*', () => new Promise<void>((resolve) => gates.push(resolve)));
      await following.add('a');
      await following.add('b');
      await publish('a', [1, 2]);
      await publish('b', [3]);
      await eventually(() => expect(Object.fromEntries(seen)).toEqual({ a: [1], b: [3] }));
      await following.delete('a');
      await following.add('a');
      await publish('a', [4]);
      await until(30);
      expect(seen.get('a')).toEqual([1]);
      gates[0]?.();
      await eventually(() => expect(seen.get('a')).toEqual([1, 4]));
      for (const open of gates) {
        open();
      }
    });

    it('holds no more than the backlog and reads the rest again, in order, though one key is stuck', async () => {
      bus = await open({ limits: { maxBacklog: 8 } });
      let release: () => void = () => {};
      const stuck = new Promise<void>((resolve) => {
        release = resolve;
      });
      const seen = new Map<string, number[]>();
      const following = bus.follow('room:*', async ({ key = '', payload }) => {
        seen.set(key, [...(seen.get(key) ?? []), payload.n]);
        await (key === 'stuck' ? stuck : until(1));
      });
      for (const key of ['stuck', 'a', 'b']) {
        await following.add(key);
      }
      for (const n of upTo(60)) {
        for (const key of ['stuck', 'a', 'b']) {
          await publish(key, [n]);
        }
      }
      await eventually(() => {
        expect(seen.get('a')).toEqual(upTo(60));
        expect(seen.get('b')).toEqual(upTo(60));
      });
      expect(seen.get('stuck')).toEqual([0]);
      release();
      await eventually(() => expect(seen.get('stuck')).toEqual(upTo(60)));
      expect(failures).toEqual([]);
    });

    it('reports what the handler throws and goes on', async () => {
      const got: number[] = [];
      const following = bus.follow('room:*', ({ payload }) => {
        got.push(payload.n);
        if (payload.n === 1) {
          throw new Error('sync');
        }
        return payload.n === 2 ? Promise.reject(new Error('async')) : undefined;
      });
      await following.add('k');
      await publish('k', [1, 2, 3]);
      await eventually(() => expect(got).toEqual([1, 2, 3]));
      expect(failures.map((error) => (error as Error).message)).toEqual(['sync', 'async']);
    });

    it('returns the notes of all that follow a key with this pattern', async () => {
      const [a, b, other] = [collect(), collect(), collect('room:a')];
      await a.following.add('k', { note: { forms: ['opus'] } });
      await b.following.add('k');
      await other.following.add('k', { note: 'other' });
      const notes = (pattern = 'room:*', key = 'k') => bus.followers(pattern, key);
      expect(new Set(await notes())).toEqual(new Set([{ forms: ['opus'] }, undefined]));
      expect(await notes('room:a')).toEqual(['other']);
      expect(await notes('room:*', 'j')).toEqual([]);
      await publish('k', [1]);
      await b.following.add('k', { note: 7, from: 'new' });
      await publish('k', [2]);
      expect(new Set(await notes())).toEqual(new Set([7, { forms: ['opus'] }]));
      await eventually(() =>
        expect([a, b, other].map(({ seen }) => seen.get('k')?.join())).toEqual(['1,2', '1,2', '1,2']),
      );
      await a.following.delete('k');
      expect(await notes()).toEqual([7]);
      await b.following.close();
      expect(await notes()).toEqual([]);
    });

    it('says when history was cut after the id, or the log is another', async () => {
      bus = await open({}, { maxEvents: 10 });
      const [first = ''] = await publish('k', upTo(5));
      await publish('k', upTo(400));
      const { seen, following } = collect();
      await following.add('k', { from: first });
      await eventually(() => expect(codes()).toEqual(['BUS_HISTORY_CUT']));
      await eventually(() => expect(seen.get('k')?.at(-1)).toBe(399));
      const other = collect();
      await other.following.add('k', { from: 'other-1000' });
      await publish('k', [400]);
      await eventually(() => expect(other.seen.get('k')?.at(-1)).toBe(400));
      expect(codes()).toEqual(['BUS_HISTORY_CUT', 'BUS_RESTARTED']);
      const some = other.seen.get('k') ?? [];
      expect(some).toEqual(upTo(401).slice(401 - some.length));
      expect(some.length).toBeGreaterThan(9);
    });

    it('ends with its signal, when it is closed, and with the bus, after what it holds', async () => {
      const controller = new AbortController();
      const got: number[] = [];
      const aborted = bus.follow('room:*', ({ payload }) => void got.push(payload.n), { signal: controller.signal });
      await aborted.add('k');
      const done: number[] = [];
      const slow = bus.follow('room:*', async ({ payload }) => {
        await until(5);
        done.push(payload.n);
      });
      await slow.add('k');
      controller.abort();
      await publish('k', [1, 2, 3]);
      await expect(aborted.add('j')).rejects.toMatchObject({ code: 'BUS_CLOSED' });
      expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
      await eventually(() => expect(done.length).toBeGreaterThan(0));
      await bus.close();
      expect([got, done]).toEqual([[], [1, 2, 3]]);
      expect([slow.size, aborted.size]).toEqual([0, 0]);
      expect(() => bus.follow('room:*', () => {})).toThrow(expect.objectContaining({ code: 'BUS_CLOSED' }));
      await expect(bus.followers('room:*', 'k')).rejects.toMatchObject({ code: 'BUS_CLOSED' });
    });

    it('refuses wrong use', async () => {
      bus = await open({ limits: { maxTopicLength: 20 } });
      expect(() => bus.follow('room:**:a', () => {})).toThrow(TypeError);
      const { following } = collect();
      await expect(following.add('k', { from: 'yesterday' })).rejects.toThrow(TypeError);
      await expect(following.add('x'.repeat(21))).rejects.toMatchObject({ code: 'BUS_TOPIC_TOO_LONG' });
      await expect(bus.followers('room:*', 'x'.repeat(21))).rejects.toMatchObject({ code: 'BUS_TOPIC_TOO_LONG' });
      expect(following.size).toBe(0);
    });
  });
}
