import { describe, expect, test } from 'vitest';
import { SSEManager, type SSEManagerOptions, type SSEMessage } from '../src/index.ts';
import { startHub } from './hub.ts';
import { listen } from './support.ts';

const options: readonly (readonly [unknown, typeof TypeError | typeof RangeError, string])[] = [
  [{ heartbeatMs: -1 }, RangeError, 'heartbeatMs'],
  [{ heartbeatMs: Number.NaN }, RangeError, 'heartbeatMs'],
  [{ heartbeatMs: '30s' }, TypeError, 'heartbeatMs'],
  [{ heartbeatMs: null }, TypeError, 'heartbeatMs'],
  [{ stallMs: 0 }, RangeError, 'stallMs'],
  [{ waitMs: 0.5 }, RangeError, 'waitMs'],
  [{ limits: { maxConnections: Number.NaN } }, RangeError, 'limits.maxConnections'],
  [{ limits: { maxPerChannel: '2' } }, TypeError, 'limits.maxPerChannel'],
  [{ limits: { maxPerAddress: 1.5 } }, RangeError, 'limits.maxPerAddress'],
  [{ limits: { maxBacklogBytes: -1 } }, RangeError, 'limits.maxBacklogBytes'],
  [{ limits: null }, TypeError, 'limits'],
  [{ history: { maxMessages: 0 } }, RangeError, 'history.maxMessages'],
  [{ history: { maxTotalBytes: 'all' } }, TypeError, 'history.maxTotalBytes'],
  [{ history: 5 }, TypeError, 'history'],
  [{ slow: 'newest' }, TypeError, 'slow'],
  [{ onError: 'log' }, TypeError, 'onError'],
  [{ reset: {} }, TypeError, 'reset'],
  [null, TypeError, 'options'],
];

test.each(options)('a manager refuses the options %o', (given, error, name) => {
  const make = () => new SSEManager(given as SSEManagerOptions);
  expect(make).toThrow(error);
  expect(make).toThrow(name);
});

test('an option that is undefined has its default', async () => {
  const { manager, port } = await startHub({
    heartbeatMs: undefined,
    limits: { maxConnections: undefined, maxBacklogBytes: undefined },
    history: { maxMessages: undefined, maxBytes: undefined },
  });
  await listen(port);
  for (let n = 0; n < 1_500; n++) manager.broadcast('room', { data: 'x' });
  const first = manager.broadcast('room', { data: 'x' });
  const bytes = manager.stats().historyBytes;
  manager.broadcast('room', { data: 'x' });
  // The ids grow by a digit.
  expect(manager.stats().historyBytes).toBeLessThan(bytes + 10);
  expect(first.sent).toBe(1);
});

test.each([
  [{ channel: 5 }, 'channel'],
  [{ channel: 'a\nb' }, 'channel'],
  [{ variant: 1 }, 'variant'],
  [{ lastEventId: ['a', 'b'] }, 'lastEventId'],
  [{ resumeKey: {} }, 'resumeKey'],
  [{ start: 'oldest' }, 'start'],
  [{ start: () => 'oldest' }, 'start'],
  [{ start: () => Promise.reject(new Error('too late')) }, 'start'],
  [{ expiresAt: Number.NaN }, 'expiresAt'],
  [{ expiresAt: '2030' }, 'expiresAt'],
  [{ signal: {} }, 'signal'],
  [{ onClose: 'x' }, 'onClose'],
  [{ headers: 'x' }, 'headers'],
  [{ headers: { 'x-bad': 'a\nb' } }, 'x-bad'],
])('connect refuses the options %o before anything is written, and keeps nothing', async (given, name) => {
  const errors: unknown[] = [];
  const manager = new SSEManager();
  const { serve } = await import('./support.ts');
  const { port } = await serve((req, res) => {
    try {
      manager.connect(req, res, { channel: 'room', ...given } as { channel: string });
    } catch (error) {
      errors.push(error);
      res.writeHead(500).end();
    }
  });
  expect((await listen(port)).status).toBe(500);
  expect(errors).toEqual([expect.any(TypeError)]);
  expect(String(errors[0])).toContain(name);
  expect(manager.stats()).toMatchObject({ connections: 0, channels: 0 });
});

