import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Browser } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchChromium } from './page-recorder.ts';

/** What the page of this test calls. */
interface ClipSources {
  clipSource(
    phrase: object,
    output: AudioNode,
  ): Promise<{ play(at: number, from: number, level: number): { yieldAt(time: number): void } }>;
}

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

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
