import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { request as requestHttp1 } from 'node:http';
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { signWebhook } from '@bnc/github-webhooks';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { payloadOf } from './payloads.ts';
import { pushOf } from './pushes.ts';
import { operator, operatorToken, secret, TestServer } from './server.ts';
import { mainFile, settingsFor } from './server-process.ts';
import { SSEReader } from './sse-reader.ts';

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Request {
  readonly method?: string;
  readonly path: string;
  readonly host?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

async function askHttp2(session: ClientHttp2Session, request: Request): Promise<Answer> {
  const { method = 'GET', path, host, headers, body } = request;
  const named = host === undefined ? {} : { ':authority': host };
  const stream = session.request({ ':method': method, ':path': path, ...named, ...headers });
  stream.end(body);
  const answered = new Promise<IncomingHttpHeaders>((resolve, reject) => {
    stream.once('response', resolve);
    stream.once('error', reject);
  });
  const answer = await answered;
  return { status: Number(answer[':status']), headers: answer, body: await text(stream) };
}

function askHttp1(origin: string, { method = 'GET', path, host, headers, body }: Request): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const named = host === undefined ? {} : { host };
    const sent = requestHttp1(`${origin}${path}`, { method, headers: { ...headers, ...named } }, (response) => {
      text(response).then(
        (got) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: got }),
        reject,
      );
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

/** Opens a stream; what it says is in the text that the function returns. */
function listen(
  session: ClientHttp2Session,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): { said(): string; readonly ended: Promise<unknown> } {
  const stream = session.request({ ':path': path, accept: 'text/event-stream', ...headers });
  stream.setEncoding('utf8');
  let said = '';
  stream.on('data', (data) => {
    said += data;
  });
  stream.on('error', () => {});
  return { said: () => said, ended: new Promise((resolve) => stream.once('close', resolve)) };
}

async function isTrueSoon(isTrue: () => boolean): Promise<void> {
  for (let waits = 0; waits < 500 && !isTrue(); waits++) await wait(20);
  expect(isTrue()).toBe(true);
}

function open(server: TestServer): ClientHttp2Session {
  return connect(server.app.http2.origin() ?? '');
}

function delivery(repoId: string): Request {
  const body = JSON.stringify(payloadOf('issues', repoId));
  return {
    method: 'POST',
    path: '/webhooks/github',
    body,
    headers: {
      'content-type': 'application/json',
      'x-github-event': 'issues',
      'x-github-delivery': 'delivery-by-http2',
      'x-hub-signature-256': signWebhook(secret, body),
    },
  };
}

test('a delivery and 200 streams, scores and clips, go through one connection of HTTP/2', async () => {
  await using server = await TestServer.start({ http2Port: 0 });
  const session = open(server);
  const listeners = Array.from({ length: 200 }, (_, place) =>
    listen(session, `/stream/octo/room?${place % 2 === 0 ? 'format=score' : 'delivery=url&format=flac'}`),
  );
  await isTrueSoon(() => listeners.every(({ said }) => said().includes('"connected"')));
  expect((await askHttp2(session, delivery('octo/room'))).status).toBe(202);
  await isTrueSoon(() => listeners.every(({ said }) => said().includes('"audio_buffer"')));
  const path = /"url":"(\/clips\/[^"]+)"/.exec(listeners[1]?.said() ?? '')?.[1] ?? '';
  const [clip, same] = [await askHttp2(session, { path }), await askHttp1(server.origin, { path })];
  expect(clip).toMatchObject({ status: 200, body: same.body });
  session.destroy();
});

test('100 listeners of decimal JSON, megabytes each, share one connection of HTTP/2', async () => {
  await using server = await TestServer.start({ http2Port: 0 });
  const session = open(server);
  const listeners = Array.from({ length: 100 }, () => listen(session, '/stream/octo/room?format=json'));
  await isTrueSoon(() => listeners.every(({ said }) => said().includes('"connected"')));
  await askHttp2(session, delivery('octo/room'));
  await isTrueSoon(() => listeners.some(({ said }) => said().includes('"audio_buffer"')));
  const late = listen(session, '/stream/octo/room?format=score');
  await isTrueSoon(() => late.said().includes('"connected"'));
  await isTrueSoon(() => listeners.every(({ said }) => said().length > 2e6 && said().endsWith('\n\n')));
  session.destroy();
});

test('who speaks HTTP/1.1 to the port of HTTP/2 is refused at once, and nobody else notices', async () => {
  await using server = await TestServer.start({ http2Port: 0 });
  await expect(fetch(String(server.app.http2.origin()))).rejects.toThrow('fetch failed');
  const session = open(server);
  expect((await askHttp2(session, { path: '/livez' })).status).toBe(200);
  session.destroy();
});

