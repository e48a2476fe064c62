import { getEventListeners } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { expect, test } from 'vitest';
import { SSEError, SSEManager, type SSEManagerOptions, type SSEStreamOptions } from '../src/index.ts';
import { until } from './support.ts';

const url = 'http://hub.test/';

/** Reads a body as fast as it comes, and keeps its events. */
function read(response: Response) {
  const events: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (event) => events.push(event) });
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  const ended = (async (): Promise<string> => {
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true };
      if (done) return 'end';
      parser.feed(decoder.decode(value, { stream: true }));
    }
  })().catch((error: unknown) => (error instanceof Error ? error.name : String(error)));
  return {
    events,
    ended,
    data: () => events.map((event) => event.data),
    cancel: () => reader?.cancel(),
    has: (count: number) => until(() => events.length >= count, `${count} events, got ${events.length}`),
  };
}

function hub(options: SSEManagerOptions = {}) {
  const manager = new SSEManager(options);
  const open = (path = '', init: RequestInit = {}, more: SSEStreamOptions = {}): Response =>
    manager.connect(new Request(`${url}${path}`, init), { channel: 'room', ...more });
  return { manager, open };
}

const greeting: SSEManagerOptions = { connected: ({ resumed, missed }) => ({ data: `${resumed} ${missed}` }) };

test('the response to a request is a stream, which resumes by header and by query', async () => {
  const { manager, open } = hub(greeting);
  const response = open('', {}, { headers: { 'access-control-allow-origin': '*', 'set-cookie': ['a=1', 'b=2'] } });
  expect([response.status, Object.fromEntries(response.headers)]).toEqual([
    200,
    {
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
      'access-control-allow-origin': '*',
      'set-cookie': expect.any(String),
    },
  ]);
  expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
  const first = read(response);
  expect(manager.broadcast('room', { data: 1, id: 'größe' })).toMatchObject({ sent: 1 });
  manager.broadcast('room', { data: 2 });
  await first.has(3);
  expect(first.data()).toEqual(['fresh 0', '1', '2']);
  const bytes = Buffer.from('größe').toString('latin1');
  for (const again of [
    open('', { headers: { 'last-event-id': bytes } }),
    open('?lastEventId=gr%C3%B6%C3%9Fe'),
    open('', {}, { lastEventId: 'größe' }),
  ]) {
    const reader = read(again);
    await reader.has(2);
    expect(reader.data()).toEqual(['replayed 0', '2']);
  }
});

test('several channels share one body', async () => {
  const manager = new SSEManager();
  const response = manager.connect(new Request(url), { channels: ['a', 'b'] });
  const reader = read(response);
  for (const channel of 'ab') manager.broadcast(channel, { data: channel });
  await reader.has(2);
  const { id = '' } = reader.events[1] ?? {};
  manager.broadcast('a', { data: 'a2' });
  const again = read(manager.connect(new Request(url, { headers: { 'last-event-id': id } }), { channels: ['b', 'a'] }));
  await again.has(1);
  expect([reader.data().slice(0, 2), again.data()]).toEqual([['a', 'b'], ['a2']]);
});

test('a body that is cancelled, and a request that aborts, end their stream and leave no listener behind', async () => {
  const reasons: string[] = [];
  const { manager, open } = hub({ onDisconnect: (_, reason) => reasons.push(reason) });
  const controller = new AbortController();
  const request = new Request(url, { signal: controller.signal });
  const cancelled = read(manager.connect(request, { channel: 'room' }));
  await cancelled.cancel();
  expect([manager.count(), getEventListeners(request.signal, 'abort')]).toEqual([0, []]);
  const aborted = read(open('', { signal: controller.signal }));
  expect(manager.count()).toBe(1);
  controller.abort();
  expect([await aborted.ended, manager.count()]).toEqual(['end', 0]);
  const late = read(open('', { signal: controller.signal }));
  expect([await late.ended, manager.count()]).toEqual(['end', 0]);
  expect(reasons).toEqual(['client', 'client', 'client']);
});

