import type { AudioBufferLike, Score, Track } from '@bnc/contracts';
import { mulberry32 } from '@bnc/music-engine/mulberry32';
import { decibels, isFiniteSound, mean, peak, rms } from '@bnc/testing/sound';
import { describe, expect, it } from 'vitest';
import { integratedLoudness } from '../src/master/loudness.ts';
import { master } from '../src/master/master.ts';
import { truePeak } from '../src/master/true-peak.ts';
import { judge } from './judge.ts';
import { render } from './render.ts';
import { createPiece, scoreOf } from './score.ts';
import { variedScores } from './varied-scores.ts';

function channelsOf(buffer: AudioBufferLike): Float32Array[] {
  return Array.from({ length: buffer.numberOfChannels }, (_, c) => buffer.getChannelData(c));
}

function hits(times: readonly number[]): Track['notes'] {
  return times.map((time) => ({ time, duration: 0.1, midi: 50, velocity: 1 }));
}

const drums: Score = {
  tempo: 120,
  duration: 2,
  prngSeed: 1,
  tracks: [
    { instrument: 'kick', notes: hits([0, 0.5, 1, 1.5]) },
    { instrument: 'snare', notes: hits([0.5, 1.5]) },
    { instrument: 'hat', notes: hits([0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75]) },
  ],
};

function mastered(...given: Parameters<typeof master>): Float32Array[] {
  return master(...given).channels;
}

describe('the master', () => {
  it.each(variedScores.slice(24))(
    'reaches $loudness LUFS within 0.5 LU and stays under -1 dBTP, says ffmpeg (score $prngSeed)',
    async (score) => {
      const said = judge(await render(score));
      expect(Math.abs(said.loudness - (score.loudness ?? -16))).toBeLessThanOrEqual(0.5);
      expect(said.truePeak).toBeLessThanOrEqual(-1);
    },
  );

  it.each([
    ['drums', 22_050, -9],
    ['drums', 48_000, -9],
    ['drums', 44_100, -5],
    ['piece', 8000, -5],
    ['drums', 96_000, -16],
    ['piece', 192_000, -16],
  ] as const)(
    'of %s at %i Hz has a loudness of %i LUFS within 0.5, and at most -1 dBTP, says ffmpeg',
    async (name, rate, loudness) => {
      const score = name === 'drums' ? drums : createPiece(1);
      const said = judge(await render({ ...score, loudness }, rate));
      expect(Math.abs(said.loudness - loudness)).toBeLessThanOrEqual(0.5);
      expect(said.truePeak).toBeLessThanOrEqual(-1);
    },
  );

  it('says which loudness cannot be had, where one was asked for', async () => {
    const hit = scoreOf('hat', [{ time: 0, duration: 0.1, midi: 60, velocity: 1 }], { duration: 1 });
    await expect(render({ ...hit, loudness: -5 })).rejects.toMatchObject({
      code: 'RENDER_LOUDNESS',
      message: expect.stringMatching(/-5 LUFS under a true peak of -1 dBTP: -\d+\.\d LUFS is the nearest/),
    });
    await expect(render(hit)).resolves.toMatchObject({ numberOfChannels: 2 });
    await expect(render({ ...scoreOf('hat', []), loudness: -5 })).resolves.toMatchObject({ duration: 2 });
  });

  it('starts and ends at zero, without offset or NaN, and never cuts the bars', async () => {
    for (const score of [
      createPiece(1),
      scoreOf('hat', [{ time: 0, duration: 0.1, midi: 60, velocity: 1 }], { duration: 3 }),
    ]) {
      const buffer = await render(score);
      expect(buffer.duration).toBeGreaterThanOrEqual(score.duration);
      for (const samples of channelsOf(buffer)) {
        expect(isFiniteSound(samples)).toBe(true);
        expect(Math.abs(samples[0] ?? 1)).toBe(0);
        expect(Math.abs(samples.at(-1) ?? 1)).toBeLessThan(1e-6);
        expect(Math.abs(mean(samples))).toBeLessThan(1e-3);
      }
    }
  });

  it('lets tails ring out until they are inaudible', async () => {
    const notes = [{ time: 0, duration: 1, midi: 60, velocity: 0.8 }];
    const dry = await render(scoreOf('pluck', notes, { duration: 1 }));
    const wet = await render(scoreOf('pluck', notes, { duration: 1, effects: { reverb: { wet: 0.4, decay: 2 } } }));
    expect(wet.duration - dry.duration).toBeGreaterThan(0.8);
    const samples = wet.getChannelData(0);
    expect(decibels(rms(samples.slice(-4410, -2205))) - decibels(peak(samples))).toBeLessThan(-50);
  });

  it('agrees with ffmpeg about loudness and true peak of signals of its own', () => {
    const rate = 48_000;
    const random = mulberry32(3);
    const signals = {
      'a 997 Hz sine': (i: number) => 0.5 * Math.sin((2 * Math.PI * 997 * i) / rate),
      'a sine between the samples': (i: number) =>
        0.7 * Math.min(1, i / 4000, (4 * rate - i) / 4000) * Math.sin((Math.PI * i) / 2 + Math.PI / 4),
      noise: () => 0.3 * (random() * 2 - 1),
      'bursts with silence': (i: number) =>
        (i % 24_000 < 8000 ? 0.6 : 0.001) * Math.sin((2 * Math.PI * 300 * i) / rate),
    };
    for (const [name, signal] of Object.entries(signals)) {
      const samples = Float32Array.from({ length: 4 * rate }, (_, i) => signal(i));
      const buffer = {
        numberOfChannels: 2,
        length: samples.length,
        sampleRate: rate,
        duration: 4,
        getChannelData: () => samples,
      };
      const said = judge(buffer);
      expect(Math.abs(integratedLoudness([samples, samples], rate) - said.loudness), name).toBeLessThan(0.1);
      // On noise up to the Nyquist frequency the resampler of ffmpeg is softer: ours may say more, never less.
      const over = decibels(truePeak([samples, samples])) - said.truePeak;
      expect(over, name).toBeGreaterThan(-0.15);
      expect(over, name).toBeLessThan(0.7);
    }
  });

  it('gives back silence as silence, and music as short as a sample', () => {
    const options = { sampleRate: 44_100, loudness: -16, minLength: 1000 };
    const [silent] = mastered([new Float32Array(1000), new Float32Array(1000)], options);
    expect(silent?.every((sample) => sample === 0)).toBe(true);
    const [short] = mastered([Float32Array.of(0.5), Float32Array.of(0.5)], { ...options, minLength: 1 });
    expect(short).toHaveLength(1);
  });
});
