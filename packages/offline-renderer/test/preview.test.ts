import type { PreviewPart } from '@bnc/offline-renderer';
import { peak } from '@bnc/testing/sound';
import { describe, expect, it } from 'vitest';
import { integratedLoudness } from '../src/loudness.ts';
import { variedScores } from './varied-scores.ts';

await import('../src/engine.ts');
const { ScoreRenderer } = await import('../src/render-score.ts');
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
});
