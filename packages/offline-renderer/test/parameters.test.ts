import type { InstrumentType, MusicalParameters, Score } from '@bnc/contracts';
import { compose } from '@bnc/music-engine';
import { cents, decibels, fundamental, midiToHertz, onsets, rms, spectralCentroid, toMono } from '@bnc/testing/sound';
import { afterAll, describe, expect, it } from 'vitest';
import { OfflineRenderer } from '../src/offline-renderer.ts';
import { renderMix } from './render.ts';

const renderer = new OfflineRenderer({ workers: 1, spares: 0 });
afterAll(() => renderer.close());

/** C4, E4, G4 and C5 as a reader of Tone.js writes them, at 120 beats a minute. */
function parameters(instrumentType: InstrumentType): MusicalParameters {
  return {
    tempo: 120,
    scale: ['C4', 'D4', 'E4', 'G4', 'A4', 'C5'],
    instrumentType,
    duration: 4,
    pattern: {
      notes: ['C4', 'E4', 'G4', 'C5'],
      durations: ['4n', '8n', '4n.', '0.8s'],
      times: ['0:0:0', '0:2', '1.5s', '1:1:2'],
      velocities: [0.8, 0.8, 0.8, 0.8],
    },
  };
}

const starts = [0, 1, 1.5, 2.75];
const midis = [60, 64, 67, 72];

function lead(params: MusicalParameters): Score {
  const score = compose(params);
  return { ...score, tracks: score.tracks.slice(0, 1) };
}

describe('musical parameters', () => {
  it.each<InstrumentType>(['synth', 'fmSynth', 'polySynth', 'sampler'])(
    'play their pattern on %s: every note at its time and pitch',
    async (instrumentType) => {
      const sound = await renderMix(lead(parameters(instrumentType)));
      const mono = toMono(sound);
      const heard = onsets(mono, sound.sampleRate);
      expect(heard).toHaveLength(starts.length);
      starts.forEach((start, i) => {
        expect(Math.abs((heard[i] ?? Number.NaN) - start)).toBeLessThan(0.005);
        const span = { from: start + 0.1, to: start + 0.22, min: 100 };
        const hertz = fundamental(mono, sound.sampleRate, span);
        expect(Math.abs(cents(hertz, midiToHertz(midis[i] ?? 0))), `note ${i}`).toBeLessThan(12);
      });
    },
  );

  it('follow oscillator, envelope, filter and volume', async () => {
    const play = async (instrumentOptions: MusicalParameters['instrumentOptions'] = {}) => {
      const sound = await renderMix(lead({ ...parameters('synth'), instrumentOptions }));
      return { mono: toMono(sound), rate: sound.sampleRate };
    };
    const plain = await play({ oscillator: { type: 'sawtooth' } });
    const dull = await play({ oscillator: { type: 'sawtooth' }, filter: { type: 'lowpass', frequency: 500 } });
    const soft = await play({ oscillator: { type: 'sawtooth' }, volume: -12 });
    const slow = await play({ oscillator: { type: 'sawtooth' }, envelope: { attack: 0.2 } });
    const sine = await play({ oscillator: { type: 'sine' } });
    const colour = (sound: typeof plain): number => spectralCentroid(sound.mono, sound.rate, { from: 0, to: 0.4 });
    expect(colour(dull)).toBeLessThan(colour(plain) / 1.5);
    expect(colour(sine)).toBeLessThan(colour(plain) / 1.5);
    expect(decibels(rms(plain.mono)) - decibels(rms(soft.mono))).toBeCloseTo(12, 0);
    const start = (sound: typeof plain): number => rms(sound.mono.subarray(0, sound.rate / 50));
    expect(start(slow)).toBeLessThan(start(plain) / 3);
  });

  it('last as long as they say, at their tempo', async () => {
    const score = compose({ ...parameters('synth'), tempo: 60, duration: 8 });
    const sound = await renderMix({ ...score, tracks: score.tracks.slice(0, 1) });
    const heard = onsets(toMono(sound), sound.sampleRate);
    // Bars and beats follow the tempo; what was written in seconds does not.
    [0, 1.5, 2, 5.5].forEach((start, i) => {
      expect(Math.abs((heard[i] ?? Number.NaN) - start)).toBeLessThan(0.005);
    });
  });

  it('are rendered by the pool to the same samples as the score that they describe', async () => {
    const params = parameters('fmSynth');
    const [direct, composed] = [await renderer.render(params), await renderer.render(compose(params))];
    expect(direct.duration).toBeGreaterThanOrEqual(params.duration);
    expect(direct.getChannelData(0)).toEqual(composed.getChannelData(0));
    expect(direct.getChannelData(1)).toEqual(composed.getChannelData(1));
  });

  it('need no more than the four fields of the first design', async () => {
    const sound = await renderer.render({
      tempo: 90,
      scale: ['C4', 'D4', 'E4', 'G4', 'A4'],
      instrumentType: 'polySynth',
      duration: 2.6,
    });
    expect(rms(toMono(sound))).toBeGreaterThan(0.02);
  });

  it('are refused with a code and the reason when they mean nothing', async () => {
    await expect(renderer.render({ ...parameters('synth'), tempo: 0 })).rejects.toMatchObject({
      code: 'RENDER_INVALID_SCORE',
      message: expect.stringContaining('tempo'),
    });
  });
});
