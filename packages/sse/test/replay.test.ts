import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { SSEClient } from '../src/client.ts';
import type { SSEManagerOptions } from '../src/index.ts';
import { startHub } from './hub.ts';
import { listen, stall, until } from './support.ts';

test('10,000 events and 200 disconnects: every client gets each event once, in order', async () => {
  const { manager, port } = await startHub({ history: { maxMessages: 20_000 } });
  const total = 10_000;
  const last = String(total);
  let disconnects = 0;
  const follow = async (client: number, from: string): Promise<number[]> => {
    const seen: number[] = [];
    let lastId = from;
    while (seen.at(-1) !== total) {
      const listener = await listen(port, '/', { headers: { 'last-event-id': lastId } });
      // Leaves wherever it happens to be: in the replay, at the seam, in the live part, or with nothing new.
      const turns = (client * 7 + disconnects * 13) % 40;
      for (let turn = 0; turn < turns && listener.events.at(-1)?.data !== last; turn++) await setImmediate();
      listener.leave();
      seen.push(...listener.events.map((event) => Number(event.data)));
      lastId = listener.events.at(-1)?.id ?? lastId;
      disconnects++;
    }
    return seen;
  };
  const { id } = manager.broadcast('room', { data: 'start' });
  const followers = Array.from({ length: 5 }, (_, client) => follow(client, id));
  for (let n = 1; n <= total; n++) {
    manager.broadcast('room', { data: String(n) });
    if (n % 7 === 0) await setImmediate();
    while (disconnects < Math.floor(n / 50)) await setImmediate();
  }
  const expected = Array.from({ length: total }, (_, i) => i + 1);
  for (const seen of await Promise.all(followers)) expect(seen).toEqual(expected);
  expect(disconnects).toBeGreaterThanOrEqual(200);
  expect(manager.stats().truncated).toBe(0);
});

test('an event published between replay and live is neither lost nor doubled', async () => {
  const { manager, port } = await startHub(
    // Publishing from within the greeting is the narrowest seam there is.
    {
      onConnect: () => {
        manager.broadcast('room', { data: 'at the seam' });
      },
    },
  );
  const { id } = manager.broadcast('room', { data: 'first' });
  manager.broadcast('room', { data: 'second' });
  for (let round = 0; round < 20; round++) {
    const listener = await listen(port, `/?lastEventId=${id}`);
    manager.broadcast('room', { data: 'live' });
    const events = await listener.has(1 + 2 * (round + 1));
    const ids = events.map((event) => Number(event.id?.split('-').at(-1)));
    expect(ids).toEqual(Array.from(ids, (_, i) => 2 + i));
    listener.leave();
  }
});

test('a broadcast from within a hook comes after the one that led to it, for everyone', async () => {
  const { manager, port } = await startHub({
    onDisconnect: () => {
      manager.broadcast('room', { data: 'left' });
    },
  });
  await stall(port);
  await until(() => manager.count() === 1);
  const listener = await listen(port);
  let sent = 0;
  while (manager.count() === 2 && sent < 100) {
    manager.broadcast('room', { data: `big ${'x'.repeat(2 ** 20)}` });
    sent++;
    await listener.has(sent);
  }
  manager.broadcast('room', { data: 'end' });
  const events = await listener.has(sent + 2);
  const ids = events.map((event) => Number(event.id?.split('-').at(-1)));
  expect(ids).toEqual(Array.from(ids, (_, i) => i + 1));
  expect(events.slice(-3).map((event) => event.data.slice(0, 4))).toEqual(['big ', 'left', 'end']);
});

test('a message function must not broadcast to its own channel', async () => {
  const { manager, port } = await startHub();
  await listen(port);
  const data = () => manager.broadcast('room', { data: 'inner' });
  expect(() => manager.broadcast('room', { data })).toThrow(TypeError);
  expect(manager.broadcast('room', { data: 'next' })).toMatchObject({ sent: 1 });
});

