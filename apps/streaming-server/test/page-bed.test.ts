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

type BedPlayerModule = typeof import('../../web-client/src/bed-player.ts');
type RenderScore = typeof import('@bnc/offline-renderer/instruments').renderScore;

/** What the page of the test of beds calls. */
interface BedParts {
  readonly BedPlayer: BedPlayerModule['BedPlayer'];
  readonly renderScore: RenderScore;
  readonly serialize: typeof import('@bnc/buffer-serializer').serialize;
}

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

/** Bundles exports of the page and of packages for a page of the test. */
async function bundle(contents: string, globalName: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: fileURLToPath(new URL('../../web-client/src', import.meta.url)), loader: 'ts' },
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    globalName,
    external: ['node:*'],
    logLevel: 'error',
    conditions: ['@bnc/source'],
  });
  return outputFiles.map(({ text }) => text).join('');
}

test('a clip that yields is silent 80 ms later, and one that was to begin after that never sounds', async () => {
  const page = await browser.newPage();
  await page.addScriptTag({
    content: await bundle("export { clipSource } from './phrase-source.ts';", 'phraseSource'),
  });
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

test('one bed takes over from another without a dip, also where the page is slow to make it, and goes when it is switched off', async () => {
  const page = await browser.newPage();
  const content = await bundle(
    `export { BedPlayer } from './bed-player.ts';
    export { renderScore } from '@bnc/offline-renderer/instruments';
    export { serialize } from '@bnc/buffer-serializer';`,
    'parts',
  );
  await page.addScriptTag({ content });
  const levels = await page.evaluate(async () => {
    const { BedPlayer, renderScore, serialize } = (globalThis as unknown as { parts: BedParts }).parts;
    const seconds = 32;
    const context = new OfflineAudioContext(1, seconds * 44_100, 44_100);
    const renders: Promise<unknown>[] = [];
    let slow: Promise<void> | undefined;
    const player = new BedPlayer((error) => {
      throw error;
    });
    /** A bed of one note, held for longer than this test. */
    const bedOf = (midi: number, startAt: number): Parameters<typeof player.take>[0] => {
      const options = {
        oscillator: { type: 'sine' },
        envelope: { attack: 0.01, decay: 0, sustain: 1, release: 1 },
      } as const;
      const notes = [{ time: 0, duration: 50, midi, velocity: 0.5 }];
      const score = {
        tempo: 60,
        duration: 60,
        prngSeed: 1,
        tracks: [{ instrument: 'synth', options, notes }],
      } as const;
      const buffer = serialize(score, { encoding: 'score', gain: 0.5 });
      return { id: `${midi}`, startAt, tempo: 60, state: 'green', loops: [{ buffer, lengthBars: 15, level: -40 }] };
    };
    const device = {
      context: context as unknown as AudioContext,
      output: context.destination,
      async loadRenderer(): Promise<RenderScore> {
        await slow;
        return (options) => {
          const made = renderScore(options);
          renders.push(made);
          return made;
        };
      },
      timeOf: (at: number): number => at / 1000,
      now: (): number => context.currentTime * 1000,
    };
    const machine = Promise.withResolvers<void>();
    const steps: Readonly<Record<number, () => void>> = {
      6: () => player.take(bedOf(64, 8000)),
      14: () => {
        slow = machine.promise;
        player.take(bedOf(67, 15_000));
      },
      18: () => machine.resolve(),
      26: () => player.take(undefined),
    };
    const settle = async (): Promise<void> => {
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve));
      await Promise.all(renders);
      await new Promise((resolve) => setTimeout(resolve));
    };
    for (let second = 1; second < seconds; second++) {
      void context.suspend(second).then(async () => {
        steps[second]?.();
        await settle();
        player.tick();
        await context.resume();
      });
    }
    player.take(bedOf(60, 0));
    player.start(device);
    await settle();
    const samples = (await context.startRendering()).getChannelData(0);
    return Array.from({ length: 2 * seconds }, (_, half) => {
      const part = samples.subarray(half * 22_050, (half + 1) * 22_050);
      return 10 * Math.log10(part.reduce((sum, sample) => sum + sample * sample, 0) / part.length + 1e-12);
    });
  });
  const whole = levels[12] ?? 0;
  expect(whole).toBeGreaterThan(-30);
  // The first has come after 4.3 s; the last begins to go at 26.3 s.
  for (const level of levels.slice(9, 52)) expect(Math.abs(level - whole)).toBeLessThan(1);
  for (const level of levels.slice(61)) expect(level).toBeLessThan(-100);
  await page.close();
}, 60_000);
