import { setTimeout as wait } from 'node:timers/promises';
import { createParser } from 'eventsource-parser';
import { expect, test } from 'vitest';
import { startHub } from './hub.ts';
import { listen, stall, until } from './support.ts';

const megabyte = 'x'.repeat(2 ** 20);

/** Fills the socket buffers of a client that does not read, until messages start to wait. */
async function fill(broadcast: () => { deferred: number }): Promise<number> {
  for (let sent = 1; sent < 200; sent++) {
    if (broadcast().deferred > 0) return sent;
    await wait(1);
  }
  throw new Error('the client never fell behind');
}

test('a client that reads nothing is closed when its byte limit is reached, and nobody else notices', async () => {
  const reasons: string[] = [];
  const { manager, port } = await startHub({ slow: 'disconnect', onDisconnect: (_, reason) => reasons.push(reason) });
  const healthy = await listen(port);
  const stalled = await stall(port);
  await until(() => manager.count() === 2);
  let sent = 0;
  for (; manager.count() === 2 && sent < 100; sent++) {
    manager.broadcast('room', { data: megabyte });
    await healthy.has(sent + 1);
  }
  expect(reasons).toEqual(['slow']);
  expect(sent).toBeLessThan(30);
  manager.broadcast('room', { data: 'after' });
  expect((await healthy.has(sent + 1)).at(-1)?.data).toBe('after');
  stalled.destroy();
});

test('a slow client keeps only the newest message, and is told what it missed', async () => {
  const { manager, port } = await startHub({
    slow: 'latest',
    reset: (_, { reason, missed }) => ({ data: { reason, missed } }),
  });
  const socket = await stall(port);
  await until(() => manager.count() === 1);
  const before = await fill(() => manager.broadcast('room', { data: `early ${megabyte}` }));
  for (let i = 1; i <= 5; i++) manager.broadcast('room', { data: `${i} ${megabyte}` });
  const data: string[] = [];
  const parser = createParser({ onEvent: (event) => data.push(event.data.slice(0, 40)) });
  let body = '';
  socket.on('data', (chunk: Buffer) => {
    const text = chunk.toString();
    parser.feed(body === '' ? text.slice(text.indexOf('\r\n\r\n') + 4) : text);
    body = 'started';
  });
  socket.resume();
  await until(() => data.at(-1)?.startsWith('5 ') ?? false, 'the newest message');
  const resets = data
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { missed: number; reason: string });
  const missed = resets.reduce((sum, reset) => sum + reset.missed, 0);
  expect(resets[0]?.reason).toBe('slow');
  expect(data.length - resets.length + missed).toBe(before + 5);
  expect(manager.stats().skipped).toBe(missed);
});

test('a client that reads nothing is slow too where every message had to be made first', async () => {
  const reasons: string[] = [];
  const { manager, port } = await startHub({
    slow: (channel) => (channel === 'strict' ? 'disconnect' : 'latest'),
    history: { maxBytes: 64 * 2 ** 20 },
    onDisconnect: ({ channel }, reason) => reasons.push(`${channel} ${reason}`),
    reset: (_, { reason }) => ({ data: reason }),
  });
  const data = (text: string) => () => Promise.resolve(`${text} ${megabyte}`);
  const strict = await stall(port, '/?channel=strict');
  const lenient = await stall(port, '/?channel=lenient');
  await until(() => manager.count() === 2);
  for (let sent = 0; sent < 40; sent++) {
    for (const channel of ['strict', 'lenient']) manager.broadcast(channel, { data: data(String(sent)) });
    await wait(2);
  }
  expect(reasons).toEqual(['strict slow']);
  const heard: string[] = [];
  const parser = createParser({ onEvent: (event) => heard.push(event.data.slice(0, 10).trim()) });
  lenient.on('data', (chunk: Buffer) => parser.feed(chunk.toString().replace(/^HTTP.*?\r\n\r\n/s, '')));
  lenient.resume();
  await until(() => heard.at(-1)?.startsWith('39 ') ?? false, 'the newest message');
  expect(heard.filter((line) => /^[a-z]+$/.test(line))).toEqual(['slow']);
  strict.destroy();
});

test('a client that takes nothing although something waits is closed as stalled', async () => {
  const reasons: string[] = [];
  const { manager, port } = await startHub({
    slow: 'latest',
    stallMs: 200,
    onDisconnect: (_, reason) => reasons.push(reason),
  });
  await stall(port);
  await until(() => manager.count() === 1);
  await fill(() => manager.broadcast('room', { data: megabyte }));
  await until(() => manager.count() === 0, 'the end of the stalled client');
  expect(reasons).toEqual(['stalled']);
});

test('a slow reader that makes progress is not closed, and gets a large message whole', async () => {
  const { manager, port } = await startHub({ slow: 'latest', stallMs: 2_000 });
  const listener = await listen(port);
  const clip = `${'y'.repeat(12 * 2 ** 20)}!`;
  listener.pause();
  manager.broadcast('room', { data: clip });
  const drip = setInterval(() => {
    listener.resume();
    setTimeout(() => listener.pause(), 2);
  }, 10);
  const [event] = await listener.has(1);
  clearInterval(drip);
  listener.resume();
  expect(event?.data === clip).toBe(true);
  expect(manager.count()).toBe(1);
});

test('a reader that never reads holds no messages of its own', async () => {
  const { manager, port } = await startHub({ slow: 'latest', history: { maxBytes: 4 * 2 ** 20 } });
  const healthy = await listen(port);
  await stall(port);
  await until(() => manager.count() === 2);
  for (let i = 0; i < 60; i++) {
    manager.broadcast('room', { data: megabyte });
    await healthy.has(i + 1);
  }
  expect(manager.stats().historyBytes).toBeLessThanOrEqual(4 * 2 ** 20);
  expect(manager.stats().sent).toBeGreaterThanOrEqual(60);
});

test('send tells when a client takes nothing more', async () => {
  const { manager, port } = await startHub({ slow: 'latest' });
  await stall(port, '/?clientId=slow');
  await until(() => manager.count() === 1);
  let taken = 0;
  while (taken < 100 && manager.send('slow', { data: megabyte })) {
    taken++;
    await wait(1);
  }
  expect(taken).toBeLessThan(100);
  expect(manager.stats().dropped).toBe(1);
  expect(manager.send('nobody', { data: 1 })).toBe(false);
});

test('large messages, small ones and private ones never mix', async () => {
  const { manager, port } = await startHub({ slow: 'latest', limits: { maxBacklogBytes: 64 * 2 ** 20 } });
  const listener = await listen(port, '/?clientId=one');
  listener.pause();
  for (let i = 0; i < 20; i++) {
    manager.broadcast('room', { data: `${i} ${'z'.repeat(700_000)}` });
    manager.broadcast('room', { data: `small ${i}` });
    manager.send('one', { data: `private ${i}` });
  }
  listener.resume();
  const events = await listener.has(60);
  const data = events.map((event) => event.data);
  expect(data.filter((line) => line.startsWith('small'))).toEqual(Array.from({ length: 20 }, (_, i) => `small ${i}`));
  expect(data.filter((line) => line.startsWith('private'))).toEqual(
    Array.from({ length: 20 }, (_, i) => `private ${i}`),
  );
  expect(data.filter((line) => line.length === 700_000 + line.indexOf(' ') + 1)).toHaveLength(20);
});
