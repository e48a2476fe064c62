import { randomUUID } from 'node:crypto';
import type { Bench, Benchmark } from '@bnc/bench';
import { percentile } from '@bnc/bench';
import type { SerializedBuffer } from '@bnc/contracts';
import { launchChromium } from '@bnc/testing/browser';
import type { Browser } from 'playwright';
import { payloadOf } from '../test/payloads.ts';
import { TestServer } from '../test/server.ts';
import { SSEReader } from '../test/sse-reader.ts';

/** Deliveries measured for each form, one at a time, each in a room of its own so that none waits for a bar line. */
const deliveries = 50;

/** The same, for the page. */
const pageDeliveries = 12;

/** Ways to listen, by their query. */
const forms = ['format=json', 'format=pcm-s16le', 'delivery=url&format=flac', 'delivery=url&format=opus'];

/** The same, for the page: what it asked for once, what it asks for, and what it could. */
const pageForms = ['format=json', 'format=pcm-s16le', 'delivery=url&format=flac', 'delivery=url&format=opus'];

function newPush(repoId: string): unknown {
  return payloadOf('push', repoId, (json) => {
    json.after = randomUUID().replaceAll('-', '').padEnd(40, '0');
  });
}

/** Milliseconds since 1970 by a clock that the browser of this machine shares. */
function now(): number {
  return performance.timeOrigin + performance.now();
}

async function fetchFirst(origin: string, buffer: SerializedBuffer): Promise<void> {
  if (!('renditions' in buffer)) return;
  await (await fetch(`${origin}${buffer.renditions[0]?.url}`)).arrayBuffer();
}

/** Runs in the page before its own code: asks for another form than the page would, and notes when samples are there. */
function watchPage(query: string): void {
  const state = { decodedAt: 0 };
  Object.assign(globalThis, { watched: state });
  const note = ({ duration }: AudioBuffer): void => {
    // The page decodes a moment of silence when it opens.
    if (duration > 1) state.decodedAt = performance.timeOrigin + performance.now();
  };
  const Native = EventSource;
  globalThis.EventSource = class extends Native {
    constructor(url: string | URL, options?: EventSourceInit) {
      super(`${String(url).split('?')[0]}?${query}`, options);
    }
  };
  const copy = AudioBuffer.prototype.copyToChannel;
  AudioBuffer.prototype.copyToChannel = function copyToChannel(...args): void {
    copy.apply(this, args);
    note(this);
  };
  const decode = BaseAudioContext.prototype.decodeAudioData;
  BaseAudioContext.prototype.decodeAudioData = async function decodeAudioData(...args): Promise<AudioBuffer> {
    const decoded = await decode.apply(this, args);
    note(decoded);
    return decoded;
  };
}

/** From a POST to samples in a page that has just been opened, in ms. */
async function hearInPage(browser: Browser, server: TestServer, query: string, repoId: string): Promise<number> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.addInitScript(watchPage, query);
  await page.goto(`${server.origin}/?repo=${repoId}`);
  await page.locator('#connection[data-state="live"]').waitFor();
  const start = now();
  await server.deliver('push', newPush(repoId));
  const decodedAt = await page.waitForFunction(
    () => (globalThis as unknown as { watched: { decodedAt: number } }).watched.decodedAt,
    undefined,
    { polling: 50 },
  );
  // Channels are copied one after the other.
  await page.waitForTimeout(50);
  const end = await page.evaluate(
    () => (globalThis as unknown as { watched: { decodedAt: number } }).watched.decodedAt,
  );
  await decodedAt.dispose();
  await context.close();
  return end - start;
}

/** From the POST of a signed push to its sound at a listener: everything in between is real. */
export const benchmark: Benchmark = {
  name: 'streaming-server/latency',
  async run(bench: Bench): Promise<void> {
    await using server = await TestServer.start();
    const answers: number[] = [];
    const times = new Map<string, number[]>(forms.map((query) => [query, []]));
    for (let round = -3; round < deliveries; round++) {
      for (const [query, measured] of times) {
        const repoId = `octo/${query.replaceAll(/[=&]/g, '-')}-${round + 3}`;
        await using listener = await SSEReader.open(`${server.origin}/stream/${repoId}?${query}`);
        const start = performance.now();
        await server.deliver('push', newPush(repoId));
        const answered = performance.now() - start;
        const { data } = await listener.next('audio_buffer', 0, 30_000);
        await fetchFirst(server.origin, data.buffer);
        if (round < 0) continue;
        measured.push(performance.now() - start);
        answers.push(answered);
      }
    }
    bench.record({ name: 'POST to 202, durable p50', unit: 'ms', value: percentile(answers, 0.5) });
    for (const [query, measured] of times) {
      bench.record({ name: `POST to bytes (${query}) p50`, unit: 'ms', value: percentile(measured, 0.5) });
      bench.record({ name: `POST to bytes (${query}) p99`, unit: 'ms', value: percentile(measured, 0.99) });
    }

    const browser = await launchChromium();
    const heard = new Map<string, number[]>(pageForms.map((query) => [query, []]));
    for (let round = -1; round < pageDeliveries; round++) {
      for (const [query, measured] of heard) {
        const repoId = `page/${query.replaceAll(/[=&]/g, '-')}-${round + 1}`;
        const time = await hearInPage(browser, server, query, repoId);
        if (round >= 0) measured.push(time);
      }
    }
    await browser.close();
    for (const [query, measured] of heard) {
      bench.record({
        name: `POST to decoded in Chromium (${query}) p50`,
        unit: 'ms',
        value: percentile(measured, 0.5),
      });
    }
  },
};
