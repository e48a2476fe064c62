import { createServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startHub } from '../../test/hub.ts';
import { follow, local, nowhere, pass, settle, stageFetch, useVirtualTime } from '../../test/stream-stage.ts';
import { serve, until } from '../../test/support.ts';
import type { SSERefusal } from '../client.ts';

const hour = 3_600_000;

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

  test('by a fetch of the caller that throws or returns something else has a status of 0 too', async () => {
    const used = new Response('x', { status: 503 });
    await used.text();
    const fetches = [
      () => {
        throw new Error('no agent');
      },
      async () => undefined,
      async () => used,
    ] as readonly (() => unknown)[] as readonly (typeof fetch)[];
    for (const one of fetches) {
      const refusals: SSERefusal[] = [];
      const { client } = follow(nowhere, { fetch: one, onRefused: (refusal) => refusals.push(refusal) });
      await until(() => refusals.length > 1);
      expect(refusals[0]).toMatchObject({ status: 0, error: expect.any(Error) as Error });
      client.close();
    }
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
