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
const held = ['pad', 'strings', 'reed', 'brass', 'flute'] as const;
const plucked = ['bass', 'pluck', 'harp', 'bell', 'epiano', 'marimba', 'vibraphone'] as const;
const pitched = ['synth', 'fmSynth', 'polySynth', 'sampler', ...held, ...plucked] as const;
const struck = [
  'synth',
  'fmSynth',
  'polySynth',
  'sampler',
  ...plucked,
  'kick',
  'snare',
  'hat',
  'drum',
  'chirp',
] as const;

async function call(instrument: InstrumentName, midi: number, duration: number): Promise<Float32Array> {
  return toMono(await renderMix(scoreOf(instrument, [{ time: 0, duration, midi, velocity: 0.8 }], { duration })));
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

  it.each(['synth', 'fmSynth', 'polySynth'] as const)(
    '%s may follow pitch and velocity with a low-pass that opens when a note starts',
    async (instrument) => {
      const options = { brightness: 5, oscillator: { type: 'sawtooth' } } as const;
      const centroid = async (midi: number, velocity: number, [from, to] = [0.3, 1.9]): Promise<number> => {
        const notes = [{ time: 0, duration: 2, midi, velocity }];
        const samples = toMono(await renderMix(scoreOf(instrument, notes, { duration: 2, options })));
        return spectralCentroid(samples, rate, { from, to });
      };
      expect(Math.log2((await centroid(67, 0.9)) / (await centroid(67, 0.3)))).toBeGreaterThan(0.4);
      // An octave higher, the spectrum is an octave higher.
      expect(Math.abs(Math.log2((await centroid(79, 0.6)) / (await centroid(67, 0.6))) - 1)).toBeLessThan(0.25);
      // The two saws of a polySynth beat, which hides its opening.
      if (instrument === 'polySynth') return;
      expect(await centroid(67, 0.6, [0, 0.1])).toBeGreaterThan(1.1 * (await centroid(67, 0.6)));
    },
  );

  it.each(['synth', 'fmSynth', 'polySynth'] as const)(
    '%s may swing around the pitch 5 times a second, on long notes after 0.3 s',
    async (instrument) => {
      const options = { vibrato: 30, oscillator: { type: 'sine' } } as const;
      const swing = async (duration: number, from: number, to: number): Promise<number> => {
        const notes = [{ time: 0, duration, midi: 69, velocity: 0.8 }];
        const samples = toMono(await renderMix(scoreOf(instrument, notes, { duration: 2, options })));
        const pitches = Array.from({ length: Math.floor((to - from) / 0.02) }, (_, i) =>
          fundamental(samples, rate, { from: from + i * 0.02, to: from + i * 0.02 + 0.03 }),
        );
        return cents(Math.max(...pitches), Math.min(...pitches));
      };
      expect(await swing(1.8, 0.05, 0.3)).toBeLessThan(6);
      expect(await swing(1.8, 0.9, 1.7)).toBeGreaterThan(35);
      expect(await swing(1.8, 0.9, 1.7)).toBeLessThan(70);
      expect(await swing(0.48, 0.1, 0.45)).toBeLessThan(6);
    },
  );

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
