import type { Hertz, InstrumentOptions, ScoreNote } from '@bnc/contracts';
import { decibels, rms } from '@bnc/testing/sound';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSilentContext } from '../src/engine.ts';
import { createInstrument } from '../src/instruments/create-instrument.ts';
import type { InstrumentSettings } from '../src/instruments/instrument.ts';
import { NoteMix } from '../src/process/note-mix.ts';

type Options = InstrumentOptions & Pick<InstrumentSettings, 'maxVoices'>;

/** Plays notes on nodes, and as what is computed. */
function playBoth(
  name: (typeof names)[number],
  options: Options,
  notes: readonly ScoreNote[],
  sampleRate: Hertz,
): Promise<Float32Array[]> {
  const length = 3;
  return Promise.all(
    [false, true].map(async (isMixed) => {
      const context = createSilentContext(1, length * sampleRate, sampleRate);
      const mix = isMixed ? { mix: new NoteMix(context, length) } : {};
      const instrument = createInstrument(name, { ...options, ...mix, context }).toDestination();
      for (const note of notes) instrument.play(note);
      instrument.finish();
      return new Float32Array((await context.startRendering()).getChannelData(0));
    }),
  );
}

/** How far two sounds are apart, in dB of the first one. */
function difference([one, two]: readonly Float32Array[]): number {
  const power = (samples: Float32Array): number => samples.reduce((sum, sample) => sum + sample * sample, 0);
  const [first, second] = [one ?? new Float32Array(), two ?? new Float32Array()];
  return decibels(Math.sqrt(power(first.map((sample, i) => sample - (second[i] ?? 0))) / (power(first) + 1e-9)));
}

const names = ['synth', 'polySynth', 'fmSynth'] as const;
const rates = fc.constantFrom(22_050, 44_100, 48_000);
const oneNote = {
  duration: fc.double({ min: 0.02, max: 1.2, noNaN: true }),
  midi: fc.integer({ min: 24, max: 119 }),
  velocity: fc.double({ min: 0.05, max: 1, noNaN: true }),
};
/** No two of them begin within the 4 ms in which a voice is taken from another note. */
const manyNotes = fc.uniqueArray(fc.record({ ...oneNote, at: fc.integer({ min: 0, max: 200 }) }), {
  minLength: 1,
  maxLength: 8,
  selector: ({ at }) => at,
});
const shapes = {
  'all waves': fc.constantFrom('sine', 'triangle', 'sawtooth', 'square'),
  'smooth waves': fc.constantFrom('sine', 'triangle'),
  'waves with edges': fc.constantFrom('sawtooth', 'square'),
} as const;
const options = {
  // Longer than the modulation falls, so that it stands still while nothing sounds.
  envelope: fc.record({ attack: fc.constantFrom(0.005, 0.2), release: fc.constantFrom(0.5, 0.8) }),
  vibrato: fc.constantFrom(0, 12, 40),
  maxVoices: fc.constantFrom(1, 3),
};

describe('tones of oscillators that are computed', () => {
  it.each([
    { name: 'synth', waves: 'all waves', limit: -40 },
    { name: 'polySynth', waves: 'all waves', limit: -40 },
    { name: 'fmSynth', waves: 'smooth waves', limit: -35 },
    // Bent pitches differ in the last bit of a float, and an edge then falls between other frames.
    { name: 'fmSynth', waves: 'waves with edges', limit: -15 },
  ] as const)(
    'of a $name with $waves sound as its nodes do, whatever its options and notes are',
    async ({ name, waves, limit }) => {
      const sounds = fc.record(
        { ...options, oscillator: fc.record({ type: shapes[waves] }) },
        { requiredKeys: ['oscillator'] },
      );
      await fc.assert(
        fc.asyncProperty(sounds, manyNotes, rates, async (given, wanted, sampleRate) => {
          const notes = wanted
            .map(({ at, ...note }) => ({ ...note, time: Math.round((at * sampleRate) / 100) / sampleRate }))
            .toSorted((a, b) => a.time - b.time);
          expect(difference(await playBoth(name, given, notes, sampleRate))).toBeLessThan(limit);
        }),
        { numRuns: 40 },
      );
    },
  );

  it.each(names)('of a %s go on after more notes at one time than it has voices', async (name) => {
    const at = (time: number, duration: number) => ({ time, duration, midi: 60, velocity: 0.5 });
    const notes = [...Array.from({ length: 40 }, () => at(0.5, 0)), at(1, 0.4), at(2, 0.4)];
    for (const options of [{ brightness: 2 }, { vibrato: 12 }]) {
      const [, computed = new Float32Array()] = await playBoth(name, options, notes, 44_100);
      expect(computed.every(Number.isFinite)).toBe(true);
      expect(rms(computed.subarray(45_000, 60_000))).toBeGreaterThan(0.005);
    }
  });

  it.each(names)('of a %s are silent from half the sample rate on, and go on below it', async (name) => {
    const notes = [127, 69].map((midi, place) => ({ time: 0.5 * place, duration: 0.4, midi, velocity: 1 }));
    const [nodes, computed] = await playBoth(name, { envelope: { release: 0.1 } }, notes, 22_050);
    for (const samples of [nodes, computed]) {
      expect(rms(samples?.subarray(0, 11_000) ?? new Float32Array())).toBeLessThan(1e-5);
      expect(rms(samples?.subarray(11_100, 20_000) ?? new Float32Array())).toBeGreaterThan(0.01);
    }
  });

  it.each(names)('of a %s open and close a low-pass as nodes do, which begin a block later', async (name) => {
    const high = fc.record({ ...oneNote, midi: fc.integer({ min: 60, max: 108 }), time: fc.constant(0) });
    const bright = fc.record({
      oscillator: fc.record({ type: shapes['all waves'] }),
      brightness: fc.constantFrom(2, 6, 14),
    });
    await fc.assert(
      fc.asyncProperty(bright, high, rates, async (given, note, sampleRate) => {
        const both = await playBoth(name, given, [note], sampleRate);
        expect(difference(both.map((samples) => samples.subarray(0.06 * sampleRate)))).toBeLessThan(-35);
      }),
      { numRuns: 20 },
    );
  });
});
