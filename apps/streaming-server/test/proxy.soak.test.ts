import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fencesOf } from '@bnc/testing/fences';
import { expect, test } from 'vitest';
import { hasNginx, shippedConfig, startNginx } from './nginx.ts';
import { payloadOf } from './payloads.ts';
import { TestServer } from './server.ts';
import { SSEReader } from './sse-reader.ts';

const operations = readFileSync(join(import.meta.dirname, '../../../docs/operations.md'), 'utf8');
const documented = fencesOf(operations).find(({ info }) => info === 'nginx')?.code ?? '';

test.each([
  [
    'as it is by default',
    (port: number, origin: string) => `server { listen 127.0.0.1:${port}; location / { proxy_pass ${origin}; } }`,
  ],
  [
    'with the configuration that comes with the server',
    (port: number, origin: string) => shippedConfig(port, [origin]),
  ],
  [
    'with the settings of the docs',
    (port: number, origin: string) =>
      `server { listen 127.0.0.1:${port}; ${documented.replaceAll('http://127.0.0.1:3000', origin)} }`,
  ],
])(
  'nginx %s neither holds back nor compresses a stream, and passes clips on',
  {
    timeout: 60_000,
  },
  async (_name, configOf) => {
    if (!hasNginx) return;
    await using server = await TestServer.start();
    await using nginx = await startNginx((port) => configOf(port, server.origin));
    const { origin } = nginx;
    const head = await fetch(`${origin}/stream/octo/cat`, {
      method: 'HEAD',
      headers: { accept: 'text/event-stream', 'accept-encoding': 'gzip' },
    });
    expect(head.headers.get('content-encoding')).toBeNull();
    expect(head.headers.get('cache-control')).toContain('no-transform');
    // The first message is there although nothing follows it; so is each later one.
    await using listener = await SSEReader.open(`${origin}/stream/octo/cat?delivery=url&format=flac`, {
      'accept-encoding': 'gzip',
    });
    await server.deliver('push', payloadOf('push'));
    const { buffer } = (await listener.next('audio_buffer')).data;
    const [rendition] = 'renditions' in buffer ? buffer.renditions : [];
    const clip = await fetch(`${origin}${rendition?.url}`, { headers: { range: 'bytes=0-3' } });
    expect([clip.status, await clip.text()]).toEqual([206, 'fLaC']);
  },
);

test('nginx with the configuration that comes with the server keeps the numbers inside', async () => {
  if (!hasNginx) return;
  await using server = await TestServer.start();
  await using nginx = await startNginx((port) => shippedConfig(port, [server.origin]));
  for (const path of ['/metrics', '/livez', '/readyz']) {
    expect((await fetch(`${nginx.origin}${path}`)).status).toBe(404);
  }
  expect((await fetch(`${nginx.origin}/health`)).status).toBe(200);
});
