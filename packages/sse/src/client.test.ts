import { readFileSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import { startHub } from '../test/hub.ts';
import {
  follow,
  local,
  nowhere,
  pass,
  settle,
  stageFetch,
  startGreeter,
  useVirtualTime,
} from '../test/stream-stage.ts';
import { serve, until } from '../test/support.ts';
import { SSEClient } from './client.ts';

const hour = 3_600_000;

describe('messages', () => {
  test('are unnamed ones and those of the names that were asked for, each with its channel', async () => {
    const { manager, port } = await startHub();
    const { client, messages, states } = follow(local(port), { events: ['tick'] });
    await until(() => manager.count() === 1);
    manager.broadcast('room', { data: 'plain' });
    manager.broadcast('room', { event: 'tick', data: { n: 1 } });
    manager.broadcast('room', { event: 'unasked', data: 'x' });
    await until(() => messages.length === 2);
    expect(messages.map(({ event, data }) => [event, data])).toEqual([
      ['message', 'plain'],
      ['tick', '{"n":1}'],
    ]);
    expect(states).toEqual(['open']);
    client.close();
    await until(() => manager.count() === 0);
    expect(client.state).toBe('closed');
  });

  test('of several channels say which they belong to', async () => {
    const { port } = await startGreeter('channel: news\nid: 1\ndata: a\n\ndata: b\n\n');
    const { messages } = follow(local(port));
    await until(() => messages.length === 3);
    expect(messages.map(({ channel }) => channel)).toEqual([undefined, 'news', undefined]);
  });

  test('stop with close(), also in the middle of what has arrived', async () => {
    const { port } = await startGreeter('data: a\n\ndata: b\n\n');
    const heard: string[] = [];
    const { client } = follow(local(port), {
      onMessage: ({ data }) => {
        heard.push(data);
        if (data === 'a') client.close();
      },
    });
    expect(await client.closed).toBe('caller');
    await settle();
    expect(heard).toEqual(['hello', 'a']);
  });
});

test('a gap is reported once, before the message that reports it', async () => {
  const log: string[] = [];
  const { manager, port } = await startHub({
    history: { maxMessages: 1 },
    connected: ({ missed }) => ({ data: { missed } }),
  });
  const { id } = manager.broadcast('room', { data: { n: 1 } });
  for (const n of [2, 3]) manager.broadcast('room', { data: { n } });
  follow(local(port), {
    lastEventId: id,
    gapOf: ({ data }) => (JSON.parse(data) as { missed?: number }).missed,
    onGap: (missed) => log.push(`gap ${missed}`),
    onMessage: ({ data }) => log.push(data),
  });
  await until(() => log.length === 3);
  expect(log).toEqual(['gap 1', '{"missed":1}', '{"n":3}']);
});

test('an event beyond the limit is left out, reported as a gap, and not asked for again', async () => {
  const { port, requests } = await startGreeter(
    `id: 1\ndata: ${'x'.repeat(1_000)}\n\nid: 2\ndata: small\n\n`,
    'data: end\n\n',
  );
  const { messages, gaps, errors } = follow(local(port), { maxEventBytes: 1_000 });
  await until(() => messages.at(-1)?.data === 'end');
  expect(messages.map(({ data }) => data)).toEqual(['hello', 'small', 'hello', 'end']);
  expect(gaps).toEqual([1]);
  expect(errors).toMatchObject([{ code: 'STREAM_EVENT_TOO_LARGE' }]);
  expect(requests[1]?.id).toBe('2');
});

test('the docs explain every code of the client, and no other', () => {
  const [page, source] = ['../docs/client.md', './client/message.ts'].map((file) =>
    readFileSync(new URL(file, import.meta.url), 'utf8'),
  );
  const [, union = ''] = /type SSEClientErrorCode =([^;]+);/.exec(source ?? '') ?? [];
  const rows = [...(page ?? '').matchAll(/^\| `(STREAM_\w+)` \|/gm)].map(([, code]) => code);
  expect(new Set(rows)).toEqual(new Set([...union.matchAll(/'(\w+)'/g)].map(([, code]) => code)));
});

describe('the watchdog', () => {
  test('opens a silent connection again', async () => {
    let opened = 0;
    const { port } = await serve((_req, res) => {
      opened++;
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      if (opened < 3) res.write(`id: ${opened}\ndata: then silence\n\n`);
      else res.write('id: 3\ndata: alive\n\n');
    });
    const { messages } = follow(local(port), { watchdogMs: 100 });
    await until(() => messages.some(({ data }) => data === 'alive'));
    expect(opened).toBeGreaterThanOrEqual(3);
  });

  test('counts comments: a quiet channel with the heartbeats of a default hub is opened once', async () => {
    useVirtualTime();
    const { fetch, requests } = stageFetch();
    const { states } = follow(nowhere, { fetch });
    await settle();
    for (let beat = 0; beat < 120; beat++) {
      await pass(30_000);
      requests[0]?.write(': heartbeat\n\n');
      await settle();
    }
    expect([requests.length, states]).toEqual([1, ['open']]);
    await pass(74_000);
    expect(requests).toHaveLength(1);
    await pass(2_000);
    expect(requests.map(({ isOver }) => isOver)).toEqual([true, false]);
  });

  test.each([0, Number.POSITIVE_INFINITY, 60 * 24 * hour])('of %s ms lets days of silence pass', async (watchdogMs) => {
    useVirtualTime();
    const { fetch, requests } = stageFetch();
    follow(nowhere, { fetch, watchdogMs });
    await settle();
    await pass(59 * 24 * hour, 10 * 24 * hour);
    expect(requests).toHaveLength(1);
    await pass(2 * 24 * hour);
    expect(requests).toHaveLength(watchdogMs > 0 && Number.isFinite(watchdogMs) ? 2 : 1);
  });

  test('gives up a request that gets no response, and a token that never comes', async () => {
    useVirtualTime();
    const never = new Promise<Response & Record<string, string>>(() => {});
    for (const options of [{ fetch: vi.fn(() => never) }, { headers: vi.fn(() => never) }]) {
      follow(nowhere, options);
      await pass(100_000, 1_000);
      expect(Object.values(options)[0]).toHaveBeenCalledTimes(2);
    }
  });
});

describe('a client that is closed', () => {
  test('by its signal says so, and leaves no listener on it', async () => {
    const { manager, port } = await startHub();
    const controller = new AbortController();
    const remove = vi.spyOn(controller.signal, 'removeEventListener');
    const { client, states } = follow(local(port), { signal: controller.signal });
    await until(() => manager.count() === 1);
    await until(() => client.state === 'open');
    controller.abort();
    expect(await client.closed).toBe('aborted');
    expect(states).toEqual(['open', ['closed', 'aborted']]);
    expect(remove).toHaveBeenCalled();
    await until(() => manager.count() === 0);
    client.close();
    expect(await client.closed).toBe('aborted');
  });

  test('before it began requests nothing', async () => {
    const { fetch, requests } = stageFetch();
    const { client } = follow(nowhere, { fetch, signal: AbortSignal.abort() });
    expect(await client.closed).toBe('aborted');
    await settle();
    expect(requests).toEqual([]);
  });

  test('while it waits leaves no timer', async () => {
    useVirtualTime();
    const { fetch, requests } = stageFetch(() => new Response('', { status: 503 }));
    const { client } = follow(nowhere, { fetch });
    await settle();
    client.close();
    client.close();
    expect(vi.getTimerCount()).toBe(0);
    await pass(hour);
    expect(requests).toHaveLength(1);
  });

  test('by its block ends there', async () => {
    const { manager, port } = await startHub();
    {
      using client = new SSEClient(local(port), { onMessage: () => {} });
      await until(() => client.state === 'open');
    }
    await until(() => manager.count() === 0);
  });
});
