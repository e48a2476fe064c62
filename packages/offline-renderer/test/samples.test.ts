import type { AudioBufferLike } from '@bnc/contracts';
import { powerSpectrum } from '@bnc/testing/sound';
import { expect, it } from 'vitest';
import { checkSamples } from '../src/check-samples.ts';
import type { Samples } from '../src/instruments/sampler.ts';
import { render } from './render.ts';
import { scoreOf } from './score.ts';

function recording(samples: Float32Array, more: Partial<AudioBufferLike> = {}): AudioBufferLike {
  return {
    numberOfChannels: 1,
    length: samples.length,
    sampleRate: 44_100,
    duration: samples.length / 44_100,
    getChannelData: () => samples,
    ...more,
  };
}

const sine = Float32Array.from({ length: 1000 }, (_, i) => Math.sin(i * 0.04));

it.each<[string, unknown, string]>([
  [
    'a name as its key',
    { C4: recording(sine) },
    'A key of samples must be the MIDI note of its recording, 0 to 127, not "C4".',
  ],
  [
    'a note that is too high',
    { 128: recording(sine) },
    'A key of samples must be the MIDI note of its recording, 0 to 127',
  ],
  ['none', {}, 'samples must be at least one recording, not none.'],
  ['a list', 'C4', 'samples must be an object of buffers, not string.'],
  ['a path', { 60: './c4.wav' }, 'samples[60] must be an AudioBuffer, or what looks like one, not string.'],
  ['no frames', { 60: recording(new Float32Array()) }, 'samples[60].length must be at least 1 frame, not 0.'],
  [
    'another length',
    { 60: recording(sine, { length: 900 }) },
    'Channel 0 of samples[60] must be its length of 900 frames, not 1000.',
  ],
  [
    'integers',
    { 60: { ...recording(sine), getChannelData: () => new Int16Array(sine.length) } },
    'Channel 0 of samples[60] must be a Float32Array, not Int16Array.',
  ],
  [
    'no channel at all',
    { 60: { ...recording(sine), getChannelData: () => undefined } },
    'Channel 0 of samples[60] must be a Float32Array, not Undefined.',
  ],
  [
    'NaN',
    { 60: recording(Float32Array.of(0, Number.NaN)) },
    'Channel 0 of samples[60] must be finite samples, not NaN at frame 1.',
  ],
  ['infinity', { 60: recording(Float32Array.of(-1 / 0)) }, 'finite samples, not -Infinity at frame 0.'],
  [
    'a strange rate',
    { 60: recording(sine, { sampleRate: 1 }) },
    'samples[60].sampleRate must be 3000 to 768000 Hz, not 1.',
  ],
  [
    'no channel',
    { 60: recording(sine, { numberOfChannels: 0 }) },
    'samples[60].numberOfChannels must be 1 to 32, not 0.',
  ],
])('refuses recordings with %s, and says which', (_, samples, message) => {
  expect(() => checkSamples(samples as Samples)).toThrow(
    expect.objectContaining({ code: 'RENDER_INVALID_SCORE', message: expect.stringContaining(message) }),
  );
});

it('copies recordings as they are', () => {
  expect(checkSamples({ 60: recording(sine) })).toEqual([[60, { sampleRate: 44_100, channels: [sine] }]]);
});

it.each(['synth', 'bass'] as const)('plays every note of a chord of 12 on %s', async (instrument) => {
  const midis = Array.from({ length: 12 }, (_, i) => 48 + 3 * i);
  const notes = midis.map((midi) => ({ time: 0.1, duration: 1.5, midi, velocity: 0.5 }));
  const options = { oscillator: { type: 'sine' }, envelope: { sustain: 1 }, filter: { frequency: 12_000 } } as const;
  const size = 16_384;
  const buffer = await render(scoreOf(instrument, notes, { options }));
  const power = powerSpectrum(buffer.getChannelData(0), 44_100, { from: 0.5, to: 1.5 }, size);
  const levels = midis.map((midi) => {
    const bin = Math.round((440 * 2 ** ((midi - 69) / 12) * size) / 44_100);
    return Math.max(...power.slice(bin - 1, bin + 2));
  });
  expect(Math.min(...levels) / Math.max(...levels)).toBeGreaterThan(0.01);
});
