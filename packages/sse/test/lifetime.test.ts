import { expect, onTestFinished, test, vi } from 'vitest';
import { startHub } from './hub.ts';
import { listen, stall, until } from './support.ts';

test('a stream silent for 30 s gets a heartbeat, built once for all, and traffic defers it', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance', 'Date'] });
  onTestFinished(() => void vi.useRealTimers());
  let built = 0;
  const { manager, port } = await startHub({
    heartbeat: () => {
      built++;
      return { data: { type: 'heartbeat' } };
    },
  });
  const [a, b, busy] = [await listen(port), await listen(port), await listen(port, '/?channel=busy')];
  vi.advanceTimersByTime(20_000);
  manager.broadcast('busy', { data: 'traffic' });
  vi.advanceTimersByTime(9_999);
  expect(built).toBe(0);
  vi.advanceTimersByTime(1);
  for (const listener of [a, b]) {
    expect((await listener.has(1))[0]).toEqual({ data: '{"type":"heartbeat"}', id: undefined, event: undefined });
  }
  expect([built, manager.stats().heartbeats]).toEqual([1, 2]);
  vi.advanceTimersByTime(20_000);
  expect((await busy.has(2))[1]?.data).toBe('{"type":"heartbeat"}');
});

test('heartbeats are comments by default, and can be off', async () => {
  const { port } = await startHub({ heartbeatMs: 20 });
  const silent = await startHub({ heartbeatMs: 0, stallMs: 20 });
  const off = await listen(silent.port);
  const listener = await listen(port);
  await until(() => listener.comments.length >= 2);
  expect([listener.comments[0], listener.events, off.comments]).toEqual(['heartbeat', [], []]);
});

test('what a client takes counts as activity, what waits for it does not', async () => {
  const { manager, port } = await startHub({ heartbeatMs: 50, slow: 'latest' });
  await stall(port, '/?clientId=stalled');
  await listen(port, '/?clientId=reader');
  await until(() => manager.count() === 2);
  const activity = (clientId: string): number =>
    manager.connections().find((connection) => connection.clientId === clientId)?.lastActivity ?? 0;
  await until(() => manager.broadcast('room', { data: 'x'.repeat(2 ** 20) }).deferred > 0);
  const before = { stalled: activity('stalled'), reader: activity('reader') };
  await until(() => activity('reader') > before.reader);
  expect(activity('stalled')).toBe(before.stalled);
});

test('a stream is asked about again when its time is over', async () => {
  const reasons: string[] = [];
  const asked: string[] = [];
  const answers = [Date.now() + 3_600_000, undefined];
  const { manager, port } = await startHub(
    {
      heartbeatMs: 40,
      reauthorize: ({ clientId }) => {
        asked.push(clientId);
        return Promise.resolve(clientId === 'stays' ? answers[0] : answers[1]);
      },
      disconnected: (_, reason) => ({ data: reason }),
      onDisconnect: (_, reason) => reasons.push(reason),
    },
    () => ({ expiresAt: Date.now() + 100 }),
  );
  await listen(port, '/?clientId=stays');
  const leaver = await listen(port, '/?clientId=leaves');
  await leaver.ended;
  expect(leaver.events.at(-1)?.data).toBe('expired');
  expect([reasons, asked.toSorted(), manager.count()]).toEqual([['expired'], ['leaves', 'stays'], 1]);
});

test('a signal and disconnect() close a stream, and everyone hears why once', async () => {
  const controller = new AbortController();
  const reasons: string[] = [];
  const { manager, port } = await startHub({ onDisconnect: (_, reason) => reasons.push(reason) }, (url) => ({
    signal: url.searchParams.has('signal') ? controller.signal : undefined,
    onClose: (reason) => reasons.push(`own ${reason}`),
  }));
  const [a, b, c] = [await listen(port, '/?signal=1'), await listen(port, '/?clientId=b'), await listen(port)];
  controller.abort();
  await a.ended;
  expect(manager.disconnect('b', 'kicked')).toBe(true);
  await b.ended;
  expect(manager.disconnect('b')).toBe(false);
  c.leave();
  await until(() => manager.count() === 0);
  await until(() => reasons.length === 6);
  expect(reasons.toSorted()).toEqual(['aborted', 'client', 'kicked', 'own aborted', 'own client', 'own kicked']);
  expect(manager.stats().closed).toEqual({ aborted: 1, client: 1, kicked: 1 });
});

test('fifty streams that come and go leave nothing', async () => {
  const { manager, port } = await startHub({ heartbeatMs: 20, history: { maxAgeMs: 20 } });
  for (let i = 0; i < 50; i++) (await listen(port, `/?channel=c${i % 5}`)).leave();
  await until(() => manager.stats().opened === 50 && manager.count() === 0);
  await until(() => manager.stats().channels === 0, 'empty channels to go');
  expect(manager.connections()).toEqual([]);
});

test('a channel that never had a message is forgotten with its last listener', async () => {
  const { manager, port } = await startHub();
  const listener = await listen(port, '/?channel=made-up');
  expect(manager.stats().channels).toBe(1);
  listener.leave();
  await until(() => manager.stats().channels === 0);
  await (await listen(port, '/?channel=made-up', { method: 'HEAD' })).ended;
  expect(manager.stats().channels).toBe(0);
});

