import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serialize } from '@bnc/buffer-serializer';
import { launchChromium } from '@bnc/testing/browser';
import { build } from 'esbuild';
import { expect, it } from 'vitest';
import { createPiece } from './score.ts';

it('the page of the docs plays what a stream sends, once its button was pressed', async () => {
  const docs = readFileSync(new URL('../docs/live.md', import.meta.url), 'utf8');
  const [, code = ''] = /^```ts page\n([\s\S]*?)^```$/m.exec(docs) ?? [];
  const { outputFiles } = await build({
    stdin: { contents: code, loader: 'ts', resolveDir: new URL('..', import.meta.url).pathname },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    conditions: ['@bnc/source'],
  });
  const script = outputFiles[0]?.text ?? '';
  // All of Tone.js would be 300 kB.
  expect(script.length).toBeLessThan(52_000);
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/stream/')) {
      const buffer = serialize(createPiece(2), { encoding: 'score', gain: 1.5 });
      const data = { type: 'audio_buffer', timestamp: Date.now(), data: { buffer, startAt: Date.now() + 1500 } };
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`data: ${JSON.stringify(data)}\n\n`);
      return;
    }
    response.setHeader('content-type', 'text/html');
    response.end('<!doctype html><meta charset="utf-8"><button>Play</button>');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await page.evaluate(() => {
      // What goes to the destination also goes to a meter.
      const { connect } = AudioNode.prototype;
      AudioNode.prototype.connect = function (this: AudioNode, to: AudioNode, ...rest: never[]) {
        if (to instanceof AudioDestinationNode && !globalThis.meter) {
          globalThis.meter = new AnalyserNode(to.context, { fftSize: 32_768 });
          Reflect.apply(connect, this, [globalThis.meter]);
        }
        return Reflect.apply(connect, this, [to, ...rest]) as AudioNode;
      } as typeof connect;
    });
    await page.addScriptTag({ content: script, type: 'module' });
    await page.click('button');
    await page.waitForFunction(() => {
      const samples = new Float32Array(32_768);
      globalThis.meter?.getFloatTimeDomainData(samples);
      return samples.some((sample) => Math.abs(sample) > 0.1);
    });
  } finally {
    await browser.close();
    server.closeAllConnections();
    server.close();
  }
});

declare global {
  var meter: AnalyserNode | undefined;
}
