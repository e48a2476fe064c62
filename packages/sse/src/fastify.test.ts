import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import { listen } from '../test/support.ts';
import { sse } from './fastify.ts';
import { SSEManager, type SSEManagerOptions } from './index.ts';

async function start(options: SSEManagerOptions = {}) {
  const manager = new SSEManager(options);
  const app = Fastify();
  await app.register(sse, { manager });
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('x-from-a-hook', 'kept');
  });
  app.get('/stream', { sse: 'only' }, (_request, reply) => {
    reply.connectSSE({ channel: 'room' });
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  onTestFinished(() => app.close());
  return { app, manager, port: (app.server.address() as AddressInfo).port };
}

test('a route with the sse option hands its request to the manager', async () => {
  const { manager, port } = await start();
  const listener = await listen(port, '/stream', { headers: { accept: 'text/event-stream' } });
  const { id } = manager.broadcast('room', { data: 'hello' });
  await listener.has(1);
  expect(listener.headers).toMatchObject({ 'x-from-a-hook': 'kept', 'cache-control': 'no-cache, no-transform' });
  manager.broadcast('room', { data: 'missed' });
  const byHeader = await listen(port, '/stream', { headers: { 'last-event-id': id } });
  const byQuery = await listen(port, `/stream?lastEventId=${id}`);
  expect((await byHeader.has(1))[0]?.data).toBe('missed');
  expect((await byQuery.has(1))[0]?.data).toBe('missed');
});

test('who refuses event streams gets 406, HEAD gets the head, a refusal its status and Retry-After', async () => {
  const { manager, port } = await start({ limits: { maxConnections: 1 } });
  expect((await listen(port, '/stream', { headers: { accept: 'text/html' } })).status).toBe(406);
  const head = await listen(port, '/stream', { method: 'HEAD' });
  await head.ended;
  expect([head.status, head.headers['content-type'], manager.count()]).toEqual([200, 'text/event-stream', 0]);
  await listen(port, '/stream');
  const refused = await listen(port, '/stream');
  await refused.ended;
  expect([refused.status, Number(refused.headers['retry-after']) > 0]).toEqual([503, true]);
  expect(JSON.parse(refused.text())).toMatchObject({ statusCode: 503, code: 'SSE_TOO_MANY_CONNECTIONS' });
});

test('app.close() ends open streams with a goodbye and does not wait for anyone', async () => {
  const { app, port } = await start({ disconnected: (_, reason) => ({ data: reason }) });
  const listeners = await Promise.all([listen(port, '/stream'), listen(port, '/stream')]);
  await app.close();
  for (const listener of listeners) {
    await listener.ended;
    expect(listener.events.at(-1)?.data).toBe('shutdown');
  }
});

test('inject() gets the stream when it ends', async () => {
  const app = Fastify();
  await app.register(sse, { manager: new SSEManager() });
  app.get('/stream', { sse: 'only' }, (_request, reply) => {
    const connection = reply.connectSSE({ channel: 'room', headers: { 'x-own': 'yes' } });
    connection.send({ data: 'one' });
    setTimeout(() => connection.close('done'), 5);
  });
  const { statusCode, headers, body } = await app.inject({ url: '/stream' });
  expect([statusCode, headers['content-type'], headers['x-own']]).toEqual([200, 'text/event-stream', 'yes']);
  expect(body).toContain('data: one\n\n');
});

test('a route without the sse option is told what it lacks', async () => {
  const app = Fastify();
  await app.register(sse, { manager: new SSEManager() });
  app.get('/plain/:id', (_request, reply) => {
    reply.connectSSE({ channel: 'room' });
  });
  const answer = await app.inject({ url: '/plain/1' });
  expect(answer.statusCode).toBe(500);
  expect(answer.json()).toMatchObject({
    message: "reply.connectSSE() needs the route option sse: 'only' or 'manual': GET /plain/:id",
  });
});
