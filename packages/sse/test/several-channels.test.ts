import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { SSEManager, type SSEManagerOptions } from '../src/index.ts';
import { startHub } from './hub.ts';
import { type Listener, listen, serve, stall, until } from './support.ts';

interface Heard {
  readonly channel: string | undefined;
  readonly data: string | undefined;
  readonly id: string | undefined;
}

/** The messages of a stream with the field that EventSource does not show. */
function heardBy(listener: Listener): Heard[] {
  const events = listener.text().split('\n\n').slice(0, -1);
  const read = events.map((event) => {
    const field = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, 'm').exec(event)?.[1];
    return { channel: field('channel'), data: field('data'), id: field('id') };
  });
  return read.filter(({ data }) => data !== undefined);
}

function lines(listener: Listener): string[] {
  return heardBy(listener).map(({ channel, data }) => `${channel} ${data}`);
}

async function has(listener: Listener, count: number): Promise<string[]> {
  await until(() => heardBy(listener).length >= count, `${count} messages, got ${lines(listener).join()}`);
  return lines(listener);
}

function lastId(listener: Listener): string {
  return heardBy(listener).findLast(({ id }) => id !== undefined)?.id ?? '';
}

function resume(port: number, channels: string, id: string): Promise<Listener> {
  return listen(port, `/?channels=${channels}&lastEventId=${encodeURIComponent(id)}`);
}

const greeting: SSEManagerOptions = { connected: ({ resumed, missed }) => ({ data: `${resumed} ${missed}` }) };

test('each message names its channel, and one id resumes all of them', async () => {
  const { manager, port } = await startHub(greeting);
  const first = await listen(port, '/?channels=a,b,c&clientId=me');
  manager.broadcast('a', { data: 1 });
  manager.broadcast('b', { data: 2, id: 'own ~%~ id' });
  manager.broadcast('b', { data: 3, history: false });
  manager.send('me', { data: 4 });
  expect(await has(first, 5)).toEqual(['undefined fresh 0', 'a 1', 'b 2', 'b 3', 'undefined 4']);
  expect(heardBy(first).map(({ id }) => id !== undefined)).toEqual([false, true, true, false, false]);
  expect(first.events.map(({ data }) => data)).toEqual(['fresh 0', '1', '2', '3', '4']);
  first.leave();
  await until(() => manager.count() === 0);
  for (const data of ['c 5', 'a 6', 'b 7', 'd 8']) manager.broadcast(data.slice(0, 1), { data: data.slice(2) });
  const again = await resume(port, 'a,b,c', lastId(first));
  const replayed = await has(again, 4);
  expect([replayed[0], replayed.slice(1).toSorted()]).toEqual(['undefined replayed 0', ['a 6', 'b 7', 'c 5']]);
  const byHeader = await listen(port, '/?channels=c,b,a', { headers: { 'last-event-id': lastId(first) } });
  expect((await has(byHeader, 4)).toSorted()).toEqual(replayed.toSorted());
});

test('1,500 messages in five channels and many disconnects: each arrives once, in the order of its channel', async () => {
  const { manager, port } = await startHub({ history: { maxMessages: 5_000 } });
  const names = ['a', 'b', 'ö', '漢', 'e~%'];
  const query = names.map((name) => encodeURIComponent(name)).join();
  const sent = new Map(names.map((name) => [name, [] as string[]]));
  let isDone = false;
  let disconnects = 0;
  const follow = async (client: number, from: string): Promise<Heard[]> => {
    const heard: Heard[] = [];
    let [id, isLast] = [from, false];
    while (!isLast) {
      isLast = isDone;
      const listener = await resume(port, query, id);
      if (isLast) await until(() => heard.length + heardBy(listener).length >= 1_500);
      for (let turn = (client * 7 + disconnects * 13) % 40; turn > 0; turn--) await setImmediate();
      listener.leave();
      heard.push(...heardBy(listener));
      id = lastId(listener) || id;
      disconnects++;
    }
    return heard;
  };
  const open = await listen(port, `/?channels=${query}`);
  manager.broadcast('a', { data: 'first' });
  await has(open, 1);
  const start = lastId(open);
  const followers = Array.from({ length: 3 }, (_, client) => follow(client, start));
  for (let n = 0; n < 1_500; n++) {
    const name = names[(n * n + n) % names.length] ?? '';
    const data = `${name} ${n}`;
    manager.broadcast(name, { data, ...(n % 3 === 0 && { id: `${name}-${n}` }) });
    sent.get(name)?.push(data);
    if (n % 5 === 0) await setImmediate();
  }
  isDone = true;
  for (const heard of await Promise.all(followers)) {
    for (const name of names) {
      const mine = heard.filter(({ channel }) => channel === name).map(({ data }) => data);
      expect(mine).toEqual(sent.get(name));
    }
  }
  expect(disconnects).toBeGreaterThan(20);
  expect(manager.stats().truncated).toBe(0);
});

