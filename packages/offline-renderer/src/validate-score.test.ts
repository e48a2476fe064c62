import { describe, expect, it } from 'vitest';
import { createPiece, scoreOf } from '../test/score.ts';
import { validateScore } from './validate-score.ts';

const note = { time: 0, duration: 0.5, midi: 60, velocity: 0.8 };
const good = scoreOf('synth', [note]);

function withNote(more: object): unknown {
  return {
    ...good,
    tracks: [{ instrument: 'synth', notes: [{ ...note, ...more }] }],
  };
}

function withTrack(more: object): unknown {
  return { ...good, tracks: [{ instrument: 'synth', notes: [note], ...more }] };
}

function withEffects(effects: object): unknown {
  return withTrack({ effects });
}

function withOptions(options: unknown): unknown {
  return withTrack({ options });
}

const hostile: Readonly<Record<string, unknown>> = {
  null: null,
  'a number': 42,
  'a string': 'score',
  'a list': [],
  'an empty object': {},
  'no tracks': { ...good, tracks: undefined },
  'tracks as an object': { ...good, tracks: {} },
  'a track that is null': { ...good, tracks: [null] },
  'too many tracks': { ...good, tracks: Array.from({ length: 33 }, () => good.tracks[0]) },
  'too many notes': { ...good, tracks: [{ instrument: 'synth', notes: Array.from({ length: 10_001 }, () => note) }] },
  'too many notes at a time': {
    ...good,
    tracks: [{ instrument: 'synth', notes: Array.from({ length: 129 }, () => note) }],
  },
  'a duration of 40,000 s': { ...good, duration: 40_000 },
  'a duration of 0': { ...good, duration: 0 },
  'a negative duration': { ...good, duration: -1 },
  'a duration of NaN': { ...good, duration: Number.NaN },
  'an infinite duration': { ...good, duration: Number.POSITIVE_INFINITY },
  'a duration in words': { ...good, duration: '5' },
  'a tempo of 0': { ...good, tempo: 0 },
  'a tempo of 1e9': { ...good, tempo: 1e9 },
  'no seed': { ...good, prngSeed: undefined },
  'a seed of NaN': { ...good, prngSeed: Number.NaN },
  'a loudness of 0': { ...good, loudness: 0 },
  'a loudness of NaN': { ...good, loudness: Number.NaN },
  'an unknown instrument': withTrack({ instrument: 'theremin' }),
  'an instrument of the prototype': withTrack({ instrument: '__proto__' }),
  'a constructor as instrument': withTrack({ instrument: 'constructor' }),
  'notes that are no list': withTrack({ notes: 'C4' }),
  'a note that is null': withTrack({ notes: [null] }),
  'a gain of 1e9': withTrack({ gain: 1e9 }),
  'a gain of NaN': withTrack({ gain: Number.NaN }),
  'a pan of 2': withTrack({ pan: 2 }),
  'a note before the start': withNote({ time: -0.1 }),
  'a note after the end': withNote({ time: 99 }),
  'a note of NaN': withNote({ time: Number.NaN }),
  'a note longer than the score': withNote({ duration: 1e6 }),
  'a MIDI note of 128': withNote({ midi: 128 }),
  'a MIDI note of -1': withNote({ midi: -1 }),
  'a MIDI note in words': withNote({ midi: 'C4' }),
  'a velocity of 1e9': withNote({ velocity: 1e9 }),
  'a velocity below 0': withNote({ velocity: -1 }),
  'a feedback of 1': withEffects({ delay: { wet: 0.5, time: 0.3, feedback: 1 } }),
  'an endless reverb': withEffects({ reverb: { wet: 0.5, decay: 1e6 } }),
  'a reverb without a decay': withEffects({ reverb: { wet: 0.5 } }),
  'an unknown effect': withEffects({ explode: {} }),
  'a filter of 0 Hz': withEffects({ filter: { type: 'lowpass', frequency: 0, Q: 1 } }),
  'a filter of another type': withEffects({ filter: { type: 'notch', frequency: 500, Q: 1 } }),
  'a Q of 1e6': withEffects({ filter: { type: 'lowpass', frequency: 500, Q: 1e6 } }),
  'a chorus at audio rate': withEffects({ chorus: { wet: 1, rate: 5000, depth: 1 } }),
  'effects that are no object': withTrack({ effects: 'reverb' }),
  'options that are no object': withOptions(7),
  'a wave of another shape': withOptions({ oscillator: { type: 'custom' } }),
  'a release of 1000 s': withOptions({ envelope: { release: 1000 } }),
  'an attack of NaN': withOptions({ envelope: { attack: Number.NaN } }),
  'a volume of 100 dB': withOptions({ volume: 100 }),
};

describe('validateScore', () => {
  it('lets good scores pass', () => {
    expect(() => validateScore(good)).not.toThrow();
    expect(() => validateScore(createPiece(4))).not.toThrow();
  });

  it.each(Object.entries(hostile))('refuses %s', (_, score) => {
    expect(() => validateScore(score)).toThrow(expect.objectContaining({ code: 'RENDER_INVALID_SCORE' }));
  });

  it('takes its limits as options and names what is wrong', () => {
    expect(() => validateScore(good, { maxDuration: 1 })).toThrow(
      'score.duration must be a number of 0.01 to 1, not 2',
    );
    expect(() => validateScore(withNote({ midi: 200 }))).toThrow(
      'score.tracks[0].notes[0].midi must be a number of 0 to 127',
    );
  });
});