describe('what HTTP/1.1 says', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({ http2Port: 0 });
  });
  afterAll(() => server.close());

  test.each<Request>([
    { path: '/' },
    { path: '/livez' },
    { path: '/health' },
    { path: '/nothing-here' },
    { path: '/stream/no-room' },
    { path: '/metrics' },
    { path: '/clips/0000.flac' },
    { method: 'POST', path: '/webhooks/github', body: '{}', headers: { 'content-type': 'application/json' } },
    { method: 'POST', path: '/session', body: '{"token":"x"}', headers: { 'content-type': 'application/json' } },
    {
      method: 'POST',
      path: '/session',
      host: 'evil.example',
      body: '{"token":"x"}',
      headers: { 'content-type': 'application/json' },
    },
    { method: 'POST', path: '/stream/octo/room/test', host: 'evil.example' },
    {
      method: 'POST',
      path: '/stream/octo/room/test',
      body: 'x'.repeat(70_000),
      headers: { 'content-type': 'text/plain' },
    },
    { method: 'DELETE', path: '/' },
  ])('HTTP/2 says too: $method $path of $host', async (request) => {
    const session = open(server);
    const [one, two] = [await askHttp1(server.origin, request), await askHttp2(session, request)];
    session.destroy();
    expect(two.status).toBe(one.status);
    const same = ({ headers, body }: Answer) => ({
      type: headers['content-type'],
      policy: headers['content-security-policy'],
      body: body.replaceAll(/"requestId":"[^"]*"|\d+(\.\d+)?/g, ''),
    });
    expect(same(two)).toEqual(same(one));
  });
});

test('a server that stops ends its streams of HTTP/2 and does not wait for their connection', async () => {
  const server = await TestServer.start({ http2Port: 0 });
  const session = open(server);
  const listener = listen(session, '/stream/octo/room?format=score');
  await isTrueSoon(() => listener.said().includes('"connected"'));
  const ended = new Promise((resolve) => session.once('close', resolve));
  const from = performance.now();
  await server.close();
  expect(performance.now() - from).toBeLessThan(9000);
  await Promise.all([listener.ended, ended]);
});

test('a delivery whose body is on its way by HTTP/2 when the server stops is still stored', async () => {
  const server = await TestServer.start({ http2Port: 0 });
  const session = open(server);
  const { method, path, headers, body = '' } = delivery('octo/room');
  const stream = session.request({ ':method': method, ':path': path, ...headers });
  const answered = new Promise<IncomingHttpHeaders>((resolve) => stream.once('response', resolve));
  stream.write(body.slice(0, 100));
  await wait(200);
  const closed = server.close();
  await wait(300);
  stream.end(body.slice(100));
  expect((await answered)[':status']).toBe(202);
  stream.resume();
  await closed;
});

test('a private room is heard by HTTP/2 with a token, and by nobody else', async () => {
  await using server = await TestServer.start({
    http2Port: 0,
    adminTokens: [operatorToken],
    streamDefaultAccess: 'deny',
  });
  await server.deliver('push', pushOf('acme/secret', 901, true));
  const session = open(server);
  const path = '/stream/acme/secret?format=score';
  for (const headers of [{}, { authorization: 'Bearer x' }, { cookie: 'bnc-token=x' }]) {
    const [one, two] = [await askHttp1(server.origin, { path, headers }), await askHttp2(session, { path, headers })];
    expect([one.status, two.status]).toEqual([404, 404]);
  }
  const listener = listen(session, path, operator);
  await isTrueSoon(() => listener.said().includes('"connected"'));
  session.destroy();
});

test('listeners of HTTP/1.1 leave files for everything else, and those of HTTP/2 need none', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bnc-http2-'));
  const child = spawn('sh', ['-c', 'ulimit -n 300 && exec "$0" "$1"', process.execPath, mainFile], {
    env: { PATH: process.env.PATH, PORT: '0', HTTP2_PORT: '0', DEMO: 'off', ...settingsFor(folder) },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let said = '';
  child.stdout.on('data', (data) => {
    said += String(data);
  });
  try {
    await isTrueSoon(() => said.includes('Ctrl-C stops'));
    const [, origin = ''] = /plays at +(\S+)\//.exec(said) ?? [];
    const [, http2Origin = ''] = /HTTP\/2 for a proxy +(\S+)\//.exec(said) ?? [];
    const readers = await Promise.all(
      Array.from({ length: 172 }, () => SSEReader.open(`${origin}/stream/octo/room?format=score`)),
    );
    await expect(SSEReader.open(`${origin}/stream/octo/room?format=score`)).rejects.toThrow('SSE_TOO_MANY_CONNECTIONS');
    const session = connect(http2Origin);
    const listeners = Array.from({ length: 200 }, () => listen(session, '/stream/octo/room?format=score'));
    await isTrueSoon(() => listeners.every(({ said: text }) => text().includes('"connected"')));
    await readers[0]?.close();
    await expect
      .poll(() => SSEReader.open(`${origin}/stream/octo/room?format=score`).then((one) => one.close(), String))
      .toBeUndefined();
    for (const reader of readers) await reader.close();
    session.destroy();
  } finally {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
});

test('without HTTP/2 the hub refuses what is beyond the limit, and counts it', async () => {
  const token = 'a-token-for-prometheus-of-32-bytes';
  await using server = await TestServer.start({ maxStreams: 1, metricsTokens: [token] });
  const path = '/stream/octo/room?format=score';
  await using listener = await SSEReader.open(`${server.origin}${path}`);
  expect(await askHttp1(server.origin, { path })).toMatchObject({
    status: 503,
    body: expect.stringContaining('SSE_TOO_MANY_CONNECTIONS'),
  });
  const headers = { authorization: `Bearer ${token}` };
  const { body } = await askHttp1(server.origin, { path: '/metrics', headers });
  expect(body).toContain('bnc_streams_refused_total{code="SSE_TOO_MANY_CONNECTIONS"} 1');
  await listener.close();
});

test('HTTP/2 is not served unless it is asked for', async () => {
  await using server = await TestServer.start();
  expect(server.app.http2.origin()).toBeUndefined();
});
