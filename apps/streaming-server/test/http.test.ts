import { once } from 'node:events';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { operator, operatorToken, TestServer } from './server.ts';
import { SSEReader } from './sse-reader.ts';

async function answer(url: string, init?: RequestInit): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(url, init);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start({ adminTokens: [operatorToken] });
});
afterAll(async () => {
  await server.close();
});

/** Ways in which a listener leaves. */
const departures: readonly ((socket: Socket) => unknown)[] = [
  (socket) => socket.destroy(),
  (socket) => socket.end(),
  (socket) => socket.resetAndDestroy(),
];

/** A listener that is nothing but a socket, once its stream has begun. */
async function listen(origin: string, room: string): Promise<Socket> {
  const { hostname, port } = new URL(origin);
  const socket = connect(Number(port), hostname).on('error', () => {});
  socket.write(`GET /stream/${room} HTTP/1.1\r\nhost: ${hostname}\r\naccept: text/event-stream\r\n\r\n`);
  await once(socket, 'data');
  return socket.resume();
}

describe('health', () => {
  test('has every field of the seed, true, for all rooms and for one', async () => {
    const listener = await SSEReader.open(`${server.origin}/stream/octo/cat?clientId=my-client`);
    const { body } = await answer(`${server.origin}/health`, { headers: operator });
    expect(body).toMatchObject({
      status: 'healthy',
      activeClients: 1,
      activeSessions: 1,
      totalBuffersCreated: 0,
      memoryUsage: expect.any(Number),
      uptime: expect.any(Number),
      clients: [
        {
          clientId: 'my-client',
          repoId: 'octo/cat',
          connectedAt: expect.any(Number),
          lastActivity: expect.any(Number),
          connectionDuration: expect.any(Number),
        },
      ],
    });
    const room = await answer(`${server.origin}/health/repo/octo%2Fcat`, { headers: operator });
    expect(room.body).toMatchObject({
      repoId: 'octo/cat',
      activeClients: 1,
      clients: [{ clientId: 'my-client', connectionDuration: expect.any(Number) }],
      timestamp: expect.any(Number),
    });
    await listener.close();
    await expect
      .poll(async () => (await answer(`${server.origin}/health`)).body)
      .toMatchObject({ activeClients: 0, activeSessions: 0, clients: [] });
  });

  test('hides the ids of clients from strangers', async () => {
    await using listener = await SSEReader.open(`${server.origin}/stream/octo/cat?clientId=my-client`);
    expect(listener.messages).toHaveLength(1);
    const { body } = await answer(`${server.origin}/health`);
    expect(body.activeClients).toBe(1);
    expect(JSON.stringify(body)).not.toContain('my-client');
  });

  test('counts the listeners that are there, while a thousand come and go', { timeout: 60_000 }, async () => {
    const numbers = async (): Promise<unknown> => {
      const { activeClients, activeSessions, clients } = (await answer(`${server.origin}/health`)).body;
      return { activeClients, activeSessions, listed: (clients as unknown[]).length };
    };
    const counts = (count: number): unknown => ({ activeClients: count, activeSessions: count, listed: count });
    let staying: Socket[] = [];
    for (let wave = 0; wave < 10; wave++) {
      const came = await Promise.all(
        Array.from({ length: 100 }, (_, i) => listen(server.origin, `octo/room-${i % 7}`)),
      );
      expect(await numbers()).toEqual(counts(staying.length + 100));
      const leaving = [...staying, ...came.slice(10)];
      for (const [i, socket] of leaving.entries()) departures[i % departures.length]?.(socket);
      staying = came.slice(0, 10);
      await expect.poll(numbers, { timeout: 20_000 }).toEqual(counts(10));
    }
    for (const socket of staying) socket.destroy();
    await expect.poll(numbers, { timeout: 20_000 }).toEqual(counts(0));
  });
});

/** A path as it is, which fetch would tidy up first. */
function raw(origin: string, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    request(origin, { path, headers: { accept: 'text/event-stream' } }, (response) => {
      response.destroy();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });
}

