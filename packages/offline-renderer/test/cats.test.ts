import type { InstrumentName, InstrumentOptions } from '@bnc/contracts';
import {
  cents,
  envelope,
  fundamental,
  mean,
  midiToHertz,
  peak,
  powerSpectrum,
  spectralCentroid,
  toMono,
} from '@bnc/testing/sound';
import { describe, expect, it } from 'vitest';
import { recordMeow } from '../src/instruments/sounds/cats.ts';
import { Resonance } from '../src/instruments/sounds/filters.ts';
import { renderMix } from './render.ts';
import { scoreOf } from './score.ts';

const rate = 44_100;

async function call(
  instrument: InstrumentName,
  midi: number,
  duration: number,
  options: InstrumentOptions = {},
): Promise<Float32Array> {
  const note = { time: 0, duration, midi, velocity: 0.8 };
  return toMono(await renderMix(scoreOf(instrument, [note], { duration, options })));
}

/** Pitches along a call, one every `hop` seconds. */
function contour(samples: Float32Array, length: number, hop = 0.03): number[] {
  return Array.from({ length: Math.floor((length - 0.06) / hop) }, (_, i) =>
    fundamental(samples, rate, { from: 0.02 + i * hop, to: 0.06 + i * hop, min: 150, max: 2000 }),
  ).filter((hertz) => hertz > 0);
}

/** Share of the energy of a sound between two frequencies. */
function share(samples: Float32Array, low: number, high: number): number {
  const power = powerSpectrum(samples, rate, {}, 4096);
  const sum = (from: number, to: number): number =>
    power.slice(Math.round((from * 4096) / rate), Math.round((to * 4096) / rate)).reduce((all, each) => all + each, 0);
  return sum(low, high) / sum(20, 20_000);
}

/** Pulses a second of a part of a sound, by its envelope. */
function pulsesOf(samples: Float32Array, from: number, to: number): number {
  const part = envelope(samples, rate, 0.008, 0.001).slice(from * 1000, to * 1000);
  const middle = mean(part);
  return fundamental(
    part.map((level) => level - middle),
    1000,
    { min: 15, max: 45 },
  );
}

describe('a purr', () => {
  it('has 25-28 pulses a second, faster while breathing out, in breaths of 0.9 s', async () => {
    const samples = await call('purr', 55, 3.6);
    const inhale = (pulsesOf(samples, 0.1, 0.8) + pulsesOf(samples, 1.9, 2.6)) / 2;
    const exhale = (pulsesOf(samples, 1, 1.7) + pulsesOf(samples, 2.8, 3.5)) / 2;
    expect((inhale + exhale) / 2).toBeGreaterThan(24.3);
    expect((inhale + exhale) / 2).toBeLessThan(28.3);
    expect(exhale - inhale).toBeCloseTo(2, 0);
  });

  it('leaves the chest to the bass, and has a body and audible pulses', async () => {
    const samples = await call('purr', 48, 3.6);
    expect(share(samples, 20, 200)).toBeLessThan(0.03);
    expect(share(samples, 250, 1000)).toBeGreaterThan(0.4);
    expect(share(samples, 1000, 3000)).toBeGreaterThan(0.1);
    const level = envelope(samples.subarray(rate, 1.6 * rate), rate, 0.004, 0.001);
    expect(Math.min(...level)).toBeLessThan(0.25 * Math.max(...level));
  });

  it('repeats without a seam', async () => {
    const samples = await call('purr', 48, 4);
    const steps = samples.map((sample, i) => Math.abs(sample - (samples[i - 1] ?? 0)));
    const seam = Math.round(1.8 * rate);
    expect(peak(steps.subarray(seam - 200, seam + 200))).toBeLessThan(peak(steps.subarray(rate, seam - 200)));
  });
});

