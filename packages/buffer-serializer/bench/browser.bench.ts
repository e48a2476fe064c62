import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Benchmark } from '@bnc/bench';
import { type EncodeOptions, encode } from '@bnc/buffer-serializer';
import { launchChromium } from '@bnc/testing/browser';
import { bundleForBrowsers } from '../test/browser-bundle.ts';
import { seedJson } from './material.ts';
import { phrase } from './phrase.ts';

const pageHtml = '<script type="module">import * as it from "/index.js"; globalThis.BufferSerializer = it;</script>';

/** What one delivery cost the page, in milliseconds. */
interface Cost {
  readonly total: number;
  readonly block: number;
}

/** From the opening of an EventSource to an AudioBuffer in Chromium, and the longest time its main thread was held. */
export const benchmark: Benchmark = {
  name: 'buffer-serializer/browser (SSE to AudioBuffer in Chromium)',
  run: async (bench) => {
    const { files: bundle } = await bundleForBrowsers(['index.ts', 'flac-worker.ts', 'opus-worker.ts']);
    const files = new Map<string, Uint8Array | string>(bundle);
    const server = createServer((request, response) => {
      const path = request.url ?? '/';
      const file = path === '/' ? pageHtml : files.get(path);
      const type = path.startsWith('/sse/') ? 'text/event-stream' : path === '/' ? 'text/html' : 'text/javascript';
      response.writeHead(file === undefined ? 404 : 200, { 'content-type': type, 'cache-control': 'no-store' });
      response.end(file);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const browser = await launchChromium();
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await page.waitForFunction(() => 'BufferSerializer' in globalThis);

    const receive = (stream: string, key: keyof Cost): Promise<number> =>
      page.evaluate(
        async ([url, wanted]) => {
          const { BufferSerializer } = globalThis as unknown as {
            BufferSerializer: typeof import('@bnc/buffer-serializer');
          };
          const context = new OfflineAudioContext(2, 1, 44_100);
          // A message to itself runs as soon as the thread is free: the longest gap is the longest block. It keeps the thread busy, so
          // the total is measured without it.
          const { port1, port2 } = new MessageChannel();
          let last = performance.now();
          let block = 0;
          port1.onmessage = () => {
            const now = performance.now();
            block = Math.max(block, now - last);
            last = now;
            port2.postMessage(0);
          };
          if (wanted === 'block') port2.postMessage(0);
          const start = performance.now();
          const source = new EventSource(url);
          await new Promise<AudioBuffer>((resolve, reject) => {
            source.onmessage = (event: MessageEvent<string>) => {
              source.close();
              const message: unknown = JSON.parse(event.data);
              if (!url.endsWith('seed')) {
                BufferSerializer.toAudioBuffer(message, context).then(resolve, reject);
                return;
              }
              const { channels, length } = message as { channels: number[][]; length: number };
              const buffer = context.createBuffer(channels.length, length, 44_100);
              for (const [channel, samples] of channels.entries()) {
                buffer.copyToChannel(new Float32Array(samples), channel);
              }
              resolve(buffer);
            };
          });
          const total = performance.now() - start;
          await new Promise((resolve) => setTimeout(resolve, 20));
          port1.close();
          return { total, block }[wanted];
        },
        [stream, key] as const,
      );

    for (const seconds of [5, 30]) {
      const buffer = phrase(seconds);
      files.set('/sse/seed', `data: ${seedJson(buffer)}\n\n`);
      const forms: readonly { readonly name: string; readonly options: EncodeOptions }[] = [
        { name: 'FLAC 16 by url', options: { encoding: 'flac', bitDepth: 16 } },
        { name: 'Opus 128 by url', options: { encoding: 'opus' } },
      ];
      for (const { name, options } of forms) {
        const { data, extension, source, ...rendition } = await encode(buffer, options);
        const sha256 = createHash('sha256').update(data).digest('hex');
        const url = `/clips/${sha256}.${extension}`;
        files.set(url, data);
        files.set(
          '/sse/ours',
          `data: ${JSON.stringify({ v: 2, ...source, renditions: [{ ...rendition, sha256, url }] })}\n\n`,
        );
        for (const [key, words, atMost] of [
          ['total', 'total', 1 / 5],
          ['block', 'longest block', 1 / 20],
        ] as const) {
          await bench.compare({
            name: `${seconds} s, ${name}, ${words}`,
            unit: 'ms',
            ours: () => receive('/sse/ours', key),
            peers: { 'seed JSON': () => receive('/sse/seed', key) },
            goal: { peer: 'seed JSON', atMost },
          });
        }
      }
    }
    await browser.close();
    server.close();
  },
};