describe('bad input', () => {
  test('gets a 4xx with a stable code and no inside', async () => {
    const cases: [path: string, status: number, code: string][] = [
      ['/nowhere', 404, 'ROUTE_NOT_FOUND'],
      ['/stream/justowner', 400, 'REPO_ID_INVALID'],
      ['/stream/a/b/c', 400, 'REPO_ID_INVALID'],
      ['/stream/a/%2e%2e', 400, 'REPO_ID_INVALID'],
      [`/stream/a/${'b'.repeat(200)}`, 400, 'REPO_ID_INVALID'],
      ['/stream/a/b%00', 400, 'REPO_ID_INVALID'],
      ['/stream/a/b%0d%0aid:1', 400, 'REPO_ID_INVALID'],
      ['/stream/octo/cat?format=mp3', 400, 'STREAM_FORMAT_UNKNOWN'],
      ['/stream/octo/cat?delivery=pigeon', 400, 'STREAM_DELIVERY_UNKNOWN'],
      ['/health/repo/nope', 400, 'REPO_ID_INVALID'],
    ];
    for (const [path, status, code] of cases) {
      const { status: got, body } = await answer(`${server.origin}${path}`, {
        headers: { accept: 'text/event-stream' },
      });
      expect({ path, got, code: body.code }).toEqual({ path, got: status, code });
      expect(Object.keys(body).toSorted()).toEqual(['code', 'error', 'message', 'statusCode']);
      expect(JSON.stringify(body)).not.toMatch(/node_modules|\.ts|at \w+ \(/);
    }
  });

  test.each(['/stream/%', '/stream/a/%ff', '/%2e%2e/%2e%2e/etc/passwd', '/..%2f..%2fetc/passwd', '//'])(
    'cannot reach anything through the path %s',
    async (path) => {
      expect(await raw(server.origin, path)).toBeGreaterThanOrEqual(400);
      expect(await raw(server.origin, path)).toBeLessThan(500);
    },
  );

  test('on the webhook is refused with the reason, and the body is never read as JSON before it is verified', async () => {
    expect(await server.deliver('push', '{"broken": ')).toMatchObject({
      status: 400,
      body: { code: 'WEBHOOK_BODY_INVALID' },
    });
    expect(await server.deliver('push', '{"broken": ', { signature: 'sha256=00' })).toMatchObject({ status: 401 });
    expect(await server.deliver('push', '42')).toMatchObject({ status: 400 });
    const plain = await server.deliver('push', 'hello', { headers: { 'content-type': 'text/plain' } });
    expect(plain).toMatchObject({ status: 415, body: { code: 'WEBHOOK_MEDIA_TYPE_UNSUPPORTED' } });
    expect((await answer(`${server.origin}/webhooks/github`)).status).toBe(404);
  });

  test('a stream that is asked for as anything but an event stream is refused', async () => {
    const refused = await answer(`${server.origin}/stream/octo/cat`, { headers: { accept: 'application/json' } });
    expect(refused).toMatchObject({ status: 406, body: { code: 'SSE_NOT_ACCEPTABLE' } });
  });
});

describe('the page and its files', () => {
  test('are served with a policy that lets nothing else in, and keep no server from stopping', async () => {
    const page = await fetch(server.origin);
    expect(page.headers.get('content-type')).toMatch(/^text\/html/);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
    const asset = /src="\.(\/assets\/[^"]+)"/.exec(await page.text())?.[1];
    // Its body is never read: the server stops all the same when this test ends.
    const script = await fetch(`${server.origin}${asset}`);
    expect(script.headers.get('cache-control')).toContain('immutable');
    expect(script.headers.get('x-content-type-options')).toBe('nosniff');
  });

  test('tell the time without caching', async () => {
    const before = Date.now();
    const response = await fetch(`${server.origin}/time`);
    const { now } = (await response.json()) as { now: number };
    expect(now).toBeGreaterThanOrEqual(before);
    expect(response.headers.get('cache-control')).toBe('no-store');
  });
});
