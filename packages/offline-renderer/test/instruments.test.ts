import type { InstrumentName } from '@bnc/contracts';
import {
  cents,
  decibels,
  envelope,
  fundamental,
  isFiniteSound,
  largestStep,
  mean,
  midiToHertz,
  onsets,
  peak,
  rms,
  slice,
  spectralCentroid,
  toMono,
} from '@bnc/testing/sound';
import { describe, expect, it } from 'vitest';
import { instrumentNames } from '../src/instruments/instrument-facts.ts';
import { featuresOf } from './features.ts';
import { storedFeatures } from './fixtures/features.ts';
import { render, renderMix, ringOf } from './render.ts';
import { scoreOf } from './score.ts';

const rate = 44_100;
const pitched = ['synth', 'fmSynth', 'polySynth', 'sampler', 'bass', 'pad', 'pluck', 'bell'] as const;
const struck = [
  'synth',
  'fmSynth',
  'polySynth',
  'sampler',
  'bass',
  'pluck',
  'bell',
  'kick',
  'snare',
  'hat',
  'chirp',
] as const;

async function call(instrument: InstrumentName, midi: number, duration: number): Promise<Float32Array> {
  return toMono(await renderMix(scoreOf(instrument, [{ time: 0, duration, midi, velocity: 0.8 }], { duration })));
}

/** Pitches along a call, one every `hop` seconds. */
function contour(samples: Float32Array, length: number, hop = 0.03): number[] {
  return Array.from({ length: Math.floor((length - 0.06) / hop) }, (_, i) =>
    fundamental(samples, rate, { from: 0.02 + i * hop, to: 0.06 + i * hop, min: 150, max: 2000 }),
  );
}

