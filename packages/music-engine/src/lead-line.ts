import { type Key, nearest, type Slot, scaleUnder } from './harmony.ts';
import type { Note } from './rhythm.ts';

/**
 * What a room remembers of a lead: two characters a note, its step and its degree. It holds no key and no chords, so
 * that it can be quoted in others. At most 96 characters.
 */
export type LeadLine = string;

/** A remembered note. */
export interface LineNote {
  /** Sixteenths from the first bar line, 0-63. */
  readonly step: number;
  /** Steps of the scale above the home note. */
  readonly degree: number;
}

const signs = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/** Sign of degree 0. */
const zero = 16;
const maxNotes = 48;

/** Lowest note of a lead. */
export const lowestLead = 67;

/**
 * Finds the home note of a lead in a key: the tonic nearest to a register, but no lower than MIDI 67 and no higher than
 * 78.
 */
export function homeOf({ tonic }: Key, register: number): number {
  const near = nearest(tonic, register);
  const up = near < lowestLead ? near + 12 * Math.ceil((lowestLead - near) / 12) : near;
  return up > lowestLead + 11 ? up - 12 * Math.ceil((up - lowestLead - 11) / 12) : up;
}

/** Writes the memory of a lead in a key, over its chords. What lies after the fourth bar is forgotten. */
export function writeLine(
  lead: readonly Note[],
  key: Key,
  chordAt: (step: number) => Slot['chord'] | undefined,
): LeadLine {
  const home = homeOf(key, lowestLead);
  return lead
    .filter(({ step }) => step < 64)
    .slice(0, maxNotes)
    .map(({ step, midi }) => sign(Math.floor(step)) + sign(zero + degreeOf(midi - home, key, chordAt(step))))
    .join('');
}

/** Reads the memory of a lead. What cannot be read is left out. */
export function readLine(line: LeadLine): readonly LineNote[] {
  return Array.from({ length: Math.floor(line.length / 2) }, (_, i) => ({
    step: signs.indexOf(line.charAt(2 * i)),
    degree: signs.indexOf(line.charAt(2 * i + 1)) - zero,
  })).filter(({ step, degree }) => step >= 0 && degree >= -zero);
}

function sign(value: number): string {
  return signs.charAt(Math.min(signs.length - 1, Math.max(0, value)));
}

function degreeOf(semitones: number, key: Key, chord: Slot['chord'] | undefined): number {
  const octave = Math.floor(semitones / 12);
  const own = semitones - 12 * octave;
  const scale = chord ? scaleUnder(key, chord) : key.semitones;
  const at = scale.indexOf(own);
  const place = at >= 0 ? at : key.semitones.findLastIndex((semitone) => semitone <= own);
  return octave * key.semitones.length + place;
}
