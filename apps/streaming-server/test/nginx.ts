import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';

/** Whether nginx is installed. */
export const hasNginx: boolean = spawnSync('nginx', ['-v']).error === undefined;

/** A running nginx. */
export interface Nginx extends AsyncDisposable {
  readonly origin: string;
  /** What it has complained about. */
  readonly errors: string;
}

/** Returns a port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

/** A configuration that comes with the server, for these servers. */
export function shippedConfig(port: number, origins: readonly string[], name = 'nginx.conf'): string {
  const servers = origins.map((origin) => `server ${new URL(origin).host} max_fails=0;`).join(' ');
  return readFileSync(join(import.meta.dirname, '../../../deploy', name), 'utf8')
    .replace('server 127.0.0.1:3000 max_fails=0;', servers)
    .replace('listen 80;', `listen 127.0.0.1:${port};`);
}

/** Starts nginx with a configuration of the http block, which buffers and compresses what it is not told to leave alone. */
export async function startNginx(configOf: (port: number) => string): Promise<Nginx> {
  const folder = mkdtempSync(join(tmpdir(), 'bnc-nginx-'));
  const port = await freePort();
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  const file = join(folder, 'nginx.conf');
  writeFileSync(
    file,
    `daemon off; pid ${folder}/nginx.pid; error_log stderr; events { worker_connections 8192; }
     http { access_log off; ${temporary.join(' ')} gzip on; gzip_proxied any; ${configOf(port)} }`,
  );
  const nginx = spawn('nginx', ['-c', file, '-p', folder], { stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  nginx.stderr.on('data', (text) => {
    errors += String(text);
  });
  const origin = `http://127.0.0.1:${port}`;
  const responds = (): Promise<boolean> =>
    fetch(`${origin}/time`).then(
      () => true,
      () => false,
    );
  await expect.poll(responds, { timeout: 20_000, message: errors }).toBe(true);
  return {
    origin,
    get errors() {
      return errors;
    },
    async [Symbol.asyncDispose]() {
      nginx.kill();
      await once(nginx, 'close');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
