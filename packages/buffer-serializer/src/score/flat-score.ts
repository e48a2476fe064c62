import type { FlatScore, FlatTrack, Score, ScoreLimits, ScoreNote, Seconds } from '@bnc/contracts';
import { SerializerError } from '../errors.ts';
import { isRecord } from '../limits.ts';
import { checkCount, checkScore, defaultScoreLimits } from './check-score.ts';

/**
 * Ticks a quarter note: for music on a grid of 64ths and triplets, for performed music, then finer ones for notes from
 * elsewhere.
 */
const grids = [96, 240, 480, 9600, 960_000] as const;
/** A note that is moved by less counts as not moved. */
const exact: Seconds = 1e-6;

/** Numbers per note. */
const noteSize = 4;

/** Flattens a checked score. Takes the coarsest grid that moves no note, or else the finest. */
export function flatten(score: Score): FlatScore {
  const { tempo, duration, loudness, prngSeed, tracks } = score;
  const fits = (grid: number): boolean =>
    tracks.every(({ notes }) =>
      notes.every(
        (note) => isOn(note.time, grid, tempo) && (isOn(note.duration, grid, tempo) || isOpen(note, duration)),
      ),
    );
  const grid = grids.find(fits) ?? grids[4];
  return {
    v: 1,
    t: tempo,
    d: duration,
    ...(loudness !== undefined && { l: loudness }),
    s: prngSeed,
    g: grid,
    i: tracks.map(
      ({ instrument, gain, pan, options, effects, notes }): FlatTrack => [
        instrument,
        gain ?? null,
        pan ?? null,
        options ?? null,
        effects ?? null,
        flattenNotes(notes, grid, score),
      ],
    ),
  };
}

function flattenNotes(notes: readonly ScoreNote[], grid: number, { tempo, duration }: Score): readonly number[] {
  let before = 0;
  return notes.flatMap((note) => {
    const nearest = toTicks(note.time, grid, tempo);
    const at = toSeconds(nearest, grid, tempo) > duration ? nearest - 1 : nearest;
    const wait = at - before;
    before = at;
    // Upwards between ticks: the reader cuts a note that sounds to the end of the score there.
    const length = isOn(note.duration, grid, tempo)
      ? toTicks(note.duration, grid, tempo)
      : Math.ceil((note.duration * tempo * grid) / 60);
    return [wait, length, note.midi, Math.round(note.velocity * 1e4) / 100];
  });
}

/**
 * Reads a flat score and checks it. The number of notes is checked before the first note is made.
 *
 * @throws {SerializerError} `SERIALIZER_INVALID`, `SERIALIZER_LIMIT`, `SERIALIZER_UNSUPPORTED_VERSION`.
 */
export function unflatten(flat: unknown, limits: Partial<ScoreLimits> = {}): Score {
  if (!isRecord(flat)) throw new SerializerError('SERIALIZER_INVALID', 'score must be an object.');
  if (flat.v !== 1) {
    throw new SerializerError(
      'SERIALIZER_UNSUPPORTED_VERSION',
      'The version of the score is not 1. Update this package.',
    );
  }
  const { t: tempo, d: duration, g: grid, i: tracks } = flat;
  const { maxTracks, maxNotes } = { ...defaultScoreLimits, ...limits };
  if (typeof grid !== 'number' || !Number.isInteger(grid) || grid < 1 || grid > 1e6) {
    throw new SerializerError('SERIALIZER_INVALID', 'score.g must be a whole number of 1 to 1000000.');
  }
  if (!Array.isArray(tracks)) throw new SerializerError('SERIALIZER_INVALID', 'score.i must be a list.');
  checkCount(tracks.length, maxTracks, 'have', 'tracks');
  const lists = tracks.map(listOf);
  const total = lists.reduce((sum, { length }) => sum + length, 0);
  checkCount(total / noteSize, maxNotes, 'have', 'notes');
  const score: unknown = {
    tempo,
    duration,
    ...(flat.l !== undefined && { loudness: flat.l }),
    prngSeed: flat.s,
    tracks: tracks.map((track: readonly unknown[], index) => {
      const [instrument, gain, pan, options, effects] = track;
      return {
        instrument,
        ...present({ gain, pan, options, effects }),
        notes: unflattenNotes(toNumbers(lists[index] ?? [], index), grid, Number(tempo), Number(duration)),
      };
    }),
  };
  checkScore(score, limits);
  return score;
}

function listOf(track: unknown, index: number): readonly unknown[] {
  const notes: unknown = Array.isArray(track) ? track[5] : undefined;
  if (Array.isArray(notes) && notes.length % noteSize === 0) return notes;
  throw wrongNotes(index);
}

function toNumbers(notes: readonly unknown[], index: number): readonly number[] {
  if (notes.every((value) => typeof value === 'number')) return notes;
  throw wrongNotes(index);
}

function wrongNotes(track: number): SerializerError {
  return new SerializerError(
    'SERIALIZER_INVALID',
    `score.i[${track}] must be a list of six, the last one a list of numbers, four for each note.`,
  );
}

function unflattenNotes(
  numbers: readonly number[],
  grid: number,
  tempo: number,
  duration: Seconds,
): readonly ScoreNote[] {
  let ticks = 0;
  return Array.from({ length: numbers.length / noteSize }, (_, index) => {
    const [wait = 0, length = 0, midi = 0, velocity = 0] = numbers.slice(index * noteSize, (index + 1) * noteSize);
    ticks += wait;
    const time = toSeconds(ticks, grid, tempo);
    return {
      time,
      duration: Math.min(toSeconds(length, grid, tempo), duration - time),
      midi,
      velocity: velocity / 100,
    };
  });
}

/** Counts sixteenths, as composers do, so that a time on the grid comes back bit for bit. */
function toSeconds(ticks: number, grid: number, tempo: number): Seconds {
  return ((ticks / (grid / 4)) * 15) / tempo;
}

function toTicks(seconds: Seconds, grid: number, tempo: number): number {
  return Math.round((seconds * tempo * grid) / 60);
}

function isOn(seconds: Seconds, grid: number, tempo: number): boolean {
  return Math.abs(toSeconds(toTicks(seconds, grid, tempo), grid, tempo) - seconds) < exact;
}

/** True for a note that sounds to the end of the score. */
function isOpen(note: ScoreNote, duration: Seconds): boolean {
  return Math.abs(note.time + note.duration - duration) < exact;
}

function present(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined));
}