describe('a client that comes back with other channels', () => {
  test.each([
    ['a,b', 'b,c', ['undefined replayed 0', 'b b2']],
    ['a,b', 'c,d', ['undefined truncated 0']],
    ['a', 'a,b,c', ['undefined replayed 0', 'a a2']],
    ['a,b', 'b', ['undefined replayed 0', 'b b2']],
  ])('goes on from %s to %s where it was', async (before, after, expected) => {
    const { manager, port } = await startHub(greeting);
    const first = await listen(port, `/?channels=${before}`);
    for (const name of 'abcd') manager.broadcast(name, { data: `${name}1` });
    await has(first, before.split(',').length + 1);
    first.leave();
    await until(() => manager.count() === 0);
    for (const name of 'abcd') manager.broadcast(name, { data: `${name}2` });
    const again = await resume(port, after, lastId(first));
    expect(await has(again, expected.length)).toEqual(expected);
  });

  test('goes on from one channel to several, and back', async () => {
    const { manager, port } = await startHub(greeting);
    const [first] = [manager.broadcast('a', { data: 1 }), manager.broadcast('b', { data: 1 })];
    manager.broadcast('a', { data: 2 });
    const several = await resume(port, 'b,a', first.id);
    expect(await has(several, 2)).toEqual(['undefined replayed 0', 'a 2']);
    manager.broadcast('b', { data: 2 });
    await has(several, 3);
    manager.broadcast('b', { data: 3 });
    const one = await listen(port, `/?channel=b&lastEventId=${encodeURIComponent(lastId(several))}`);
    expect(await has(one, 2)).toEqual(['undefined replayed 0', 'undefined 3']);
  });
});

test('a channel without messages is resumed too: all that came since arrives', async () => {
  const { manager, port } = await startHub(greeting);
  const first = await listen(port, '/?channels=busy,quiet');
  manager.broadcast('busy', { data: 1 });
  await has(first, 2);
  first.leave();
  await until(() => manager.count() === 0);
  expect(manager.stats().channels).toBe(1);
  for (const n of [1, 2]) manager.broadcast('quiet', { data: n });
  const again = await resume(port, 'busy,quiet', lastId(first));
  expect(await has(again, 3)).toEqual(['undefined replayed 0', 'quiet 1', 'quiet 2']);
});

test('a channel that was dropped with messages since is not resumed as if nothing was missed', async () => {
  const { manager, port } = await startHub({ ...greeting, heartbeatMs: 20, history: { maxAgeMs: 60 } });
  const keeper = await listen(port, '/?channel=busy');
  const first = await listen(port, '/?channels=busy,quiet');
  manager.broadcast('busy', { data: 1 });
  await has(first, 2);
  first.leave();
  await until(() => manager.count() === 1);
  manager.broadcast('quiet', { data: 'missed' });
  await until(() => manager.stats().channels === 1, 'the idle channel to be dropped');
  manager.broadcast('quiet', { data: 'new' });
  const again = await resume(port, 'busy,quiet', lastId(first));
  expect((await has(again, 1))[0]).toBe('undefined truncated 0');
  keeper.leave();
});

test('a restarted hub that is fed the logs again goes on in each channel', async () => {
  const feed = (manager: SSEManager, to: number): void => {
    for (let n = 1; n <= to; n++) for (const name of 'ab') manager.broadcast(name, { id: `${name}-${n}`, data: n });
  };
  const before = await startHub(greeting);
  const first = await listen(before.port, '/?channels=a,b');
  feed(before.manager, 2);
  await has(first, 5);
  await before.manager.close();
  const after = await startHub(greeting);
  feed(after.manager, 3);
  const again = await resume(after.port, 'a,b', lastId(first));
  expect(await has(again, 3)).toEqual(['undefined replayed 0', 'a 3', 'b 3']);
});

