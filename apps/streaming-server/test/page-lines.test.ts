import { deserialize } from '@bnc/buffer-serializer';
import { compose } from '@bnc/music-engine';
import { toMono } from '@bnc/testing/sound';
import type { Browser } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findClip } from './likeness.ts';
import { Line, type LineQuality } from './line.ts';
import { ListeningPage, launchChromium, monoOf } from './page-recorder.ts';
import { payloadOf } from './payloads.ts';
import { TestServer } from './server.ts';
import { SSEReader } from './sse-reader.ts';

let browser: Browser;
let server: TestServer;
beforeAll(async () => {
  [browser, server] = await Promise.all([launchChromium(), TestServer.start()]);
});
afterAll(async () => {
  await browser.close();
  await server.close();
});

describe('the page, far from its server', { timeout: 60_000 }, () => {
  test.each<LineQuality>([
    { delayMs: 20, bitsPerSecond: 20e6 },
    { delayMs: 35, bitsPerSecond: 9e6 },
    { delayMs: 75, bitsPerSecond: 1.6e6 },
  ])('plays a phrase from its first note over $delayMs ms and $bitsPerSecond bit/s each way', async (quality) => {
    const repoId = `octo/far-${quality.delayMs}`;
    await using line = await Line.to(server.origin, quality);
    await using near = await SSEReader.open(`${server.origin}/stream/${repoId}?format=pcm-f32le`);
    const listener = await ListeningPage.open(browser, `${line.origin}/?repo=${repoId}`);
    await listener.play();
    // The page says what it needs as soon as it knows how far the server is.
    await listener.page.waitForTimeout(1500);
    await server.deliver('push', payloadOf('push', repoId));
    const { data } = await near.next('audio_buffer');
    const { duration } = compose(data.params);
    const recording = await listener.hear(duration);
    const clip = toMono(await deserialize(data.buffer));
    const { lag, likeness } = findClip(clip, monoOf(recording), recording.sampleRate);
    expect(likeness).toBeGreaterThan(0.97);
    const front = clip.subarray(0, 0.25 * recording.sampleRate);
    const played = monoOf(recording).subarray(lag * recording.sampleRate, (lag + 0.25) * recording.sampleRate);
    expect(findClip(front, played, recording.sampleRate).likeness).toBeGreaterThan(0.97);
    expect(listener.errors).toEqual([]);
    await listener.close();
  });
});
