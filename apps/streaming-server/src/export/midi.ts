import type { EpochMs, Score, Seconds } from '@bnc/contracts';
import { compose } from '@bnc/music-engine';
import { toMidi } from '@bnc/music-engine/midi';
import type { Heard } from './span.ts';

/** A phrase that was heard, and what music programs show above its first bar. */
interface Marked extends Heard {
  readonly marker?: string;
}

/** Writes what was heard in a span as one MIDI file, with a track for each instrument and the tempo of each phrase. */
export function midiOf(
  heard: readonly Marked[],
  { from, to }: { readonly from: EpochMs; readonly to: EpochMs },
  title?: string,
): Uint8Array {
  const parts = heard.map(({ params, startAt, endsAt = to, marker }) => ({
    at: Math.max(0, (startAt - from) / 1000),
    score: cut(compose(params), Math.max(0, (from - startAt) / 1000), (Math.min(endsAt, to) - startAt) / 1000),
    ...(marker !== undefined && { marker }),
  }));
  return toMidi(parts, title === undefined ? {} : { title });
}

/** Returns the part of a score from one time to another: the notes that begin in it, ended where it ends. */
function cut(score: Score, first: Seconds, end: Seconds): Score {
  return {
    ...score,
    duration: Math.max(0, Math.min(score.duration, end) - first),
    tracks: score.tracks.map((track) => ({
      ...track,
      notes: track.notes
        .filter(({ time }) => time >= first && time < end)
        .map((note) => ({ ...note, time: note.time - first, duration: Math.min(note.duration, end - note.time) })),
    })),
  };
}
