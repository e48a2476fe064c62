import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { launchChromium } from '@bnc/testing/browser';
import { build } from 'esbuild';
import type { Browser } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { doorsWith } from './listeners.ts';
import { pushOf } from './pushes.ts';
import { TestServer } from './server.ts';

const examples = join(import.meta.dirname, '../../../examples/whole');

/** Serves the pages of a stranger, on an origin of their own. */
const pages = createServer((request, response) => {
  response.setHeader('content-type', 'text/html');
  if (request.url?.startsWith('/page.html')) response.end(readFileSync(join(examples, 'page.html')));
  else response.end(`<!doctype html><button>Play</button><script type="module">${script}</script>`);
});

let browser: Browser;
let server: TestServer;
let origin: string;
let script = '';
beforeAll(async () => {
  const { outputFiles } = await build({
    entryPoints: [join(examples, 'room.ts')],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    conditions: ['@bnc/source'],
  });
  script = outputFiles[0]?.text ?? '';
  pages.listen(0, '127.0.0.1');
  await once(pages, 'listening');
  origin = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`;
  [browser, server] = await Promise.all([
    launchChromium(),
    TestServer.start({ doors: doorsWith({ corsOrigins: [origin] }) }),
  ]);
});
afterAll(async () => {
  await browser.close();
  await server.close();
  pages.closeAllConnections();
  pages.close();
});

test.each([
  ['page.html', (room: string) => `page.html?server=${server.origin}&room=${room}`],
  ['room.ts', (room: string) => `room.html?stream=${server.origin}/stream/${room}`],
])(
  'the example %s plays a room on a page of another origin',
  async (file, pathFor) => {
    const room = `octo/${file.replace('.', '-')}`;
    await server.deliver('push', pushOf(room, 7000 + file.length));
    const page = await browser.newPage();
    await page.addInitScript(() => {
      // What goes to the destination also goes to a meter.
      const { connect } = AudioNode.prototype;
      AudioNode.prototype.connect = function (this: AudioNode, to: AudioNode, ...rest: never[]) {
        if (to instanceof AudioDestinationNode) {
          globalThis.exampleMeter ??= new AnalyserNode(to.context, { fftSize: 32_768 });
          Reflect.apply(connect, this, [globalThis.exampleMeter]);
        }
        return Reflect.apply(connect, this, [to, ...rest]) as AudioNode;
      } as typeof connect;
    });
    await page.goto(`${origin}/${pathFor(room)}`);
    await page.click('button');
    await expect
      .poll(() => server.app.inject(`/health/repo/${encodeURIComponent(room)}`).then(({ body }) => body))
      .toMatch(/"activeClients":[1-9]/);
    await server.deliver('push', pushOf(room, 7000 + file.length));
    await page.waitForFunction(() => {
      const samples = new Float32Array(32_768);
      globalThis.exampleMeter?.getFloatTimeDomainData(samples);
      return samples.some((sample) => Math.abs(sample) > 0.02);
    });
    await page.close();
  },
  60_000,
);

declare global {
  var exampleMeter: AnalyserNode | undefined;
}
