import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { startHub } from '../../test/hub.ts';
import { follow, pass, settle, stageFetch, useVirtualTime } from '../../test/stream-stage.ts';
import { serve, until } from '../../test/support.ts';
import { canShare } from './tabs.ts';

/** Clients of one process share like the tabs of an origin, where Node has Web Locks. */
describe.runIf(canShare())('clients that share', () => {
  const url = 'http://127.0.0.1:9/';

  test('have one connection to a url, and each receives the events that it asked for', async () => {
    const { manager, port } = await startHub();
    const address = `http://127.0.0.1:${port}/`;
    const leader = follow(address, { share: 'a', events: ['alarm'] });
    await until(() => leader.client.state === 'open');
    const plain = follow(address, { share: 'a' });
    const ticking = follow(address, { share: 'a', events: ['tick'] });
    await until(() => plain.client.state === 'following' && ticking.client.state === 'following');
    manager.broadcast('room', { event: 'tick', data: 1 });
    manager.broadcast('room', { event: 'alarm', data: 2 });
    manager.broadcast('room', { data: 3 });
    await until(() => plain.messages.length === 1 && ticking.messages.length === 2);
    const heard = [leader, plain, ticking].map(({ messages }) => messages.map(({ data }) => data).join());
    expect(heard).toEqual(['2,3', '3', '1,3']);
    expect(manager.stats().opened).toBe(1);
  });

  test('share by name and url, whatever the name: another url has a connection of its own', async () => {
    const { manager, port } = await startHub();
    const clients = ['news', 'sport', 'news'].map((channel) =>
      follow(`http://127.0.0.1:${port}/?channel=${channel}`, { share: '-' }),
    );
    await until(() => clients.every(({ client }) => client.state === 'open' || client.state === 'following'));
    manager.broadcast('news', { data: 'n' });
    manager.broadcast('sport', { data: 's' });
    await until(() => clients.every(({ messages }) => messages.length > 0));
    expect(clients.map(({ messages }) => messages.map(({ data }) => data).join())).toEqual(['n', 's', 'n']);
    expect(manager.stats().opened).toBe(2);
  });

  test('take over where the last leader was, with what came and went without an id', async () => {
    const { manager, port } = await startHub();
    const address = `http://127.0.0.1:${port}/`;
    const tabs = Array.from({ length: 4 }, () => follow(address, { share: 'a' }));
    let sent = 0;
    for (let left = 3; left > 0; left--) {
      await until(() => tabs.some(({ client }) => client.state === 'open'));
      manager.broadcast('room', { data: ++sent });
      manager.broadcast('room', { data: 'in passing', history: false });
      await until(() => tabs.every(({ messages }) => messages.at(-1)?.data === 'in passing'));
      const [leader] = tabs.splice(
        tabs.findIndex(({ client }) => client.state === 'open'),
        1,
      );
      leader?.client.close();
      // Nobody is connected now.
      manager.broadcast('room', { data: ++sent });
      await until(() => tabs.every(({ messages }) => messages.at(-1)?.data === String(sent)));
      for (const { messages } of tabs) {
        const numbers = messages.map(({ data }) => data).filter((data) => data !== 'in passing');
        expect(numbers).toEqual(Array.from({ length: sent }, (_, i) => String(i + 1)));
      }
    }
    expect(manager.stats()).toMatchObject({ opened: 4, replayed: 3 });
  });

  test('that come later receive the newest message of each name that is kept, once, and take over from there', async () => {
    const { manager, port } = await startHub();
    const address = `http://127.0.0.1:${port}/`;
    const options = { share: 'a', events: ['tick'], keep: ({ event }: { event: string }) => event };
    const leader = follow(address, { ...options, events: [] });
    await until(() => leader.client.state === 'open');
    for (const n of [1, 2]) manager.broadcast('room', { event: 'tick', data: n });
    manager.broadcast('room', { data: 3 });
    manager.broadcast('room', { event: 'tick', data: 4 });
    await until(() => leader.client.lastEventId.endsWith('-4'));
    const late = follow(address, options);
    await until(() => late.messages.length === 2);
    expect(late.messages.map(({ data }) => data)).toEqual(['3', '4']);
    expect(late.client.lastEventId).toBe(leader.client.lastEventId);
    leader.client.close();
    manager.broadcast('room', { data: 5 });
    await until(() => late.messages.length === 3);
    expect(manager.stats()).toMatchObject({ opened: 2, replayed: 1 });
  });

  test('that come when nobody leads are made welcome by the next that does', async () => {
    const { manager, port } = await startHub();
    const address = `http://127.0.0.1:${port}/`;
    const options = { share: 'a', keep: () => 'newest' };
    const tabs = [follow(address, options), follow(address, options)];
    await until(() => tabs.every(({ client }) => client.state !== 'connecting'));
    manager.broadcast('room', { data: 1 });
    await until(() => tabs.every(({ messages }) => messages.length === 1));
    const between = follow(address, options);
    tabs.find(({ client }) => client.state === 'open')?.client.close();
    await until(() => between.client.state === 'following');
    manager.broadcast('room', { data: 2 });
    await until(() => between.messages.length === 2);
    expect(between.messages.map(({ data }) => data)).toEqual(['1', '2']);
    expect(manager.stats().opened).toBe(2);
  });

  test('stop together when the server says so, and learn together why it refuses', async () => {
    let requests = 0;
    const { port } = await serve((_req, res) => {
      requests++;
      setTimeout(() => res.writeHead(requests === 1 ? 503 : 204).end('{"code":"BUSY"}'), 50);
    });
    const refused: unknown[] = [];
    const tabs = Array.from({ length: 5 }, () =>
      follow(`http://127.0.0.1:${port}/`, { share: 'a', onRefused: ({ code }) => refused.push(code) }),
    );
    expect(await Promise.all(tabs.map(({ client }) => client.closed))).toEqual(tabs.map(() => 'ended'));
    expect(refused).toEqual(tabs.map(() => 'BUSY'));
    expect(requests).toBeLessThan(2 + tabs.length);
  });

  test('let foreign messages on their channel pass', async () => {
    const { fetch, requests } = stageFetch();
    const leader = follow(url, { fetch, share: 'foreign' });
    await until(() => leader.client.state === 'open');
    const { client, messages, errors } = follow(url, { share: 'foreign' });
    await until(() => client.state === 'following');
    const other = new BroadcastChannel(`${url} foreign`);
    onTestFinished(() => other.close());
    const message = { event: 'message', data: 'x', id: '' };
    const foreign: unknown[] = [null, undefined, 7, 'heard', [], {}, { say: 'dance' }, { type: 'theirs' }];
    for (const say of ['joined', 'leading', 'heard', 'state', 'awake', 'refused', 'gap', 'over']) {
      foreign.push(
        { say },
        { say, heard: null, kept: null, tab: {}, state: 1, lastEventId: 1, refusal: 1, missed: '', end: 0 },
      );
    }
    foreign.push({ say: 'heard', heard: { message, connection: 1 } });
    foreign.push({ say: 'heard', heard: { message: { ...message, id: null }, connection: 'x' } });
    foreign.push({ say: 'leading', state: 'open', lastEventId: '', kept: [{}] });
    foreign.push({ say: 'over', end: 'at last' }, { say: 'state', state: 'of the art' });
    for (const one of foreign) other.postMessage(one);
    await settle();
    requests[0]?.write('data: ours\n\n');
    await until(() => messages.length === 1);
    expect([messages[0]?.data, client.state, leader.client.state, errors]).toEqual(['ours', 'following', 'open', []]);
  });

  test('follow a leader through hours in which nothing comes but comments, or nothing at all', async () => {
    useVirtualTime();
    for (const watchdogMs of [75_000, 0]) {
      const { fetch, requests } = stageFetch();
      const share = `quiet ${watchdogMs}`;
      const leader = follow(url, { fetch, share, watchdogMs });
      await settle();
      await pass(1);
      const follower = follow(url, { fetch, share });
      await settle();
      await pass(1);
      for (let minute = 0; minute < 60; minute++) {
        await pass(60_000, 10_000);
        if (watchdogMs > 0) requests[0]?.write(':\n');
        await settle();
      }
      expect([requests.length, leader.client.state, follower.client.state]).toEqual([1, 'open', 'following']);
    }
  });

  test('connect alone when the one that leads says nothing', async () => {
    const { manager, port } = await startHub();
    const address = `http://127.0.0.1:${port}/`;
    const { promise: asleep, resolve: wake } = Promise.withResolvers<void>();
    onTestFinished(() => wake());
    // A tab that was put to sleep holds its lock and says nothing.
    await new Promise<void>((resolve) => {
      void navigator.locks.request(`${address} sleeping`, () => {
        resolve();
        return asleep;
      });
    });
    const { client, messages } = follow(address, { share: 'sleeping', watchdogMs: 200 });
    await until(() => manager.count() === 1);
    manager.broadcast('room', { data: 'alone' });
    await until(() => messages.length === 1);
    expect(client.state).toBe('open');
    // It stays alone when the lock comes to it.
    wake();
    await settle();
    expect(manager.stats().opened).toBe(1);
  });

  test('connect alone where the page may not have locks, or the runtime has none', async () => {
    const { manager, port } = await startHub();
    const request = vi.spyOn(navigator.locks, 'request');
    onTestFinished(() => request.mockRestore());
    request.mockRejectedValue(new DOMException('sandboxed', 'SecurityError'));
    follow(`http://127.0.0.1:${port}/`, { share: 'a' });
    await until(() => manager.count() === 1);
    vi.stubGlobal('navigator', {});
    onTestFinished(() => void vi.unstubAllGlobals());
    follow(`http://127.0.0.1:${port}/`, { share: 'a' });
    await until(() => manager.count() === 2);
  });
});