test('refusals are thrown, and nothing is kept of them', () => {
  const { manager, open } = hub({ limits: { maxConnections: 1 } });
  const code = (run: () => unknown): unknown => {
    try {
      return run();
    } catch (error) {
      return error instanceof SSEError ? [error.code, new Response(null, { headers: error.headers }).headers] : error;
    }
  };
  expect(code(() => open('', { headers: { accept: 'text/html' } }))).toEqual(['SSE_NOT_ACCEPTABLE', new Headers()]);
  expect(code(() => open('', {}, { headers: { 'x-bad': 'a\nb' } }))).toBeInstanceOf(TypeError);
  expect(manager.stats().channels).toBe(0);
  open();
  expect(code(() => open())).toMatchObject(['SSE_TOO_MANY_CONNECTIONS', expect.any(Headers)]);
  expect(() => manager.connect(new Request(url), undefined as never)).toThrow('options');
});

test('a HEAD request gets the head', () => {
  const { manager, open } = hub();
  const response = open('', { method: 'HEAD' });
  expect([response.body, response.headers.get('content-type')]).toEqual([null, 'text/event-stream']);
  expect(manager.stats()).toMatchObject({ connections: 0, channels: 0 });
});

test('a reader that does not read is slow, and holds a slice of what waits', async () => {
  const reasons: string[] = [];
  const { manager, open } = hub({ onDisconnect: (_, reason) => reasons.push(reason) });
  const response = open();
  const big = 'x'.repeat(700_000);
  expect(manager.broadcast('room', { data: big }).sent).toBe(1);
  for (let n = 0; n < 3 && manager.count() === 1; n++) manager.broadcast('room', { data: big });
  expect(reasons).toEqual(['slow']);
  expect(manager.stats().bytes).toBeLessThan(300_000);
  expect(await read(response).ended).toBe('AbortError');
});

test('a slow reader gets all or the newest, whole and in order, as its channel says', async () => {
  const { manager, open } = hub({
    slow: 'latest',
    limits: { maxBacklogBytes: 2_000_000 },
    reset: (_, { missed }) => ({ data: `reset ${missed}` }),
  });
  const response = open();
  for (let n = 0; n < 3; n++) manager.broadcast('room', { data: `${n} ${'x'.repeat(600_000)}` });
  const reader = read(response);
  await reader.has(3);
  expect(reader.data().map((data) => [data.slice(0, 1), data.length])).toEqual([
    ['0', 600_002],
    ['1', 600_002],
    ['2', 600_002],
  ]);
  const slow = open();
  for (let n = 0; n < 8; n++) manager.broadcast('room', { data: `${n} ${'y'.repeat(600_000)}` });
  const late = read(slow);
  await until(() => late.data().at(-1)?.startsWith('7') ?? false);
  expect(late.data().map((data) => data.slice(0, 7))).toEqual(['0 yyyyy', 'reset 6', '7 yyyyy']);
});

test('a body that nobody reads gets heartbeats until it has enough, and is stalled then', async () => {
  const { manager, open } = hub({ heartbeatMs: 10, stallMs: 60, slow: 'latest' });
  open();
  await until(() => manager.count() === 0);
  expect(manager.stats().closed).toEqual({ stalled: 1 });
});

test('close() says goodbye, waits for who reads, and cuts who does not', async () => {
  const { manager, open } = hub({ disconnected: (_, reason) => ({ data: reason }) });
  const [reader, unread] = [read(open()), open()];
  await reader.has(0);
  const started = performance.now();
  await manager.close({ timeoutMs: 150 });
  expect(performance.now() - started).toBeGreaterThan(100);
  expect([await reader.ended, reader.data()]).toEqual(['end', ['shutdown']]);
  expect(await read(unread).ended).toBe('AbortError');
});

test('bodies share the bytes of a message, and each arrives whole', async () => {
  const { manager, open } = hub();
  const responses = Array.from({ length: 20 }, () => open());
  const readers = responses.map(read);
  const clip = 'z'.repeat(1_000_000);
  for (let n = 0; n < 3; n++) {
    manager.broadcast('room', { data: clip });
    await wait(1);
  }
  for (const reader of readers) {
    await reader.has(3);
    expect(reader.data().every((data) => data === clip)).toBe(true);
  }
});
