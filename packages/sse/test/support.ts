import {
  createServer,
  type IncomingMessage,
  type RequestOptions,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { onTestFinished } from 'vitest';

/** A server on a free loopback port that is gone when the test is over. */
export async function serve(
  handler: (req: IncomingMessage, res: ServerResponse) => void,
): Promise<{ server: Server; port: number }> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { server, port: (server.address() as AddressInfo).port };
}

/** Waits until something is true, for 10 s at most. */
export async function until(isTrue: () => boolean, what = 'a condition'): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!isTrue()) {
    if (performance.now() > deadline) throw new Error(`waited 10 s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A client that keeps what it got. */
export interface Listener {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly events: EventSourceMessage[];
  readonly retries: number[];
  readonly comments: string[];
  /** Everything as it came. */
  text(): string;
  /** Waits for this many events. */
  has(count: number): Promise<EventSourceMessage[]>;
  /** Settles when the response is over. */
  readonly ended: Promise<void>;
  pause(): void;
  resume(): void;
  leave(): void;
}

/** Opens a stream with a plain HTTP client and a parser that is not ours. */
export function listen(port: number, path = '/', options: RequestOptions = {}): Promise<Listener> {
  return new Promise((resolve, reject) => {
    const call = request({ port, host: '127.0.0.1', path, agent: false, ...options }, (res) => {
      const events: EventSourceMessage[] = [];
      const retries: number[] = [];
      const comments: string[] = [];
      let text = '';
      const parser = createParser({
        onEvent: (event) => events.push(event),
        onRetry: (ms) => retries.push(ms),
        onComment: (comment) => comments.push(comment),
      });
      res.setEncoding('utf8');
      res.on('data', (chunk: string) => {
        text += chunk;
        parser.feed(chunk);
      });
      const ended = new Promise<void>((over) => {
        res.on('close', over);
        res.on('error', () => over());
      });
      resolve({
        status: res.statusCode ?? 0,
        headers: res.headers,
        events,
        retries,
        comments,
        text: () => text,
        has: async (count) => {
          await until(() => events.length >= count, `${count} events, got ${events.length}`);
          return events;
        },
        ended,
        pause: () => res.pause(),
        resume: () => res.resume(),
        leave: () => call.destroy(),
      });
    });
    call.on('error', reject);
    call.end();
    onTestFinished(() => void call.destroy());
  });
}

/** Opens a raw connection that asks for a stream and reads nothing until told. */
export function stall(port: number, path = '/', headers = ''): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.pause();
      socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n${headers}\r\n`);
      resolve(socket);
    });
    socket.on('error', reject);
    onTestFinished(() => void socket.destroy());
  });
}
