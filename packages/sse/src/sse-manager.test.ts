import { expect, test } from 'vitest';
import { startHub } from '../test/hub.ts';
import { listen, until } from '../test/support.ts';

test('a broadcast reaches everyone in its channel and nobody else', async () => {
  const { manager, port } = await startHub();
  const [a, b, other] = await Promise.all([listen(port), listen(port), listen(port, '/?channel=other')]);
  expect(manager.broadcast('room', { data: { n: 1 } })).toMatchObject({ sent: 2, deferred: 0 });
  manager.broadcast('room', { event: 'named', data: 'two\nlines' });
  for (const listener of [a, b]) {
    const [first, second] = await listener.has(2);
    expect(first).toMatchObject({ data: '{"n":1}', event: undefined });
    expect(second).toMatchObject({ data: 'two\nlines', event: 'named' });
  }
  expect(other.events).toEqual([]);
});

test('the head tells proxies and caches to keep their hands off, and a retry hint comes first', async () => {
  const { port } = await startHub();
  const listener = await listen(port);
  expect(listener.status).toBe(200);
  expect(listener.headers).toMatchObject({
    'content-type': 'text/event-stream',
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
  });
  await until(() => listener.retries.length === 1);
  expect(listener.retries[0]).toBeLessThanOrEqual(250);
});

test('a reconnect with the last event id gets what it missed, in order, before anything newer', async () => {
  const { manager, port } = await startHub({
    connected: ({ resumed, missed }) => ({ data: { resumed, missed } }),
  });
  const first = await listen(port);
  manager.broadcast('room', { data: 'a' });
  await first.has(2);
  first.leave();
  await until(() => manager.count() === 0);
  manager.broadcast('room', { data: 'b' });
  manager.broadcast('room', { data: 'unrecorded', history: false });
  manager.broadcast('room', { data: 'c' });
  const again = await listen(port, '/', { headers: { 'last-event-id': first.events[1]?.id ?? '' } });
  manager.broadcast('room', { data: 'd' });
  const events = await again.has(4);
  expect(events.map((event) => event.data)).toEqual(['{"resumed":"replayed","missed":0}', 'b', 'c', 'd']);
});

test('an id that cannot be continued gets one truncated answer', async () => {
  const { manager, port } = await startHub({
    history: { maxMessages: 2 },
    connected: ({ resumed, missed }) => ({ data: { resumed, missed } }),
  });
  const { id } = manager.broadcast('room', { data: '1' });
  for (const data of ['2', '3', '4']) manager.broadcast('room', { data });
  const old = await listen(port, `/?lastEventId=${id}`);
  expect((await old.has(3)).map((event) => event.data)).toEqual(['{"resumed":"truncated","missed":1}', '3', '4']);
  const future = id.replace(/\d+$/, '999');
  for (const bad of [
    future,
    'x',
    '-1',
    id.replace(/\d+$/, '-1'),
    '9'.repeat(2000),
    '%00',
    manager.broadcast('other', { data: 1 }).id,
  ]) {
    const listener = await listen(port, `/?lastEventId=${bad}`);
    expect((await listener.has(1))[0]?.data).toBe('{"resumed":"truncated","missed":0}');
  }
});

test('what a channel has forgotten is replayed to nobody, and its streams go on', async () => {
  const { manager, port } = await startHub({ connected: ({ resumed }) => ({ data: resumed }) });
  const stays = await listen(port);
  const { id } = manager.broadcast('room', { data: 'a' });
  manager.broadcast('room', { data: 'b', id: 'named' });
  await stays.has(3);
  manager.forget('room');
  for (const known of [id, 'named']) {
    const again = await listen(port, `/?lastEventId=${known}`);
    expect((await again.has(1)).map((event) => event.data)).toEqual(['truncated']);
  }
  manager.broadcast('room', { data: 'c' });
  expect((await stays.has(4)).map((event) => event.data)).toEqual(['fresh', 'a', 'b', 'c']);
});

