import type { Effects, InstrumentName, Score } from '@bnc/contracts';
import { decibels, isFiniteSound, rms, slice, toMono } from '@bnc/testing/sound';
import { describe, expect, it } from 'vitest';
import { renderMix } from './render.ts';
import { scoreOf } from './score.ts';

const { createNativeContext } = await import('../src/engine.ts');
const { createEffects } = await import('../src/instruments/effects.ts');

const rate = 44_100;

/** One note at 0.1 s through effects. */
async function play(
  instrument: InstrumentName,
  effects: Effects,
  {
    midi = 60,
    duration = 0.1,
    ...more
  }: { midi?: number; duration?: number } & Partial<Score & { options: object }> = {},
) {
  const note = { time: 0.1, duration, midi, velocity: 0.8 };
  return renderMix(scoreOf(instrument, [note], { duration: 3, effects, ...more }));
}

/** Amplitude of a sine of a frequency inside a span. */
function amplitude(samples: Float32Array, hertz: number, from: number, to: number): number {
  const part = slice(samples, rate, { from, to });
  let [real, imaginary, weights] = [0, 0, 0];
  part.forEach((sample, i) => {
    const weight = 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / part.length);
    const angle = (2 * Math.PI * hertz * i) / rate;
    real += weight * sample * Math.cos(angle);
    imaginary += weight * sample * Math.sin(angle);
    weights += weight;
  });
  return (2 * Math.hypot(real, imaginary)) / weights;
}

const steady = { envelope: { attack: 0.01, decay: 0.01, sustain: 1, release: 0.05 } };

describe('effects', () => {
  it('delay repeats after its time: the first echo at its wet share, each next one quieter by its feedback', async () => {
    const samples = toMono(await play('kick', { delay: { wet: 0.5, time: 0.5, feedback: 0.6 } }, { midi: 36 }));
    const levels = [0.1, 0.6, 1.1, 1.6].map((from) => decibels(rms(slice(samples, rate, { from, to: from + 0.3 }))));
    const [dry = 0, first = 0, second = 0, third = 0] = levels;
    expect(first - dry).toBeCloseTo(decibels(0.5), 0);
    expect(second - first).toBeCloseTo(decibels(0.6), 0);
    expect(third - second).toBeCloseTo(decibels(0.6), 0);
  });

  it('delay dies away at the highest feedback too, at every frequency', async () => {
    const samples = toMono(await play('snare', { delay: { wet: 1, time: 0.05, feedback: 0.95 } }));
    const level = (from: number): number => decibels(rms(slice(samples, rate, { from, to: from + 0.3 })));
    expect(level(2.5) - level(0.5)).toBeLessThan(-30);
  });

  it.each(['lowpass', 'highpass'] as const)('%s filter takes away 12 dB per octave on its side', async (type) => {
    const options = { ...steady, oscillator: { type: 'sawtooth' as const } };
    const at = { midi: 45, duration: 1, options };
    const [plain, filtered] = await Promise.all([
      play('synth', {}, at),
      play('synth', { filter: { type, frequency: 880, Q: 0 } }, at),
    ]);
    const change = (hertz: number): number =>
      decibels(amplitude(toMono(filtered), hertz, 0.3, 1)) - decibels(amplitude(toMono(plain), hertz, 0.3, 1));
    const [away, kept] = type === 'lowpass' ? [3520, 220] : [220, 3520];
    expect(Math.abs(change(away) + 24)).toBeLessThan(1.5);
    expect(Math.abs(change(kept))).toBeLessThan(1);
  });

  it('distortion adds odd harmonics to a sine, more with its amount', async () => {
    const third = async (effects: Effects): Promise<number> => {
      const options = { ...steady, oscillator: { type: 'sine' as const } };
      const samples = toMono(await play('synth', effects, { midi: 69, duration: 1, options }));
      return decibels(amplitude(samples, 1320, 0.3, 1) / amplitude(samples, 440, 0.3, 1));
    };
    const [none, some, much] = [
      await third({}),
      await third({ distortion: { wet: 1, amount: 0.2 } }),
      await third({ distortion: { wet: 1, amount: 1 } }),
    ];
    expect(none).toBeLessThan(-70);
    expect(some).toBeGreaterThan(none + 20);
    expect(much).toBeGreaterThan(some + 5);
  });

  it('chorus sounds different left and right, and keeps the middle', async () => {
    const sides = async (effects: Effects): Promise<number> => {
      const buffer = await play('synth', effects, { duration: 1, options: steady });
      const [left, right] = [0, 1].map((side) => slice(buffer.getChannelData(side), rate, { from: 0.3, to: 1 }));
      const apart = left?.map((sample, i) => (sample - (right?.[i] ?? 0)) / 2) ?? new Float32Array();
      return decibels(rms(apart)) - decibels(rms(slice(toMono(buffer), rate, { from: 0.3, to: 1 })));
    };
    expect(await sides({})).toBeLessThan(-100);
    const apart = await sides({ chorus: { wet: 0.5, rate: 1, depth: 0.5 } });
    expect(apart).toBeGreaterThan(-20);
    expect(apart).toBeLessThan(0);
  });

  it('phaser moves notches over the spectrum, as often as its rate says', async () => {
    const options = { ...steady, oscillator: { type: 'sawtooth' as const } };
    const swing = async (effects: Effects): Promise<number[]> => {
      const samples = toMono(await play('synth', effects, { midi: 57, duration: 2.4, options }));
      return Array.from({ length: 20 }, (_, i) => decibels(amplitude(samples, 880, 0.3 + i * 0.1, 0.4 + i * 0.1)));
    };
    const range = (levels: readonly number[]): number => Math.max(...levels) - Math.min(...levels);
    expect(range(await swing({}))).toBeLessThan(1);
    const swept = await swing({ phaser: { wet: 0.5, rate: 1 } });
    expect(range(swept)).toBeGreaterThan(4);
    swept.slice(0, 10).forEach((level, i) => {
      expect(Math.abs(level - (swept[i + 10] ?? 0)), `${i}`).toBeLessThan(1.5);
    });
  });

  it.each([1, 2, 4])('reverb falls by 60 dB in its decay (%i s)', async (decay) => {
    const samples = toMono(await play('kick', { reverb: { wet: 1, decay } }, { midi: 36 }));
    const level = (from: number): number => decibels(rms(slice(samples, rate, { from, to: from + 0.1 * decay })));
    const [early, late] = [0.5, 0.5 + 0.4 * decay];
    expect(Math.abs(level(late) - level(early) + 24)).toBeLessThan(3);
  });

  it('are bounded: no amount makes a graph grow', async () => {
    const native = createNativeContext(2, 6 * rate, rate);
    const wild = { wet: 9, time: -1, feedback: 7, rate: 1e6, depth: 50, amount: 99, frequency: 1e9, Q: 1 };
    const effects = { delay: wild, chorus: wild, phaser: wild, distortion: wild, filter: { ...wild, type: 'lowpass' } };
    const { input, tail } = createEffects(native, effects as Effects, native.destination);
    const source = native.createBufferSource();
    const click = native.createBuffer(1, 100, rate);
    click.copyToChannel(new Float32Array(100).fill(1), 0);
    source.buffer = click;
    source.connect(input);
    source.start(0);
    const samples = toMono(await native.startRendering());
    expect(isFiniteSound(samples)).toBe(true);
    expect(rms(slice(samples, rate, { to: 0.5 }))).toBeGreaterThan(0.01);
    expect(rms(slice(samples, rate, { from: 5 }))).toBeLessThan(1e-4);
    expect(tail).toBeLessThan(1);
  });
});
