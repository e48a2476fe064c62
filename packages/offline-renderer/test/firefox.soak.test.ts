import { findFirefox, launchFirefox } from '@bnc/testing/firefox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compare } from './alike.ts';
import { bundleOf } from './bundle-page.ts';
import { phraseOf } from './phrases.ts';
import { toSamples } from './player-page.ts';

const { ScoreRenderer } = await import('../src/process/render-score.ts');
const renderer = new ScoreRenderer();
const rate = 44_100;

type Firefox = Awaited<ReturnType<typeof launchFirefox>>;

describe.skipIf(findFirefox() === undefined)('a player in Firefox', { timeout: 120_000 }, () => {
  let firefox: Firefox;
  let page: Awaited<ReturnType<Firefox['newPage']>>;
  beforeAll(async () => {
    firefox = await launchFirefox();
    page = await firefox.newPage();
    await page.addScriptTag({
      content: await bundleOf(new URL('fixtures/player-entry.ts', import.meta.url), 'players'),
    });
  }, 60_000);
  afterAll(() => firefox?.close());

  it.each(Array.from({ length: 13 }, (_, index) => index))(
    'plays what the renderer makes: envelope and octaves of phrase %i',
    async (index) => {
      const score = phraseOf(index);
      const clip = await renderer.render(score, rate);
      const length = clip.channels[0]?.length ?? 0;
      const { channels, late } = await page.evaluate(
        (given, seconds) => players.render([{ score: given }], { seconds }),
        score,
        length / rate,
      );
      expect(late).toEqual([0]);
      for (const [side, samples] of channels.map(toSamples).entries()) {
        const { envelope, bands } = compare(clip.channels[side] ?? new Float32Array(), samples, rate);
        expect(envelope).toBeGreaterThan(0.98);
        expect(bands).toBeLessThan(2.5);
      }
    },
  );
});