describe('a message that cannot be sent', () => {
  const throwing = {
    toJSON() {
      throw new RangeError('no JSON');
    },
  };
  const loop: Record<string, unknown> = {};
  loop.self = loop;
  test.each<readonly [string, unknown]>([
    ['nothing', undefined],
    ['a text in the place of a message', 'hello'],
    ['a BigInt', { data: { amount: 10n } }],
    ['a loop', { data: loop }],
    ['toJSON that throws', { data: throwing }],
    ['no data', {}],
    ['a symbol', { data: Symbol('x') }],
    ['a promise', { data: Promise.resolve(1) }],
    ['bytes of another kind', { data: new ArrayBuffer(4) }],
    ['an event name of two lines', { data: 1, event: 'a\nb' }],
    ['an event that is no text', { data: 1, event: 7 }],
    ['an id that is no text', { data: 1, id: 7 }],
    ['an id with NUL', { data: 1, id: 'a\0b' }],
    ['an id with a control character', { data: 1, id: 'a\x01b' }],
    ['an id that begins with a space', { data: 1, id: ' a' }],
    ['an id that ends with a space', { data: 1, id: 'a ' }],
    ['an id with half a surrogate pair', { data: 1, id: '\ud83d' }],
    ['an id without text', { data: 1, id: '' }],
    ['an id of 257 bytes', { data: 1, id: 'x'.repeat(257) }],
    ['a retry that is no whole number', { data: 1, retry: 1.5 }],
    ['a retry that is text', { data: () => 1, retry: '5' }],
    ['a name of two lines for data that a function makes', { data: () => 1, event: 'a\nb' }],
    ['an id with a line break that would not be sent', { data: 1, id: 'a\nb', history: false }],
    ['history that is no boolean', { data: 1, history: 'no' }],
  ])('is refused at once with or without listeners: %s', async (_, given) => {
    const { manager, port } = await startHub();
    const message = given as SSEMessage;
    expect(() => manager.broadcast('room', message)).toThrow(/./);
    expect(manager.stats()).toMatchObject({ channels: 0, historyBytes: 0, broadcasts: 0 });
    const listener = await listen(port, '/?clientId=me');
    expect(() => manager.broadcast('room', message)).toThrow(/./);
    expect(() => manager.send('me', message)).toThrow(/./);
    expect(manager.broadcast('room', { data: 'next' })).toMatchObject({ sent: 1 });
    expect(await listener.has(1)).toMatchObject([{ data: 'next' }]);
  });

  test('says so when it is no message', () => {
    const manager = new SSEManager();
    const nothing = undefined as unknown as SSEMessage;
    expect(() => manager.broadcast('room', nothing)).toThrow('message must be an object: undefined');
  });

  test('is refused for the name of its channel', () => {
    const manager = new SSEManager();
    for (const channel of ['a\nb', 'a\0', 7 as unknown as string]) {
      expect(() => manager.broadcast(channel, { data: 1 })).toThrow(TypeError);
    }
    expect(manager.stats().channels).toBe(0);
  });

  test('may not broadcast to its own channel while it becomes JSON', () => {
    const manager = new SSEManager();
    const data = { toJSON: () => manager.broadcast('room', { data: 'inner' }) };
    expect(() => manager.broadcast('room', { data })).toThrow(TypeError);
    expect(manager.broadcast('room', { data: 'next' }).id).toMatch(/-1$/);
  });
});

test('a function that chooses a policy must not be async: it is refused, and what it rejects ends nothing', async () => {
  const slow = (() => Promise.reject(new Error('too late'))) as unknown as () => 'latest';
  expect(() => new SSEManager({ slow }).broadcast('room', { data: 1 })).toThrow(
    "slow must be 'latest' or 'disconnect'",
  );
  // A rejection that nobody handles is reported when the microtasks are over, and fails the run.
  await new Promise((resolve) => setImmediate(resolve));
});

test('what a message holds is taken when it is sent: later changes of it reach nobody', async () => {
  const { manager, port } = await startHub();
  const [value, bytes] = [{ n: 1 }, Buffer.from('one')];
  const { id } = manager.broadcast('room', { data: 'before' });
  manager.broadcast('room', { data: value });
  manager.broadcast('room', { data: bytes });
  value.n = 2;
  bytes.write('two');
  const listener = await listen(port, `/?lastEventId=${id}`);
  expect((await listener.has(2)).map(({ data }) => data)).toEqual(['{"n":1}', 'one']);
});
