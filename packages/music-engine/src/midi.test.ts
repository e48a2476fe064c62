import type { Score } from '@bnc/contracts';
import tonejs from '@tonejs/midi';
import { expect, test } from 'vitest';
import { push, six } from '../test/activities.ts';
import { compose } from './compose.ts';
import { mapActivity } from './map-activity.ts';
import { toMidi } from './midi.ts';

const score = compose(mapActivity({ ...push, ...six.deploy }, { theme: '8-bit' }));
const note = { time: 0, duration: 0.5, midi: 60, velocity: 0.5 };

function scoreOf(tempo: number, tracks: Score['tracks']): Score {
  return { tempo, duration: 8, prngSeed: 1, tracks };
}

function read(bytes: Uint8Array): InstanceType<typeof tonejs.Midi> {
  return new tonejs.Midi(bytes);
}

test('a MIDI file holds every note of the score at its time, within half a tick', () => {
  const file = read(toMidi(score, { title: 'café' }));
  // The reader takes each byte for a character.
  expect(Buffer.from(file.header.name, 'latin1').toString()).toBe('café');
  expect(file.header.tempos[0]?.bpm).toBeCloseTo(score.tempo, 3);
  expect(file.header.timeSignatures[0]?.timeSignature).toEqual([4, 4]);
  expect(file.tracks.map(({ name }) => name.split(' ')[0])).toEqual(score.tracks.map(({ instrument }) => instrument));
  const halfATick = 60 / score.tempo / 960 + 1e-6;
  score.tracks.forEach((track, i) => {
    const written = file.tracks[i]?.notes ?? [];
    expect(written).toHaveLength(track.notes.length);
    for (const { time, duration, midi, velocity } of track.notes) {
      const near = written.find(
        (one) => Math.abs(one.time - time) <= halfATick && (one.midi === midi || file.tracks[i]?.channel === 9),
      );
      expect(near?.duration).toBeCloseTo(duration, 1);
      if (file.tracks[i]?.channel !== 9) expect(near?.velocity).toBeCloseTo(velocity, 1);
    }
  });
});

test('drums are on channel 10 with General MIDI keys and nothing else is', () => {
  const file = read(toMidi(score));
  for (const { name, channel, notes } of file.tracks) {
    const key = { kick: 36, snare: 38, hat: 42 }[name];
    expect(channel === 9).toBe(key !== undefined);
    if (key !== undefined) expect(new Set(notes.map(({ midi }) => midi))).toEqual(new Set([key]));
  }
});

test('a piece of many scores keeps each tempo, and its last note is where it should be after a day', () => {
  const parts = Array.from({ length: 200 }, (_, i) => ({
    at: 431.7 * i + 0.123,
    score: scoreOf(90.3 + (i % 7), [{ instrument: 'harp', notes: [note] }]),
    marker: `phrase ${i}`,
  }));
  const file = read(toMidi(parts.toReversed()));
  expect(file.tracks).toHaveLength(1);
  expect(file.tracks[0]?.notes).toHaveLength(200);
  file.tracks[0]?.notes.forEach(({ time, duration }, i) => {
    expect(Math.abs(time - (parts[i]?.at ?? 0))).toBeLessThan(0.001);
    expect(Math.abs(duration - 0.5)).toBeLessThan(0.002);
  });
  expect(file.header.tempos).toHaveLength(200);
  expect(file.header.tempos.at(-1)?.bpm).toBeCloseTo(90.3 + (199 % 7), 2);
  expect(file.header.meta.filter(({ type }) => type === 'marker').map(({ text }) => text)).toEqual(
    parts.map(({ marker }) => marker),
  );
  expect(() =>
    toMidi([
      { at: 86_393, score },
      { at: 86_399, score },
    ]),
  ).toThrow(RangeError);
  expect(() => toMidi([{ at: Number.NaN, score }])).toThrow(RangeError);
});

test('level and place of a track are those of its channel, and every voice that shares a channel sets its own program', () => {
  const instruments = ['harp', 'bell', 'bass', 'pad', 'strings', 'pluck', 'epiano', 'marimba', 'vibraphone'] as const;
  const tracks = [...instruments, ...instruments].map((instrument, i) => ({
    instrument,
    gain: 0.25,
    pan: -1,
    notes: [{ ...note, time: i / 4 }],
  }));
  const file = read(toMidi(scoreOf(120, tracks)));
  expect(file.tracks.map(({ name }) => name)).toContain('harp 2');
  expect(file.tracks.map(({ instrument }) => instrument.number)).toEqual([
    46, 14, 38, 89, 49, 45, 5, 12, 11, 46, 14, 38, 89, 49, 45, 5, 12, 11,
  ]);
  expect(new Set(file.tracks.map(({ channel }) => channel))).toEqual(
    new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15]),
  );
  for (const { controlChanges } of file.tracks) {
    expect(controlChanges[7]?.[0]?.value).toBeCloseTo(50 / 127, 5);
    expect(controlChanges[10]?.[0]?.value).toBeCloseTo(1 / 127, 1);
  }
});

test('a key that is struck while it sounds ends first, and one struck twice at once sounds once', () => {
  const notes = [
    { ...note, duration: 2 },
    { ...note, time: 1, duration: 2 },
    { ...note, time: 1, velocity: 1 },
  ];
  const written = read(toMidi(scoreOf(120, [{ instrument: 'harp', notes }]))).tracks[0]?.notes ?? [];
  expect(written.map(({ ticks, durationTicks, velocity }) => [ticks, durationTicks, velocity])).toEqual([
    [0, 959, 64 / 127],
    [960, 1920, 1],
  ]);
});

test('a score without a note is a file without a note, and notes outside the range of MIDI go to its ends', () => {
  expect(read(toMidi(scoreOf(120, []))).tracks).toEqual([]);
  expect(read(toMidi([])).tracks).toEqual([]);
  const notes = [{ ...note, midi: 60.6, velocity: 0 }];
  expect(read(toMidi(scoreOf(120, [{ instrument: 'harp', notes }]))).tracks[0]?.notes[0]).toMatchObject({
    midi: 61,
    velocity: 1 / 127,
  });
});

test('the same score gives the same bytes, which begin with the header chunk of a Standard MIDI File of type 1', () => {
  expect([...toMidi(score).subarray(0, 14)]).toEqual([
    ...Buffer.from('MThd'),
    0,
    0,
    0,
    6,
    0,
    1,
    0,
    score.tracks.length + 1,
    1,
    224,
  ]);
  expect(toMidi(score)).toEqual(toMidi(score));
});
