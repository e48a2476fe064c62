import { expect, onTestFinished, test } from 'vitest';
import { startHub } from '../test/hub.ts';
import { serve, until } from '../test/support.ts';
import { SSEClient, type SSEClientMessage, type SSEClientOptions } from './client.ts';

function follow(port: number, options: Partial<SSEClientOptions> = {}) {
  const messages: SSEClientMessage[] = [];
  const states: string[] = [];
  const client = new SSEClient(`http://127.0.0.1:${port}/`, {
    minRetryMs: 5,
    maxRetryMs: 50,
    onMessage: (message) => messages.push(message),
    onState: (state) => states.push(state),
    ...options,
  });
  onTestFinished(() => client.close());
  return { client, messages, states };
}

test('a client hears unnamed events and the names it asked for', async () => {
  const { manager, port } = await startHub();
  const { client, messages, states } = follow(port, { events: ['tick'] });
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

test('a refused client tries again with its last id, and loses nothing', async () => {
  const { manager, port } = await startHub({ limits: { maxConnections: 1 }, heartbeatMs: 0 });
  const { client, messages } = follow(port, { watchdogMs: 0 });
  await until(() => manager.count() === 1);
  manager.broadcast('room', { data: 1 });
  await until(() => messages.length === 1);
  let refusals = 0;
  const usurper = follow(port, {
    onRefused: () => {
      refusals++;
    },
  });
  await until(() => (manager.stats().refused.SSE_TOO_MANY_CONNECTIONS ?? 0) > 2);
  expect(refusals).toBeGreaterThan(1);
  usurper.client.close();
  for (const { clientId } of manager.connections()) manager.disconnect(clientId);
  manager.broadcast('room', { data: 2 });
  await until(() => messages.length === 2, 'the message sent while it was away');
  expect(messages.map(({ data }) => data)).toEqual(['1', '2']);
  expect(client.lastEventId).toBe(messages[1]?.id);
});

test('silence beyond the watchdog opens the connection anew', async () => {
  let opened = 0;
  const { port } = await serve((_req, res) => {
    opened++;
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    if (opened < 3) res.write(`id: ${opened}\ndata: then silence\n\n`);
    else res.write('id: 3\ndata: alive\n\n');
  });
  const { messages } = follow(port, { watchdogMs: 100 });
  await until(() => messages.some(({ data }) => data === 'alive'));
  expect(opened).toBeGreaterThanOrEqual(3);
});

test('a client that shares connects alone when it hears nothing from whoever leads', async () => {
  const { manager, port } = await startHub();
  const { promise: asleep, resolve: wake } = Promise.withResolvers<void>();
  onTestFinished(() => wake());
  // A tab that was put to sleep holds its lock and says nothing.
  const locks = (globalThis.navigator as Navigator | undefined)?.locks;
  await new Promise<void>((resolve) => {
    if (!locks) return resolve();
    void locks.request('sleeping', () => {
      resolve();
      return asleep;
    });
  });
  const { client, messages } = follow(port, { share: 'sleeping', watchdogMs: 200 });
  await until(() => manager.count() === 1);
  manager.broadcast('room', { data: 'alone' });
  await until(() => messages.length === 1);
  expect(client.state).toBe('open');
});

test('a gap is reported once, before the message that tells of it', async () => {
  const log: string[] = [];
  const { manager, port } = await startHub({
    history: { maxMessages: 1 },
    connected: ({ missed }) => ({ data: { missed } }),
  });
  const { id } = manager.broadcast('room', { data: { n: 1 } });
  for (const n of [2, 3]) manager.broadcast('room', { data: { n } });
  const client = new SSEClient(`http://127.0.0.1:${port}/?lastEventId=${id}`, {
    gapOf: ({ data }) => (JSON.parse(data) as { missed?: number }).missed,
    onGap: (missed) => log.push(`gap ${missed}`),
    onMessage: ({ data }) => log.push(data),
  });
  onTestFinished(() => client.close());
  await until(() => log.length === 3);
  expect(log).toEqual(['gap 1', '{"missed":1}', '{"n":3}']);
});