describe('a meow', () => {
  const length = 0.8;
  const semitones = (from = 1, to = 1): number => cents(to, from) / 100;

  it.each([60, 72])(
    'greets by rising 3-5 semitones and staying up, to the note in 400-800 Hz (MIDI %i)',
    async (midi) => {
      const pitches = contour(await call('meow', midi, length), length);
      const highest = Math.max(...pitches);
      expect(Math.abs(cents(highest, midiToHertz(72)))).toBeLessThan(60);
      expect(semitones(pitches[0], highest)).toBeGreaterThan(3);
      expect(semitones(pitches[0], highest)).toBeLessThan(5);
      expect(semitones(highest, pitches.at(-1))).toBeGreaterThan(-1);
    },
  );

  it('asks on a level that rises at the end', async () => {
    const pitches = contour(await call('meow', 72, length, { contour: 'question' }), length);
    const middle = pitches[Math.floor(pitches.length * 0.45)];
    expect(Math.abs(semitones(pitches[3], middle))).toBeLessThan(1);
    expect(semitones(middle, pitches.at(-1))).toBeGreaterThan(2.5);
  });

  it('mourns by falling', async () => {
    const pitches = contour(await call('meow', 72, length, { contour: 'sad' }), length);
    expect(semitones(Math.max(...pitches), pitches.at(-1))).toBeLessThan(-4);
    expect(semitones(pitches[0], pitches.at(-1))).toBeLessThan(-3);
  });

  it('opens its mouth and closes it again', async () => {
    const samples = await call('meow', 72, length);
    const mouth = [0.03, 0.4, 0.8].map((from) => spectralCentroid(samples, rate, { from, to: from + 0.05 }));
    expect(mouth[1] ?? 0).toBeGreaterThan(1.2 * (mouth[0] ?? 0));
    expect(mouth[1] ?? 0).toBeGreaterThan(1.2 * (mouth[2] ?? 0));
  });

  it('has the jitter of a living voice: 1-2 % from one period to the next', async () => {
    const take = { midi: 72, velocity: 0.5, sampleRate: 96_000, duration: 0.9, turn: 0, tract: 9 } as const;
    const [samples = new Float32Array()] = recordMeow({ ...take, contour: 'question' }).channels;
    // Two resonances leave the first partial, which is level there; its upward crossings are the periods.
    const [once, twice] = [new Float64Array(samples.length), new Float64Array(samples.length)];
    new Resonance(96_000, 415, 250).addTo(once, new Float64Array(samples), 1);
    new Resonance(96_000, 415, 250).addTo(twice, once, 1);
    let before = 0;
    const crossings: number[] = [];
    for (let i = 0; i < 0.45 * 96_000; i++) {
      const now = twice[i] ?? 0;
      if (i > 9600 && before < 0 && now >= 0) crossings.push(i - now / (now - before));
      before = now;
    }
    const periods = crossings.slice(1).map((at, i) => at - (crossings[i] ?? 0));
    const changes = periods.slice(1).map((period, i) => Math.abs(period - (periods[i] ?? 0)));
    const jitter = mean(Float32Array.from(changes)) / mean(Float32Array.from(periods));
    expect(jitter).toBeGreaterThan(0.01);
    expect(jitter).toBeLessThan(0.02);
  });

  it('sounds of a smaller cat with a shorter vocal tract, at the same pitch', async () => {
    const [small = [], large = []] = await Promise.all(
      [8, 10].map(async (tract) => {
        const samples = await call('meow', 72, length, { tract });
        const from = share(samples, 2000, 3200) / share(samples, 3200, 5000);
        return [Math.max(...contour(samples, length)), from];
      }),
    );
    // The second formant lies at 3.3 kHz in 8 cm, at 2.6 kHz in 10 cm.
    expect((large[1] ?? 0) / (small[1] ?? 1)).toBeGreaterThan(2);
    expect(Math.abs(cents(small[0] ?? 0, large[0] ?? 1))).toBeLessThan(60);
  });
});

describe('smaller calls', () => {
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
    expect(Math.abs(pulsesOf(samples, 0.06, length - 0.02) - roll)).toBeLessThan(2);
  });

  it('a trill an octave higher sounds an octave higher', async () => {
    const [low = 0, high = 0] = await Promise.all(
      [64, 76].map(async (midi) => {
        const pitches = contour(await call('trill', midi, 0.5), 0.5);
        return pitches[Math.floor(pitches.length / 2)] ?? 0;
      }),
    );
    expect(high / low).toBeCloseTo(2, 1);
  });

  it('hiss: soft breath without a pitch, above 3 kHz', async () => {
    const samples = await call('hiss', 60, 0.6);
    expect(spectralCentroid(samples, rate)).toBeGreaterThan(4000);
    expect(fundamental(samples, rate, { from: 0.1, to: 0.4 })).toBe(0);
    expect(peak(samples)).toBeLessThan(0.3);
  });
});
