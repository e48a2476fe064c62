import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { payloadOf } from './payloads.ts';
import { TestServer } from './server.ts';
import { SSEReader } from './sse-reader.ts';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

/** nginx as it is by default, which buffers what it is not told to leave alone. */
function configure(folder: string, port: number, origin: string): string {
  return `
daemon off;
pid ${folder}/nginx.pid;
error_log stderr;
events {}
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  gzip on;
  gzip_proxied any;
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass ${origin}; }
  }
}`;
}

test('nginx in between neither holds back nor compresses a stream, and passes clips on', {
  timeout: 60_000,
}, async ({ skip }) => {
  if (spawnSync('nginx', ['-v']).error) skip('needs nginx');
  const folder = mkdtempSync(join(tmpdir(), 'bnc-nginx-'));
  await using server = await TestServer.start();
  const port = await freePort();
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, configure(folder, port, server.origin));
  const nginx = spawn('nginx', ['-c', file, '-p', folder], { stdio: 'ignore' });
  try {
    const origin = `http://127.0.0.1:${port}`;
    await expect
      .poll(
        () =>
          fetch(`${origin}/time`).then(
            ({ ok }) => ok,
            () => false,
          ),
        { timeout: 20_000 },
      )
      .toBe(true);
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
  } finally {
    nginx.kill();
    await once(nginx, 'close');
    rmSync(folder, { recursive: true, force: true });
  }
});
