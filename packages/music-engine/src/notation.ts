import type { Pattern } from '@bnc/contracts';
import { fromMidi, midi as midiOf } from '@tonaljs/note';
import type { Note } from './rhythm.ts';

/** Reads a note name; one without octave lies in octave 4. */
export function readNote(name: string): number {
  const midi = midiOf(name) ?? midiOf(`${name}4`);
  if (midi === null || midi < 0 || midi > 127) {
    throw new RangeError(
      `"${name}" is not a note between C-1 and G9: write a letter, # or b, and an octave, such as "F#3".`,
    );
  }
  return midi;
}

const seconds = /^(\d+(?:\.\d+)?)s?$/;
const noteValue = /^(\d+)(n|t|m)(\.?)$/;
const position = /^(\d+(?:\.\d+)?):(\d+(?:\.\d+)?)(?::(\d+(?:\.\d+)?))?$/;

/**
 * Reads a time in Tone.js notation as sixteenths at a tempo: `8n`, `4n.`, `2t`, `1m`, `0:1:0`, `0.5s` or a bare number of seconds.
 * @throws {RangeError} for anything else.
 */
export function readTime(text: string, tempo: number): number {
  const place = position.exec(text);
  if (place) return Number(place[1]) * 16 + Number(place[2]) * 4 + Number(place[3] ?? 0);
  const value = noteValue.exec(text);
  if (value && Number(value[1]) > 0) {
    const count = Number(value[1]);
    if (value[2] === 'm') return count * 16;
    return (16 / count) * (value[2] === 't' ? 2 / 3 : 1) * (value[3] ? 1.5 : 1);
  }
  const span = seconds.exec(text);
  if (span) return (Number(span[1]) * tempo) / 15;
  throw new RangeError(`"${text}" is not a time: write it as "8n", "4n.", "8t", "1m", "0:1:0" or "0.5s".`);
}

/** Lengths that have a name, in sixteenths, longest first. */
const lengths: readonly (readonly [number, string])[] = [
  [16, '1m'],
  [12, '2n.'],
  [8, '2n'],
  [6, '4n.'],
  [4, '4n'],
  [3, '8n.'],
  [2, '8n'],
  [1, '16n'],
];

/** Shortens a length to one that has a name, so that writing and reading a melody gives the same melody. */
export function nameableLength(length: number): number {
  return lengths.find(([value]) => value <= length)?.[0] ?? 1;
}

function writeTime(step: number): string {
  return `${Math.floor(step / 16)}:${Math.floor((step % 16) / 4)}:${Number((step % 4).toFixed(3))}`;
}

/** Writes a melody in Tone.js notation. Lengths must have a name. */
export function writePattern(notes: readonly Note[], spell: (midi: number) => string = fromMidi): Pattern {
  return {
    notes: notes.map(({ midi }) => spell(midi)),
    durations: notes.map(({ length }) => lengths.find(([value]) => value === length)?.[1] ?? '16n'),
    times: notes.map(({ step }) => writeTime(step)),
    velocities: notes.map(({ velocity }) => velocity),
  };
}

/**
 * Reads a melody in Tone.js notation.
 * @throws {RangeError} when the four lists differ in length, or an entry is not a note, time or velocity.
 */
export function readPattern({ notes, durations, times, velocities }: Pattern, tempo: number): Note[] {
  const sizes = [durations.length, times.length, velocities.length];
  if (sizes.some((size) => size !== notes.length)) {
    throw new RangeError(
      `pattern lists must be equally long: notes ${notes.length}, durations, times, velocities ${sizes.join(', ')}.`,
    );
  }
  return notes
    .map((name, i) => {
      const velocity = velocities[i] ?? 0;
      if (!(velocity >= 0 && velocity <= 1)) {
        throw new RangeError(`pattern velocity ${velocity} is not between 0 and 1.`);
      }
      return {
        step: readTime(times[i] ?? '', tempo),
        length: readTime(durations[i] ?? '', tempo),
        midi: readNote(name),
        velocity,
      };
    })
    .toSorted((a, b) => a.step - b.step);
}
