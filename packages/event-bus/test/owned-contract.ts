import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  BusError,
  type BusEvent,
  EventBus,
  type EventBusOptions,
  type SubscribeOptions,
  type Subscription,
  type Transport,
} from '../src/index.ts';
import type { Settings } from './contract.ts';
import { eventually } from './eventually.ts';

interface Events {
  [topic: `room:${string}`]: { readonly n: number };
  [topic: `out:${string}`]: { readonly of: readonly number[] };
}

type RoomEvent = BusEvent<`room:${string}`, { readonly n: number }>;

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n);
}

function until(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** What owned keys must do alike on every transport. */
export function ownedContract(name: string, make: (options: Settings) => Promise<Transport>): void {
  describe(`owned keys on ${name}`, () => {
    let bus: EventBus<Events>;
    const failures: unknown[] = [];
    const buses: EventBus<Events>[] = [];

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
    const own = async (
      handler: (event: RoomEvent) => void | Promise<void>,
      options: SubscribeOptions = {},
      pattern = 'room:*',
    ): Promise<Subscription> => {
      const subscription = bus.subscribe(pattern as 'room:*', handler, { group: 'g', keys: 'owned', ...options });
      await subscription.ready;
      return subscription;
    };
    const settledBut = (open: number): Promise<void> =>
      eventually(async () => expect((await bus.stats()).groups[0]).toMatchObject({ lag: 0, pending: open }));
    const settled = (): Promise<void> =>
      eventually(async () => {
        for (const { lag, pending } of (await bus.stats()).groups) {
          expect(lag + pending).toBe(0);
        }
      });

    beforeEach(async () => {
      failures.length = 0;
      bus = await open();
    });
    afterEach(async () => {
      await Promise.all(buses.splice(0).map((each) => each.close({ drainMs: 500 })));
    });

    // Another server must first learn about the group: wait for `ready` there.
    if (name !== 'Redis') {
      it.each(['ordered', 'owned'] as const)(
        'begin with what their process publishes right after subscribing, ready or not (%s)',
        async (keys) => {
          const seen: number[] = [];
          bus.subscribe('room:*', ({ payload: { n } }) => void seen.push(n), { group: 'early', keys });
          await bus.publish('room:a', { n: 1 }, { key: 'a' });
          await eventually(() => expect(seen).toEqual([1]));
        },
      );
    }

    it('starts all events of a key at once, of every topic, in the order of the log', async () => {
      const started: RoomEvent[] = [];
      let release: () => void = () => {};
      const gate = new Promise<void>((resolve) => {
        release = resolve;
      });
      await own((event) => {
        started.push(event);
        return gate;
      });
      for (const n of upTo(12)) {
        await bus.publish(`room:${n % 3}`, { n }, { key: 'k' });
      }
      await eventually(() => expect(started.map(({ payload }) => payload.n)).toEqual(upTo(12)));
      expect(started[0]).toMatchObject({ topic: 'room:0', key: 'k', attempt: 1, fence: expect.any(String) as string });
      expect((await bus.stats()).groups[0]).toMatchObject({ group: 'g', pattern: 'room:*', pending: 12, lag: 0 });
      release();
      await settled();
    });

    it('brings a key to one subscription, keys to all of them, and events without a key to any', async () => {
      let owners = new Map<string, Set<number>>();
      let got: number[] = [];
      for (const me of upTo(3)) {
        await own(({ key = '', payload }) => {
          owners.set(key, (owners.get(key) ?? new Set()).add(me));
          got.push(payload.n);
        });
      }
      // Keys go to the later ones in a moment.
      await eventually(async () => {
        owners = new Map();
        got = [];
        for (const n of upTo(240)) {
          await bus.publish('room:a', { n }, n % 4 === 0 ? {} : { key: `k${n % 60}` });
        }
        await eventually(() => expect(got.toSorted((a, b) => a - b)).toEqual(upTo(240)));
        const { '': free, ...keyed } = Object.fromEntries(owners);
        expect(Object.values(keyed).every(({ size }) => size === 1)).toBe(true);
        expect(new Set(Object.values(keyed).flatMap((set) => [...set])).size).toBe(3);
        expect(free?.size).toBe(3);
      });
      await settled();
    });

    it('shares evenly among many that come at once', async () => {
      const counts = Array.from({ length: 6 }, () => 0);
      const total = 512;
      const ready = counts.map(async (_, me) => {
        await own(() => {
          counts[me] = (counts[me] ?? 0) + 1;
        });
      });
      await Promise.all(ready);
      await eventually(async () => {
        counts.fill(0);
        // Events without a key go round all partitions.
        await Promise.all(upTo(total).map((n) => bus.publish('room:a', { n })));
        await eventually(() => expect(counts.reduce((sum, count) => sum + count)).toBe(total));
        expect(Math.min(...counts)).toBeGreaterThanOrEqual(84);
        expect(Math.max(...counts)).toBeLessThanOrEqual(86);
      });
    });

    it('leaves a busy key at most three quarters of the places, and takes keys in turns', async () => {
      const running = new Map<string, number>();
      const most = new Map<string, number>();
      const order: string[] = [];
      await own(
        async ({ key = '' }) => {
          order.push(key);
          const now = (running.get(key) ?? 0) + 1;
          running.set(key, now);
          most.set(key, Math.max(most.get(key) ?? 0, now));
          await until(5);
          running.set(key, (running.get(key) ?? 0) - 1);
        },
        { concurrency: 8 },
      );
      const busy = upTo(60).map((n) => bus.publish('room:a', { n }, { key: 'busy' }));
      const others = upTo(6).map((n) => bus.publish('room:a', { n }, { key: `k${n}` }));
      await Promise.all([...busy, ...others]);
      await eventually(() => expect(order).toHaveLength(66));
      expect(most.get('busy')).toBe(6);
      expect(Math.max(...upTo(6).map((n) => order.indexOf(`k${n}`)))).toBeLessThan(40);
    });

    it('hands keys over at once when a subscription closes, and gives a new one its share', async () => {
      const got: string[] = [];
      const first = await own(({ key }) => void got.push(`first ${key}`));
      const keys = upTo(40).map((n) => `k${n}`);
      await Promise.all(keys.map((key, n) => bus.publish('room:a', { n }, { key })));
      await eventually(() => expect(got).toHaveLength(40));
      await own(({ key }) => void got.push(`second ${key}`));
      await eventually(async () => {
        got.length = 0;
        await Promise.all(keys.map((key, n) => bus.publish('room:a', { n }, { key })));
        await eventually(() => expect(got).toHaveLength(40));
        expect(got.filter((one) => one.startsWith('second')).length).toBeGreaterThan(8);
        expect(got.filter((one) => one.startsWith('first')).length).toBeGreaterThan(8);
      });
      await settled();
      got.length = 0;
      const start = performance.now();
      await first.close();
      await Promise.all(keys.map((key, n) => bus.publish('room:a', { n }, { key })));
      await eventually(() => expect(got.toSorted()).toEqual(keys.map((key) => `second ${key}`).toSorted()));
      expect(performance.now() - start).toBeLessThan(1_000);
      expect(failures).toEqual([]);
    });

    it('gives what a closing owner had not done to the next, as if it had not been tried', async () => {
      const stuck = await own(() => new Promise<void>(() => {}));
      await bus.publish('room:a', { n: 1 }, { key: 'k' });
      await eventually(async () => expect((await bus.stats()).groups[0]?.pending).toBe(1));
      await stuck.close({ drainMs: 10 });
      const got: string[] = [];
      await own(({ payload, attempt }) => void got.push(`${payload.n}.${attempt}`));
      await eventually(() => expect(got).toEqual(['1.1']));
    });

    it('refuses the fence of a key that went to another owner, also when it has come back', async () => {
      const events: RoomEvent[] = [];
      const hold = async (event: RoomEvent): Promise<void> => {
        events.push(event);
        await new Promise(() => {});
      };
      const first = await own(hold);
      await bus.publish('room:a', { n: 1 }, { key: 'k' });
      await eventually(() => expect(events).toHaveLength(1));
      const fence = events[0]?.fence ?? '';
      expect((await bus.publish('out:a', { of: [1] }, { key: 'k', fence })).duplicate).toBe(false);
      await first.close({ drainMs: 0 });
      const second = await own(hold);
      await eventually(() => expect(events).toHaveLength(2));
      const refused = { code: 'BUS_FENCED' };
      await expect(bus.publish('out:a', { of: [1] }, { key: 'k', fence })).rejects.toMatchObject(refused);
      await expect(bus.commit({ settle: events.slice(0, 1) })).rejects.toMatchObject(refused);
      await second.close({ drainMs: 0 });
      await own(hold);
      await eventually(() => expect(events).toHaveLength(3));
      await expect(bus.publish('out:a', { of: [1] }, { fence })).rejects.toMatchObject(refused);
      await expect(
        bus.commit({ settle: events.slice(0, 2), publish: [{ topic: 'out:a', payload: { of: [1] } }] }),
      ).rejects.toMatchObject(refused);
      expect((await bus.read(undefined, { pattern: 'out:*' })).events).toHaveLength(1);
      expect(events.map(({ attempt }) => attempt)).toEqual([1, 1, 1]);
    });

    it('settles a burst, publishes its phrase and keeps the state in one step', async () => {
      const burst: RoomEvent[] = [];
      const states: unknown[] = [];
      const hold = (event: RoomEvent): Promise<void> => {
        burst.push(event);
        return new Promise(() => {});
      };
      const onOwn = (key: string, state: unknown): void => void states.push([key, state]);
      const first = await own(hold, { onOwn, concurrency: 16 });
      for (const n of upTo(10)) {
        await bus.publish(`room:${n % 2}`, { n }, { key: 'k' });
      }
      await eventually(() => expect(burst).toHaveLength(10));
      const phrase = { topic: 'out:a', payload: { of: upTo(10) }, key: 'k', dedupeId: 'phrase-1' } as const;
      const [stored] = await bus.commit({
        settle: burst,
        publish: [phrase],
        state: { key: 'k', value: { spoken: 10 } },
      });
      expect(stored?.duplicate).toBe(false);
      await settled();
      // Its places are free again, though no handler has ended.
      for (const n of upTo(12)) {
        await bus.publish('room:a', { n }, { key: 'k' });
      }
      await eventually(() => expect(burst).toHaveLength(22));
      await expect(bus.commit({ settle: burst.slice(9, 11), publish: [phrase] })).rejects.toMatchObject({
        code: 'BUS_SETTLED',
      });
      const again = await bus.commit({ settle: burst.slice(10), publish: [phrase] });
      expect(again).toEqual([{ id: stored?.id, duplicate: true }]);
      await first.close({ drainMs: 100 });
      await own(() => {}, { onOwn });
      await bus.publish('room:a', { n: 1 }, { key: 'k' });
      await eventually(() =>
        expect(states).toEqual([
          ['k', undefined],
          ['k', { spoken: 10 }],
        ]),
      );
      await settled();
      expect((await bus.read(undefined, { pattern: 'out:*' })).events.map(({ payload }) => payload)).toEqual([
        { of: upTo(10) },
      ]);
      expect(failures).toEqual([]);
    });

    it('keeps, changes and ends a state without settling, by a fence alone', async () => {
      let fence = '';
      const states: unknown[] = [];
      const onOwn = (_: string, state: unknown): void => void states.push(state);
      // Also where text is counted in bytes.
      const key = 'zwölf 🐈';
      for (const value of [1, [2], undefined, undefined]) {
        const take = (event: RoomEvent): void => {
          fence = event.fence ?? '';
        };
        const subscription = await own(take, { onOwn });
        await bus.publish('room:a', { n: 1 }, { key });
        await settled();
        await bus.commit({ fence, state: { key, value } });
        await subscription.close();
      }
      expect(states).toEqual([undefined, 1, [2], undefined]);
    });

    it('takes a backlog larger than what it holds, in the order of the log', async () => {
      bus = await open({}, { maxEvents: 50_000 });
      const closed = await own(() => {});
      await closed.close();
      const total = 22_000;
      for (let n = 0; n < total; n += 1_000) {
        await Promise.all(upTo(1_000).map((more) => bus.publish('room:a', { n: n + more }, { key: 'k' })));
      }
      const got: number[] = [];
      await own(({ payload }) => void got.push(payload.n), { concurrency: 1_000 });
      await eventually(() => expect(got).toHaveLength(total));
      expect(got).toEqual(upTo(total));
      await settled();
    });

    it('says which keys it owns before their first event, and which it loses', async () => {
      const told: string[] = [];
      const burst: RoomEvent[] = [];
      const first = await own(
        (event) => {
          burst.push(event);
          told.push(`event ${event.payload.n}`);
          return new Promise(() => {});
        },
        {
          onOwn: async (key) => {
            await until(5);
            told.push(`own ${key}`);
          },
          onLose: async (key, why) => {
            told.push(`lose ${key} ${why}`);
            // What is unfinished may still be committed.
            await bus.commit({ settle: burst, publish: [{ topic: 'out:a', payload: { of: [1, 2] } }] });
            told.push('flushed');
          },
        },
      );
      for (const n of [1, 2]) {
        await bus.publish('room:a', { n }, { key: 'k' });
      }
      await eventually(() => expect(told).toEqual(['own k', 'event 1', 'event 2']));
      const start = performance.now();
      await first.close();
      expect(performance.now() - start).toBeLessThan(1_000);
      expect(told.slice(3)).toEqual(['lose k revoked', 'flushed']);
      expect((await bus.stats()).groups[0]).toMatchObject({ lag: 0, pending: 0 });
      expect((await bus.read(undefined, { pattern: 'out:*' })).events).toHaveLength(1);
    });

    it('calls onOwn again when it failed, and the handler only after it', async () => {
      const calls: string[] = [];
      await own(({ attempt }) => void calls.push(`event ${attempt}`), {
        onOwn: () => {
          calls.push('own');
          if (calls.length === 1) {
            throw new Error('not yet');
          }
        },
      });
      await bus.publish('room:a', { n: 1 }, { key: 'k' });
      await eventually(() => expect(calls).toEqual(['own', 'own', 'event 2']));
    });

    it('lets go of the key idle for longest beyond maxKeys, keeps its state, and owns it again with its next event', async () => {
      const told: string[] = [];
      const fences = new Map<string, string>();
      let release: () => void = () => {};
      const gate = new Promise<void>((resolve) => {
        release = resolve;
      });
      await own(
        async ({ key = '', fence = '', payload: { n } }) => {
          fences.set(key, fence);
          if (n === 0) {
            await gate;
          }
        },
        {
          maxKeys: 2,
          onOwn: (key, state) => void told.push(`own ${key} ${JSON.stringify(state)}`),
          onLose: async (key, why) => {
            if (why === 'idle') {
              await until(20);
              await bus.commit({ fence: fences.get(key) ?? '', state: { key, value: `of ${key}` } });
            }
            told.push(`${why} ${key}`);
          },
        },
      );
      const publish = async (key: string, n: number): Promise<void> => {
        await bus.publish('room:a', { n }, { key });
        await eventually(() => expect(told.some((one) => one.startsWith(`own ${key}`))).toBe(true));
      };
      // What is open stays beyond the limit.
      await publish('open', 0);
      await publish('a', 1);
      await settledBut(1);
      await publish('b', 1);
      await eventually(() => expect(told).toContain('idle a'));
      expect(told).toEqual(['own open undefined', 'own a undefined', 'own b undefined', 'idle a']);
      told.length = 0;
      await publish('c', 1);
      // The next event waits for the call that runs.
      await bus.publish('room:a', { n: 1 }, { key: 'b' });
      await eventually(() => expect(told).toContain('own b "of b"'));
      expect(told.indexOf('idle b')).toBeLessThan(told.indexOf('own b "of b"'));
      release();
      await settled();
      told.length = 0;
      await publish('a', 1);
      expect(told).toContain('own a "of a"');
      expect(failures).toEqual([]);
    });

    it('keeps the number of owned keys bounded, and calls back once for each', async () => {
      const owned = new Map<string, number>();
      let most = 0;
      const subscription = await own(() => {}, {
        maxKeys: 50,
        onOwn: (key) => {
          expect(owned.has(key)).toBe(false);
          owned.set(key, 1);
          most = Math.max(most, owned.size);
        },
        onLose: (key) => {
          expect(owned.delete(key)).toBe(true);
        },
      });
      for (let round = 0; round < 3; round++) {
        for (let n = 0; n < 1_000; n += 100) {
          await Promise.all(upTo(100).map((more) => bus.publish('room:a', { n }, { key: `k${n + more}` })));
          await settled();
        }
      }
      await eventually(() => expect(owned.size).toBe(50));
      expect(most).toBeLessThan(400);
      await subscription.close();
      expect(owned.size).toBe(0);
      expect(failures).toEqual([]);
    });

    it('brings an event that was given back again, as the same attempt, and reports nothing', async () => {
      const got: string[] = [];
      await own(({ payload: { n }, attempt }) => {
        got.push(`${n}.${attempt}`);
        if (n === 1 && got.length <= 7) {
          throw new BusError('BUS_RETURNED', 'not now');
        }
        if (n === 2 && attempt === 1) {
          throw new Error('broken');
        }
      });
      await bus.publish('room:a', { n: 1 }, { key: 'k' });
      await eventually(() => expect(got).toEqual(Array.from({ length: 8 }, () => '1.1')));
      await bus.publish('room:a', { n: 2 }, { key: 'k' });
      await eventually(() => expect(got.slice(8)).toEqual(['2.1', '2.2']));
      await settled();
      expect(failures.map(String)).toEqual(['Error: broken']);
      expect(await bus.listDeadLetters()).toEqual([]);
    });

    it('hands a partition over at once when its open events are given back, however often, as the same attempt', async () => {
      const attempts: number[] = [];
      for (const round of upTo(5)) {
        const give: (() => void)[] = [];
        const subscription = await own(
          ({ attempt }) => {
            attempts.push(attempt);
            return new Promise((_, reject) => {
              give.push(() => reject(new BusError('BUS_RETURNED', 'the server goes')));
            });
          },
          {
            onLose: () => {
              for (const one of give) {
                one();
              }
            },
          },
        );
        if (round === 0) {
          await bus.publish('room:a', { n: 1 }, { key: 'k' });
          await bus.publish('room:a', { n: 2 }, { key: 'k' });
        }
        await eventually(() => expect(attempts).toHaveLength(2 * round + 2));
        const start = performance.now();
        await subscription.close();
        expect(performance.now() - start).toBeLessThan(300);
      }
      const done: number[] = [];
      await own(({ attempt }) => void done.push(attempt));
      await eventually(() => expect(done).toEqual([1, 1]));
      expect(attempts).toEqual(Array.from({ length: 10 }, () => 1));
      expect(failures).toEqual([]);
      await settled();
    });

    it('counts no attempt for open events when a subscription closes while its keys move to a new one', async () => {
      const attempts: number[] = [];
      const holdUntilLost = (): ReturnType<typeof own> => {
        const give: (() => void)[] = [];
        return own(
          ({ attempt }) => {
            attempts.push(attempt);
            return new Promise((_, reject) => {
              give.push(() => reject(new BusError('BUS_RETURNED', 'the server goes')));
            });
          },
          {
            onLose: async () => {
              // It takes a moment to say goodbye.
              await new Promise((resolve) => setTimeout(resolve, 5));
              for (const one of give) {
                one();
              }
            },
          },
        );
      };
      let subscription = await holdUntilLost();
      for (const n of upTo(20)) {
        await bus.publish('room:a', { n }, { key: `k${n}` });
      }
      for (let round = 1; round <= 4; round++) {
        await eventually(() => expect(attempts.length).toBeGreaterThanOrEqual(20 * round));
        const next = holdUntilLost();
        await subscription.close();
        subscription = await next;
      }
      await eventually(() => expect(attempts.length).toBeGreaterThanOrEqual(100));
      expect(new Set(attempts)).toEqual(new Set([1]));
      await subscription.close();
      expect(failures).toEqual([]);
    });

    it('repeats a failed delivery while the key goes on, and buries it after its attempts', async () => {
      const calls: string[] = [];
      let broken = true;
      await own(({ payload: { n }, attempt }) => {
        calls.push(`${n}.${attempt}`);
        if (broken && n === 1) {
          throw new Error('poison');
        }
      });
      await bus.publish('room:a', { n: 1 }, { key: 'k' });
      await bus.publish('room:a', { n: 2 }, { key: 'k' });
      await eventually(async () => expect(await bus.listDeadLetters()).toHaveLength(1));
      expect(calls.toSorted()).toEqual(['1.1', '1.2', '1.3', '2.1']);
      expect(calls.indexOf('2.1')).toBeLessThan(calls.indexOf('1.3'));
      expect((await bus.stats()).groups[0]).toMatchObject({ lag: 0, pending: 0, redeliveries: 2, deadLettered: 1 });
      const [letter] = await bus.listDeadLetters();
      expect(letter).toMatchObject({ group: 'g', pattern: 'room:*', key: 'k', attempts: 3, reason: 'Error: poison' });
      broken = false;
      expect(await bus.retryDeadLetter(letter?.id ?? '')).toBe(true);
      await eventually(() => expect(calls.at(-1)).toBe('1.1'));
      await settled();
      expect(await bus.listDeadLetters()).toEqual([]);
    });

    it('starts at the oldest event, at an id, or with what is new; another group of the name is not disturbed', async () => {
      const ids: string[] = [];
      for (const n of upTo(5)) {
        ids.push((await bus.publish('room:a', { n }, { key: `k${n % 2}` })).id);
      }
      const got: Record<string, number[]> = { all: [], id: [], fresh: [], ordered: [] };
      const take =
        (list: string) =>
        ({ payload }: RoomEvent): void =>
          void got[list]?.push(payload.n);
      await own(take('all'), { group: 'all', from: 'earliest' });
      await own(take('id'), { group: 'id', from: ids[2] ?? '' });
      await own(take('fresh'));
      await bus.subscribe('room:*', take('ordered'), { group: 'g' }).ready;
      await bus.publish('room:a', { n: 5 }, { key: 'k' });
      await eventually(() =>
        expect(Object.values(got).map((list) => list.toSorted((a, b) => a - b))).toEqual([
          upTo(6),
          [3, 4, 5],
          [5],
          [5],
        ]),
      );
      await settled();
    });

    it('reads the events of one key, page by page, from an id', async () => {
      bus = await open({}, { maxEvents: 60 });
      const ids: string[] = [];
      for (const n of upTo(40)) {
        const { id } = await bus.publish(n % 8 === 0 ? 'room:b' : 'room:a', { n }, n % 4 === 0 ? { key: 'k' } : {});
        ids.push(id);
      }
      const all = await bus.read({ key: 'k' });
      expect(all.events.map(({ payload }) => (payload as { n: number }).n)).toEqual(upTo(10).map((n) => n * 4));
      expect(all).toMatchObject({ more: false, last: ids[39] });
      const page = await bus.read({ key: 'k', after: ids[9] ?? '', limit: 3, pattern: 'room:*' });
      expect(page.events.map(({ payload }) => payload.n)).toEqual([12, 16, 20]);
      expect(page).toMatchObject({ more: true, last: ids[20] });
      const rest = await bus.read({ key: 'k', after: page.last ?? '', pattern: 'room:b' });
      expect(rest.events.map(({ payload }) => payload.n)).toEqual([24, 32]);
      expect((await bus.read({ key: 'other' })).events).toEqual([]);
      for (const n of upTo(600)) {
        await bus.publish('room:a', { n }, { key: `other${n % 7}` });
      }
      expect((await bus.read({ key: 'k' })).events).toEqual([]);
      expect((await bus.read({ key: 'k', after: ids[0] ?? '' })).gap).toBe('cut');
      const found = (await bus.read({ key: 'other3' })).events.length;
      expect(found).toBeGreaterThan(0);
      expect(found).toBeLessThan(40);
    });

    it('pages through a long key next to other readers, while it grows and is cut', async () => {
      bus = await open({}, { maxEvents: 20_000 });
      const total = 12_000;
      for (let n = 0; n < total; n += 2_000) {
        await Promise.all(upTo(2_000).map((more) => bus.publish('room:a', { n: n + more }, { key: 'long' })));
      }
      const pageThrough = async (limit: number): Promise<number[]> => {
        const got: number[] = [];
        for (let after: string | undefined, more = true; more; ) {
          const page = await bus.read({ key: 'long', limit, pattern: 'room:*', ...(after !== undefined && { after }) });
          got.push(...page.events.map(({ payload }) => payload.n));
          ({ last: after, more } = page);
          if (got.length === 3_000) {
            await bus.publish('room:a', { n: total }, { key: 'long', dedupeId: 'one more' });
          }
        }
        return got;
      };
      const all = await Promise.all([pageThrough(100), pageThrough(1_000), pageThrough(7_000)]);
      expect(all[0]).toEqual(upTo(total + 1));
      expect(all[1]).toEqual(upTo(total + 1));
      expect(all[2]?.slice(0, total)).toEqual(upTo(total));
      const start = performance.now();
      const page = await bus.read({ key: 'long', limit: 5, pattern: 'room:*' });
      await bus.forget('long');
      const rest = await bus.read({ key: 'long', limit: 5, after: page.last ?? '' });
      expect(rest.events).toEqual([]);
      expect(performance.now() - start).toBeLessThan(5_000);
    });

    it('ends a group that was unused for too long, and no other', async () => {
      bus = await open({}, { groupTtlMs: 300 });
      const used = await own(() => {}, { group: 'used' });
      const ordered = bus.subscribe('room:*', () => {}, { group: 'ordered' });
      await ordered.ready;
      await ordered.close();
      await (await own(() => {}, { group: 'owned' })).close();
      await bus.publish('room:a', { n: 1 }, { key: 'k' });
      const names = async (): Promise<string[]> => (await bus.stats()).groups.map(({ group }) => group).toSorted();
      expect(await names()).toEqual(['ordered', 'owned', 'used']);
      await eventually(async () => {
        await bus.publish('room:a', { n: 1 }, { key: 'k' });
        expect(await names()).toEqual(['used']);
      });
      await used.close();
      const got: number[] = [];
      await own(({ payload }) => void got.push(payload.n), { group: 'owned' });
      await bus.publish('room:a', { n: 2 }, { key: 'k' });
      await eventually(() => expect(got).toEqual([2]));
    });

    it('refuses wrong use', async () => {
      const owned = { keys: 'owned', group: 'g' } as const;
      expect(() => bus.subscribe('room:*', () => {}, { keys: 'owned' })).toThrow(TypeError);
      expect(() => bus.subscribe('room:*', () => {}, { keys: 'mine' as 'owned', group: 'g' })).toThrow(TypeError);
      expect(() => bus.subscribe('room:*', () => {}, { group: 'g', onOwn: () => {} })).toThrow(TypeError);
      expect(() => bus.subscribe('room:*', () => {}, { ...owned, concurrency: 0 })).toThrow(RangeError);
      expect(() => bus.subscribe('room:*', () => {}, { ...owned, maxKeys: 0 })).toThrow(RangeError);
      expect(() => bus.subscribe('room:*', () => {}, { group: 'g', maxKeys: 5 })).toThrow(TypeError);
      await expect(bus.publish('room:a', { n: 1 }, { fence: 'nonsense' })).rejects.toThrow(TypeError);
      await expect(bus.commit({})).rejects.toThrow(TypeError);
      const many = Array.from({ length: 1_001 }, () => ({ topic: 'out:a', payload: { of: [] } }) as const);
      await expect(bus.commit({ publish: many })).rejects.toThrow(RangeError);
      const events: RoomEvent[] = [];
      await own((event) => void events.push(event));
      await bus.publish('room:a', { n: 1 }, { key: 'k' });
      await eventually(() => expect(events).toHaveLength(1));
      const { fence = '', ...bare } = events[0] as RoomEvent;
      await expect(bus.commit({ settle: [bare] })).rejects.toThrow(TypeError);
      await expect(bus.commit({ fence, state: { key: 'another key', value: 1 } })).rejects.toThrow(TypeError);
      await expect(bus.commit({ fence: fence.replace('g', 'h'), settle: events })).rejects.toThrow(TypeError);
      await expect(bus.publish('room:a', { n: 1 }, { fence: fence.replace('["g"', '["h"') })).rejects.toMatchObject({
        code: 'BUS_FENCED',
      });
    });
  });
}
