import { createConnection } from 'node:net';

/** What came back over a socket: a status, or `closed` where the server only hung up. */
export interface RawAnswer {
  readonly status: number | 'closed';
  readonly text: string;
}

/** Writes a request by hand, so that nothing corrects it. Header lines are as given, Host and Connection aside. */
export function rawRequest(
  headers: readonly string[],
  body: Buffer | string = '',
  start = 'POST /webhooks/github HTTP/1.1',
): Buffer {
  return Buffer.concat([
    Buffer.from(`${[start, 'Host: localhost', 'Connection: close', ...headers].join('\r\n')}\r\n\r\n`, 'latin1'),
    Buffer.from(body),
  ]);
}

/** Sends bytes over a socket of their own and waits for the response or the end, at most 30 s. */
export function sendRaw(port: number, ...parts: readonly (Buffer | string)[]): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ port, host: '127.0.0.1' });
    let text = '';
    const done = (): void => {
      socket.destroy();
      const status = /^HTTP\/1\.1 (\d{3}) (?!Continue)/m.exec(text)?.[1];
      resolve({ status: status === undefined ? 'closed' : Number(status), text });
    };
    socket.setEncoding('latin1').setTimeout(30_000, () => reject(new Error('No response within 30 s.')));
    // Being cut off in the middle of sending counts as a response.
    socket.on('error', done).on('close', done);
    socket.on('data', (chunk: string) => {
      text += chunk;
    });
    for (const part of parts) socket.write(part);
  });
}