test('what is missing names its channel, and the other channels miss nothing', async () => {
  const { manager, port } = await startHub({
    ...greeting,
    history: { maxMessages: 3 },
    reset: (_, { reason, missed, channel }) => ({ data: `${channel} ${reason} ${missed}` }),
  });
  const first = await listen(port, '/?channels=a,b');
  for (const name of 'ab') manager.broadcast(name, { data: 1 });
  await has(first, 3);
  first.leave();
  await until(() => manager.count() === 0);
  for (let n = 2; n <= 9; n++) manager.broadcast('a', { data: n });
  manager.broadcast('b', { data: 2 });
  const again = await resume(port, 'a,b', lastId(first));
  expect((await has(again, 5)).toSorted()).toEqual(['a 7', 'a 8', 'a 9', 'b 2', 'undefined truncated 5']);
  manager.broadcast('a', { data: () => new Promise<string>(() => {}) });
  manager.forget('a');
  manager.broadcast('a', { data: 'next' });
  expect((await has(again, 7)).slice(5)).toEqual(['undefined a trimmed 1', 'a next']);
});

test('a slow client keeps the newest of one channel and is closed for another, as each says', async () => {
  const reasons: string[] = [];
  const { manager, port } = await startHub({
    slow: (channel) => (channel === 'strict' ? 'disconnect' : 'latest'),
    limits: { maxBacklogBytes: 2 * 2 ** 20 },
    onDisconnect: ({ channels }, reason) => reasons.push(`${channels.join()} ${reason}`),
    reset: (_, { reason, channel }) => ({ data: `${channel} ${reason}` }),
  });
  const big = 'x'.repeat(2 ** 20);
  const socket = await stall(port, '/?channels=lenient,strict');
  await until(() => manager.count() === 1);
  for (let n = 0; n < 20; n++) manager.broadcast('lenient', { data: `${n} ${big}` });
  expect(manager.count()).toBe(1);
  for (let n = 0; n < 20 && manager.count() === 1; n++) manager.broadcast('strict', { data: big });
  expect(reasons).toEqual(['lenient,strict slow']);
  socket.destroy();
});

test('channels write in turn: a long replay of one does not hold up another', async () => {
  const { manager, port } = await startHub();
  const { id } = manager.broadcast('long', { data: 0 });
  const other = manager.broadcast('short', { data: 0 });
  const first = await resume(port, 'long,short', id);
  manager.broadcast('short', { data: 1 });
  await has(first, 1);
  first.leave();
  for (let n = 0; n < 30; n++) manager.broadcast('long', { data: `${n} ${'x'.repeat(200_000)}` });
  manager.broadcast('short', { data: 2 });
  const again = await resume(port, 'long,short', lastId(first));
  await has(again, 31);
  expect(heardBy(again).findIndex(({ channel }) => channel === 'short')).toBeLessThan(3);
  expect(other.id).toMatch(/-1$/);
});

test('data that is being made holds up its channel alone', async () => {
  const { manager, port } = await startHub();
  const listener = await listen(port, '/?channels=a,b');
  await until(() => manager.count() === 1);
  const { promise, resolve } = Promise.withResolvers<string>();
  manager.broadcast('a', { data: () => promise });
  manager.broadcast('a', { data: 2 });
  for (const n of [1, 2]) manager.broadcast('b', { data: n });
  expect(await has(listener, 2)).toEqual(['b 1', 'b 2']);
  resolve('1');
  expect(await has(listener, 4)).toEqual(['b 1', 'b 2', 'a 1', 'a 2']);
});

test('a large message arrives whole, behind the lines of its stream, and the same bytes go to a stream of one channel', async () => {
  const { manager, port } = await startHub({ limits: { maxBacklogBytes: 64 * 2 ** 20 } });
  const [several, one] = [await listen(port, '/?channels=a,b'), await listen(port, '/?channel=a')];
  await until(() => manager.count() === 2);
  several.pause();
  const clip = (n: number): string => `${n} ${'y'.repeat(1_500_000)}!`;
  for (let n = 0; n < 8; n++) {
    manager.broadcast('a', { data: clip(n), event: 'clip', retry: 5 });
    manager.broadcast('b', { data: n });
  }
  several.resume();
  const events = await several.has(16);
  const clips = events.filter(({ event }) => event === 'clip').map(({ data }) => data);
  expect(clips.every((data, n) => data === clip(n))).toBe(true);
  expect((await one.has(8)).map(({ data }) => data)).toEqual(clips);
});