test('ids of the caller are replayed from, and the newest one is known after its message is gone', async () => {
  const { manager, port } = await startHub({
    history: { maxMessages: 2, maxAgeMs: 50 },
    heartbeatMs: 40,
    connected: ({ resumed, missed }) => ({ data: `${resumed} ${missed}` }),
  });
  const keep = await listen(port);
  for (const id of ['bus-7', 'bus-9', 'bus-12']) manager.broadcast('room', { id, data: id });
  const listener = await listen(port, '/?lastEventId=bus-9');
  expect((await listener.has(2)).map((event) => event.data)).toEqual(['replayed 0', 'bus-12']);
  expect((await (await listen(port, '/?lastEventId=bus-7')).has(1))[0]?.data).toBe('truncated 0');
  while (manager.stats().historyBytes > 0) await setImmediate();
  expect((await (await listen(port, '/?lastEventId=bus-12')).has(1))[0]?.data).toBe('replayed 0');
  expect(keep.events).toHaveLength(4);
});

test('a message function that throws sends nothing and spoils nothing', async () => {
  const { manager, port } = await startHub();
  const listener = await listen(port);
  expect(() =>
    manager.broadcast('room', {
      data: () => {
        throw new Error('no clip');
      },
    }),
  ).toThrow('no clip');
  expect(() => manager.broadcast('room', { event: 'a\nb', data: 1 })).toThrow(TypeError);
  expect(manager.broadcast('room', { data: 'next' }).id).toMatch(/-1$/);
  expect(await listener.has(1)).toHaveLength(1);
});

test('a restarted hub that is fed the log again continues where its clients left', async () => {
  const log = Array.from({ length: 6 }, (_, i) => ({ id: `log-${i + 1}`, data: `event ${i + 1}` }));
  const options: SSEManagerOptions = { connected: ({ resumed }) => ({ data: resumed }) };
  const before = await startHub(options);
  const listener = await listen(before.port);
  for (const message of log.slice(0, 3)) before.manager.broadcast('room', message);
  const lastId = (await listener.has(4)).at(-1)?.id;
  await before.manager.close();
  const after = await startHub(options);
  for (const message of log) after.manager.broadcast('room', message);
  const again = await listen(after.port, `/?lastEventId=${lastId}`);
  expect((await again.has(4)).map((event) => event.data)).toEqual(['replayed', 'event 4', 'event 5', 'event 6']);
});

test('messages that are not replayed push none out of the history that are', async () => {
  const { manager, port } = await startHub({ history: { maxMessages: 3 } });
  const listener = await listen(port);
  const { id } = manager.broadcast('room', { data: 'first' });
  manager.broadcast('room', { data: 'second' });
  for (let n = 0; n < 10; n++) manager.broadcast('room', { data: `passing ${n}`, history: false });
  await listener.has(12);
  const { historyBytes } = manager.stats();
  const back = await listen(port, `/?lastEventId=${id}`);
  manager.broadcast('room', { data: 'third' });
  expect((await back.has(2)).map(({ data }) => data)).toEqual(['second', 'third']);
  expect(historyBytes).toBeLessThan(100);
});

test('bytes count with or without listeners, and the oldest messages give way', async () => {
  const { manager, port } = await startHub({ history: { maxBytes: 10_000 } });
  const { id } = manager.broadcast('room', { data: 'first' });
  for (let n = 0; n < 50; n++) manager.broadcast('room', { data: Buffer.alloc(1_000, 'x') });
  const { historyBytes } = manager.stats();
  expect(historyBytes).toBeLessThanOrEqual(10_000);
  expect(historyBytes).toBeGreaterThan(8_000);
  const back = await listen(port, `/?lastEventId=${id}`);
  expect(await back.has(9)).toHaveLength(9);
  expect(manager.stats().historyBytes).toBe(historyBytes);
});

