import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { freePort } from './nginx.ts';

/** Whether Caddy is installed. */
export const hasCaddy: boolean = spawnSync('caddy', ['version']).error === undefined;

/** A running Caddy. */
export interface Caddy extends AsyncDisposable {
  readonly origin: string;
}

/** Starts Caddy with a configuration that comes with the server, for the servers of these origins, of HTTP/1.1 or `h2c:`. */
export async function startCaddy(origins: readonly string[], name = 'Caddyfile'): Promise<Caddy> {
  const folder = mkdtempSync(join(tmpdir(), 'bnc-caddy-'));
  const origin = `http://127.0.0.1:${await freePort()}`;
  const file = join(import.meta.dirname, '../../../deploy', name);
  const caddy = spawn('caddy', ['run', '--config', file, '--adapter', 'caddyfile'], {
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      SITE: origin,
      SERVERS: origins.map((one) => one.replace(/^http:\/\//, '')).join(' '),
    },
    stdio: 'ignore',
  });
  const responds = (): Promise<boolean> =>
    fetch(origin).then(
      ({ status }) => status < 500,
      () => false,
    );
  await expect.poll(responds, { timeout: 20_000 }).toBe(true);
  return {
    origin,
    async [Symbol.asyncDispose]() {
      // It would wait for streams.
      caddy.kill('SIGKILL');
      await once(caddy, 'close');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
