import { rms } from '@bnc/testing/sound';
import type { Browser } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasCaddy, startCaddy } from './caddy.ts';
import { doorsWith } from './listeners.ts';
import { hasNginx, shippedConfig, startNginx } from './nginx.ts';
import { ListeningPage, launchChromium, monoOf } from './page-recorder.ts';
import { pushOf } from './pushes.ts';
import { deliver, operator, operatorToken, TestServer } from './server.ts';
import { SSEReader } from './sse-reader.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

/** Takes the path off, which the server would do too. */
function stripping(port: number, origin: string): string {
  return `server { listen 127.0.0.1:${port}; location /music/ { absolute_redirect off; proxy_pass ${origin}/; } }`;
}

describe.each<[string, boolean, (origin: string) => Promise<{ readonly origin: string } & AsyncDisposable>]>([
  [
    'nginx with the configuration that comes with the server',
    hasNginx,
    (origin) => startNginx((port) => shippedConfig(port, [origin], 'nginx-path.conf')),
  ],
  ['nginx that takes the path off', hasNginx, (origin) => startNginx((port) => stripping(port, origin))],
  [
    'Caddy with the configuration that comes with the server',
    hasCaddy,
    (origin) => startCaddy([origin], 'Caddyfile.path'),
  ],
])('under a path of a host, behind %s,', { timeout: 60_000 }, (name, isThere, start) => {
  test('the page plays, clips come by their links, and the operator is served', async ({ skip }) => {
    if (!isThere) skip('needs the proxy');
    const doors = doorsWith({ publicUrl: 'https://example.com/music' });
    await using server = await TestServer.start({ adminTokens: [operatorToken], doors });
    await using proxy = await start(server.origin);
    const site = `${proxy.origin}/music`;
    const listener = await ListeningPage.open(browser, `${site}?repo=octo/site&format=flac`);
    expect(new URL(listener.page.url()).pathname).toBe('/music/');
    await listener.play();
    await using reader = await SSEReader.open(`${site}/stream/octo/site?delivery=url&format=flac`, {
      'accept-encoding': 'gzip',
    });
    expect((await deliver(site, 'push', pushOf('octo/site', 985))).body.status).toBe('accepted');
    const { buffer } = (await reader.next('audio_buffer')).data;
    const [rendition] = 'renditions' in buffer ? buffer.renditions : [];
    const clip = await fetch(`${proxy.origin}${rendition?.url}`, { headers: { range: 'bytes=0-3' } });
    expect([clip.status, await clip.text()]).toEqual([206, 'fLaC']);
    expect(rms(monoOf(await listener.hear(1.5)))).toBeGreaterThan(0.005);
    expect(listener.errors).toEqual([]);
    await listener.close();
    const settings = await fetch(`${site}/rooms/octo/site`, { headers: operator });
    expect(await settings.json()).toEqual({ repoId: 'octo/site', settings: {} });
    if (name.includes('comes with')) {
      for (const path of ['metrics', 'livez', 'readyz']) expect((await fetch(`${site}/${path}`)).status).toBe(404);
    }
  });
});