test('close() takes 300 streams and a stalled one down, with spread retries', async () => {
  const { manager, port } = await startHub({ slow: 'latest' });
  const listeners = await Promise.all(Array.from({ length: 300 }, () => listen(port)));
  await stall(port, '/?channel=stuck');
  await until(() => manager.count() === 301);
  const isStuck = (): boolean => manager.broadcast('stuck', { data: 'x'.repeat(2 ** 20) }).deferred > 0;
  await until(isStuck);
  await manager.close();
  await Promise.all(listeners.map((listener) => listener.ended));
  expect(manager.count()).toBe(0);
  const { closed } = manager.stats();
  expect(closed).toEqual({ shutdown: 301 });
});

test('the goodbye carries the retry and the message that close() was given', async () => {
  const { manager, port } = await startHub();
  const listeners = await Promise.all(Array.from({ length: 40 }, () => listen(port)));
  await manager.close({ retryMs: 10_000, message: { event: 'bye', data: 'soon back' } });
  await Promise.all(listeners.map((listener) => listener.ended));
  for (const listener of listeners) expect(listener.events.at(-1)).toMatchObject({ event: 'bye', data: 'soon back' });
  const retries = listeners.map((listener) => listener.retries.at(-1) ?? 0);
  expect(new Set(retries).size).toBeGreaterThan(30);
  expect(Math.max(...retries)).toBeGreaterThan(2_000);
});

test('a goodbye that cannot be built keeps no stream from ending', async () => {
  const errors: unknown[] = [];
  const { manager, port } = await startHub({
    disconnected: () => {
      throw new Error('no word');
    },
    onError: (error) => errors.push(error),
  });
  const listeners = [await listen(port), await listen(port)];
  await until(() => manager.count() === 2);
  await manager.close();
  await Promise.all(listeners.map(({ ended }) => ended));
  expect(errors).toEqual([new Error('no word'), new Error('no word')]);
  expect([manager.count(), listeners[0]?.retries]).toEqual([0, [expect.any(Number), expect.any(Number)]]);
});

test('close() gives streams as long as it says to take what they were sent, and the goodbye', async () => {
  const close = async (timeoutMs: number): Promise<void> => {
    const { manager, port } = await startHub({ slow: 'latest', disconnected: () => ({ data: 'goodbye' }) });
    const socket = await stall(port);
    await until(() => manager.count() === 1);
    const isFull = (): boolean => manager.broadcast('room', { data: 'x'.repeat(2 ** 20) }).deferred > 0;
    await until(isFull);
    let isOver = false;
    const closing = manager.close({ timeoutMs }).then(() => {
      isOver = true;
    });
    // Longer than what a timer makes of a time that it cannot hold, and than what a stream gets that is closed alone.
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect(isOver).toBe(false);
    let end = '';
    socket.on('data', (chunk: Buffer) => {
      end = `${end}${chunk.toString()}`.slice(-100);
    });
    socket.resume();
    await closing;
    await until(() => end.endsWith('data: goodbye\n\n'));
  };
  await Promise.all([Number.POSITIVE_INFINITY, 2 ** 31, 2 ** 40].map(close));
});

test('a second close() with less time cuts what the first one waits for', async () => {
  const { manager, port } = await startHub({ slow: 'latest' });
  await stall(port);
  await until(() => manager.count() === 1);
  const isFull = (): boolean => manager.broadcast('room', { data: 'x'.repeat(2 ** 20) }).deferred > 0;
  await until(isFull);
  const first = manager.close({ timeoutMs: Number.POSITIVE_INFINITY });
  await manager.close({ timeoutMs: 10 });
  await first;
  expect(manager.stats().closed).toEqual({ shutdown: 1 });
});

test('a hook that closes the stream whose goodbye it builds ends it once', async () => {
  const { manager, port } = await startHub({
    disconnected: (connection) => {
      connection.close('again');
      return { data: connection.send({ data: 'too late' }) };
    },
  });
  const listener = await listen(port, '/?clientId=me');
  manager.disconnect('me', 'first');
  await listener.ended;
  expect(listener.events.map(({ data }) => data)).toEqual(['false']);
  expect(manager.stats().closed).toEqual({ first: 1 });
});

test.each([
  [{ message: { data: 1n } }, TypeError],
  [{ timeoutMs: -1 }, RangeError],
  [{ timeoutMs: '5s' as unknown as number }, TypeError],
  [{ retryMs: 1.5 }, RangeError],
  [null as unknown as object, TypeError],
])('close(%o) is refused after it has ended everything', async (options, error) => {
  const { manager, port } = await startHub();
  const listener = await listen(port);
  await expect(manager.close(options)).rejects.toThrow(error);
  await listener.ended;
  expect(manager.stats().closed).toEqual({ shutdown: 1 });
});

test('a hub that is closed sends to nobody and keeps nothing', async () => {
  const { manager } = await startHub();
  manager.broadcast('room', { data: 'before' });
  await manager.close();
  expect(manager.broadcast('room', { data: 'after' })).toMatchObject({ sent: 0, deferred: 0 });
  expect(manager.stats()).toMatchObject({ channels: 0, historyBytes: 0 });
});
