import type { Mode } from '@bnc/contracts';
import { chroma } from '@tonaljs/note';
import { get as scaleOf } from '@tonaljs/scale';
import type { Chord } from './chord-names.ts';

/** A chord and where it sounds, in sixteenths from the first bar line. */
export interface Slot {
  readonly start: number;
  readonly length: number;
  readonly chord: Chord;
}

/** A tonic and the pitch classes above it. */
export interface Key {
  /** Pitch class of the tonic, 0-11. */
  readonly tonic: number;
  /** Semitones above the tonic, ascending, starting with 0. */
  readonly semitones: readonly number[];
}

/** The names of the modes as theory books and `@tonaljs/scale` know them; they are the same. */
export const modes: readonly Mode[] = ['minor', 'major', 'major pentatonic', 'dorian', 'mixolydian'];

/** Names the pitch classes of a mode, spelt properly: `['D', 'E', 'F#', ...]`. */
export function pitchClassesOf(tonic: string, mode: Mode): readonly string[] {
  return scaleOf(`${tonic} ${mode}`).notes;
}

/** Semitones of each mode, once found: every chord of a phrase asks for them. */
const known = new Map<Mode, readonly number[]>();

/** Gives the semitones of a mode above its tonic. */
export function semitonesOf(mode: Mode): readonly number[] {
  const found = known.get(mode) ?? pitchClassesOf('C', mode).map((note) => chroma(note));
  if (modes.includes(mode)) known.set(mode, found);
  return found;
}

/** Gives the pitch classes (0-11) of a chord, root first. */
export function pitchClasses({ tonic }: Key, { tones }: Chord): number[] {
  return tones.map((tone) => (tonic + tone) % 12);
}

/**
 * Gives the semitones of a key as they are under a chord: a degree that the chord alters is altered, the others stay. This is the
 * chord scale without chord tones that are not in the key at all, such as the fourth in a pentatonic.
 */
export function scaleUnder({ semitones }: Key, chord: Chord): readonly number[] {
  if (semitones.length !== 7) return semitones;
  return semitones.map((own, degree) => {
    const at = chord.degrees.indexOf(degree);
    return (at < 0 ? undefined : chord.tones[at]) ?? own;
  });
}

/** True for a chord that alters no degree and adds none. */
export function isDiatonic({ semitones }: Key, { tones }: Chord): boolean {
  return tones.every((tone) => semitones.includes(tone));
}

/** Finds the MIDI note of a pitch class that lies nearest to a note; the lower one of two. */
export function nearest(pitchClass: number, to: number): number {
  const up = (((pitchClass - to) % 12) + 12) % 12;
  return up < 6 ? to + up : to + up - 12;
}

/** True where two voices move from one octave to another, or from one fifth to another. */
export function isParallel(low: number, high: number, nextLow: number, nextHigh: number): boolean {
  if (low === nextLow || high === nextHigh) return false;
  const interval = (((high - low) % 12) + 12) % 12;
  return (interval === 0 || interval === 7) && (((nextHigh - nextLow) % 12) + 12) % 12 === interval;
}