test('its limits count in each channel, and its end is one', async () => {
  const reasons: string[] = [];
  const { manager, port } = await startHub({
    limits: { maxPerChannel: 1 },
    onDisconnect: ({ channel, channels }, reason) => reasons.push(`${channel} of ${channels.join()}: ${reason}`),
  });
  const listener = await listen(port, '/?channels=a,b,a');
  expect([manager.count(), manager.count('a'), manager.count('b')]).toEqual([1, 1, 1]);
  expect((await listen(port, '/?channels=c,b')).status).toBe(503);
  expect(manager.stats().channels).toBe(2);
  expect(manager.connections('b')).toEqual(manager.connections());
  listener.leave();
  await until(() => manager.count() === 0);
  expect([reasons, manager.count('a'), manager.stats().channels]).toEqual([['a of a,b: client'], 0, 0]);
});

test('a stream of several channels that is taken over makes room for itself', async () => {
  const keys: string[] = [];
  const { manager, port } = await startHub({
    limits: { maxPerChannel: 1 },
    onConnect: ({ resumeKey }) => void keys.push(resumeKey),
  });
  await listen(port, '/?channels=a,b&clientId=me');
  await until(() => keys.length === 1);
  const second = await listen(port, `/?channels=b,c&clientId=me&resumeKey=${keys[0]}`);
  manager.broadcast('c', { data: 1 });
  expect([second.status, await has(second, 1)]).toEqual([200, ['c 1']]);
  expect([manager.count('a'), manager.count('b')]).toEqual([0, 1]);
});

test.each([
  [{ channels: [] }, RangeError],
  [{ channels: Array.from({ length: 17 }, (_, n) => `c${n}`) }, RangeError],
  [{ channels: 'a' }, TypeError],
  [{ channels: ['a', 5] }, TypeError],
  [{ channels: ['a', 'b\nc'] }, TypeError],
  [{ channel: 'a', channels: ['b'] }, TypeError],
])('connect refuses %o', async (given, error) => {
  const manager = new SSEManager();
  const errors: unknown[] = [];
  const { port } = await serve((req, res) => {
    try {
      manager.connect(req, res, given as { channel: string });
    } catch (thrown) {
      errors.push(thrown);
      res.end();
    }
  });
  await listen(port);
  expect([errors, manager.stats().channels]).toEqual([[expect.any(error)], 0]);
});

test('16 channels with long ids fit in the header of a request', async () => {
  const { manager, port } = await startHub(greeting);
  const names = Array.from({ length: 16 }, (_, n) => `channel-${n}`);
  const listener = await listen(port, `/?channels=${names.join()}`);
  for (const name of names) manager.broadcast(name, { data: 1, id: `${name}${'ü'.repeat(120)}` });
  await has(listener, 17);
  const again = await resume(port, names.join(), lastId(listener));
  expect(again.status).toBe(200);
  expect(await has(again, 1)).toEqual(['undefined replayed 0']);
});

test('a stream starts as it is told in each channel, has a heartbeat of its own, and carries what its caller gave', async () => {
  const { manager, port } = await startHub(
    { connected: ({ state }) => ({ data: `hello ${String(state)}` }), heartbeatMs: 0, waitMs: 20 },
    (url) => ({
      start: (channel) => (channel === 'a' ? 'newest' : 'next'),
      state: url.searchParams.get('state'),
      heartbeatMs: url.searchParams.has('beats') ? 20 : undefined,
    }),
  );
  for (const data of ['a 1', 'a 2', 'b 3']) manager.broadcast(data.slice(0, 1), { data: data.slice(2) });
  const listener = await listen(port, '/?channels=a,b&state=mine&beats=1');
  expect(await has(listener, 2)).toEqual(['undefined hello mine', 'a 2']);
  const quiet = await listen(port, '/?channels=b');
  await until(() => listener.text().includes(': heartbeat'), 'a heartbeat');
  expect(quiet.text()).not.toContain(': heartbeat');
  expect(manager.connections('a').map(({ state }) => state)).toEqual(['mine']);
});
