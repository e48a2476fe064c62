/** What every SSE client must do, in the cases that LaunchDarkly's `sse-contract-tests` names; written for this client. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type AddressInfo, connect, createServer } from 'node:net';
import { EventSource } from 'eventsource';
import { describe, expect, onTestFinished, test } from 'vitest';
import { SSEClient, type SSEClientMessage, type SSEClientOptions } from '../src/client.ts';
import { startHub } from './hub.ts';
import { serve, until } from './support.ts';

type Heard = readonly [event: string, data: string, id: string];

function follow(port: number, options: Partial<SSEClientOptions> = {}, path = '/') {
  const messages: SSEClientMessage[] = [];
  const client = new SSEClient(`http://127.0.0.1:${port}${path}`, {
    minRetryMs: 5,
    maxRetryMs: 50,
    events: ['named', 'last'],
    onMessage: (message) => messages.push(message),
    ...options,
  });
  onTestFinished(() => client.close());
  return { client, messages };
}

function followWithEventSource(port: number): { readonly messages: readonly SSEClientMessage[] } {
  const messages: SSEClientMessage[] = [];
  const source = new EventSource(`http://127.0.0.1:${port}/`);
  for (const event of ['message', 'named', 'last']) {
    source.addEventListener(event, ({ data, lastEventId }) => {
      messages.push({ event, data: String(data), id: lastEventId });
    });
  }
  onTestFinished(() => source.close());
  return { messages };
}

function open(res: ServerResponse): void {
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  res.flushHeaders();
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}

/** A server that keeps every request and answers it with the handler of its turn; the last one stays. */
async function script(...turns: readonly ((res: ServerResponse, req: IncomingMessage) => unknown)[]) {
  const requests: IncomingMessage[] = [];
  const { port } = await serve((req, res) => {
    requests.push(req);
    turns[Math.min(requests.length, turns.length) - 1]?.(res, req);
  });
  return { port, requests };
}

/** What a client receives of a stream that ends, before it comes back. */
async function hear(
  chunks: readonly (string | Uint8Array)[],
  start: (port: number) => { readonly messages: readonly SSEClientMessage[] },
): Promise<readonly Heard[]> {
  const { port, requests } = await script(
    async (res) => {
      open(res);
      if (chunks[0]?.[0] !== '\uFEFF') res.write('retry: 1\n\n');
      for (const chunk of chunks) {
        res.write(chunk);
        if (chunks.length < 30) await pause();
      }
      res.end();
    },
    (res) => {
      open(res);
      res.write('event: last\ndata: over\n\n');
    },
  );
  const { messages } = start(port);
  await until(() => messages.some(({ event }) => event === 'last'));
  expect(requests).toHaveLength(2);
  return messages.slice(0, -1).map(({ event, data, id }): Heard => [event, data, id]);
}

const euro = Buffer.from('data: 10 €\n\n');

