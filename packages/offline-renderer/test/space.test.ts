import type { Score } from '@bnc/contracts';
import { decibels, peak, rms, toMono } from '@bnc/testing/sound';
import { describe, expect, it } from 'vitest';
import { createImpulse } from '../src/instruments/effects.ts';
import { integratedLoudness } from '../src/master/loudness.ts';
import { renderMix } from './render.ts';

const rate = 44_100;

/** Levels of the sum and the difference of two sides. */
function middleAndSide(left: Float32Array, right: Float32Array): readonly [middle: number, side: number] {
  return [1, -1].map((sign) => rms(left.map((sample, i) => (sample + sign * (right[i] ?? 0)) / 2))) as [number, number];
}

/** A band in a room: strings, a lead a little to the side, replies, bass and brushes. */
function createBand(lead: Score['tracks'][number]['instrument']): Score {
  const line = [72, 74, 76, 79, 77, 76, 74, 72].map((midi, i) => ({
    time: i / 2,
    duration: 0.45,
    midi,
    velocity: 0.7,
  }));
  const chords = [0, 2].flatMap((time, i) =>
    [48, 55, 64, 71].map((midi) => ({ time, duration: 1.9, midi: midi + 2 * i, velocity: 0.6 })),
  );
  const reverb = { wet: 0.3, decay: 2 };
  return {
    tempo: 120,
    duration: 4,
    prngSeed: 3,
    tracks: [
      { instrument: 'strings', gain: 0.65, effects: { reverb }, notes: chords },
      { instrument: lead, gain: 0.6, pan: -0.2, effects: { reverb }, notes: line },
      {
        instrument: 'harp',
        gain: 0.5,
        pan: 0.35,
        effects: { reverb },
        notes: line.map(({ time, midi }) => ({
          time: Math.min(3.9, time + 0.25),
          duration: 0.1,
          midi: midi - 12,
          velocity: 0.5,
        })),
      },
      {
        instrument: 'bass',
        gain: 0.4,
        notes: [0, 1, 2, 3].map((time) => ({ time, duration: 0.8, midi: 36, velocity: 0.7 })),
      },
      { instrument: 'hat', gain: 0.3, pan: 0.25, notes: line.map((note) => ({ ...note, duration: 0.1 })) },
    ],
  };
}

describe('the space around a phrase', () => {
  it.each(['reed', 'flute', 'epiano'] as const)('is wide, and loses at most 2 dB in mono (%s)', async (lead) => {
    const sound = await renderMix(createBand(lead));
    const [left, right] = [sound.getChannelData(0), sound.getChannelData(1)];
    const [middle, side] = middleAndSide(left, right);
    expect(decibels(side) - decibels(middle)).toBeGreaterThan(-8);
    expect(decibels(side) - decibels(middle)).toBeLessThan(-4);
    const mono = toMono(sound);
    expect(integratedLoudness([left, right], rate) - integratedLoudness([mono, mono], rate)).toBeLessThan(2);
  });

  it.each([
    [-1, 0],
    [1, 1],
  ])('has places: a note at %i is heard on its side alone', async (pan, side) => {
    const notes = [{ time: 0, duration: 0.5, midi: 67, velocity: 0.7 }];
    for (const instrument of ['reed', 'marimba', 'epiano', 'meow'] as const) {
      const sound = await renderMix({ tempo: 120, duration: 1, prngSeed: 1, tracks: [{ instrument, pan, notes }] });
      const [here, there] = [side, 1 - side].map((channel) => rms(sound.getChannelData(channel)));
      expect(decibels(here ?? 0) - decibels(there ?? 0)).toBeGreaterThan(40);
    }
  });
});

describe('the room of a reverb', () => {
  const [left, right] = createImpulse(2, rate);
  const loud = (samples: Float32Array, from: number, to: number): number =>
    peak(samples.subarray(Math.round(from * rate), Math.round(to * rate)));

  it('is silent for 7 ms, then reflects, and rings from 25 ms on', () => {
    for (const samples of [left, right]) {
      expect(loud(samples, 0, 0.007)).toBe(0);
      expect(loud(samples, 0.007, 0.024)).toBeGreaterThan(3 * loud(samples, 0.044, 0.3));
      const gaps = samples.subarray(Math.round(0.0172 * rate), Math.round(0.0208 * rate));
      expect(rms(gaps)).toBeLessThan(rms(samples.subarray(Math.round(0.03 * rate), Math.round(0.031 * rate))));
    }
  });

  it('has eight early reflections of 7-43 ms on each side, no two at the same time', () => {
    const timesOf = (samples: Float32Array): number[] => {
      const places = [...samples.subarray(0, Math.round(0.045 * rate))].map(
        (sample, at) => [at, Math.abs(sample)] as const,
      );
      return places
        .toSorted((a, b) => b[1] - a[1])
        .slice(0, 8)
        .map(([at]) => at / rate);
    };
    const [one, other] = [timesOf(left), timesOf(right)];
    for (const time of [...one, ...other]) {
      expect(time).toBeGreaterThan(0.007);
      expect(time).toBeLessThan(0.043);
    }
    for (const time of one) for (const second of other) expect(Math.abs(time - second)).toBeGreaterThan(0.0003);
  });

  it('is unlike left and right, has unit energy, and nothing below 200 Hz that a bass would drown in', () => {
    const dot = left.reduce((sum, sample, i) => sum + sample * (right[i] ?? 0), 0);
    expect(Math.abs(dot)).toBeLessThan(0.15);
    expect(left.reduce((sum, sample) => sum + sample ** 2, 0)).toBeCloseTo(1, 4);
    const levelAt = (hertz: number): number => {
      let [real, imaginary] = [0, 0];
      // The mean of a few close frequencies: one alone may lie in a notch.
      let power = 0;
      for (let step = -8; step <= 8; step++) {
        [real, imaginary] = [0, 0];
        const turn = (2 * Math.PI * hertz * 2 ** (step / 24)) / rate;
        for (let i = 0; i < left.length; i++) {
          real += (left[i] ?? 0) * Math.cos(turn * i);
          imaginary += (left[i] ?? 0) * Math.sin(turn * i);
        }
        power += real ** 2 + imaginary ** 2;
      }
      return 10 * Math.log10(power);
    };
    expect(levelAt(50) - levelAt(800)).toBeLessThan(-15);
    expect(levelAt(1600) - levelAt(800)).toBeGreaterThan(-6);
  });
});
