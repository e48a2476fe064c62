import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { hasCaddy, startCaddy } from './caddy.ts';
import { pushOf } from './pushes.ts';
import { deliver, TestServer } from './server.ts';
import { SSEReader } from './sse-reader.ts';

const deploy = join(import.meta.dirname, '../../../deploy');
const folder = mkdtempSync(join(tmpdir(), 'bnc-deploy-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a program; undefined where it is not installed. */
function run(
  program: string,
  ...args: readonly string[]
): { readonly status: number | null; readonly output: string } | undefined {
  const { error, status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  return error ? undefined : { status, output: stdout + stderr };
}

describe('what comes with the server', { timeout: 60_000 }, () => {
  test('is what promtool takes for alerts and for a configuration', ({ skip }) => {
    const alerts = run('promtool', 'check', 'rules', join(deploy, 'alerts.yml'));
    if (!alerts) skip('needs promtool');
    expect(alerts).toMatchObject({ status: 0, output: expect.stringContaining('SUCCESS') });
    const token = join(folder, 'token');
    writeFileSync(token, 'a-token-for-prometheus-of-32-bytes');
    writeFileSync(join(folder, 'alerts.yml'), readFileSync(join(deploy, 'alerts.yml')));
    const config = readFileSync(join(deploy, 'prometheus.yml'), 'utf8').replace(
      '/etc/prometheus/bots-n-cats.token',
      token,
    );
    writeFileSync(join(folder, 'prometheus.yml'), config);
    expect(run('promtool', 'check', 'config', join(folder, 'prometheus.yml'))).toMatchObject({ status: 0 });
  });

  test('gives metrics that promtool finds nothing wrong with', async ({ skip }) => {
    if (!run('promtool', '--version')) skip('needs promtool');
    const token = 'a-token-for-prometheus-of-32-bytes';
    await using server = await TestServer.start({ metricsTokens: [token] });
    await server.deliver('push', pushOf('octo/promtool', 970));
    const text = await (
      await fetch(`${server.origin}/metrics`, { headers: { authorization: `Bearer ${token}` } })
    ).text();
    // What Node's own metrics are called is not ours to choose.
    const ours = text
      .split('\n\n')
      .filter((metric) => metric.startsWith('# HELP bnc_'))
      .join('\n\n');
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
      input: `${ours}\n`,
      encoding: 'utf8',
    });
    expect({ status, told: stdout + stderr }).toEqual({ status: 0, told: '' });
  });

  test('is what systemd takes for a service', ({ skip }) => {
    const unit = readFileSync(join(deploy, 'bots-n-cats.service'), 'utf8').replace('/usr/bin/node', process.execPath);
    writeFileSync(join(folder, 'bots-n-cats.service'), unit);
    const verified = run('systemd-analyze', 'verify', '--man=no', join(folder, 'bots-n-cats.service'));
    if (!verified) skip('needs systemd-analyze');
    expect(verified?.output.split('\n').filter((line) => line.includes('bots-n-cats.service'))).toEqual([]);
  });

  test('has Caddy pass deliveries and streams on, to a server that is ready, and keep the numbers inside', async ({
    skip,
  }) => {
    if (!hasCaddy) skip('needs caddy');
    await using leaving = await TestServer.start();
    await using server = await TestServer.start();
    await using caddy = await startCaddy([leaving.origin, server.origin]);
    const { origin } = caddy;
    const status = async (path: string): Promise<number> => (await fetch(`${origin}${path}`)).status;
    expect([await status('/metrics'), await status('/livez'), await status('/readyz')]).toEqual([404, 404, 404]);
    await leaving.app.leave();
    // Caddy asks each second.
    await new Promise((resolve) => setTimeout(resolve, 2500));
    await using listener = await SSEReader.open(`${origin}/stream/octo/caddy?format=score`);
    for (let count = 0; count < 4; count++) {
      expect((await deliver(origin, 'push', pushOf('octo/caddy', 971))).body.status).toBe('accepted');
    }
    await listener.next('audio_buffer');
  });

  test.for(['HTTP/1.1', 'HTTP/2'])(
    'has Caddy carry 300 streams by %s, and end them with their listeners',
    async (protocol, { skip }) => {
      if (!hasCaddy) skip('needs caddy');
      await using server = await TestServer.start({ http2Port: 0 });
      const http2Origin = String(server.app.http2.origin()).replace('http:', 'h2c:');
      await using caddy = await startCaddy([protocol === 'HTTP/2' ? http2Origin : server.origin]);
      const { origin } = caddy;
      const listeners = await Promise.all(
        Array.from({ length: 300 }, () => SSEReader.open(`${origin}/stream/octo/caddy?format=score`)),
      );
      expect((await deliver(origin, 'push', pushOf('octo/caddy', 972))).body.status).toBe('accepted');
      await Promise.all(listeners.map((listener) => listener.next('audio_buffer')));
      await Promise.all(listeners.map((listener) => listener.close()));
      const health = async (): Promise<unknown> => (await fetch(`${origin}/health`)).json();
      await expect.poll(health, { timeout: 5000 }).toMatchObject({ activeClients: 0 });
    },
  );
});
