import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BusError, EventBus, type EventBusOptions, type Subscription, type Transport } from '../src/index.ts';
import type { Settings } from './contract.ts';
import { eventually } from './eventually.ts';

interface Events {
  [topic: `job:${string}`]: { readonly n: number };
}

const groups = [undefined, { group: 'g' }, { group: 'g', keys: 'owned' }] as const;
function nameOf(options: (typeof groups)[number]): string {
  return options === undefined ? 'no group' : 'keys' in options ? 'owned' : 'group';
}

/** What a subscription promises about its start, its calls and its end, on every transport. */
export function promisesContract(name: string, make: (options: Settings) => Promise<Transport>): void {
  describe(`promises on ${name}`, () => {
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
    const codes = (): unknown[] => failures.map((error) => (error as { code?: unknown }).code);

    beforeEach(async () => {
      failures.length = 0;
      bus = await open();
    });
    afterEach(async () => {
      await Promise.all(buses.splice(0).map((each) => each.close({ drainMs: 500 })));
    });

    for (const options of groups) {
      it(`brings what this process publishes right after subscribe() (${nameOf(options)})`, async () => {
        const got: number[] = [];
        const subscription = bus.subscribe('job:*', ({ payload }) => void got.push(payload.n), options);
        await bus.publish('job:a', { n: 1 }, { key: 'k' });
        await subscription.ready;
        await bus.publish('job:a', { n: 2 }, { key: 'k' });
        await eventually(() => expect(got).toEqual([1, 2]));
      });

      it(`rejects ready with BUS_CLOSED when the signal has aborted before (${nameOf(options)})`, async () => {
        const got: unknown[] = [];
        const signal = AbortSignal.abort();
        const subscription = bus.subscribe('job:*', (event) => void got.push(event), { ...options, signal });
        await expect(subscription.ready).rejects.toMatchObject({ code: 'BUS_CLOSED' });
        await bus.publish('job:a', { n: 1 });
        await subscription.close();
        expect(got).toEqual([]);
      });

      it(`does not wait for a handler that closes its own subscription (${nameOf(options)})`, async () => {
        const ended: number[] = [];
        const subscription = bus.subscribe(
          'job:*',
          async ({ payload }) => {
            await Promise.resolve();
            await subscription.close();
            ended.push(payload.n);
          },
          options,
        );
        await subscription.ready;
        await bus.publish('job:a', { n: 1 });
        const from = performance.now();
        await eventually(() => expect(ended).toEqual([1]));
        expect(performance.now() - from).toBeLessThan(5_000);
        await subscription.close();
        if (options) {
          // The event was acknowledged: nobody gets it again.
          await eventually(async () => expect((await bus.stats()).groups[0]).toMatchObject({ lag: 0, pending: 0 }));
        }
      });

      it(`does not wait for a handler that returns its close() after many calls without a promise (${nameOf(options)})`, async () => {
        const ended = Promise.withResolvers<void>();
        const close = (): Promise<void> => subscription.close().then(ended.resolve);
        const subscription: Subscription = bus.subscribe(
          'job:*',
          ({ payload }) => (payload.n === 150 ? close() : undefined),
          options,
        );
        await subscription.ready;
        for (let n = 1; n <= 150; n++) await bus.publish('job:a', { n });
        const from = performance.now();
        await ended.promise;
        expect(performance.now() - from).toBeLessThan(5_000);
      });

      it(`does not wait for a handler that closes its own bus, and still stores what it did (${nameOf(options)})`, async () => {
        const ended = Promise.withResolvers<string>();
        const subscription = bus.subscribe(
          'job:*',
          async ({ payload }) => {
            if (payload.n > 1) return;
            await Promise.resolve();
            await bus.close();
            const stored = bus.publish('job:b', { n: 2 });
            ended.resolve(
              await stored.then(
                () => 'stored',
                (error: BusError) => error.code,
              ),
            );
          },
          options,
        );
        await subscription.ready;
        await bus.publish('job:a', { n: 1 });
        const from = performance.now();
        expect(await ended.promise).toBe('stored');
        expect(performance.now() - from).toBeLessThan(5_000);
        await bus.close();
        await expect(bus.publish('job:a', { n: 3 })).rejects.toMatchObject({ code: 'BUS_CLOSED' });
      });

      it(`counts an answer that cannot be looked at as a failure, and goes on (${nameOf(options)})`, async () => {
        const got: number[] = [];
        const { proxy, revoke } = Proxy.revocable({}, {});
        revoke();
        await bus.subscribe(
          'job:*',
          ({ payload }) => {
            got.push(payload.n);
            return payload.n === 1 ? (proxy as Promise<void>) : undefined;
          },
          options && { ...options, retry: { attempts: 1 } },
        ).ready;
        for (const n of [1, 2]) await bus.publish('job:a', { n });
        // Without a key, they come in any order.
        await eventually(() => expect(got.toSorted((a, b) => a - b)).toEqual([1, 2]));
        await eventually(() => expect(failures[0]).toBeInstanceOf(TypeError));
        if (options) await eventually(async () => expect((await bus.stats()).deadLetters).toBe(1));
      });

      it(`waits for a running handler with drainMs of 30 days or Infinity (${nameOf(options)})`, async () => {
        for (const drainMs of [Number.POSITIVE_INFINITY, 30 * 86_400_000]) {
          const ended: number[] = [];
          const started = Promise.withResolvers<void>();
          const subscription = bus.subscribe(
            'job:*',
            async ({ payload }) => {
              started.resolve();
              await new Promise((resolve) => setTimeout(resolve, 50));
              ended.push(payload.n);
            },
            options,
          );
          await subscription.ready;
          await bus.publish('job:a', { n: 1 });
          await started.promise;
          await subscription.close({ drainMs });
          expect(ended).toEqual([1]);
        }
      });

      it(`ends a call that takes too long with BUS_TIMEOUT, aborts its signal and goes on (${nameOf(options)})`, async () => {
        const reasons: unknown[] = [];
        const got: number[] = [];
        await bus.subscribe(
          'job:*',
          ({ payload, attempt }, { signal }) => {
            got.push(payload.n);
            if (payload.n !== 1 || attempt > 1) return Promise.resolve();
            signal.addEventListener('abort', () => reasons.push((signal.reason as BusError).code));
            return new Promise(() => {});
          },
          { ...options, timeoutMs: 30 },
        ).ready;
        await bus.publish('job:a', { n: 1 }, { key: 'k' });
        await bus.publish('job:a', { n: 2 }, { key: 'k' });
        const wanted = options ? [1, 1, 2] : [1, 2];
        await eventually(() => expect(got.toSorted((a, b) => a - b)).toEqual(wanted));
        expect(reasons).toEqual(['BUS_TIMEOUT']);
        expect(codes()).toEqual(['BUS_TIMEOUT']);
      });
    }

    for (const options of groups.slice(1)) {
      it(`makes an event a dead letter at once when its handler says so (${nameOf(options)})`, async () => {
        let calls = 0;
        await bus.subscribe(
          'job:*',
          () => {
            calls++;
            throw new BusError('BUS_UNRECOVERABLE', 'no such clip');
          },
          options,
        ).ready;
        await bus.publish('job:a', { n: 1 });
        await eventually(async () =>
          expect(await bus.listDeadLetters()).toMatchObject([
            { attempts: 1, reason: 'BusError: no such clip', payload: { n: 1 } },
          ]),
        );
        expect(calls).toBe(1);
      });

      it(`tries again as the subscription says, where it differs from the bus (${nameOf(options)})`, async () => {
        bus = await open({ retry: { attempts: 1, minDelayMs: 86_400_000 } });
        let calls = 0;
        await bus.subscribe(
          'job:*',
          () => {
            calls++;
            throw new Error('down');
          },
          { ...options, retry: { attempts: 4, minDelayMs: 1, jitter: 0 } },
        ).ready;
        await bus.publish('job:a', { n: 1 });
        await eventually(async () => expect(await bus.listDeadLetters()).toMatchObject([{ attempts: 4 }]));
        expect(calls).toBe(4);
      });
    }

    it('gives events to a loop one by one, and acknowledges each when the loop asks for the next', async () => {
      const got: number[] = [];
      const stream = bus.events('job:*', { group: 'g' });
      await stream.ready;
      for (let n = 1; n <= 3; n++) await bus.publish('job:a', { n });
      for await (const { payload } of stream) {
        got.push(payload.n);
        // The one before is acknowledged.
        await eventually(async () =>
          expect((await bus.stats()).groups[0]).toMatchObject({ lag: 3 - payload.n, pending: 1 }),
        );
        if (payload.n === 2) break;
      }
      expect(got).toEqual([1, 2]);
      const again: string[] = [];
      await bus.subscribe('job:*', ({ payload, attempt }) => void again.push(`${payload.n}.${attempt}`), { group: 'g' })
        .ready;
      await eventually(() => expect(again.toSorted()).toEqual(['2.1', '3.1']));
      expect(failures).toEqual([]);
    });

    it('ends a loop with its signal and with the bus, after what it has', async () => {
      const controller = new AbortController();
      const gate = Promise.withResolvers<void>();
      const ends = ['signal', 'bus'].map(async (how) => {
        const got: number[] = [];
        const options = how === 'signal' ? { signal: controller.signal } : {};
        for await (const { payload } of bus.events('job:*', options)) {
          if (how === 'bus') await gate.promise;
          got.push(payload.n);
          if (how === 'signal') controller.abort();
        }
        return got;
      });
      const came: number[] = [];
      bus.subscribe('job:*', ({ payload }) => void came.push(payload.n));
      await Promise.all([bus.events('job:*').return(), bus.events('job:*', { group: 'h' }).return()]);
      for (let n = 1; n <= 3; n++) await bus.publish('job:a', { n });
      expect(await ends[0]).toEqual([1]);
      await eventually(() => expect(came).toEqual([1, 2, 3]));
      const closing = bus.close();
      gate.resolve();
      await closing;
      expect(await Promise.all(ends)).toEqual([[1], [1, 2, 3]]);
      expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    });

    it('answers every method with BUS_CLOSED once it is closed', async () => {
      await bus.close();
      const calls: (() => unknown)[] = [
        () => bus.publish('job:a', { n: 1 }),
        () => bus.subscribe('job:a', () => {}),
        () => bus.events('job:a'),
        () => bus.follow('job:a', () => {}),
        () => bus.followers('job:a', 'k'),
        () => bus.commit({ fence: '1:1:a:b' }),
        () => bus.read(),
        () => bus.read({ key: 'k' }),
        () => bus.stats(),
        () => bus.listDeadLetters(),
        () => bus.readDeadLetter('1'),
        () => bus.deleteDeadLetter('1'),
        () => bus.retryDeadLetter('1'),
        () => bus.forget('k'),
      ];
      for (const call of calls) {
        const code = await (async () => call())().then(
          () => 'fine',
          (error: BusError) => error.code,
        );
        expect([String(call), code]).toEqual([String(call), 'BUS_CLOSED']);
      }
      await bus.close();
    });

    it('starts a group at the oldest event when its id is beyond the end of the log', async () => {
      const { id } = await bus.publish('job:a', { n: 1 });
      const beyond = id.replace(/-\d+$/, '-99999');
      for (const options of groups) {
        const got: number[] = [];
        await bus.subscribe('job:*', ({ payload }) => void got.push(payload.n), { ...options, from: beyond }).ready;
        await eventually(() => expect(got).toEqual([1]));
      }
      await eventually(async () => {
        for (const { lag } of (await bus.stats()).groups) expect(lag).toBe(0);
      });
      // Only those without a group are told: a group that exists ignores the id.
      expect(codes()).toEqual(['BUS_RESTARTED']);
    });

    it('counts only the events that are there', async () => {
      await bus.publish('job:a', { n: 1 }, { key: 'k' });
      await bus.publish('job:a', { n: 2 }, { key: 'k' });
      await bus.publish('job:a', { n: 3 });
      await bus.forget('k');
      expect((await bus.read()).events).toHaveLength(1);
      if (name === 'memory') expect((await bus.stats()).depth).toBe(1);
    });
  });
}
