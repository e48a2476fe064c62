import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';

/** How a line is. */
export interface LineQuality {
  /** Time in ms that a byte takes, each way. */
  readonly delayMs: number;
  /** Bits a second, each way. */
  readonly bitsPerSecond?: number;
}

/** A slow line to a server: a TCP proxy that delays what passes, and holds it back when it is told to. */
export class Line implements AsyncDisposable {
  readonly origin: string;
  readonly #server: ReturnType<typeof createServer>;
  readonly #sockets = new Set<Socket>();
  /** What comes before this time, in ms, goes on then. */
  #heldUntil = 0;
  /** Answers to requests that match are kept back, as by a proxy that buffers. */
  #buffered: RegExp | undefined;

  private constructor(server: ReturnType<typeof createServer>, port: number) {
    this.#server = server;
    this.origin = `http://127.0.0.1:${port}`;
  }

  static async to(origin: string, { delayMs, bitsPerSecond = Number.POSITIVE_INFINITY }: LineQuality): Promise<Line> {
    const { hostname, port } = new URL(origin);
    const server = createServer();
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const line = new Line(server, (server.address() as AddressInfo).port);
    server.on('connection', (client) => {
      const upstream = connect(Number(port), hostname);
      let request = '';
      client.on('data', (chunk) => {
        request = chunk.toString('latin1').split('\r\n', 1)[0] ?? '';
      });
      line.#pass(client, upstream, delayMs, bitsPerSecond / 8000, () => true);
      line.#pass(upstream, client, delayMs, bitsPerSecond / 8000, () => line.#buffered?.test(request) !== true);
    });
    return line;
  }

  /** Lets nothing through for a while; nothing is lost. */
  pause(ms: number): void {
    this.#heldUntil = performance.now() + ms;
  }

  /** Keeps back the answers to requests whose first line matches. */
  buffer(requests: RegExp): void {
    this.#buffered = requests;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #pass(from: Socket, to: Socket, delayMs: number, bytesPerMs: number, mayPass: () => boolean): void {
    this.#sockets.add(from);
    from.setNoDelay(true);
    let busyUntil = 0;
    const later = (bytes: number, run: () => void): void => {
      const now = performance.now();
      busyUntil = Math.max(busyUntil, now) + bytes / bytesPerMs;
      const go = (): void => {
        const heldMs = this.#heldUntil - performance.now();
        if (heldMs > 0) setTimeout(go, heldMs);
        else run();
      };
      setTimeout(go, busyUntil + delayMs - now);
    };
    from.on('data', (chunk) => {
      if (mayPass()) later(chunk.length, () => to.write(chunk));
    });
    from.on('end', () => later(0, () => to.end()));
    from.on('error', () => {});
    from.on('close', () => {
      this.#sockets.delete(from);
      later(0, () => to.destroy());
    });
  }
}
