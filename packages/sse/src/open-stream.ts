import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import type { SinkUser } from './sink.ts';

/** A request of `node:http`, `node:https` or the compatibility API of `node:http2`. */
export type SSERequest = IncomingMessage | Http2ServerRequest;

/** The response that belongs to an {@link SSERequest}. */
export type SSEResponse = ServerResponse | Http2ServerResponse;

const headers: Readonly<Record<string, string>> = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
};

/** What the responses of both protocol versions have in common. */
interface Head {
  /** Absent from what only looks like a response, as in a test without a server. */
  getHeaderNames?(): string[];
  setHeader(name: string, value: number | string | string[]): unknown;
  writeHead(status: number, headers?: OutgoingHttpHeaders): unknown;
}

/** Sends the head that a GET would get, for a HEAD request. */
export function sendHead(res: SSEResponse, extra: OutgoingHttpHeaders): void {
  begin(res, extra);
  res.end();
}

/** The head of a Fetch response. @throws {TypeError} when a header is not valid. */
export function fetchHeaders(extra: OutgoingHttpHeaders): Headers {
  const all = new Headers();
  for (const [name, value] of Object.entries({ ...extra, ...headers })) {
    for (const one of Array.isArray(value) ? value : [value]) if (one !== undefined) all.append(name, String(one));
  }
  return all;
}

/**
 * Sends the head and returns the stream to write events to: the socket itself on HTTP/1, where the body ends with the
 * connection instead of being chunked. That costs a third less CPU per write than `res.write`, and `Connection: close`
 * takes nothing away, since a client can leave an endless response only by closing.
 */
export function openStream(req: SSERequest, res: SSEResponse, extra: OutgoingHttpHeaders): Writable {
  if (isHttp2(res)) {
    begin(res, extra);
    req.socket.setTimeout(0);
    return res.stream;
  }
  res.removeHeader('transfer-encoding');
  begin(res, { ...extra, connection: 'close' });
  const { socket } = req;
  // A test made it, as `inject()` of Fastify does, which reads what the response writes.
  if (typeof (socket as Partial<Socket>).setTimeout !== 'function') return res;
  socket.setTimeout(0);
  socket.setNoDelay(true);
  // A peer that vanished while nothing was unacknowledged is found after 15 s + 10 probes of 1 s.
  socket.setKeepAlive(true, 15_000);
  if (res.socket !== socket) {
    // A pipelined request has no socket of its own yet: its response queues what it is given, and does not notice the end.
    socket.once('close', () => res.destroy());
    return res;
  }
  socket.cork();
  res.flushHeaders();
  return socket;
}

/** Calls `user` when the response is closed. */
export function serveStream(res: SSEResponse, stream: Writable, user: SinkUser): void {
  // The server listens for errors of a socket itself. Each listener costs an idle stream memory.
  if (stream !== res.socket) stream.on('error', ignore);
  res.on('close', () => user.left());
  // A peer may have left before we could listen for it: no event will come then.
  if (res.destroyed || stream.destroyed) user.left();
}

function ignore(): void {}

/** Whether the response waits for another one on its connection. */
export function isQueued(res: SSEResponse): boolean {
  return !isHttp2(res) && res.socket === null;
}

function isHttp2(res: SSEResponse): res is Http2ServerResponse {
  return 'stream' in res;
}

function begin(res: Head, extra: OutgoingHttpHeaders): void {
  const all = { ...extra, ...headers };
  for (const name in all) if (all[name] === undefined) delete all[name];
  // Given with the status, headers are written and gone; set, the response keeps a table of them, 0.7 KiB a stream.
  if (res.getHeaderNames?.().length === 0) {
    res.writeHead(200, all);
    return;
  }
  for (const [name, value] of Object.entries(all)) if (value !== undefined) res.setHeader(name, value);
  res.writeHead(200);
}
