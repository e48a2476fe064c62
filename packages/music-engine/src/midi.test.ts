import tonejs from '@tonejs/midi';
import { expect, test } from 'vitest';
import { push, six } from '../test/activities.ts';
import { compose } from './compose.ts';
import { mapActivity } from './map-activity.ts';
import { toMidi } from './midi.ts';

const score = compose(mapActivity({ ...push, ...six.deploy }, { theme: '8-bit' }));

test('a MIDI file holds every note of the score at its time', () => {
  const file = new tonejs.Midi(toMidi(score));
  expect(file.header.tempos[0]?.bpm).toBeCloseTo(score.tempo, 2);
  expect(file.tracks.map(({ name }) => name)).toEqual(score.tracks.map(({ instrument }) => instrument));
  score.tracks.forEach((track, i) => {
    const written = file.tracks[i]?.notes ?? [];
    expect(written).toHaveLength(track.notes.length);
    for (const note of track.notes) {
      const near = written.find(
        ({ time, midi }) => Math.abs(time - note.time) < 0.005 && (midi === note.midi || file.tracks[i]?.channel === 9),
      );
      expect(near?.duration).toBeCloseTo(note.duration, 1);
      expect(near?.velocity).toBeCloseTo(note.velocity, 1);
    }
  });
});

test('drums are on channel 10 with General MIDI keys and nothing else is', () => {
  const file = new tonejs.Midi(toMidi(score));
  for (const { name, channel, notes } of file.tracks) {
    const key = { kick: 36, snare: 38, hat: 42 }[name];
    expect(channel === 9).toBe(key !== undefined);
    if (key !== undefined) expect(new Set(notes.map(({ midi }) => midi))).toEqual(new Set([key]));
  }
});

test('the bytes begin with the header chunk of a Standard MIDI File, and the same score gives the same bytes', () => {
  expect(new TextDecoder().decode(toMidi(score).subarray(0, 4))).toBe('MThd');
  expect(toMidi(score)).toEqual(toMidi(score));
});
