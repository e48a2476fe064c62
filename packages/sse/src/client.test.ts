import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { startHub } from '../test/hub.ts';
import { follow, pass, settle, stageFetch, useVirtualTime } from '../test/stream-stage.ts';
import { serve, until } from '../test/support.ts';
import { SSEClient, type SSEClientOptions, type SSERefusal } from './client.ts';

const hour = 3_600_000;
const nowhere = 'http://127.0.0.1:9/';

function local(port: number, path = '/'): string {
  return `http://127.0.0.1:${port}${path}`;
}

/** A server that greets without an id, then sends what the turn says, then breaks off; the last turn stays open. */
async function startGreeter(...turns: readonly string[]) {
  const requests: { readonly id: string | undefined; readonly url: string | undefined }[] = [];
  const { port } = await serve((req, res) => {
    requests.push({ id: req.headers['last-event-id'] as string | undefined, url: req.url });
    const turn = turns[requests.length - 1] ?? '';
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    res.write(`retry: 1\n\ndata: hello\n\n${turn}`, () => {
      if (requests.length < turns.length) res.destroy();
    });
  });
  return { port, requests };
}

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

describe('the place in the stream', () => {
  test('is kept over messages without an id, and over streams that bring none', async () => {
    const { port, requests } = await startGreeter(
      'id: e-1\ndata: 1\n\n',
      '',
      '',
      'id: e-2\ndata: 2\n\n',
      '',
      'data: end\n\n',
    );
    const { client, messages } = follow(local(port));
    await until(() => messages.at(-1)?.data === 'end');
    expect(requests.map(({ id }) => id)).toEqual([undefined, 'e-1', 'e-1', 'e-1', 'e-2', 'e-2']);
    expect(client.lastEventId).toBe('e-2');
    // A greeting is not a double of the one before it.
    expect(messages.filter(({ data }) => data === 'hello')).toHaveLength(6);
  });

  test('moves with ids of names that nobody asked for, and with ids that have no data', async () => {
    const { port, requests } = await startGreeter('id: 1\nevent: other\ndata: x\n\n', 'id: 2\n\n', 'data: end\n\n');
    const { messages } = follow(local(port));
    await until(() => messages.at(-1)?.data === 'end');
    expect(requests.map(({ id }) => id)).toEqual([undefined, '1', '2']);
  });

  test.each(['größe-1', '漢字-1', '😺', ' padded-1', 'padded-1 ', 'a&b=c#d+e', 'tab\tbed', '\u0001'])(
    'is found again by the id %j',
    async (id) => {
      const { manager, port } = await startHub();
      const { messages } = follow(local(port));
      await until(() => manager.count() === 1);
      manager.broadcast('room', { id, data: 'one', retry: 1 });
      await until(() => messages.length === 1);
      for (const { clientId } of manager.connections()) manager.disconnect(clientId);
      manager.broadcast('room', { id: `${id}-next`, data: 'two' });
      await until(() => messages.length === 2);
      expect(messages.map(({ data }) => data)).toEqual(['one', 'two']);
      expect(manager.stats()).toMatchObject({ replayed: 1, truncated: 0 });
    },
  );

  test.each([
    { resumeBy: undefined, id: 'plain-1', header: 'plain-1', url: '/?a=1&b=%20+' },
    { resumeBy: undefined, id: 'größe', header: null, url: '/?a=1&b=%20+&lastEventId=gr%C3%B6%C3%9Fe' },
    { resumeBy: 'query' as const, id: 'plain-1', header: null, url: '/?a=1&b=%20+&lastEventId=plain-1' },
    { resumeBy: 'header' as const, id: 'ö', header: '\u00c3\u00b6', url: '/?a=1&b=%20+' },
  ])('$id goes out by $resumeBy, instead of the one in the address', async ({ resumeBy, id, header, url }) => {
    const { fetch, requests } = stageFetch();
    follow('http://127.0.0.1/?a=1&lastEventId=old&b=%20+#part', { fetch, resumeBy, minRetryMs: 1 });
    await until(() => requests.length === 1);
    expect(requests[0]?.url.search).toBe('?a=1&lastEventId=old&b=%20+');
    requests[0]?.write(`retry: 1\nid: ${id}\n\n`);
    requests[0]?.end();
    await until(() => requests.length === 2);
    expect(requests[1]?.headers.get('last-event-id')).toBe(header);
    expect(`${requests[1]?.url.pathname}${requests[1]?.url.search}`).toBe(url);
  });

  test('may be the caller’s own', async () => {
    const { manager, port } = await startHub();
    const { id } = manager.broadcast('room', { data: 1 });
    manager.broadcast('room', { data: 2 });
    const { messages } = follow(local(port), { lastEventId: id });
    await until(() => messages.length === 1);
    expect(messages[0]?.data).toBe('2');
  });

  test.each(['i', '漢'])(
    'begins again, as a gap, when the id of 20,000 times %s is too long for a request',
    async (letter) => {
      const id = letter.repeat(20_000);
      const { port, requests } = await startGreeter(`id: ${id}\ndata: x\n\n`, 'id: 1\ndata: y\n\n', 'data: end\n\n');
      const { messages, gaps, errors } = follow(local(port));
      await until(() => messages.at(-1)?.data === 'end');
      expect(requests.map((request) => request.id)).toEqual([undefined, undefined, '1']);
      expect(gaps).toEqual([undefined]);
      expect(errors).toMatchObject([{ name: 'SSEClientError', code: 'STREAM_ID_NOT_SENT' }]);
    },
  );

  test.each([414, 431])('begins again, once, when the server refuses the id with a status of %i', async (status) => {
    const stream = (text: string) => (): Response =>
      new Response(text, { headers: { 'content-type': 'text/event-stream' } });
    const refuse = (): Response => new Response('', { status });
    const { fetch, requests } = stageFetch(stream('id: 1\n\n'), refuse, stream('id: 2\n\n'), refuse, refuse);
    const { client, gaps } = follow(nowhere, { fetch, minRetryMs: 1, maxRetryMs: 1 });
    expect(await client.closed).toBe('refused');
    expect(requests.map(({ headers }) => headers.get('last-event-id'))).toEqual([null, '1', null, '2', null]);
    expect(gaps).toEqual([undefined, undefined]);
  });
});

