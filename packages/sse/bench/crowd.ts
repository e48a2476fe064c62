import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';

const hash = '#'.charCodeAt(0);
const tilde = '~'.charCodeAt(0);
/** `#<seq, 6 digits>#<µs, 16 digits>~` at the end of every message. */
const tail = 25;

/** All sockets read into the same bytes: what is measured is the server. */
const shared = Buffer.alloc(2 ** 18);

function nowMicros(): number {
  return Number(process.hrtime.bigint() / 1000n);
}

const agent = new Agent({ keepAlive: true, maxSockets: 1 });

/** Sends a body, or asks for an answer. */
export function call(port: number, path: string, body?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const req = request(
      { port, host: '127.0.0.1', path, agent, method: body === undefined ? 'GET' : 'POST' },
      (res) => {
        let text = '';
        res.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        res.on('end', () => resolve(text));
      },
    );
    req.on('error', reject);
    if (body !== undefined) req.setHeader('content-type', 'text/plain');
    req.end(body);
  });
}

/** Many listeners in this process that check every message: none lost, doubled or out of order. */
export class Crowd {
  readonly #port: number;
  readonly #sockets: Socket[] = [];
  #latencies: number[] = [];
  #received = 0;
  #expected = 0;
  #done: (() => void) | undefined;
  /** Messages that were lost, doubled or out of order. */
  wrong = 0;

  constructor(port: number) {
    this.#port = port;
  }

  /** Opens `count` streams, 200 at a time. */
  async join(count: number): Promise<void> {
    for (let i = 0; i < count; i += 200) {
      await Promise.all(Array.from({ length: Math.min(200, count - i) }, () => this.#open()));
    }
  }

  /** Publishes messages of `size` bytes one after the other, each when the last one has reached everybody. */
  async run(messages: number, size: number, from: number): Promise<{ seconds: number; latencies: number[] }> {
    this.#latencies = [];
    const filler = 'a'.repeat(Math.max(0, size - tail));
    const start = performance.now();
    for (let i = 0; i < messages; i++) {
      this.#received = 0;
      this.#expected = from + i;
      const all = new Promise<void>((resolve) => {
        this.#done = resolve;
      });
      await call(
        this.#port,
        '/pub',
        `${filler}#${String(this.#expected).padStart(6, '0')}#${String(nowMicros()).padStart(16, '0')}~`,
      );
      await all;
    }
    return { seconds: (performance.now() - start) / 1000, latencies: this.#latencies };
  }

  leave(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #open(): Promise<void> {
    return new Promise((resolve, reject) => {
      let carry = Buffer.alloc(0);
      let next = 0;
      const take = (chunk: Buffer): void => {
        let at = chunk.indexOf(tilde);
        while (at !== -1) {
          const text =
            at >= tail - 1
              ? chunk.toString('latin1', at - tail + 1, at)
              : Buffer.concat([carry, chunk.subarray(0, at)])
                  .toString('latin1')
                  .slice(1 - tail);
          next = this.#note(text, next);
          at = chunk.indexOf(tilde, at + 1);
        }
        carry = Buffer.concat([carry, chunk.subarray(-tail)]).subarray(-tail);
      };
      const socket = connect({
        port: this.#port,
        host: '127.0.0.1',
        onread: {
          buffer: shared,
          callback: (bytes, buffer) => {
            take(Buffer.from(buffer.buffer, buffer.byteOffset, bytes));
            resolve();
            return true;
          },
        },
      });
      socket.once('connect', () => {
        socket.write('GET /sub HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n');
      });
      this.#sockets.push(socket);
      socket.on('error', reject);
    });
  }

  #note(text: string, next: number): number {
    const seq = Number(text.slice(1, 7));
    if (text.charCodeAt(0) !== hash || seq !== next) this.wrong++;
    this.#latencies.push((nowMicros() - Number(text.slice(8))) / 1000);
    if (seq === this.#expected && ++this.#received === this.#sockets.length) this.#done?.();
    return seq + 1;
  }
}