test('listeners who wait for the newest message get it, however large its other forms are and whatever passes meanwhile', async () => {
  const { manager, port } = await startHub({ history: { maxBytes: 10_000 } });
  const small = await listen(port, '/?variant=small');
  const large = await listen(port, '/?variant=large');
  const made = Promise.withResolvers<string>();
  manager.broadcast('room', { data: (variant) => (variant === 'large' ? 'x'.repeat(20_000) : made.promise) });
  manager.broadcast('room', { data: 'passing', history: false });
  await large.has(2);
  made.resolve('waited for');
  expect((await small.has(2)).map(({ data }) => data)).toEqual(['waited for', 'passing']);
  manager.broadcast('room', { data: 'next' });
  expect(manager.stats().historyBytes).toBeLessThan(10_000);
});

test('what a function makes for a replay counts as soon as it is made', async () => {
  const { manager, port } = await startHub({ history: { maxBytes: 10_000 } });
  const { id } = manager.broadcast('room', { data: 'first' });
  for (let n = 0; n < 50; n++) manager.broadcast('room', { data: () => `${n} ${'x'.repeat(1_000)}` });
  const back = await listen(port, `/?lastEventId=${id}`);
  const events = await back.has(50);
  expect(events.map(({ data }) => Number.parseInt(data, 10))).toEqual(Array.from(events, (_, n) => n));
  expect(manager.stats().historyBytes).toBeLessThanOrEqual(10_000);
});

test('all channels keep no more bytes than their total, and the oldest message of all goes first', async () => {
  const { manager, port } = await startHub({ history: { maxTotalBytes: 5_000 } });
  const ids = Array.from(
    { length: 20 },
    (_, n) => manager.broadcast(`c${n}`, { data: `${n} ${'x'.repeat(1_000)}` }).id,
  );
  expect(manager.stats().historyBytes).toBeLessThanOrEqual(5_000);
  for (const n of [0, 19]) manager.broadcast(`c${n}`, { data: 'after' });
  const newest = await listen(port, `/?channel=c19&lastEventId=${ids[19]}`);
  expect((await newest.has(1)).map(({ data }) => data)).toEqual(['after']);
  manager.broadcast('huge', { data: 'x'.repeat(20_000) });
  expect(manager.stats().historyBytes).toBeGreaterThan(20_000);
  manager.forget('huge');
  expect(manager.stats().historyBytes).toBe(0);
  const { id } = manager.broadcast('c5', { data: 'x', history: false });
  expect([id, manager.stats().historyBytes]).toEqual(['', 0]);
});

test.each(['/?channel=a', '/?channels=a,b'])(
  'a client that is cut before it has heard anything gets what came meanwhile (%s)',
  async (path) => {
    const { manager, port } = await startHub({ connected: ({ resumed }) => ({ data: resumed }) });
    // One channel has a past, which a client that begins now does not get.
    manager.broadcast('a', { data: 'before' });
    const heard: string[] = [];
    using _ = new SSEClient(`http://127.0.0.1:${port}${path}`, {
      minRetryMs: 10,
      onMessage: ({ data }) => heard.push(data),
    });
    await until(() => heard.length === 1);
    for (const { clientId } of manager.connections()) manager.disconnect(clientId);
    for (const data of ['one', 'two', 'three']) manager.broadcast('a', { data });
    await until(() => heard.length === 5);
    expect(heard).toEqual(['fresh', 'replayed', 'one', 'two', 'three']);
  },
);

test('a client that is cut before it has heard anything is told when a part of what came is gone', async () => {
  const { manager, port } = await startHub({
    history: { maxMessages: 2 },
    connected: ({ resumed, missed }) => ({ data: { resumed, missed } }),
  });
  const first = await listen(port);
  await first.has(1);
  const [, id = ''] = /^id: (.+)$/m.exec(first.text()) ?? [];
  first.leave();
  // A channel without a message is dropped with its last listener, and its place is known all the same.
  await until(() => manager.count() === 0);
  for (const data of ['one', 'two', 'three']) manager.broadcast('room', { data });
  const again = await listen(port, '/', { headers: { 'last-event-id': id } });
  const events = (await again.has(3)).map(({ data }) => data);
  expect(events).toEqual([JSON.stringify({ resumed: 'truncated', missed: 1 }), 'two', 'three']);
});