describe('instruments', () => {
  it.each(pitched)('%s plays MIDI 36-96 within 5 cents', async (instrument) => {
    for (const midi of [36, 43, 51, 60, 70, 84, 96]) {
      const samples = await call(instrument, midi, 0.6);
      const hertz = fundamental(samples, rate, { from: 0.25, to: 0.5, min: 50 });
      expect(Math.abs(cents(hertz, midiToHertz(midi))), `MIDI ${midi}`).toBeLessThan(5);
    }
  });

  it.each(struck)('%s starts within 5 ms of the times of the score', async (instrument) => {
    const times = [0, 0.6, 1.15, 1.8];
    const notes = times.map((time) => ({ time, duration: 0.2, midi: 60, velocity: 0.8 }));
    const heard = onsets(toMono(await render(scoreOf(instrument, notes, { duration: 2.4 }))), rate);
    expect(heard).toHaveLength(times.length);
    heard.forEach((time, i) => {
      expect(Math.abs(time - (times[i] ?? 0))).toBeLessThan(0.005);
    });
  });

  it.each(instrumentNames)('%s sounds like its stored features', async (instrument) => {
    const features = await featuresOf(instrument);
    const stored = storedFeatures[instrument];
    const distance = Math.hypot(...features.map((feature, i) => feature - (stored[i] ?? 0)));
    expect(distance).toBeLessThan(3);
  });

  it('tells every two instruments apart', () => {
    for (const one of instrumentNames) {
      for (const other of instrumentNames.filter((name) => name > one)) {
        const distance = Math.hypot(
          ...storedFeatures[one].map((feature, i) => feature - (storedFeatures[other][i] ?? 0)),
        );
        expect(distance, `${one} and ${other}`).toBeGreaterThan(3);
      }
    }
  });

  it.each(instrumentNames)('%s is silent when it says so, without click, offset or NaN', async (instrument) => {
    const note = { time: 0.1, duration: 0.5, midi: 62, velocity: 1 };
    const samples = toMono(await renderMix(scoreOf(instrument, [note], { duration: 0.7 })));
    expect(isFiniteSound(samples)).toBe(true);
    expect(Math.abs(mean(samples))).toBeLessThan(1e-3);
    expect(peak(slice(samples, rate, { to: 0.0999 }))).toBe(0);
    const end = note.time + note.duration + ringOf(instrument) + 0.02;
    expect(decibels(peak(slice(samples, rate, { from: end }))) - decibels(peak(samples))).toBeLessThan(-66);
    const startStep = largestStep(slice(samples, rate, { from: 0.099, to: 0.1005 }));
    expect(startStep).toBeLessThan(0.25 * peak(samples) + 0.001);
  });

  it('follows the velocity and the options of the instrument', async () => {
    const note = { time: 0, duration: 0.5, midi: 60, velocity: 0.4 };
    const soft = toMono(await renderMix(scoreOf('synth', [note])));
    const loud = toMono(await renderMix(scoreOf('synth', [{ ...note, velocity: 0.8 }])));
    expect(decibels(rms(loud)) - decibels(rms(soft))).toBeCloseTo(6, 0);
    const quiet = toMono(await renderMix(scoreOf('synth', [note], { options: { volume: -12 } })));
    expect(decibels(rms(soft)) - decibels(rms(quiet))).toBeCloseTo(12, 1);
    const square = toMono(await renderMix(scoreOf('synth', [note], { options: { oscillator: { type: 'square' } } })));
    expect(spectralCentroid(square, rate)).toBeGreaterThan(2 * spectralCentroid(soft, rate));
    const options = { oscillator: { type: 'square' }, filter: { frequency: 300 } } as const;
    const dark = toMono(await renderMix(scoreOf('synth', [note], { options })));
    expect(spectralCentroid(dark, rate)).toBeLessThan(0.6 * spectralCentroid(square, rate));
    const slow = toMono(
      await renderMix(scoreOf('synth', [note], { options: { envelope: { attack: 0.3, release: 1 } } })),
    );
    const level = envelope(slow, rate);
    expect(level.indexOf(Math.max(...level)) * 0.005).toBeCloseTo(0.3, 1);
    expect(rms(slice(slow, rate, { from: 1, to: 1.1 }))).toBeGreaterThan(1e-3);
  });

  it('takes a voice from its note without a click when there are more notes than voices', async () => {
    const notes = Array.from({ length: 24 }, (_, i) => ({ time: i * 0.1, duration: 2, midi: 40 + i, velocity: 0.5 }));
    const many = toMono(await renderMix(scoreOf('synth', notes, { duration: 5 })));
    const one = toMono(await renderMix(scoreOf('synth', notes.slice(0, 1), { duration: 5 })));
    expect(largestStep(many)).toBeLessThan(24 * largestStep(one));
    expect(peak(slice(many, rate, { from: 5.2 }))).toBeLessThan(1e-3);
  });

  it("plays a sampler's recordings at other pitches", async () => {
    const samples = Float32Array.from({ length: rate }, (_, i) => 0.5 * Math.sin((2 * Math.PI * 440 * i) / rate));
    const recording = {
      numberOfChannels: 1,
      length: rate,
      sampleRate: rate,
      duration: 1,
      getChannelData: () => samples,
    };
    const notes = [{ time: 0, duration: 0.4, midi: 76, velocity: 1 }];
    const buffer = await render(scoreOf('sampler', notes, { duration: 0.6 }), rate, { 69: recording });
    const hertz = fundamental(toMono(buffer), rate, { from: 0.05, to: 0.3 });
    expect(Math.abs(cents(hertz, midiToHertz(76)))).toBeLessThan(2);
  });
});

