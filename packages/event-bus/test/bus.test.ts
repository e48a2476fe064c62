import { getEventListeners } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, expectTypeOf, it, onTestFinished, vi } from 'vitest';
import { type BusError, EventBus, type EventBusOptions, memory, type StandardSchema } from '../src/index.ts';
import { eventually } from './eventually.ts';

const buses: EventBus[] = [];
function open<Events extends object = Record<string, unknown>>(
  options: EventBusOptions<Events> = {},
): EventBus<Events> {
  const bus = new EventBus<Events>(options);
  buses.push(bus);
  return bus;
}
afterEach(async () => {
  await Promise.all(buses.splice(0).map((bus) => bus.close({ drainMs: 100 })));
});

/** Calls with a value of the wrong type or size, as JavaScript may. */
function wrongly(call: (value: never) => unknown, value: unknown): Promise<unknown> {
  return (async () => call(value as never))().then(
    () => 'fine',
    (error: Error) => `${error.name}: ${error.message}`,
  );
}

describe('options', () => {
  const counts: readonly [string, (bus: EventBus, value: never) => unknown][] = [
    ['limits.maxPayloadBytes', (_, maxPayloadBytes) => new EventBus({ limits: { maxPayloadBytes } })],
    ['limits.maxTopicLength', (_, maxTopicLength) => new EventBus({ limits: { maxTopicLength } })],
    ['limits.maxPending', (_, maxPending) => new EventBus({ limits: { maxPending } })],
    ['limits.maxBacklog', (_, maxBacklog) => new EventBus({ limits: { maxBacklog } })],
    ['limits.maxBacklogBytes', (_, maxBacklogBytes) => new EventBus({ limits: { maxBacklogBytes } })],
    ['retry.attempts', (_, attempts) => new EventBus({ retry: { attempts } })],
    ['retry.minDelayMs', (_, minDelayMs) => new EventBus({ retry: { minDelayMs } })],
    ['retry.maxDelayMs', (_, maxDelayMs) => new EventBus({ retry: { maxDelayMs, minDelayMs: 1 } })],
    ['retry.attempts', (bus, attempts) => bus.subscribe('a', () => {}, { group: 'g', retry: { attempts } })],
    ['concurrency', (bus, concurrency) => bus.subscribe('a', () => {}, { concurrency })],
    ['maxKeys', (bus, maxKeys) => bus.subscribe('a', () => {}, { group: 'g', keys: 'owned', maxKeys })],
    ['limit', (bus, limit) => bus.read(undefined, { limit })],
    ['limit', (bus, limit) => bus.read({ key: 'k', limit })],
    ['maxBytes', (bus, maxBytes) => bus.read(undefined, { maxBytes })],
    ['limit', (bus, limit) => bus.listDeadLetters({ limit })],
    ['maxEvents', (_, maxEvents) => memory({ maxEvents })],
    ['dedupeWindowMs', (_, dedupeWindowMs) => memory({ dedupeWindowMs })],
    ['maxDedupeIds', (_, maxDedupeIds) => memory({ maxDedupeIds })],
    ['maxDeadLetters', (_, maxDeadLetters) => memory({ maxDeadLetters })],
    ['maxDelayed', (_, maxDelayed) => memory({ maxDelayed })],
    ['groupTtlMs', (_, groupTtlMs) => memory({ groupTtlMs })],
  ];

  it.each(counts)('takes whole numbers of at least 1 for %s, and its default for undefined', async (name, call) => {
    const bus = open();
    for (const value of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60]) {
      const message = `RangeError: ${name} must be a whole number of at least 1, got ${value}`;
      expect(await wrongly((bad) => call(bus, bad), value)).toBe(message);
    }
    for (const [value, type] of [
      ['7', 'string'],
      [null, 'null'],
      [[7], 'an array'],
      [7n, 'bigint'],
    ] as const) {
      expect(await wrongly((bad) => call(bus, bad), value)).toBe(`TypeError: ${name} must be a number, got ${type}`);
    }
    expect(await wrongly((missing) => call(bus, missing), undefined)).toBe('fine');
  });

  it('takes waits of any length, and its default for undefined', async () => {
    const bus = open();
    const subscription = bus.subscribe('a', () => {});
    const waits: readonly [string, number, (value: never) => unknown][] = [
      ['drainMs', 0, (drainMs) => bus.subscribe('a', () => {}).close({ drainMs })],
      ['drainMs', 0, (drainMs) => bus.subscribe('a', () => {}, { group: 'g' }).close({ drainMs })],
      ['drainMs', 0, (drainMs) => bus.subscribe('a', () => {}, { group: 'g', keys: 'owned' }).close({ drainMs })],
      ['drainMs', 0, (drainMs) => bus.follow('a', () => {}).close({ drainMs })],
      ['drainMs', 0, (drainMs) => new EventBus().close({ drainMs })],
      ['timeoutMs', 1, (timeoutMs) => bus.subscribe('a', () => {}, { timeoutMs })],
      ['timeoutMs', 1, (timeoutMs) => bus.follow('a', () => {}, { timeoutMs })],
    ];
    for (const [name, least, call] of waits) {
      for (const value of [-1, Number.NaN]) {
        expect(await wrongly(call, value)).toBe(
          `RangeError: ${name} must be at least ${least} milliseconds, got ${value}`,
        );
      }
      expect(await wrongly(call, '1')).toBe(`TypeError: ${name} must be a number, got string`);
      for (const value of [1.5, 2 ** 40, Number.POSITIVE_INFINITY, undefined]) {
        expect(await wrongly(call, value)).toBe('fine');
      }
    }
    await subscription.close();
  });

  it('refuses what has the wrong type, by its name', async () => {
    const bus = open();
    const fence = '1:0:owner:["g","a","owned"]';
    const calls: readonly [string, () => unknown][] = [
      ['options must be an object, got null', () => new EventBus(null as never)],
      ['limits must be an object, got number', () => new EventBus({ limits: 5 as never })],
      ['transport must be an object, got string', () => new EventBus({ transport: 'redis' as never })],
      [
        'transport must be what memory(), await sqlite() or await redis() returns',
        () => new EventBus({ transport: Promise.resolve(memory()) as never }),
      ],
      ['onHandlerError must be a function, got string', () => new EventBus({ onHandlerError: 'log' as never })],
      ['onWarning must be a function, got object', () => new EventBus({ onWarning: {} as never })],
      ['handler must be a function, got undefined', () => bus.subscribe('a', undefined as never)],
      ['signal must be an AbortSignal, got object', () => bus.subscribe('a', () => {}, { signal: {} as never })],
      ['from must be a string, got number', () => bus.subscribe('a', () => {}, { from: 7 as never })],
      ['group must be a string, got number', () => bus.subscribe('a', () => {}, { group: 7 as never })],
      [
        'onOwn must be a function, got string',
        () => bus.subscribe('a', () => {}, { group: 'g', keys: 'owned', onOwn: 'x' as never }),
      ],
      [
        'retry needs a group: without it, an event comes once',
        () => bus.subscribe('a', () => {}, { retry: { attempts: 2 } }),
      ],
      ["events has no keys: 'owned': use subscribe", () => bus.events('a', { group: 'g', keys: 'owned' } as never)],
      ['key must be a string, got number', () => bus.publish('a', 1, { key: 7 as never })],
      [
        'dedupeId must be a string or an array of strings, got number',
        () => bus.publish('a', 1, { dedupeId: 7 as never }),
      ],
      ['dedupeId must be a string, got number', () => bus.publish('a', 1, { dedupeId: [7] as never })],
      ['notBefore must be a Date or a number, got string', () => bus.publish('a', 1, { notBefore: 'soon' as never })],
      ['fence must be a string, got number', () => bus.publish('a', 1, { fence: 7 as never })],
      ['after must be a string, got number', () => bus.read(7 as never)],
      ['settle must be an array, got string', () => bus.commit({ settle: 'all' as never })],
      ['settle[0] must be an object, got null', () => bus.commit({ settle: [null as never] })],
      ['publish[0] must be an object, got string', () => bus.commit({ fence, publish: ['a' as never] })],
      ['state must be an object, got number', () => bus.commit({ fence, state: 7 as never })],
      ['fence must be a string, got number', () => bus.commit({ fence: 7 as never })],
      ['id must be a string, got number', () => bus.readDeadLetter(5 as never)],
      ['id must be a string, got number', () => bus.deleteDeadLetter(5 as never)],
      ['id must be a string, got undefined', () => bus.retryDeadLetter(undefined as never)],
      ['strict must be a boolean, got string', () => memory({ strict: 'yes' as never })],
    ];
    for (const [message, call] of calls) expect(await wrongly(call, undefined)).toBe(`TypeError: ${message}`);
    expect(await wrongly((notBefore) => bus.publish('a', 1, { notBefore }), Number.NaN)).toBe(
      'RangeError: notBefore must be a time that a Date can hold, got NaN',
    );
    expect(await wrongly((notBefore) => bus.publish('a', 1, { notBefore }), new Date('nonsense'))).toMatch(
      /^RangeError/,
    );
    expect(await wrongly((jitter) => new EventBus({ retry: { jitter } }), 2)).toBe(
      'RangeError: retry.jitter must be from 0 to 1, got 2',
    );
    expect(await wrongly((minDelayMs) => new EventBus({ retry: { minDelayMs, maxDelayMs: 5 } }), 6)).toBe(
      'RangeError: retry.minDelayMs must be at most retry.maxDelayMs (5), got 6',
    );
  });
});