test('each variant is encoded once and its clients get its form', async () => {
  const { manager, port } = await startHub();
  const [a, b, c] = await Promise.all(['x', 'x', 'y'].map((variant) => listen(port, `/?variant=${variant}`)));
  const asked: string[] = [];
  manager.broadcast('room', {
    data: (variant) => {
      asked.push(variant);
      return variant === 'y' ? undefined : { variant };
    },
  });
  manager.broadcast('room', { data: 'end' });
  await c?.has(1);
  await Promise.all([a?.has(2), b?.has(2)]);
  expect(asked).toEqual(['x', 'y']);
  expect(a?.events[0]?.data).toBe('{"variant":"x"}');
  expect(c?.events[0]?.data).toBe('end');
});

test('a client id is taken over only with its key, and the old connection then harms nothing', async () => {
  const log: string[] = [];
  const { manager, port } = await startHub({
    connected: ({ clientId, resumeKey }) => ({ data: { clientId, resumeKey } }),
    onConnect: ({ clientId }) => log.push(`+${clientId}`),
    onDisconnect: ({ clientId }, reason) => log.push(`-${clientId} ${reason}`),
  });
  const first = await listen(port, '/?clientId=me');
  const { resumeKey } = JSON.parse((await first.has(1))[0]?.data ?? '') as { resumeKey: string };
  const thief = await listen(port, '/?clientId=me&resumeKey=wrong');
  expect(JSON.parse((await thief.has(1))[0]?.data ?? '')).not.toMatchObject({ clientId: 'me' });
  expect(manager.count('room')).toBe(2);
  const second = await listen(port, `/?clientId=me&resumeKey=${resumeKey}`);
  expect(JSON.parse((await second.has(1))[0]?.data ?? '')).toMatchObject({ clientId: 'me', resumeKey });
  await first.ended;
  expect(manager.count('room')).toBe(2);
  expect(manager.send('me', { data: 'still here' })).toBe(true);
  expect((await second.has(2))[1]?.data).toBe('still here');
  expect(log.filter((line) => line.includes('me'))).toEqual(['+me', '-me replaced', '+me']);
});

test('a client that is taken over where nothing has been said yet gets what is said then', async () => {
  const keys: string[] = [];
  const { manager, port } = await startHub({ onConnect: ({ resumeKey }) => void keys.push(resumeKey) });
  const first = await listen(port, '/?clientId=me');
  await until(() => keys.length === 1);
  const second = await listen(port, `/?clientId=me&resumeKey=${keys[0]}`);
  await first.ended;
  expect(manager.count('room')).toBe(1);
  expect(manager.broadcast('room', { data: 'hello' }).sent).toBe(1);
  expect((await second.has(1))[0]?.data).toBe('hello');
});

test('limits refuse with a status and Retry-After, and never end an open stream', async () => {
  const { manager, port } = await startHub(
    { limits: { maxConnections: 3, maxPerChannel: 2, maxPerAddress: 1 } },
    (url) => ({
      address: url.searchParams.get('address') ?? undefined,
    }),
  );
  await listen(port, '/?address=a');
  const sameAddress = await listen(port, '/?address=a&channel=other');
  expect([sameAddress.status, Number(sameAddress.headers['retry-after']) > 0]).toEqual([429, true]);
  await listen(port);
  expect((await listen(port)).status).toBe(503);
  await listen(port, '/?channel=other');
  expect((await listen(port, '/?channel=third')).status).toBe(503);
  expect((await listen(port, '/', { headers: { accept: 'application/json' } })).status).toBe(406);
  expect(manager.stats()).toMatchObject({
    connections: 3,
    refused: { SSE_TOO_MANY_FROM_ADDRESS: 1, SSE_CHANNEL_FULL: 1, SSE_TOO_MANY_CONNECTIONS: 1, SSE_NOT_ACCEPTABLE: 1 },
  });
});

test('closing says goodbye with a jittered retry, ends every stream and refuses new ones', async () => {
  const reasons: string[] = [];
  const { manager, port } = await startHub({
    disconnected: (_, reason) => ({ data: { reason } }),
    onDisconnect: (_, reason) => reasons.push(reason),
  });
  const listeners = await Promise.all([listen(port), listen(port)]);
  await manager.close();
  for (const listener of listeners) {
    await listener.ended;
    expect(listener.events.at(-1)?.data).toBe('{"reason":"shutdown"}');
    expect(listener.retries).toHaveLength(2);
  }
  expect(reasons).toEqual(['shutdown', 'shutdown']);
  expect((await listen(port)).status).toBe(503);
  expect(manager.stats().connections).toBe(0);
});
