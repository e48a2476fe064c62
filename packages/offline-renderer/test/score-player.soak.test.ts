import { peak } from '@bnc/testing/sound';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gainErrors } from './gain-errors.ts';
import { phraseOf } from './phrases.ts';
import { compare, openPlayer, type PlayerPage } from './player-page.ts';

await import('../src/engine.ts');
const { ScoreRenderer } = await import('../src/process/render-score.ts');
const renderer = new ScoreRenderer();

const rate = 44_100;
const limits = { timeout: 1_200_000 };
let opened: PlayerPage;
beforeAll(async () => {
  opened = await openPlayer();
});
afterAll(() => opened.close());

describe('a player, for long', () => {
  it('plays the samples of 30 clips, each at its loudness', limits, async () => {
    const likenesses: number[] = [];
    for (let index = 0; index < 30; index++) {
      const score = phraseOf(index);
      const clip = await renderer.render(score, rate);
      const seconds = (clip.channels[0]?.length ?? 0) / rate;
      const { channels } = await opened.render([{ score, gain: await renderer.measureGain(score) }], { seconds });
      const { likeness, factor } = compare(clip.channels, channels);
      likenesses.push(likeness);
      expect(Math.abs(20 * Math.log10(factor)), `phrase ${index}`).toBeLessThan(1.5);
    }
    expect(Math.min(...likenesses)).toBeGreaterThan(0.98);
  });

  it('keeps no node over 300 scores', limits, async () => {
    await opened.page.evaluate(async () => {
      globalThis.live = await players.open();
    });
    for (let round = 0; round < 30; round++) {
      await opened.page.evaluate(
        async (scores) => {
          for (const score of scores) {
            const { player, context } = globalThis.live ?? (await players.open());
            const phrase = player.play(score, context.currentTime + 0.01);
            await players.wait(0.1);
            phrase.yieldAt(context.currentTime);
            await phrase.ended;
          }
        },
        Array.from({ length: 10 }, (_, i) => phraseOf(10 * round + i)),
      );
    }
    // The tape, its source and one reverb for each decay, twelve at most. A phrase has a hundred nodes.
    await expect.poll(() => opened.countNodes(), { timeout: 60_000 }).toBeLessThan(20);
  });

  it('keeps two mastered phrases below -1 dBFS where their peaks meet', limits, async () => {
    for (let index = 0; index < 20; index++) {
      const scores = [phraseOf(index), phraseOf(index + 31)];
      const parts = await Promise.all(
        scores.map(async (score) => {
          const gain = await renderer.measureGain(score);
          const { channels } = await renderer.renderMix(score, rate);
          const samples = channels[0] ?? new Float32Array();
          const highest = peak(samples);
          return { score, gain, peakAt: samples.findIndex((sample) => Math.abs(sample) >= highest) / rate };
        }),
      );
      const latest = Math.max(...parts.map(({ peakAt }) => peakAt));
      const planned = parts.map(({ score, gain, peakAt }) => ({ score, gain, at: latest - peakAt }));
      const { channels } = await opened.render(planned, { seconds: latest + 2, limited: true });
      for (const samples of channels) expect(peak(samples), `phrase ${index}`).toBeLessThanOrEqual(10 ** (-1 / 20));
    }
  });
});

describe('gainOf, for long', () => {
  it('is within 1 LU for 95 of 100 phrases', limits, async () => {
    const errors = (await gainErrors(Array.from({ length: 100 }, (_, i) => 100 + i))).map(Math.abs);
    expect(errors.filter((error) => error <= 1).length).toBeGreaterThanOrEqual(95);
  });
});