describe('what goes wrong', () => {
  const warnings = (): string[] => {
    const shown: string[] = [];
    const spy = vi.spyOn(process, 'emitWarning').mockImplementation((warning) => void shown.push(String(warning)));
    onTestFinished(() => spy.mockRestore());
    return shown;
  };

  it('is shown by the runtime, once of each kind, when nothing else takes it', async () => {
    const shown = warnings();
    const bus = open({ retry: { attempts: 1 } });
    bus.subscribe('job:a', () => {
      throw new Error('my bug');
    });
    await bus.subscribe('job:a', () => Promise.reject(new TypeError('another')), { group: 'g' }).ready;
    for (let n = 0; n < 3; n++) await bus.publish('job:a', n);
    await eventually(async () => expect((await bus.stats()).deadLetters).toBe(3));
    await eventually(() => expect(shown).toHaveLength(2));
    expect(shown[0]).toBe(
      'subscription to job:a: Error: my bug (shown once; pass onHandlerError to EventBus to see all)',
    );
    expect(shown[1]).toContain('became a dead letter');
  });

  it('ends no process when a callback throws or rejects: that is shown once, and close() ends everything', async () => {
    const shown = warnings();
    const rejections: unknown[] = [];
    const note = (reason: unknown): void => void rejections.push(reason);
    process.on('unhandledRejection', note);
    onTestFinished(() => void process.off('unhandledRejection', note));
    const fails: readonly (() => void)[] = [
      () => {
        throw new Error('sync hook');
      },
      () => Promise.reject(new Error('async hook')),
    ];
    for (const hook of fails) {
      const bus = open({
        onHandlerError: hook,
        onWarning: hook,
        retry: { attempts: 1 },
        transport: memory({ maxDeadLetters: 1 }),
      });
      const failing = (): never => {
        throw new Error('down');
      };
      bus.subscribe('a', failing);
      await bus.subscribe('a', failing, { group: 'g' }).ready;
      await bus.subscribe('a', () => {}, { group: 'o', keys: 'owned', onOwn: hook, onLose: hook }).ready;
      const rooms = bus.follow('a', failing);
      await rooms.add('k');
      for (let n = 0; n < 3; n++) await bus.publish('a', n, { key: 'k' });
      await eventually(async () =>
        expect((await bus.stats()).groups.map(({ deadLettered }) => deadLettered)).toEqual([3, 3]),
      );
      await bus.close();
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(rejections).toEqual([]);
    expect(shown.map((line) => line.split(':')[0])).toEqual(
      Array.from({ length: 2 }, () => ['onHandlerError itself failed', 'onWarning itself failed']).flat(),
    );
  });

  it('leaves nothing behind on a signal or in memory, however often a handler fails', async () => {
    const { signal } = new AbortController();
    const bus = open({ retry: { attempts: 2, minDelayMs: 1 }, onHandlerError: () => {}, onWarning: () => {} });
    let calls = 0;
    const failing = async (): Promise<void> => {
      calls++;
      throw new Error('down');
    };
    const options = [{}, { group: 'g', concurrency: 50 }, { group: 'g', keys: 'owned' }] as const;
    for (const one of options) await bus.subscribe('a', failing, { ...one, signal }).ready;
    for (let n = 0; n < 500; n++) await bus.publish('a', n);
    await eventually(() => expect(calls).toBe(500 * 5));
    expect(getEventListeners(signal, 'abort')).toHaveLength(3);
  });
});

describe('a group in memory', () => {
  it.each([{}, { keys: 'owned' }] as const)('loses nothing: what it cannot hold is refused (%o)', async (more) => {
    const bus = open({ transport: memory({ maxEvents: 50 }) });
    const gate = Promise.withResolvers<void>();
    const got = new Set<unknown>();
    await bus.subscribe(
      'job:*',
      async ({ payload }) => {
        await gate.promise;
        got.add(payload);
      },
      { group: 'g', concurrency: 5, ...more },
    ).ready;
    const stored: number[] = [];
    const codes = new Set<unknown>();
    for (let n = 0; n < 400; n++) {
      await bus.publish('job:a', n).then(
        () => stored.push(n),
        (error: BusError) => codes.add(error.code),
      );
      if (n % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(codes).toEqual(new Set(['BUS_OVERLOADED']));
    expect(stored.length).toBeLessThanOrEqual(100);
    gate.resolve();
    await eventually(() => expect([...got].toSorted((a, b) => Number(a) - Number(b))).toEqual(stored));
    expect((await bus.stats()).groups[0]).toMatchObject({ lost: 0 });
    await bus.publish('job:a', 400);
    await eventually(() => expect(got).toContain(400));
  });

  it('holds up nobody who publishes what it does not match, or when it has no consumers', async () => {
    const warned: string[] = [];
    const bus = open({ transport: memory({ maxEvents: 10 }), onWarning: ({ code }) => void warned.push(code) });
    await bus.subscribe('job:*', () => new Promise(() => {}), { group: 'g' }).ready;
    for (let n = 0; n < 100; n++) await bus.publish('other', n);
    const left = bus.subscribe('other', () => {}, { group: 'left' });
    await left.ready;
    await left.close();
    for (let n = 0; n < 100; n++) await bus.publish('other', n);
    expect(warned).toEqual([]);
    await bus.subscribe('other', () => {}, { group: 'left' }).ready;
    await eventually(() => expect(warned).toEqual(['BUS_HISTORY_CUT']));
  });
});

describe('a subscription that is behind', () => {
  it('lets go of each event when its handler has ended', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const bus = open({ transport: memory({ strict: true }) });
    const handled: WeakRef<object>[] = [];
    const held = Promise.withResolvers<void>();
    bus.subscribe('a', async ({ payload }) => {
      handled.push(new WeakRef(payload as object));
      await (handled.length === 100 ? held.promise : undefined);
    });
    for (let n = 0; n < 200; n++) await bus.publish('a', { n });
    await eventually(() => expect(handled).toHaveLength(100));
    await new Promise((resolve) => setImmediate(resolve));
    collect();
    // The running one, and what the engine still has at hand.
    expect(handled.filter((one) => one.deref()).length).toBeLessThan(10);
    held.resolve();
  });
});

describe('memory({ maxDedupeIds })', () => {
  it('warns once when ids are forgotten early, and not when their window has passed', async () => {
    const warned: string[] = [];
    const onWarning = ({ code }: { code: string }): void => void warned.push(code);
    const brief = open({ transport: memory({ maxDedupeIds: 100, dedupeWindowMs: 1 }), onWarning });
    for (let n = 0; n < 5; n++) {
      await brief.publish('a', n, { dedupeId: `${n}` });
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
    expect(warned).toEqual([]);
    const bus = open({ transport: memory({ maxDedupeIds: 3 }), onWarning });
    for (let n = 0; n < 3; n++) await bus.publish('a', n, { dedupeId: `${n}` });
    expect(warned).toEqual([]);
    for (let n = 3; n < 6; n++) await bus.publish('a', n, { dedupeId: `${n}` });
    expect(warned).toEqual(['BUS_DEDUPE_FULL']);
  });
});

describe('memory({ strict: true })', () => {
  it('carries exactly what JSON carries, and a copy for each', async () => {
    const bus = open({ transport: memory({ strict: true }), limits: { maxPayloadBytes: 1_000 } });
    const got: unknown[] = [];
    bus.subscribe('a', ({ payload }) => void got.push(payload));
    const payload = { at: new Date(0), none: undefined, not: Number.NaN, list: [1] };
    await bus.publish('a', payload);
    payload.list.push(2);
    await eventually(() => expect(got).toEqual([{ at: '1970-01-01T00:00:00.000Z', not: null, list: [1] }]));
    const { events } = await bus.read();
    expect(events[0]?.payload).not.toBe(got[0]);
    await expect(bus.publish('a', () => {})).rejects.toThrow(TypeError);
    await expect(bus.publish('a', 1n)).rejects.toThrow(TypeError);
    await expect(bus.publish('a', 'x'.repeat(1_000))).rejects.toMatchObject({ code: 'BUS_PAYLOAD_TOO_LARGE' });
  });
});

describe('schemas', () => {
  const schema = <T>(check: (value: unknown) => T | undefined): StandardSchema<T> => ({
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (given) => {
        const value = check(given);
        return value === undefined ? { issues: [{ message: 'must be a number', path: ['n'] }] } : { value };
      },
    },
  });
  const withNumber = schema((value) => {
    const { n } = (value ?? {}) as { n?: unknown };
    return typeof n === 'number' ? { n } : undefined;
  });

  it('refuse a payload that does not fit, and type what fits', async () => {
    const bus = new EventBus({
      schemas: { 'job:*': withNumber, ping: schema((value) => (typeof value === 'string' ? value : undefined)) },
    });
    buses.push(bus);
    const got: unknown[] = [];
    bus.subscribe('job:*', ({ payload }) => {
      expectTypeOf(payload).toEqualTypeOf<{ n: number }>();
      got.push(payload);
    });
    await bus.publish('job:a', { n: 1, more: true } as { n: number });
    await bus.publish('ping', 'pong');
    // @ts-expect-error The schema of the pattern says that `n` is a number.
    await expect(bus.publish('job:b', { n: 'x' })).rejects.toMatchObject({
      code: 'BUS_INVALID_PAYLOAD',
      message: 'payload for job:b does not fit its schema: n: must be a number',
    });
    // @ts-expect-error There is no such topic.
    await bus.publish('nonsense', 1);
    await eventually(() => expect(got).toEqual([{ n: 1 }]));
    expect((await bus.read()).events).toHaveLength(3);
  });

  it('must be Standard Schemas that check without waiting', async () => {
    expect(await wrongly((schemas) => new EventBus({ schemas }), { 'job:*': {} })).toBe(
      "TypeError: schemas['job:*'] must be a Standard Schema, got object",
    );
    const waits: StandardSchema<number> = {
      '~standard': { version: 1, vendor: 'test', validate: async () => ({ value: 1 }) },
    };
    const bus = open({ schemas: { a: waits } });
    await expect(bus.publish('a', 1)).rejects.toThrow('must check without waiting');
  });
});
