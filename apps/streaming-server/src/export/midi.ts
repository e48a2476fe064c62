import type { EpochMs, ScoreNote, Track } from '@bnc/contracts';
import { compose } from '@bnc/music-engine';
import { toMidi } from '@bnc/music-engine/midi';
import type { Heard } from './span.ts';

/** Beats a minute of the file: a tick is a millisecond or so, and a beat half a second. */
const tempo = 120;

/** Writes what was heard from a moment on as one MIDI file, with a track for each instrument. */
export function midiOf(heard: readonly Heard[], { from, to }: { from: EpochMs; to: EpochMs }): Uint8Array {
  const tracks = new Map<string, Track & { notes: ScoreNote[] }>();
  for (const { params, startAt, endsAt = to } of heard) {
    const shift = (startAt - from) / 1000;
    const end = (Math.min(endsAt, to) - from) / 1000;
    for (const { instrument, pan = 0, notes } of compose(params).tracks) {
      const key = `${instrument} ${pan}`;
      const track = tracks.get(key) ?? { instrument, pan, notes: [] };
      tracks.set(key, track);
      for (const note of notes) {
        const time = note.time + shift;
        const duration = Math.min(note.duration, end - time);
        if (time >= 0 && duration > 0) track.notes.push({ ...note, time, duration });
      }
    }
  }
  return toMidi({ tempo, duration: (to - from) / 1000, prngSeed: 0, tracks: [...tracks.values()] });
}