describe('doubles', () => {
  test('are messages with the id, name and data of one that came on an earlier connection', async () => {
    const { port } = await startGreeter(
      'id: 1\ndata: a\n\nid: 2\ndata: b\n\n',
      // A server that begins at the start, or before the place.
      'id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\ndata: c\n\n',
      // A server that was restarted and counts from 1 again.
      'id: 1\ndata: new\n\nid: 2\nevent: message\ndata: b2\n\n',
      'data: end\n\n',
    );
    const { messages } = follow(local(port));
    await until(() => messages.at(-1)?.data === 'end');
    const heard = messages.map(({ data }) => data).filter((data) => data !== 'hello');
    expect(heard).toEqual(['a', 'b', 'c', 'new', 'b2', 'end']);
  });

  test('are not messages of one connection that have the same id', async () => {
    const { port, requests } = await startGreeter(
      'id: 1\ndata: a\n\nid: 1\ndata: a\n\nid: 1\ndata: b\n\n',
      'id: 1\ndata: b\n\ndata: end\n\n',
    );
    const { messages } = follow(local(port));
    await until(() => messages.at(-1)?.data === 'end');
    expect(requests[1]?.id).toBe('1');
    expect(messages.map(({ data }) => data)).toEqual(['hello', 'a', 'a', 'b', 'hello', 'end']);
  });

  test('are told from others of the same length that differ in one place', async () => {
    const big = 'x'.repeat(100_000);
    const other = `${'x'.repeat(50_000)}y${'x'.repeat(49_999)}`;
    const { port } = await startGreeter(
      `id: 1\ndata: ${big}\n\n`,
      `id: 1\ndata: ${other}\n\nid: 1\ndata: ${big}\n\n`,
      'data: end\n\n',
    );
    const { messages } = follow(local(port));
    await until(() => messages.at(-1)?.data === 'end');
    expect(messages.filter(({ data }) => data.length === 100_000)).toHaveLength(2);
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

describe('a refusal', () => {
  test('does not cost a message: the next try goes on from the last id', async () => {
    const { manager, port } = await startHub({ limits: { maxConnections: 1 }, heartbeatMs: 0 });
    const { client, messages } = follow(local(port));
    await until(() => manager.count() === 1);
    manager.broadcast('room', { data: 1 });
    await until(() => messages.length === 1);
    const refusals: SSERefusal[] = [];
    const usurper = follow(local(port), { onRefused: (refusal) => refusals.push(refusal) });
    await until(() => refusals.length === 1);
    expect(refusals[0]).toMatchObject({
      status: 503,
      code: 'SSE_TOO_MANY_CONNECTIONS',
      body: 'SSE_TOO_MANY_CONNECTIONS',
    });
    expect(refusals[0]?.retryAfterMs).toBeGreaterThanOrEqual(1_000);
    usurper.client.close();
    for (const { clientId } of manager.connections()) manager.disconnect(clientId);
    manager.broadcast('room', { data: 2 });
    await until(() => messages.length === 2, 'the message sent while it was away');
    expect(messages.map(({ data }) => data)).toEqual(['1', '2']);
    expect(client.lastEventId).toBe(messages[1]?.id);
  });

  test('says its status and code, and its body within bounds, whatever the server does', async () => {
    const body = JSON.stringify({ code: 'REPO_NOT_FOUND', message: 'There is no such repository here.' });
    const { port } = await serve((req, res) => {
      res.writeHead(req.url === '/json' ? 404 : 403);
      // This one never ends.
      if (req.url === '/json') res.end(body);
      else res.write('€'.repeat(20_000));
    });
    const refusals: SSERefusal[] = [];
    for (const path of ['/json', '/endless']) {
      const { client } = follow(local(port, path), { onRefused: (refusal) => refusals.push(refusal) });
      await client.closed;
    }
    expect(refusals[0]).toEqual({ status: 404, code: 'REPO_NOT_FOUND', body });
    expect(refusals[1]).toEqual({ status: 403, body: expect.stringMatching(/^€{5461}$/) as string });
  });

  test('by nobody has a status of 0 and the reason', async () => {
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const refusals: SSERefusal[] = [];
    const address = server.address();
    follow(local(typeof address === 'object' ? (address?.port ?? 0) : 0), {
      onRefused: (refusal) => refusals.push(refusal),
    });
    await until(() => refusals.length > 1);
    expect(refusals[0]).toMatchObject({ status: 0, body: '', error: expect.any(TypeError) as TypeError });
  });

  test('with `Retry-After` is not followed by a try before that, and others back off', async () => {
    useVirtualTime();
    const busy = (): Response => new Response('', { status: 503, headers: { 'retry-after': '120' } });
    const down = (): Response => new Response('', { status: 502 });
    const { fetch, requests } = stageFetch(busy, down);
    follow(nowhere, { fetch, minRetryMs: 1_000, maxRetryMs: 30_000 });
    await settle();
    await pass(119_999);
    expect(requests).toHaveLength(1);
    await pass(1_001);
    expect(requests).toHaveLength(2);
    await pass(hour, 5_000);
    // At full rate there would be 3,600; 30 s is the longest pause.
    expect(requests.length).toBeGreaterThan(100);
    expect(requests.length).toBeLessThan(600);
  });
});

describe('headers', () => {
  test('go out with every request, made again for each by a function that may take time', async () => {
    const seen: unknown[] = [];
    const { port } = await serve((req, res) => {
      seen.push([req.headers.authorization, req.headers.accept]);
      res.writeHead(200, { 'content-type': 'text/event-stream' }).end('retry: 1\n\ndata: x\n\n');
    });
    let token = 0;
    follow(local(port), { headers: async () => ({ Authorization: `Bearer ${++token}` }) });
    await until(() => seen.length > 1);
    expect(seen.slice(0, 2)).toEqual([
      ['Bearer 1', 'text/event-stream'],
      ['Bearer 2', 'text/event-stream'],
    ]);
  });

  test('that cannot be made are reported, and made again at the next try', async () => {
    const { manager, port } = await startHub();
    let calls = 0;
    const { errors, states } = follow(local(port), {
      headers: async () => {
        if (++calls === 1) throw new Error('no token');
        return calls === 2 ? { 'a header': 'x' } : {};
      },
    });
    await until(() => manager.count() === 1);
    await until(() => states.length > 0);
    expect(errors).toEqual([new Error('no token'), expect.any(TypeError)]);
  });
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

describe('hooks that throw or reject', () => {
  const boom = (): never => {
    throw new Error('boom');
  };

  test.each<Partial<SSEClientOptions>>([
    { onMessage: boom },
    { onMessage: async () => boom() },
    { onState: boom },
    { onState: async () => boom() },
    { gapOf: boom },
    { gapOf: () => 1, onGap: boom },
    { gapOf: () => 1, onGap: async () => boom() },
    { share: 'throwing', keep: boom },
  ])('end nothing and are reported: %o', async (hooks) => {
    const { port } = await startGreeter('id: 1\ndata: a\n\n', 'data: end\n\n');
    const heard: string[] = [];
    const { client, errors } = follow(local(port), {
      events: [],
      onMessage: ({ data }) => heard.push(data),
      ...hooks,
    });
    await until(() => client.lastEventId === '1' && errors.length > 1);
    expect(errors).toContainEqual(new Error('boom'));
    if (!hooks.onMessage) await until(() => heard.includes('end'));
    client.close();
    expect(await client.closed).toBe('caller');
  });

  test('on a refusal leave the decision to the default', async () => {
    const { port } = await serve((_req, res) => res.writeHead(410).end());
    const { client, errors } = follow(local(port), { onRefused: boom, retryOn: boom });
    expect(await client.closed).toBe('refused');
    expect(errors).toEqual([new Error('boom'), new Error('boom')]);
  });

  test.each([{ onError: undefined }, { onError: boom }])(
    'are a warning of the process, once per kind: %o',
    async (hook) => {
      const warnings: Error[] = [];
      const note = (warning: Error): void => void warnings.push(warning);
      process.on('warning', note);
      onTestFinished(() => void process.off('warning', note));
      const { port } = await startGreeter('data: a\n\ndata: b\n\nevent: end\ndata: c\n\n');
      const { client } = follow(local(port), { onMessage: boom, onState: boom, ...hook });
      await until(() => client.state === 'open' && warnings.length > 0);
      await settle();
      const kinds = hook.onError ? ['onError'] : ['onState', 'onMessage'];
      expect(warnings.map(String)).toEqual(kinds.map((kind) => `SSEClientWarning: ${kind}: boom`));
      expect(warnings[0]?.cause).toEqual(new Error('boom'));
    },
  );
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

describe('wrong use', () => {
  const onMessage = (): void => {};
  const wrong: readonly (readonly [name: string, error: ErrorConstructor, options: object])[] = [
    ['onMessage', TypeError, { onMessage: undefined }],
    ['onMessage', TypeError, { onMessage: 'print' }],
    ['onState', TypeError, { onState: 1 }],
    ['onRefused', TypeError, { onRefused: null }],
    ['retryOn', TypeError, { retryOn: [404] }],
    ['onGap', TypeError, { onGap: {} }],
    ['gapOf', TypeError, { gapOf: 'missed' }],
    ['onError', TypeError, { onError: true }],
    ['keep', TypeError, { keep: 'all' }],
    ['fetch', TypeError, { fetch: 'node-fetch' }],
    ['events', TypeError, { events: 'tick' }],
    ['events', TypeError, { events: [1] }],
    ['headers', TypeError, { headers: 'Authorization: x' }],
    ['headers', TypeError, { headers: { 'a header': 'x' } }],
    ['headers', TypeError, { headers: null }],
    ['lastEventId', TypeError, { lastEventId: 7 }],
    ['lastEventId', TypeError, { lastEventId: 'a\nb' }],
    ['resumeBy', TypeError, { resumeBy: 'cookie' }],
    ['share', TypeError, { share: '' }],
    ['share', TypeError, { share: true }],
    ['withCredentials', TypeError, { withCredentials: 'include' }],
    ['signal', TypeError, { signal: new AbortController() }],
    ['watchdogMs', RangeError, { watchdogMs: -1 }],
    ['watchdogMs', RangeError, { watchdogMs: Number.NaN }],
    ['watchdogMs', TypeError, { watchdogMs: '75s' }],
    ['minRetryMs', RangeError, { minRetryMs: 0 }],
    ['maxRetryMs', RangeError, { minRetryMs: 1_000, maxRetryMs: 999 }],
    ['maxRetryMs', RangeError, { maxRetryMs: Number.POSITIVE_INFINITY }],
    ['maxEventBytes', RangeError, { maxEventBytes: 0 }],
    ['maxEventBytes', RangeError, { maxEventBytes: 2 ** 29 }],
    ['EventSource', TypeError, { EventSource: function EventSource() {} }],
  ];

  test.each(wrong)('of %s is a %o at once, also with share: %o', (name, error, options) => {
    for (const more of [{}, { share: 'news' }]) {
      const make = (): SSEClient => new SSEClient(nowhere, { onMessage, ...more, ...options });
      expect(make).toThrow(error);
      expect(make).toThrow(new RegExp(`^${name}`));
    }
  });

  test.each(['/stream', 'ftp://x/', 'not a url', '', undefined, 7])('of the address %j is a TypeError', (url) => {
    expect(() => new SSEClient(url as string, { onMessage })).toThrow(/^url must be/);
  });

  test('of a runtime without fetch is a TypeError that says what to do', () => {
    vi.stubGlobal('fetch', undefined);
    onTestFinished(() => void vi.unstubAllGlobals());
    expect(() => new SSEClient(nowhere, { onMessage })).toThrow(/pass one as the option fetch/);
  });

  test('is not an option that is undefined, which has its default', async () => {
    const names = wrong.map(([name]) => name).filter((name) => name !== 'onMessage');
    const { manager, port } = await startHub();
    const client = new SSEClient(local(port), {
      ...Object.fromEntries(names.map((name) => [name, undefined])),
      onMessage,
    });
    onTestFinished(() => client.close());
    await until(() => manager.count() === 1);
  });
});

describe('the README', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

  test('explains every code of the client, and no other', () => {
    const source = readFileSync(new URL('./client/message.ts', import.meta.url), 'utf8');
    const [, union = ''] = /type SSEClientErrorCode =([^;]+);/.exec(source) ?? [];
    const rows = [...readme.matchAll(/^\| `(STREAM_\w+)` \|/gm)].map(([, code]) => code);
    expect(new Set(rows)).toEqual(new Set([...union.matchAll(/'(\w+)'/g)].map(([, code]) => code)));
  });

  test('has a program for Node that runs without another package', async () => {
    const { manager, port } = await startHub({ connected: () => ({ data: { type: 'connected' } }) });
    const [program = ''] = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)]
      .map(([, code = '']) => code)
      .filter((code) => code.includes('@bnc/sse/client') && code.includes('client.closed'));
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [
        '--conditions=@bnc/source',
        '--no-warnings',
        '--input-type=module-typescript',
        '--eval',
        program.replace('localhost:3000', `127.0.0.1:${port}`),
      ],
      { cwd: new URL('..', import.meta.url), env: { ...process.env, TOKEN: 'secret' } },
    );
    expect(stdout).toContain('connected');
    await until(() => manager.count() === 0);
  });
});
