import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  BusError,
  type DeadLetter,
  EventBus,
  type EventBusOptions,
  type Subscription,
  type Transport,
} from '../src/index.ts';
import { eventually } from './eventually.ts';
import { followContract } from './follow-contract.ts';
import { forgetContract } from './forget-contract.ts';
import { laterContract } from './later-contract.ts';
import { ownedContract } from './owned-contract.ts';
import { promisesContract } from './promises-contract.ts';

interface Events {
  [topic: `webhook:github:${string}`]: { readonly n: number };
  'music:generated': { readonly tempo: number };
  [topic: `room:${string}`]: { readonly n: number };
}

export interface Settings {
  readonly maxEvents?: number;
  readonly dedupeWindowMs?: number;
  readonly groupTtlMs?: number;
  readonly maxDelayed?: number;
}

/** What every transport must do alike. `make` gives a fresh, empty transport each time. */
export function busContract(name: string, make: (options: Settings) => Promise<Transport>): void {
  ownedContract(name, make);
  followContract(name, make);
  forgetContract(name, make);
  laterContract(name, make);
  promisesContract(name, make);
  describe(`the bus on ${name}`, () => {
    let bus: EventBus<Events>;
    const failures: { error: unknown; topic: string | undefined }[] = [];
    const buses: EventBus<Events>[] = [];

    const open = async (options: EventBusOptions<Events> = {}, settings: Settings = {}) => {
      const made = new EventBus<Events>({
        transport: await make(settings),
        retry: { attempts: 3, minDelayMs: 5, maxDelayMs: 20 },
        onHandlerError: (error, event) => failures.push({ error, topic: event?.topic }),
        ...options,
      });
      buses.push(made);
      return made;
    };
    const codes = (): unknown[] => failures.map(({ error }) => (error as { code?: unknown }).code);

    beforeEach(async () => {
      failures.length = 0;
      bus = await open();
    });
    afterEach(async () => {
      await Promise.all(buses.splice(0).map((each) => each.close({ drainMs: 500 })));
    });

    const collect = async (
      pattern: string,
      options: Parameters<typeof bus.subscribe>[2] = {},
    ): Promise<{ events: { topic: string; n: number; id: string; attempt: number }[]; subscription: Subscription }> => {
      const events: { topic: string; n: number; id: string; attempt: number }[] = [];
      const subscription = bus.subscribe(
        pattern,
        ({ topic, payload, id, attempt }) => {
          events.push({ topic, n: 'n' in payload ? payload.n : payload.tempo, id, attempt });
        },
        options,
      );
      await subscription.ready;
      return { events, subscription };
    };

    it('keeps what is published together apart, whichever parts of it are alike', async () => {
      const parts = [
        { topics: ['room:a'], keys: [undefined], ids: 0 },
        { topics: ['room:a'], keys: ['1'], ids: 1 },
        { topics: ['room:a', 'room:b'], keys: [undefined, '1', '%2'], ids: 0 },
        { topics: ['room:a', 'room:b'], keys: ['1'], ids: 2 },
      ] as const;
      for (const [round, { topics, keys, ids }] of parts.entries()) {
        const wanted = Array.from({ length: 30 }, (_, n) => ({
          topic: topics[n % topics.length] ?? 'room:a',
          key: keys[n % keys.length],
          // With one id each second event has it, with two all have.
          dedupeId: n % 2 < ids ? Array.from({ length: ids }, (__, id) => `${round}:${n}:${id}`) : undefined,
          n: 100 * round + n,
        }));
        const publishAll = () =>
          Promise.all(
            wanted.map(({ topic, key, dedupeId, n }) =>
              bus.publish(topic, { n }, { ...(key && { key }), ...(dedupeId && { dedupeId }) }),
            ),
          );
        const first = await publishAll();
        const again = await publishAll();
        expect(first.map(({ duplicate }) => duplicate)).toEqual(wanted.map(() => false));
        expect(again.map(({ duplicate }) => duplicate)).toEqual(wanted.map(({ dedupeId }) => dedupeId !== undefined));
        for (const [index, { dedupeId }] of wanted.entries()) {
          if (dedupeId) expect(again[index]?.id).toBe(first[index]?.id);
        }
        const { events } = await bus.read(undefined, { limit: 1000 });
        const stored = new Map(events.map((event) => [event.id, event]));
        for (const [index, { topic, key, n }] of wanted.entries()) {
          expect(stored.get(first[index]?.id ?? '')).toMatchObject({ topic, payload: { n }, ...(key && { key }) });
        }
      }
    });

    it('brings an event with its id, topic, payload, key, time and first attempt', async () => {
      const got: unknown[] = [];
      await bus.subscribe('music:generated', (event) => void got.push(event)).ready;
      const before = Date.now();
      const { id, duplicate } = await bus.publish('music:generated', { tempo: 96 }, { key: '7' });
      await eventually(() => expect(got).toHaveLength(1));
      expect(duplicate).toBe(false);
      expect(got[0]).toEqual({
        id,
        topic: 'music:generated',
        payload: { tempo: 96 },
        key: '7',
        attempt: 1,
        publishedAt: expect.any(Number) as number,
      });
      expect((got[0] as { publishedAt: number }).publishedAt).toBeGreaterThanOrEqual(before);
    });

    it('matches * with one segment and a last ** with one or more', async () => {
      const one = await collect('webhook:github:*');
      const rest = await collect('webhook:**');
      const all = await collect('**');
      const exact = await collect('webhook:github:push');
      await bus.publish('webhook:github:push', { n: 1 });
      await bus.publish('webhook:github:push:forced', { n: 2 });
      await bus.publish('music:generated', { tempo: 3 });
      await eventually(() => expect(all.events.map(({ n }) => n)).toEqual([1, 2, 3]));
      expect(one.events.map(({ n }) => n)).toEqual([1]);
      expect(rest.events.map(({ n }) => n)).toEqual([1, 2]);
      expect(exact.events.map(({ n }) => n)).toEqual([1]);
    });

    it('matches what any alternative of a pattern matches, and brings it once', async () => {
      const pattern = 'room:a music:* room:*';
      const plain = await collect(pattern);
      const group = await collect(pattern, { group: 'g' });
      const owned = await collect(pattern, { group: 'g', keys: 'owned' });
      await bus.publish('room:a', { n: 1 }, { key: 'k' });
      await bus.publish('webhook:github:push', { n: 2 }, { key: 'k' });
      await bus.publish('music:generated', { tempo: 3 });
      await bus.publish('room:b', { n: 4 }, { key: 'k' });
      await eventually(() => {
        for (const { events } of [plain, group, owned]) {
          expect(events.map(({ n }) => n).toSorted((a, b) => a - b)).toEqual([1, 3, 4]);
        }
      });
      const read = await bus.read(undefined, { pattern: 'music:* room:b' });
      expect(read.events.map(({ topic }) => topic)).toEqual(['music:generated', 'room:b']);
      const ofKey = await bus.read({ key: 'k', pattern: 'music:* room:b' });
      expect(ofKey.events.map(({ topic }) => topic)).toEqual(['room:b']);
      await plain.subscription.close();
      await bus.publish('room:b', { n: 5 });
      await eventually(() => expect(group.events).toHaveLength(4));
      expect(plain.events).toHaveLength(3);
      // The group goes by the whole pattern.
      await eventually(async () =>
        expect((await bus.stats()).groups).toMatchObject([
          { pattern, pending: 0 },
          { pattern, pending: 0 },
        ]),
      );
    });

    it('gives ids that grow and share an epoch', async () => {
      const results = await Promise.all([1, 2, 3].map((n) => bus.publish('room:a', { n })));
      const parts = results.map(({ id }) => id.split('-'));
      expect(new Set(parts.map(([epoch]) => epoch)).size).toBe(1);
      expect(parts.map(([, seq]) => Number(seq))).toEqual([1, 2, 3]);
    });

    it('keeps a failing handler away from the others and reports it', async () => {
      bus.subscribe('room:a', () => {
        throw new Error('sync');
      });
      bus.subscribe('room:a', () => Promise.reject(new Error('async')));
      const good = await collect('room:a');
      await bus.publish('room:a', { n: 1 });
      await bus.publish('room:a', { n: 2 });
      await eventually(() => {
        expect(good.events.map(({ n }) => n)).toEqual([1, 2]);
        expect(failures).toHaveLength(4);
      });
      expect(failures.map(({ topic }) => topic)).toEqual(Array(4).fill('room:a'));
    });

    it('calls an asynchronous handler one event at a time, in order, unless `concurrency` says otherwise', async () => {
      let most = 0;
      let now = 0;
      const order: number[] = [];
      await bus.subscribe('room:a', async ({ payload }) => {
        most = Math.max(most, ++now);
        await new Promise((resolve) => setTimeout(resolve, 2));
        order.push(payload.n);
        now--;
      }).ready;
      await Promise.all(Array.from({ length: 8 }, (_, n) => bus.publish('room:a', { n })));
      await eventually(() => expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7]));
      expect(most).toBe(1);
    });

    for (const group of [undefined, 'workers']) {
      it(`runs keys at the same time and each key in order (${group ?? 'no group'})`, async () => {
        const order: Record<string, number[]> = { a: [], b: [] };
        const busy = new Set<string>();
        let overlaps = 0;
        let most = 0;
        const options = { concurrency: 4, ...(group && { group }) };
        await bus.subscribe(
          'room:x',
          async ({ payload, key = '' }) => {
            if (busy.has(key)) overlaps++;
            busy.add(key);
            most = Math.max(most, busy.size);
            await new Promise((resolve) => setTimeout(resolve, (payload.n % 3) * 3));
            busy.delete(key);
            order[key]?.push(payload.n);
          },
          options,
        ).ready;
        for (let n = 0; n < 12; n++) void bus.publish('room:x', { n }, { key: n % 2 ? 'a' : 'b' });
        await eventually(() => {
          expect(order.a).toEqual([1, 3, 5, 7, 9, 11]);
          expect(order.b).toEqual([0, 2, 4, 6, 8, 10]);
        });
        expect(overlaps).toBe(0);
        expect(most).toBe(2);
      });
    }

    it('gives each event of a group to one consumer, and all to a subscriber without a group', async () => {
      const a = await collect('room:*', { group: 'g', concurrency: 3 });
      const b = await collect('room:*', { group: 'g', concurrency: 3 });
      const other = await collect('room:*', { group: 'h' });
      const everyone = await collect('room:*');
      await Promise.all(Array.from({ length: 30 }, (_, n) => bus.publish(`room:${n % 3}`, { n })));
      const sorted = (events: readonly { n: number }[]) => events.map(({ n }) => n).toSorted((x, y) => x - y);
      const wanted = Array.from({ length: 30 }, (_, n) => n);
      await eventually(() => {
        expect(sorted([...a.events, ...b.events])).toEqual(wanted);
        expect(sorted(other.events)).toEqual(wanted);
        expect(sorted(everyone.events)).toEqual(wanted);
      });
    });

    it('repeats a failed delivery of a group with a higher attempt, delaying only its own key', async () => {
      const calls: string[] = [];
      await bus.subscribe(
        'room:a',
        ({ payload, key, attempt }) => {
          calls.push(`${key}${payload.n}.${attempt}`);
          if (key === 'k' && payload.n === 1 && attempt < 3) throw new Error('not yet');
        },
        { group: 'g', concurrency: 2 },
      ).ready;
      await bus.publish('room:a', { n: 1 }, { key: 'k' });
      await bus.publish('room:a', { n: 2 }, { key: 'k' });
      await bus.publish('room:a', { n: 3 }, { key: 'l' });
      await eventually(() => expect(calls).toHaveLength(5));
      expect(calls.filter((call) => call.startsWith('k'))).toEqual(['k1.1', 'k1.2', 'k1.3', 'k2.1']);
      expect(calls.indexOf('l3.1')).toBeLessThan(calls.indexOf('k1.3'));
      expect((await bus.stats()).groups[0]).toMatchObject({ group: 'g', pattern: 'room:a', redeliveries: 2 });
    });

    it('moves an event to the dead letters after its attempts, lists it and gives it back on demand', async () => {
      let broken = true;
      const calls: number[] = [];
      await bus.subscribe(
        'room:a',
        ({ payload, attempt }) => {
          calls.push(attempt);
          if (broken && payload.n === 1) throw new Error('poison');
        },
        { group: 'g' },
      ).ready;
      const { id } = await bus.publish('room:a', { n: 1 }, { key: 'k' });
      await bus.publish('room:a', { n: 2 }, { key: 'k' });
      await eventually(() => expect(calls).toEqual([1, 2, 3, 1]));
      await eventually(async () => expect((await bus.stats()).groups[0]?.pending).toBe(0));
      const [letter] = await bus.listDeadLetters();
      expect(letter).toMatchObject({
        eventId: id,
        group: 'g',
        pattern: 'room:a',
        topic: 'room:a',
        key: 'k',
        payload: { n: 1 },
        attempts: 3,
        reason: 'Error: poison',
      });
      expect(codes()).toContain('BUS_DEAD_LETTERED');
      expect(await bus.stats()).toMatchObject({ deadLetters: 1, groups: [{ deadLettered: 1 }] });

      broken = false;
      const everyone = await collect('room:a');
      expect(await bus.retryDeadLetter(letter?.id ?? '')).toBe(true);
      expect(await bus.retryDeadLetter(letter?.id ?? '')).toBe(false);
      await eventually(() => expect(calls).toEqual([1, 2, 3, 1, 1]));
      expect(await bus.listDeadLetters()).toEqual([]);
      expect(everyone.events).toEqual([]);
    });

    it('reports a dead letter on $dead-letter, which wildcards do not match and only the bus may publish to', async () => {
      const told: DeadLetter[] = [];
      const grouped: DeadLetter[] = [];
      bus.subscribe('$dead-letter', ({ payload }) => void told.push(payload));
      await bus.subscribe('$dead-letter', ({ payload }) => void grouped.push(payload), { group: 'alarm' }).ready;
      const everything = await collect('**');
      const segments = await collect('*', { group: 'segments' });
      const poison = bus.subscribe('room:*', () => Promise.reject(new Error('poi"son ü')), { group: 'g' });
      await poison.ready;
      const { id } = await bus.publish('room:a', { n: 1 }, { key: 'k' });
      await eventually(() => expect([told.length, grouped.length]).toEqual([1, 1]));
      const letters = await bus.listDeadLetters();
      expect(told).toEqual(grouped);
      expect(letters).toEqual([{ ...told[0], at: expect.any(Number) as number }]);
      expect(told[0]).toMatchObject({
        eventId: id,
        group: 'g',
        pattern: 'room:*',
        topic: 'room:a',
        key: 'k',
        payload: { n: 1 },
        attempts: 3,
        reason: 'Error: poi"son ü',
      });
      await eventually(() => expect(everything.events.map(({ topic }) => topic)).toEqual(['room:a']));
      expect((await bus.read()).events.map(({ topic }) => topic)).toEqual(['room:a']);
      expect((await bus.read(undefined, { pattern: '$dead-letter' })).events.map(({ payload }) => payload)).toEqual(
        told,
      );
      expect(segments.events).toEqual([]);
      await poison.close();
      const got = await collect('room:*', { group: 'g' });
      expect(await bus.retryDeadLetter(told[0]?.id ?? '')).toBe(true);
      await eventually(() => expect(got.events.map(({ n, attempt }) => [n, attempt])).toEqual([[1, 1]]));
      await expect((bus as unknown as EventBus).publish('$dead-letter', {})).rejects.toThrow(TypeError);
    });

    it('does not report a dead letter that is itself the report of one', async () => {
      const heard: DeadLetter[] = [];
      const fail = (): never => {
        throw new Error('always');
      };
      await bus.subscribe('$dead-letter', ({ payload }) => void heard.push(payload)).ready;
      await bus.subscribe('$dead-letter', fail, { group: 'alarm' }).ready;
      await bus.subscribe('room:a', fail, { group: 'g' }).ready;
      await bus.publish('room:a', { n: 1 });
      await eventually(async () =>
        expect((await bus.listDeadLetters()).map(({ group }) => group)).toEqual(['g', 'alarm']),
      );
      await eventually(async () =>
        expect((await bus.stats()).groups.map(({ lag, pending }) => lag + pending)).toEqual([0, 0]),
      );
      expect(heard.map(({ group }) => group)).toEqual(['g']);
    });

    it('lets a group go on where it was when its consumers come back', async () => {
      const first = await collect('room:a', { group: 'g' });
      await bus.publish('room:a', { n: 1 });
      await eventually(() => expect(first.events).toHaveLength(1));
      await eventually(async () => expect((await bus.stats()).groups[0]?.pending).toBe(0));
      await first.subscription.close();
      await bus.publish('room:a', { n: 2 });
      const second = await collect('room:a', { group: 'g' });
      await bus.publish('room:a', { n: 3 });
      await eventually(() => expect(second.events.map(({ n }) => n)).toEqual([2, 3]));
      expect(first.events).toHaveLength(1);
    });

    it('gives what a leaving consumer had not acknowledged to another one of its group, as if not tried', async () => {
      let release: () => void = () => {};
      const stuck = bus.subscribe('room:a', () => new Promise<void>((resolve) => (release = resolve)), { group: 'g' });
      await stuck.ready;
      await bus.publish('room:a', { n: 1 }, { key: 'k' });
      await bus.publish('room:a', { n: 2 }, { key: 'k' });
      await eventually(async () => expect((await bus.stats()).groups[0]?.pending).toBeGreaterThan(0));
      const other = await collect('room:a', { group: 'g' });
      await stuck.close({ drainMs: 10 });
      await eventually(() =>
        expect(other.events.map(({ n, attempt }) => [n, attempt])).toEqual([
          [1, 1],
          [2, 1],
        ]),
      );
      release();
    });

    it('brings an event that a group gave back again, as the same attempt, here or elsewhere', async () => {
      const got: string[] = [];
      const first = bus.subscribe(
        'room:a',
        ({ payload: { n }, attempt }) => {
          got.push(`${n}.${attempt}`);
          if (got.length < 5) throw attempt === 2 ? new BusError('BUS_RETURNED', 'not now') : new Error('broken');
          return new Promise(() => {});
        },
        { group: 'g' },
      );
      await first.ready;
      await bus.publish('room:a', { n: 1 }, { key: 'k' });
      await eventually(() => expect(got).toEqual(['1.1', '1.2', '1.2', '1.2', '1.2']));
      await first.close({ drainMs: 10 });
      const { events } = await collect('room:a', { group: 'g' });
      await eventually(() => expect(events.map(({ attempt }) => attempt)).toEqual([2]));
      expect(failures.map(({ error }) => String(error))).toEqual(['Error: broken']);
    });

    it('replays from the oldest event, from an id, or only what is new', async () => {
      const ids: string[] = [];
      for (let n = 0; n < 5; n++) ids.push((await bus.publish('room:a', { n })).id);
      const earliest = await collect('room:a', { from: 'earliest' });
      const later = await collect('room:a', { from: ids[2] ?? '' });
      const fresh = await collect('room:a');
      const grouped = await collect('room:a', { from: ids[3] ?? '', group: 'g' });
      await bus.publish('room:a', { n: 5 });
      await eventually(() => {
        expect(earliest.events.map(({ n }) => n)).toEqual([0, 1, 2, 3, 4, 5]);
        expect(later.events.map(({ n }) => n)).toEqual([3, 4, 5]);
        expect(fresh.events.map(({ n }) => n)).toEqual([5]);
        expect(grouped.events.map(({ n }) => n)).toEqual([4, 5]);
      });
      expect(failures).toEqual([]);
    });

    it('replays a long log while new events come, each once and in order', async () => {
      const total = 700;
      for (let n = 0; n < 600; n += 50) {
        await Promise.all(Array.from({ length: 50 }, (_, more) => bus.publish('room:a', { n: n + more })));
      }
      const replay = await collect('room:a', { from: 'earliest' });
      for (let n = 600; n < total; n++) await bus.publish('room:a', { n });
      await eventually(() => expect(replay.events).toHaveLength(total));
      expect(replay.events.map(({ n }) => n)).toEqual(Array.from({ length: total }, (_, n) => n));
    });

    it('reads a slow subscriber its backlog from the log', async () => {
      bus = await open({ limits: { maxBacklog: 4 } });
      const got: number[] = [];
      await bus.subscribe('room:a', async ({ payload }) => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        got.push(payload.n);
      }).ready;
      for (let n = 0; n < 60; n++) await bus.publish('room:a', { n });
      await eventually(() => expect(got).toEqual(Array.from({ length: 60 }, (_, n) => n)));
      expect(failures).toEqual([]);
    });

    it('reads page by page, by pattern, and says when history was cut or restarted', async () => {
      bus = await open({}, { maxEvents: 10 });
      expect(await bus.read()).toEqual({ events: [], last: undefined, more: false, unreadable: 0 });
      const ids: string[] = [];
      for (let n = 0; n < 6; n++) ids.push((await bus.publish(n % 2 ? 'room:b' : 'room:a', { n })).id);
      const page = await bus.read(ids[0], { limit: 2 });
      expect(page.events.map(({ id }) => id)).toEqual(ids.slice(1, 3));
      expect(page).toMatchObject({ last: ids[2], more: true });
      expect(page.gap).toBeUndefined();
      const odd = await bus.read(undefined, { pattern: 'room:b' });
      expect(odd.events.map(({ payload }) => payload.n)).toEqual([1, 3, 5]);
      expect(await bus.read(odd.last)).toEqual({ events: [], last: ids[5], more: false, unreadable: 0 });
      for (let n = 0; n < 400; n++) await bus.publish('room:a', { n });
      expect((await bus.read(ids[0])).gap).toBe('cut');
      expect((await bus.read('other-3')).gap).toBe('restarted');
      expect((await bus.stats()).depth).toBeLessThan(400);
    });

    it('stores a dedupeId once, whichever bus publishes it, and returns the id of the first', async () => {
      const all = await collect('**');
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => bus.publish('room:a', { n: 1 }, { dedupeId: 'delivery-1' })),
      );
      expect(answers.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
      expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
      const pair = await bus.publish('room:b', { n: 2 }, { dedupeId: ['delivery-2', 'body-2'] });
      expect(await bus.publish('room:b', { n: 2 }, { dedupeId: ['delivery-3', 'body-2'] })).toEqual({
        id: pair.id,
        duplicate: true,
      });
      expect((await bus.publish('room:b', { n: 3 }, { dedupeId: ['delivery-3'] })).duplicate).toBe(false);
      await eventually(() => expect(all.events.map(({ n }) => n)).toEqual([1, 2, 3]));
      const many = Array.from({ length: 17 }, (_, n) => `many-${n}`);
      await expect(bus.publish('room:a', { n: 4 }, { dedupeId: many })).rejects.toThrow(RangeError);
      expect(await bus.publish('room:a', { n: 4 }, { dedupeId: many.slice(1) })).toMatchObject({ duplicate: false });
    });

    it('forgets a dedupeId after the window, not before', async () => {
      bus = await open({}, { dedupeWindowMs: 200 });
      const from = performance.now();
      const ids = new Set<string>();
      for (let stored = 0; stored < 4; ) {
        const { id, duplicate } = await bus.publish('room:a', { n: 1 }, { dedupeId: 'd' });
        // Clocks are read in whole milliseconds.
        if (!duplicate) expect(performance.now() - from).toBeGreaterThanOrEqual(198 * stored++);
        expect(ids.has(id)).toBe(duplicate);
        ids.add(id);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    });

    it('stops calling a handler when its signal aborts or it is closed', async () => {
      const controller = new AbortController();
      const aborted = await collect('room:a', { signal: controller.signal });
      const closed = await collect('room:a');
      const never: unknown[] = [];
      bus.subscribe('room:a', (event) => void never.push(event), { signal: AbortSignal.abort() });
      const stays = await collect('room:a');
      await bus.publish('room:a', { n: 1 });
      await eventually(() => expect(closed.events).toHaveLength(1));
      controller.abort();
      await closed.subscription.close();
      await bus.publish('room:a', { n: 2 });
      await eventually(() => expect(stays.events).toHaveLength(2));
      expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
      const signal = new AbortController().signal;
      await bus.subscribe('room:a', () => {}, { signal }).close();
      await bus.subscribe('room:a', () => {}, { signal, group: 'g' }).close();
      expect(getEventListeners(signal, 'abort')).toEqual([]);
      expect(aborted.events).toHaveLength(1);
      expect(closed.events).toHaveLength(1);
      expect(never).toHaveLength(0);
    });

    it('keeps ids growing, leases and retries going when the wall clock jumps', async () => {
      const runs: string[] = [];
      await bus.subscribe(
        'room:a',
        async ({ payload, attempt }) => {
          runs.push(`${payload.n}.${attempt}`);
          await new Promise((resolve) => setTimeout(resolve, 50));
          if (attempt === 1) throw new Error('again');
        },
        { group: 'g', concurrency: 4 },
      ).ready;
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
      onTestFinished(() => void vi.useRealTimers());
      const ids: number[] = [];
      for (const [n, hours] of [0, 1, -1, 0].entries()) {
        vi.setSystemTime(Date.now() + hours * 3_600_000);
        ids.push(Number((await bus.publish('room:a', { n })).id.split('-')[1]));
      }
      await eventually(async () => expect((await bus.stats()).groups[0]).toMatchObject({ lag: 0, pending: 0 }));
      expect(ids).toEqual([1, 2, 3, 4]);
      expect(runs.toSorted()).toEqual(['0.1', '0.2', '1.1', '1.2', '2.1', '2.2', '3.1', '3.2']);
    });

    it('drains on close and refuses afterwards', async () => {
      const done: number[] = [];
      const slow = async ({ payload }: { payload: { n: number } }): Promise<void> => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        done.push(payload.n);
      };
      await bus.subscribe('room:a', slow).ready;
      const published = [1, 2, 3].map((n) => bus.publish('room:a', { n }));
      await Promise.all(published);
      await eventually(() => expect(done.length).toBeGreaterThan(0));
      await bus.close();
      expect(done).toEqual([1, 2, 3]);
      await expect(bus.publish('room:a', { n: 4 })).rejects.toMatchObject({ code: 'BUS_CLOSED' });
      expect(() => bus.subscribe('room:a', () => {})).toThrow(expect.objectContaining({ code: 'BUS_CLOSED' }));
    });

    it('refuses wrong use with the limit and the value', async () => {
      bus = await open({ limits: { maxTopicLength: 20 } });
      await expect(bus.publish('room:*', { n: 1 })).rejects.toThrow(TypeError);
      await expect(bus.publish('room:', { n: 1 })).rejects.toThrow(TypeError);
      await expect(bus.publish('room:a b', { n: 1 })).rejects.toThrow(TypeError);
      await expect(bus.publish(`room:${'x'.repeat(20)}`, { n: 1 })).rejects.toMatchObject({
        code: 'BUS_TOPIC_TOO_LONG',
        message: 'topic has 25 characters, the limit is 20: shorten it',
      });
      expect(() => bus.subscribe('room:**:a', () => {})).toThrow(TypeError);
      expect(() => bus.subscribe('room:a', () => {}, { concurrency: 0 })).toThrow(RangeError);
      expect(() => bus.subscribe('room:a', () => {}, { from: 'yesterday' })).toThrow(TypeError);
      await expect(bus.read('nonsense')).rejects.toThrow(TypeError);
    });

    it('counts what waits and what was lost to a group', async () => {
      bus = await open({}, { maxEvents: 10 });
      const group = await collect('room:a', { group: 'g' });
      await group.subscription.close();
      for (let n = 0; n < 5; n++) await bus.publish('room:a', { n });
      expect((await bus.stats()).groups[0]).toMatchObject({ lag: 5, pending: 0, lost: 0 });
      for (let n = 0; n < 400; n++) await bus.publish('room:a', { n });
      const again = await collect('room:a', { group: 'g' });
      await eventually(async () => {
        const [stats] = (await bus.stats()).groups;
        expect(stats).toMatchObject({ lag: 0, pending: 0 });
        expect((stats?.lost ?? 0) + again.events.length).toBe(405);
        expect(stats?.lost).toBeGreaterThan(0);
      });
    });
  });
}
