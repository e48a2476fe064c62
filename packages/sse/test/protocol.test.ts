import { connect as connectHttp2, createServer as createHttp2 } from 'node:http2';
import { type AddressInfo, connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { SSEManager } from '../src/index.ts';
import { startHub } from './hub.ts';
import { listen, serve, until } from './support.ts';

test.each([
  ['GET', undefined, 200],
  ['GET', 'text/event-stream', 200],
  ['GET', '*/*', 200],
  ['GET', 'text/*;q=0.1', 200],
  ['GET', 'text/html, application/json', 406],
  ['GET', '*/*, text/event-stream;q=0', 406],
  ['GET', 'text/*;q=0.0, */*', 406],
  ['GET', 'TEXT/EVENT-STREAM; q=0.5', 200],
  ['POST', 'text/event-stream', 200],
  ['HEAD', 'text/event-stream', 200],
  ['HEAD', 'text/html', 406],
])('%s with Accept %s answers %i', async (method, accept, status) => {
  const { manager, port } = await startHub();
  const listener = await listen(port, '/?a=%00&b=%ff&&&=', { method, headers: accept === undefined ? {} : { accept } });
  expect(listener.status).toBe(status);
  if (method === 'HEAD' || status === 406) {
    await listener.ended;
    expect(manager.count()).toBe(0);
  }
});

test('an HTTP/1.0 client gets a stream that ends with its connection', async () => {
  const { manager, port } = await startHub();
  let text = '';
  const socket = connect(port, '127.0.0.1', () => socket.write('GET / HTTP/1.0\r\n\r\n'));
  onTestFinished(() => void socket.destroy());
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  const ended = new Promise((resolve) => socket.on('end', resolve));
  await until(() => manager.count() === 1);
  manager.broadcast('room', { data: 'old friend' });
  await until(() => text.includes('data: old friend\n\n'));
  expect(text).not.toMatch(/transfer-encoding/i);
  await manager.close();
  await ended;
});

test('a pipelined request gets its stream after the answer before it', async () => {
  const { manager, port } = await startHub();
  let text = '';
  const socket = connect(port, '127.0.0.1', () => {
    const head = 'HTTP/1.1\r\nHost: x\r\n';
    socket.write(`GET / ${head}Accept: text/html\r\n\r\nGET / ${head}\r\n`);
  });
  onTestFinished(() => void socket.destroy());
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  await until(() => manager.count() === 1);
  manager.broadcast('room', { data: 'second answer' });
  await until(() => text.includes('data: second answer\n\n'));
  expect(text.indexOf('406')).toBeLessThan(text.indexOf('200 OK'));
});

test('what is asked for behind a stream on its connection is refused, and counts as no stream', async () => {
  const { manager, port } = await startHub();
  let text = '';
  const socket = connect(port, '127.0.0.1', () => {
    for (const channel of 'abc') socket.write(`GET /?channel=${channel} HTTP/1.1\r\nHost: x\r\n\r\n`);
  });
  onTestFinished(() => void socket.destroy());
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  await until(() => manager.stats().refused.SSE_PIPELINED === 2);
  for (const channel of 'abc') manager.broadcast(channel, { data: `for ${channel}` });
  await until(() => text.includes('data: for a\n\n'));
  expect(manager.stats()).toMatchObject({ connections: 1, opened: 1 });
  expect(text).not.toMatch(/for [bc]/);
  socket.destroy();
  await until(() => manager.count() === 0);
});

test('a stream that waits for the answer before it ends with its connection', async () => {
  const manager = new SSEManager();
  const { port } = await serve((req, res) => {
    if (req.url === '/stream') manager.connect(req, res, { channel: 'room' });
  });
  const socket = connect(port, '127.0.0.1', () => {
    for (const path of ['/never', '/stream']) socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
  });
  await until(() => manager.count() === 1);
  socket.destroy();
  await until(() => manager.count() === 0);
  expect(manager.stats().closed).toEqual({ client: 1 });
});

test('HTTP/2 streams share a connection, replay and drain', async () => {
  const manager = new SSEManager({ disconnected: (_, reason) => ({ data: reason }) });
  const server = createHttp2((req, res) => void manager.connect(req, res, { channel: 'room' }));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const session = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  onTestFinished(() => {
    session.destroy();
    server.close();
  });
  const open = (id?: string) => {
    const stream = session.request({ ':path': '/', ...(id !== undefined && { 'last-event-id': id }) });
    const got = { text: '', headers: {} as Record<string, unknown>, isOver: false };
    stream.on('response', (headers) => Object.assign(got.headers, headers));
    stream.setEncoding('utf8').on('data', (chunk: string) => (got.text += chunk));
    stream.on('close', () => (got.isOver = true));
    return { got, stream };
  };
  const [a, b] = [open(), open()];
  await until(() => manager.count() === 2);
  const { id } = manager.broadcast('room', { data: 'x'.repeat(2 ** 20) });
  manager.broadcast('room', { data: 'last' });
  await until(() => a.got.text.endsWith('data: last\n\n') && b.got.text.endsWith('data: last\n\n'));
  expect(a.got.headers).toMatchObject({ ':status': 200, 'content-type': 'text/event-stream' });
  b.stream.close();
  await until(() => manager.count() === 1);
  const c = open(id);
  await until(() => c.got.text.includes('data: last\n\n'));
  expect(c.got.text).not.toContain('xxx');
  await manager.close();
  await until(() => a.got.isOver && c.got.isOver);
  expect(a.got.text).toMatch(/data: shutdown\n\n$/);
});

test('a client that left before the stream opened is forgotten', async () => {
  const manager = new SSEManager();
  const reasons: string[] = [];
  const { createServer } = await import('node:http');
  const server = createServer((req, res) => {
    req.socket.once('close', () => {
      setImmediate(() => manager.connect(req, res, { channel: 'room', onClose: (reason) => reasons.push(reason) }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1', () => {
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    setTimeout(() => socket.destroy(), 50);
  });
  await until(() => reasons.length === 1);
  expect([manager.count(), reasons]).toEqual([0, ['client']]);
});
