import { createConnection, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { delivery, example, SECRET } from './deliveries.ts';
import { rawRequest, sendRaw } from './raw-request.ts';
import { ServerProcess } from './server-process.ts';

let server: ServerProcess;
let port: number;
beforeAll(async () => {
  ({ server, port } = await ServerProcess.start());
});
afterAll(() => server.stop());

const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

function lines(headers: Readonly<Record<string, string>>): string[] {
  return Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
}

function honest(deliveryId?: string): Buffer {
  const { headers, body } = delivery('push', example('push'), deliveryId === undefined ? {} : { deliveryId });
  return rawRequest([...lines(headers), `Content-Length: ${body.length}`], body);
}

/** A request that announces a body, sends some of it, and holds the line. */
function halfSent(port: number, announced: number, sent: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' });
    sockets.push(socket);
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    socket.on('error', () => {}).on('close', () => resolve(text));
    const { headers } = delivery('push', '{}');
    socket.write(rawRequest([...lines(headers), `Content-Length: ${announced}`]));
    socket.write(Buffer.alloc(sent, 0x20));
  });
}

describe('a body that does not come to its end', () => {
  it('is refused with 408 after its time, and nothing of it is kept', async () => {
    const impatient = await ServerProcess.start({ BODY_TIMEOUT_MS: '300' });
    const answer = await halfSent(impatient.port, 1_000_000, 500_000);
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(answer).toContain('WEBHOOK_BODY_TIMEOUT');
    expect((await impatient.server.report()).unverifiedBytes).toBe(0);
    expect(await sendRaw(impatient.port, honest())).toMatchObject({ status: 202 });
    await impatient.server.stop();
  });

  it('is forgotten when its sender hangs up', async () => {
    const gone = halfSent(port, 1_000_000, 500_000);
    await expect.poll(async () => (await server.report()).unverifiedBytes, { timeout: 15_000 }).toBeGreaterThan(0);
    for (const socket of sockets) socket.destroy();
    await gone;
    await expect.poll(async () => (await server.report()).unverifiedBytes, { timeout: 15_000 }).toBe(0);
  });

  it('is cut when its chunks never end', async () => {
    const chunk = Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(0x100000), Buffer.from('\r\n')]);
    const { headers } = delivery('push', '{}');
    const endless = Array.from({ length: 40 }, () => chunk);
    const { status } = await sendRaw(port, rawRequest([...lines(headers), 'Transfer-Encoding: chunked']), ...endless);
    expect([413, 'closed']).toContain(status);
    expect(await sendRaw(port, honest())).toMatchObject({ status: 202 });
  });

  it('costs what its bytes cost when they come one by one', async () => {
    const before = await server.report('collect');
    const { headers } = delivery('push', '{}');
    const ones = Buffer.from('1\r\n \r\n'.repeat(100_000));
    const answer = await sendRaw(
      port,
      rawRequest([...lines(headers), 'Transfer-Encoding: chunked']),
      ones,
      '0\r\n\r\n',
    );
    expect(answer.status).toBe(401);
    expect((await server.report()).rss - before.rss).toBeLessThan(100_000_000);
  });
});

describe('twelve large bodies held open by strangers', () => {
  it('stay within the budget, and small deliveries are served meanwhile', async () => {
    const before = await server.report();
    const held = Array.from({ length: 12 }, () => halfSent(port, 24_000_000, 23_000_000));
    let worst = 0;
    let served = 0;
    for (let round = 0; round < 10; round++) {
      const { status } = await sendRaw(port, honest());
      if (status === 202) served++;
      const { rss, unverifiedBytes } = await server.report();
      worst = Math.max(worst, rss - before.rss);
      expect(unverifiedBytes).toBeLessThanOrEqual(64 * 2 ** 20);
    }
    expect(served).toBe(10);
    expect(worst).toBeLessThan(300_000_000);
    for (const socket of sockets) socket.end();
    const refused = (await Promise.all(held)).filter((text) => text.includes('WEBHOOK_BUSY'));
    for (const text of refused) expect(text).toMatch(/retry-after: 10/i);
    expect(server.alive).toBe(true);
  }, 60_000);
});

describe('slow headers', () => {
  it('end in a closed connection, and others are served meanwhile', async () => {
    const slow = Array.from({ length: 50 }, () => {
      const socket = createConnection({ port, host: '127.0.0.1' });
      sockets.push(socket);
      socket.write('POST /webhooks/github HTTP/1.1\r\nHost: x\r\nX-Slow: ');
      return new Promise<void>((resolve) => {
        socket.on('error', () => {}).on('close', () => resolve());
        socket.resume();
      });
    });
    expect(await sendRaw(port, honest())).toMatchObject({ status: 202 });
    await Promise.all(slow);
  });
});

describe('a burst', () => {
  it('of 1,000 deliveries is answered 202 in full, and each is published', async () => {
    const before = await server.report();
    let accepted = 0;
    const next = Array.from({ length: 1000 }, (_, n) => honest(`burst-${n}`)).values();
    const send = async (): Promise<void> => {
      for (const request of next) if ((await sendRaw(port, request)).status === 202) accepted++;
    };
    await Promise.all(Array.from({ length: 50 }, send));
    expect(accepted).toBe(1000);
    expect((await server.report()).published - before.published).toBe(1000);
  });
});

describe('the text of a payload', () => {
  it('appears in no error, whatever is wrong with it', async () => {
    const canary = 'ghp_canaryCanaryCanary';
    const bodies = [
      `{"x":"${canary}"`,
      `["${canary}"]`,
      `{"repository":{"id":1,"full_name":"${canary}"}}`,
      `{"repository":{"id":"${canary}","full_name":"a/b"}}`,
    ];
    for (const text of bodies) {
      const { headers, body } = delivery('push', Buffer.from(text));
      const answer = await sendRaw(port, rawRequest([...lines(headers), `Content-Length: ${body.length}`], body));
      expect(answer.status).toBe(400);
      expect(answer.text).not.toContain('canary');
      expect(answer.text).not.toContain(SECRET);
    }
  });
});