describe('parsing', () => {
  test.each<{ name: string; chunks: readonly (string | Uint8Array)[]; heard: readonly Heard[] }>([
    { name: 'one line in one chunk', chunks: ['data: Hello\n\n'], heard: [['message', 'Hello', '']] },
    { name: 'one line in two chunks', chunks: ['data: Hel', 'lo\n\n'], heard: [['message', 'Hello', '']] },
    {
      name: 'two messages in one chunk',
      chunks: ['data: Hello\n\ndata: World\n\n'],
      heard: [
        ['message', 'Hello', ''],
        ['message', 'World', ''],
      ],
    },
    {
      name: 'a message and a half, and the rest',
      chunks: ['data: Hello\n\ndata: Wor', 'ld\n\n'],
      heard: [
        ['message', 'Hello', ''],
        ['message', 'World', ''],
      ],
    },
    { name: 'one byte at a time', chunks: 'event: named\ndata: slow\n\n'.split(''), heard: [['named', 'slow', '']] },
    {
      name: 'lines that end with CR',
      chunks: ['data: Hello\r\rdata: x\r\r'].concat(': \r'),
      heard: [
        ['message', 'Hello', ''],
        ['message', 'x', ''],
      ],
    },
    { name: 'lines that end with CR LF', chunks: ['data: Hello\r\n\r\n'], heard: [['message', 'Hello', '']] },
    {
      name: 'a chunk that ends between CR and LF',
      chunks: ['data: Hello\r', '\n\r', '\n'],
      heard: [['message', 'Hello', '']],
    },
    { name: 'several lines of data', chunks: ['data: a\ndata: b\ndata:\n\n'], heard: [['message', 'a\nb\n', '']] },
    {
      name: 'a character split over two chunks',
      chunks: [euro.subarray(0, 10), euro.subarray(10)],
      heard: [['message', '10 €', '']],
    },
    {
      name: 'a byte order mark before all',
      chunks: ['\uFEFFretry: 1\ndata: Hello\n\n'],
      heard: [['message', 'Hello', '']],
    },
    {
      name: 'one space after the colon, and no more, left out',
      chunks: ['data:a\n\ndata:  b\n\n'],
      heard: [
        ['message', 'a', ''],
        ['message', ' b', ''],
      ],
    },
    { name: 'data with colons', chunks: ['data: a:b: c\n\n'], heard: [['message', 'a:b: c', '']] },
    { name: 'a field without a colon', chunks: ['data\n\n'], heard: [['message', '', '']] },
    {
      name: 'comments between lines and between messages',
      chunks: [':hello\ndata: a\n: b\ndata: c\n\n:\n\n'],
      heard: [['message', 'a\nc', '']],
    },
    { name: 'fields that nobody knows', chunks: ['what: is\ndata: a\nDATA: b\n\n'], heard: [['message', 'a', '']] },
    {
      name: 'a name',
      chunks: ['event: named\ndata: a\n\ndata: b\n\n'],
      heard: [
        ['named', 'a', ''],
        ['message', 'b', ''],
      ],
    },
    { name: 'a name without data, which is nothing', chunks: ['event: named\n\n'], heard: [] },
    {
      name: 'an id, which holds until the next',
      chunks: ['id: 1\ndata: a\n\ndata: b\n\nid: 2\ndata: c\n\n'],
      heard: [
        ['message', 'a', '1'],
        ['message', 'b', '1'],
        ['message', 'c', '2'],
      ],
    },
    {
      name: 'an empty id, which takes it back',
      chunks: ['id: 1\ndata: a\n\nid\ndata: b\n\n'],
      heard: [
        ['message', 'a', '1'],
        ['message', 'b', ''],
      ],
    },
    {
      name: 'an id with NUL, which is none',
      chunks: ['id: 1\ndata: a\n\nid: x\0y\ndata: b\n\n'],
      heard: [
        ['message', 'a', '1'],
        ['message', 'b', '1'],
      ],
    },
    {
      name: 'a message of a megabyte',
      chunks: [`data: ${'x'.repeat(2 ** 20)}\n\n`],
      heard: [['message', 'x'.repeat(2 ** 20), '']],
    },
    {
      name: 'an unfinished message, which is dropped',
      chunks: ['data: a\n\ndata: half\n'],
      heard: [['message', 'a', '']],
    },
  ])('$name', async ({ chunks, heard }) => {
    // The client of another author shows that the case is right.
    for (const start of [follow, followWithEventSource]) expect(await hear(chunks, start)).toEqual(heard);
  });
});

/** A proxy that cuts every connection after a while, in the middle of whatever flows. */
async function startCuttingProxy(port: number, ms: number): Promise<number> {
  const proxy = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    near.pipe(far).pipe(near);
    const end = (): void => {
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) socket.on('error', end).on('close', end);
    setTimeout(end, ms);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void proxy.close());
  return (proxy.address() as AddressInfo).port;
}

describe('requests', () => {
  test('ask for an event stream that no cache has kept', async () => {
    const { port, requests } = await script(open);
    follow(port, {}, '/room?format=flac');
    await until(() => requests.length === 1);
    expect(requests[0]).toMatchObject({
      method: 'GET',
      url: '/room?format=flac',
      headers: { accept: 'text/event-stream' },
    });
  });

  test.each([301, 307])('follow a redirection by %i', async (status) => {
    const { port, requests } = await script(
      (res) => res.writeHead(status, { location: '/elsewhere' }).end(),
      (res) => {
        open(res);
        res.write('data: found\n\n');
      },
    );
    const { messages } = follow(port);
    await until(() => messages.length === 1);
    expect(requests[1]?.url).toBe('/elsewhere');
  });
});

