import type { PreviewPart } from '@bnc/offline-renderer';
import { peak } from '@bnc/testing/sound';
import { describe, expect, it } from 'vitest';
import { instrumentNames } from '../src/instruments/instrument-facts.ts';
import { integratedLoudness } from '../src/master/loudness.ts';
import { scoreOf } from './score.ts';
import { variedScores } from './varied-scores.ts';

await import('../src/engine.ts');
const { ScoreRenderer } = await import('../src/process/render-score.ts');
const { loudnessOf } = await import('../src/instruments.ts');
const renderer = new ScoreRenderer();
const rate = 44_100;

describe('a preview', () => {
  it.each(variedScores)('is about as loud as the master, reverb and all (score $prngSeed)', async (score) => {
    const parts: PreviewPart[] = [];
    const { channels } = await renderer.render(score, rate, { onPreview: (part) => parts.push(part) });
    const whole = [0, 1].map((side) => Float32Array.from(parts.flatMap((part) => [...(part.channels[side] ?? [])])));
    const length = channels[0]?.length ?? 0;
    expect(whole[0]?.length).toBeGreaterThanOrEqual(length);
    const preview = whole.map((samples) => samples.subarray(0, length));
    expect(Math.abs(integratedLoudness(preview, rate) - integratedLoudness(channels, rate))).toBeLessThan(6);
    for (const samples of preview) expect(peak(samples)).toBeLessThanOrEqual(0.9);
  });

  it.each(instrumentNames)('knows how loud %s is', async (instrument) => {
    const measured = await Promise.all(
      [48, 60, 72].map(async (midi) => {
        const notes = Array.from({ length: 8 }, (_, i) => ({ time: i * 0.75, duration: 0.3, midi, velocity: 1 }));
        const { channels } = await renderer.renderMix(scoreOf(instrument, notes, { duration: 6 }), rate);
        const played = channels.map((samples) => samples.subarray(0, 6 * rate));
        return integratedLoudness(played, rate) - 10 * Math.log10((8 * 0.3) / 6);
      }),
    );
    const mean = measured.reduce((sum, loudness) => sum + loudness, 0) / measured.length;
    expect(Math.abs(mean - loudnessOf(instrument))).toBeLessThan(1);
  });

  it.each([-50, 0, 50])(
    'does not change the master, and is as long as the mix (three blocks and %i frames)',
    async (more) => {
      const notes = [{ time: 0, duration: 0.1, midi: 60, velocity: 0.8 }];
      const score = scoreOf('pluck', notes, { duration: (3 * 16_384 + more) / rate });
      const parts: PreviewPart[] = [];
      const plain = await renderer.render(score, rate);
      const told = await renderer.render(score, rate, { onPreview: (part) => parts.push(part) });
      expect(told.channels).toEqual(plain.channels);
      const heard = parts.reduce((sum, { channels }) => sum + (channels[0]?.length ?? 0), 0);
      expect(heard).toBe((await renderer.renderMix(score, rate)).channels[0]?.length);
    },
  );
});
