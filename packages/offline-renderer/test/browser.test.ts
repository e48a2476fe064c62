import type { InstrumentName, Score } from '@bnc/contracts';
import { cents, decibels, envelope, fundamental, mean, onsets, powerSpectrum, rms } from '@bnc/testing/sound';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { instrumentNames } from '../src/instruments/instrument-facts.ts';
import { type BundlePage, openBundle } from './bundle-page.ts';
import { renderMix } from './render.ts';
import { scoreOf } from './score.ts';

declare global {
  var bundle: Record<'render' | 'play', (score: Score, seconds: number) => Promise<number[]>>;
}

const rate = 44_100;
const seconds = 1.6;
let opened: BundlePage;
beforeAll(async () => {
  opened = await openBundle(new URL('fixtures/browser-entry.ts', import.meta.url), 'bundle');
});
afterAll(() => opened.close());

const struck: readonly InstrumentName[] = [
  ...(['synth', 'fmSynth', 'bass', 'pluck', 'harp', 'bell', 'epiano', 'marimba', 'vibraphone'] as const),
  ...(['kick', 'snare', 'hat', 'drum', 'chirp'] as const),
];
const pitched: readonly InstrumentName[] = [
  ...(['synth', 'fmSynth', 'polySynth', 'sampler', 'bass', 'pad', 'strings', 'pluck', 'harp', 'bell'] as const),
  ...(['epiano', 'marimba', 'vibraphone', 'reed', 'brass', 'flute'] as const),
];

/** Levels of octave bands around 63 Hz to 8 kHz, in dB, over the whole. */
function octaves(samples: Float32Array): number[] {
  const power = powerSpectrum(samples, rate, {}, 4096);
  return [63, 125, 250, 500, 1000, 2000, 4000, 8000].map((middle) => {
    const [low, high] = [middle / Math.SQRT2, middle * Math.SQRT2].map((hertz) => Math.round((hertz * 4096) / rate));
    return 10 * Math.log10(power.slice(low, high).reduce((sum, each) => sum + each, 0) + 1e-12);
  });
}

function correlation(one: Float32Array, other: Float32Array): number {
  const [a, b] = [mean(one), mean(other)];
  const product = (x: Float32Array, mx: number, y: Float32Array, my: number): number =>
    x.reduce((sum, value, i) => sum + (value - mx) * ((y[i] ?? 0) - my), 0);
  return product(one, a, other, b) / Math.sqrt(product(one, a, one, a) * product(other, b, other, b));
}

describe('instruments in Chromium', () => {
  it.each(instrumentNames)('%s agrees with Node in onset, pitch, level, envelope and bands', async (instrument) => {
    const notes = [0.1, 0.8].map((time) => ({ time, duration: 0.4, midi: 60, velocity: 0.8 }));
    const score = scoreOf(instrument, notes, { duration: 1.3 });
    const there = Float32Array.from(
      await opened.page.evaluate(([s, length]) => bundle.render(s, length), [score, seconds] as const),
    );
    const here = (await renderMix(score)).getChannelData(0).subarray(0, there.length);
    const louder = decibels(rms(there)) - decibels(rms(here));
    expect(Math.abs(louder)).toBeLessThan(1.5);
    expect(correlation(envelope(here, rate), envelope(there, rate))).toBeGreaterThan(0.98);
    const [ours, theirs] = [octaves(here), octaves(there)];
    const loudest = Math.max(...ours);
    for (const [band, level] of ours.entries()) {
      if (level > loudest - 50) expect(Math.abs((theirs[band] ?? 0) - level - louder)).toBeLessThan(2.5);
    }
    if (pitched.includes(instrument)) {
      const [one, other] = [here, there].map((samples) => fundamental(samples, rate, { from: 0.3, to: 0.45, min: 80 }));
      expect(Math.abs(cents(one ?? 0, other ?? 1))).toBeLessThan(3);
    }
    if (struck.includes(instrument)) {
      const [ours, theirs] = [onsets(here, rate), onsets(there, rate)];
      expect(theirs).toHaveLength(ours.length);
      ours.forEach((time, i) => {
        expect(Math.abs(time - (theirs[i] ?? 0))).toBeLessThan(0.005);
      });
    }
  });

  it('play a score in the context of Tone.js', async () => {
    const score = scoreOf('pluck', [{ time: 0.1, duration: 0.4, midi: 60, velocity: 0.8 }], {
      duration: 1,
      effects: { delay: { wet: 0.3, time: 0.3, feedback: 0.3 } },
    });
    const samples = Float32Array.from(await opened.page.evaluate((s) => bundle.play(s, 1), score));
    expect(decibels(rms(samples))).toBeGreaterThan(-40);
    expect(onsets(samples, rate)[0]).toBeCloseTo(0.1, 1);
  });
});
