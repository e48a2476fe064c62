import type { InstrumentName, Score } from '@bnc/contracts';
import { cents, decibels, fundamental, onsets, rms } from '@bnc/testing/sound';
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

const pitched: readonly InstrumentName[] = ['synth', 'fmSynth', 'polySynth', 'sampler', 'bass', 'pad', 'pluck', 'bell'];
const struck: readonly InstrumentName[] = [
  'synth',
  'fmSynth',
  'bass',
  'pluck',
  'bell',
  'kick',
  'snare',
  'hat',
  'chirp',
];

describe('instruments in Chromium', () => {
  it.each(instrumentNames)('%s agrees with Node in onset, pitch and level', async (instrument) => {
    const notes = [0.1, 0.8].map((time) => ({ time, duration: 0.4, midi: 60, velocity: 0.8 }));
    const score = scoreOf(instrument, notes, { duration: 1.3 });
    const there = Float32Array.from(
      await opened.page.evaluate(([s, length]) => bundle.render(s, length), [score, seconds] as const),
    );
    const here = (await renderMix(score)).getChannelData(0).subarray(0, there.length);
    expect(Math.abs(decibels(rms(there)) - decibels(rms(here)))).toBeLessThan(1.5);
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
