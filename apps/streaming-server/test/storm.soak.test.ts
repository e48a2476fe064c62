import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { percentile } from '@bnc/bench';
import { afterAll, expect, test } from 'vitest';
import { payloadOf } from './payloads.ts';
import { deliver, secret } from './server.ts';
import { killAll, runServer } from './server-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'bnc-storm-'));
afterAll(() => {
  killAll();
  rmSync(folder, { recursive: true, force: true });
});

const listeners = 5000;

/** One listener: a socket, what it has read, and the status it was answered. */
interface Listener {
  readonly socket: Socket;
  readonly heard: string[];
}

async function listen(port: number, lastEventId: string): Promise<Listener> {
  const heard: string[] = [];
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  socket.setEncoding('utf8').on('data', (text) => heard.push(String(text)));
  const mark = lastEventId ? `last-event-id: ${lastEventId}\r\n` : '';
  socket.write(
    `GET /stream/octo/cat?delivery=url&format=flac HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\n${mark}\r\n`,
  );
  await Promise.race([once(socket, 'data'), once(socket, 'close')]);
  return { socket, heard };
}

const env = { DATA_DIR: folder, GITHUB_WEBHOOK_SECRETS: secret, DEMO: 'off' };

test('5,000 listeners come back after a kill -9 when their retry: says, and webhooks are answered meanwhile', {
  timeout: 300_000,
}, async () => {
  const first = runServer([], env);
  const origin = await first.origin();
  const port = Number(new URL(origin).port);
  const crowd: Listener[] = [];
  for (let count = 0; count < listeners; count += 500) {
    crowd.push(...(await Promise.all(Array.from({ length: 500 }, () => listen(port, '')))));
  }
  await deliver(origin, 'push', payloadOf('push'));
  await expect
    .poll(() => crowd.every(({ heard }) => heard.join('').includes('audio_buffer')), { timeout: 60_000 })
    .toBe(true);
  // The first one is where the stream began; a browser comes back with the last.
  const id = [...(crowd[0]?.heard.join('') ?? '').matchAll(/^id: (\S+)$/gm)].at(-1)?.[1] ?? '';
  expect(id).not.toBe('');
  const gone = crowd.map(({ socket }) => once(socket, 'close'));
  first.child.kill('SIGKILL');
  await Promise.all([first.ended, ...gone]);
  const lost = performance.now();

  const again = await runServer([], { ...env, PORT: String(port) }).origin();
  const times: number[] = [];
  const over = new AbortController();
  const webhooks = (async () => {
    for (let count = 0; !over.signal.aborted; count++) {
      const start = performance.now();
      const { status } = await deliver(again, 'push', payloadOf('push', `octo/other-${count}`));
      times.push(performance.now() - start);
      expect(status).toBe(202);
      await wait(50);
    }
  })();
  const returned = await Promise.all(
    crowd.map(async ({ heard }) => {
      const retryMs = Number(/^retry: (\d+)$/m.exec(heard.join(''))?.[1]);
      await wait(Math.max(0, lost + retryMs - performance.now()));
      return listen(port, id);
    }),
  );
  const took = performance.now() - lost;
  over.abort();
  await webhooks;
  const statuses = new Set(returned.map(({ heard }) => heard.join('').slice(0, 12)));
  expect([...statuses]).toEqual(['HTTP/1.1 200']);
  expect(returned.every(({ heard }) => heard.join('').includes('"resumed":"replayed"'))).toBe(true);
  expect(took).toBeLessThan(31_000);
  expect(percentile(times, 0.99)).toBeLessThan(1000);
  process.stdout.write(
    `${listeners} back in ${Math.round(took)} ms, webhooks p99 ${Math.round(percentile(times, 0.99))} ms\n`,
  );
  for (const { socket } of returned) socket.destroy();
  await expect
    .poll(async () => ((await (await fetch(`${again}/health`)).json()) as { activeSessions: number }).activeSessions, {
      timeout: 30_000,
    })
    .toBe(0);
});