describe('reconnecting', () => {
  test('comes after a stream that ends, with the id of the newest message', async () => {
    const { port, requests } = await script(
      (res) => {
        open(res);
        res.end('retry: 1\nid: 41\ndata: a\n\nid: 42\ndata: b\n\n');
      },
      (res) => {
        open(res);
        res.write('id: 43\ndata: c\n\n');
      },
    );
    const { messages } = follow(port);
    await until(() => messages.length === 3);
    expect(requests.map(({ headers }) => headers['last-event-id'])).toEqual([undefined, '42']);
  });

  test('comes after a connection that breaks in the middle of a message, without that message', async () => {
    const { port } = await script(
      (res) => {
        open(res);
        res.write('retry: 1\n\nid: 1\ndata: a\n\nid: 2\ndata: ha', () => res.destroy());
      },
      (res) => {
        open(res);
        res.write('id: 2\ndata: whole\n\n');
      },
    );
    const { messages } = follow(port);
    await until(() => messages.length === 2);
    expect(messages.map(({ data }) => data)).toEqual(['a', 'whole']);
  });

  test('has no id to tell when the server took it back', async () => {
    const { port, requests } = await script(
      (res) => {
        open(res);
        res.end('retry: 1\nid: 1\ndata: a\n\nid:\ndata: b\n\n');
      },
      (res) => {
        open(res);
        res.write('data: c\n\n');
      },
    );
    const { messages } = follow(port);
    await until(() => messages.length === 3);
    expect(requests[1]?.headers['last-event-id']).toBeUndefined();
  });

  test('waits as long as `retry` says, and does not believe one that is no number', async () => {
    const times: number[] = [];
    const { port } = await script(
      (res) => {
        times.push(performance.now());
        open(res);
        res.end('retry: 300\nretry: soon\n\n');
      },
      (res) => {
        times.push(performance.now());
        open(res);
        res.write('data: back\n\n');
      },
    );
    const { messages } = follow(port);
    await until(() => messages.length === 1);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(295);
  });

  test.each([408, 425, 429, 500, 502, 503])('goes on after a status of %i, and reports it', async (status) => {
    const { port, requests } = await script(
      (res) => res.writeHead(status).end(),
      (res) => {
        open(res);
        res.write('data: let in\n\n');
      },
    );
    const refused: number[] = [];
    const { messages } = follow(port, { onRefused: (refusal) => refused.push(refusal.status) });
    await until(() => messages.length === 1);
    expect(refused).toEqual([status]);
    expect(requests).toHaveLength(2);
  });

  test.each([400, 401, 403, 404, 410, 422])(
    'ends with a status of %i, unless the caller says otherwise',
    async (status) => {
      const { port, requests } = await script(
        (res) => res.writeHead(status).end(),
        (res) => {
          open(res);
          res.write('data: let in\n\n');
        },
      );
      const refused: number[] = [];
      const { client } = follow(port, { onRefused: (refusal) => refused.push(refusal.status) });
      expect(await client.closed).toBe('refused');
      expect([client.state, refused, requests.length]).toEqual(['closed', [status], 1]);
      const { messages } = follow(port, { retryOn: (refusal) => refusal.status === status });
      await until(() => messages.length === 1);
    },
  );

  test('ends with a status of 204, which is how a server stops a client', async () => {
    const { port, requests } = await script(
      (res) => {
        open(res);
        res.end('retry: 1\ndata: the last\n\n');
      },
      (res) => res.writeHead(204).end(),
    );
    const log: unknown[] = [];
    const { client, messages } = follow(port, {
      onState: (...state) => log.push(state),
      onRefused: (refusal) => log.push(refusal),
    });
    expect(await client.closed).toBe('ended');
    expect(log).toEqual([['open'], ['connecting'], ['closed', 'ended']]);
    expect([messages.length, requests.length]).toEqual([1, 2]);
  });

  test('goes on after a response that is not an event stream', async () => {
    const { port } = await script(
      (res) => res.writeHead(200, { 'content-type': 'text/html' }).end('data: no\n\n'),
      (res) => {
        open(res);
        res.write('data: yes\n\n');
      },
    );
    const { messages } = follow(port);
    await until(() => messages.length === 1);
    expect(messages[0]?.data).toBe('yes');
  });

  test('ends with close(), whatever the server does', async () => {
    const { port, requests } = await script((res) => {
      open(res);
      res.end('retry: 1\ndata: a\n\n');
    });
    const { client, messages } = follow(port);
    await until(() => messages.length > 0);
    client.close();
    await new Promise((resolve) => setTimeout(resolve, 50));
    const before = requests.length;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(requests).toHaveLength(before);
    expect(client.state).toBe('closed');
  });

  test('loses nothing and repeats nothing behind a proxy that cuts every connection', async () => {
    const { manager, port } = await startHub({ connected: ({ missed }) => ({ event: 'named', data: String(missed) }) });
    const gaps: unknown[] = [];
    const { messages } = follow(await startCuttingProxy(port, 40), {
      minRetryMs: 1,
      maxRetryMs: 2,
      gapOf: ({ event, data }) => (event === 'named' ? Number(data) : 0),
      onGap: (missed) => gaps.push(missed),
    });
    await until(() => manager.count() === 1);
    let sent = 0;
    while (sent < 300 || manager.stats().opened < 28) {
      manager.broadcast('room', { data: `${sent++} ${'ü'.repeat(400)}`, retry: 1 });
      await pause();
    }
    manager.broadcast('room', { event: 'last', data: '' });
    await until(() => messages.some(({ event }) => event === 'last'));
    const heard = messages.filter(({ event }) => event === 'message').map(({ data }) => Number.parseInt(data, 10));
    expect(heard).toEqual(Array.from({ length: sent }, (_, i) => i));
    expect(gaps).toEqual([]);
    await manager.close();
  });
});