describe('cat voices', () => {
  it('purr: 25-27 pulses a second, faster while breathing out, in breaths of 0.9 s', async () => {
    const samples = await call('purr', 55, 3.6);
    const pulses = envelope(samples, rate, 0.008, 0.001);
    const rateOf = (from: number): number => {
      const part = pulses.slice(from * 1000, (from + 0.7) * 1000);
      const middle = mean(part);
      return fundamental(
        part.map((level) => level - middle),
        1000,
        { min: 15, max: 45 },
      );
    };
    const [inhale, exhale] = [(rateOf(0.1) + rateOf(1.9)) / 2, (rateOf(1) + rateOf(2.8)) / 2];
    expect((inhale + exhale) / 2).toBeGreaterThan(24.3);
    expect((inhale + exhale) / 2).toBeLessThan(28.3);
    expect(exhale - inhale).toBeCloseTo(2, 0);
    const centroid = spectralCentroid(samples, rate);
    expect(centroid).toBeGreaterThan(180);
    expect(centroid).toBeLessThan(950);
  });

  it.each([60, 72])(
    'meow: its pitch rises to 450-770 Hz, then falls; its mouth opens, then closes (MIDI %i)',
    async (midi) => {
      const length = 0.8;
      const samples = await call('meow', midi, length);
      const pitches = contour(samples, length);
      const highest = Math.max(...pitches);
      const top = pitches.indexOf(highest);
      expect(highest).toBeGreaterThan(450);
      expect(highest).toBeLessThan(770);
      expect(Math.abs(cents(highest, midiToHertz(72)))).toBeLessThan(20);
      expect(top).toBeGreaterThan(2);
      expect(top).toBeLessThan(pitches.length - 4);
      expect(pitches[0] ?? 0).toBeLessThan(0.9 * highest);
      expect(pitches.at(-1) ?? 0).toBeLessThan(0.85 * highest);
      const mouth = [0.03, 0.4, 0.74].map((from) => spectralCentroid(samples, rate, { from, to: from + 0.05 }));
      expect(mouth[1] ?? 0).toBeGreaterThan(1.2 * (mouth[0] ?? 0));
      expect(mouth[1] ?? 0).toBeGreaterThan(1.2 * (mouth[2] ?? 0));
    },
  );

  it('chirp: about 0.18 s, rising from about 700 to 1250 Hz', async () => {
    const samples = await call('chirp', 81, 0.18);
    const pitches = contour(samples, 0.2, 0.01);
    expect(pitches[0] ?? 0).toBeGreaterThan(650);
    expect(pitches[0] ?? 0).toBeLessThan(800);
    expect(pitches.at(-1) ?? 0).toBeGreaterThan(1050);
    expect(pitches.at(-1) ?? 0).toBeLessThan(1300);
    const level = envelope(samples, rate, 0.005, 0.001);
    const loud = level.filter((each) => each > Math.max(...level) / 10).length / 1000;
    expect(loud).toBeGreaterThan(0.15);
    expect(loud).toBeLessThan(0.26);
  });

  it.each([
    ['trill', 0.5, 25, 1.1, 1.7],
    ['mrrp', 0.45, 28, 0.6, 0.9],
  ] as const)('%s: rolled, and going the way it should', async (instrument, length, roll, low, high) => {
    const samples = await call(instrument, 60, length);
    const pitches = contour(samples, length);
    const change = (pitches.at(-1) ?? 0) / (pitches[0] ?? 1);
    expect(change).toBeGreaterThan(low);
    expect(change).toBeLessThan(high);
    const part = envelope(samples, rate, 0.012, 0.001).slice(60, length * 1000 - 20);
    const middle = mean(part);
    const beats = fundamental(
      part.map((level) => level - middle),
      1000,
      { min: 15, max: 45 },
    );
    expect(Math.abs(beats - roll)).toBeLessThan(2);
  });

  it('hiss: soft breath without a pitch, above 3 kHz', async () => {
    const samples = await call('hiss', 60, 0.6);
    expect(spectralCentroid(samples, rate)).toBeGreaterThan(4000);
    expect(fundamental(samples, rate, { from: 0.1, to: 0.4 })).toBe(0);
    expect(peak(samples)).toBeLessThan(0.3);
  });
});
