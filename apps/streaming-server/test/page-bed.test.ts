import { fileURLToPath } from 'node:url';
import { rms, slice } from '@bnc/testing/sound';
import { build } from 'esbuild';
import type { Browser } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ListeningPage, launchChromium, monoOf } from './page-recorder.ts';
import { payloadOf } from './payloads.ts';
import { TestServer } from './server.ts';

/** What the page of this test calls. */
interface ClipSources {
  clipSource(
    phrase: object,
    output: AudioNode,
  ): Promise<{ play(at: number, from: number, level: number): { yieldAt(time: number): void } }>;
}

let browser: Browser;
let server: TestServer;
beforeAll(async () => {
  [browser, server] = await Promise.all([launchChromium(), TestServer.start()]);
});
afterAll(async () => {
  await browser.close();
  await server.close();
});

/** Levels of the last seconds that a page gave to its loudspeakers, one by one. */
async function levelsOf(listener: ListeningPage, seconds: number): Promise<readonly number[]> {
  const recording = await listener.recording();
  const sound = monoOf(recording);
  const end = sound.length / recording.sampleRate;
  return Array.from({ length: seconds }, (_, second) =>
    rms(slice(sound, recording.sampleRate, { from: end - second - 1, to: end - second })),
  );
}

describe('the page of a room with a bed', { timeout: 120_000 }, () => {
  test.each([
    ['scores', ''],
    ['clips', '&format=opus'],
  ])('plays it under silence as %s, softly, until it is switched off', async (_form, query) => {
    const repoId = `bed/page${query.length}`;
    await server.deliver('fork', payloadOf('fork', repoId));
    const url = `${server.origin}/?repo=${repoId}${query}`;
    const listener = await ListeningPage.open(browser, url, undefined, { bed: true });
    const { page } = listener;
    await page.locator('#now').waitFor();
    await listener.play();
    // A tail of a phrase falls through these levels in a second; a bed stays. And a bed alone is nothing that the page speaks of.
    const isBedAlone = async (): Promise<boolean> => {
      const levels = await levelsOf(listener, 3);
      const state = await page.locator('#connection').getAttribute('data-state');
      return state === 'quiet' && levels.every((level) => level > 0.0003 && level < 0.02);
    };
    await expect.poll(isBedAlone, { timeout: 90_000 }).toBe(true);
    const button = page.getByRole('button', { name: 'Background' });
    await button.click();
    await expect.poll(async () => (await levelsOf(listener, 1))[0], { timeout: 60_000 }).toBeLessThan(1e-5);
    await page.reload();
    expect(await button.getAttribute('aria-pressed')).toBe('false');
    expect(listener.errors).toEqual([]);
    await listener.close();
  });
});

test('a clip that yields is silent 80 ms later, and one that was to begin after that never sounds', async () => {
  const bundle = await build({
    entryPoints: [fileURLToPath(new URL('../../web-client/src/phrase-source.ts', import.meta.url))],
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    globalName: 'phraseSource',
    external: ['node:*'],
    logLevel: 'error',
    conditions: ['@bnc/source'],
  });
  const page = await browser.newPage();
  await page.addScriptTag({ content: bundle.outputFiles.map(({ text }) => text).join('') });
  const peaks = await page.evaluate(async () => {
    const { clipSource } = (globalThis as unknown as { phraseSource: ClipSources }).phraseSource;
    const context = new OfflineAudioContext(1, 88_200, 44_100);
    const channels = [Array.from({ length: 44_100 }, () => 0.5)];
    const buffer = { sampleRate: 44_100, length: 44_100, duration: 1, numberOfChannels: 1, channels };
    const source = await clipSource({ buffer, params: { tempo: 60, duration: 1 } }, context.destination);
    source.play(0, 0, 1).yieldAt(0.5);
    source.play(1.5, 0, 1).yieldAt(1.25);
    const samples = (await context.startRendering()).getChannelData(0);
    const peakOf = (from: number, to: number): number =>
      samples.slice(from * 44_100, to * 44_100).reduce((high, sample) => Math.max(high, Math.abs(sample)), 0);
    return [peakOf(0.4, 0.5), peakOf(0.58, 1), peakOf(1, 2)];
  });
  expect(peaks).toEqual([0.5, 0, 0]);
  await page.close();
});
