import type { Arrangement, Player } from '../themes.ts';

/** How a person or a program is known by ear: a few notes, always whole. */
export interface Signature {
  readonly player: Player;
  readonly pan: number;
  /** Starts of its notes, in seconds. */
  readonly rhythm: readonly number[];
  /** Its notes, in degrees of the five notes of the room's home. */
  readonly line: readonly number[];
  /** MIDI note near which degree 0 lies. */
  readonly register: number;
  /** True for a program's: small, and without the room around it. */
  readonly isDry: boolean;
}

/** People that have a signature of their own at one time. */
export const peopleSlots = 48;
/** Programs that have one. */
export const programSlots = 24;

const pans = [-0.77, 0.4, -0.2, 0.77] as const;
const rhythms = [
  [0, 0.25, 0.5, 0.75],
  [0, 0.12, 0.24, 0.72],
  [0, 0.48, 0.6, 0.72],
  [0, 0.36, 0.48, 0.84],
] as const;
const lines = [
  [0, 1, 2, 3],
  [4, 3, 1, 0],
  [0, 3, 2, 5],
  [3, 0, 4, 1],
  [0, 0, 3, 3],
  [5, 4, 5, 2],
  [2, 1, 3, 5],
  [5, 3, 4, 0],
  [1, 4, 1, 4],
  [2, 2, 0, 4],
  [5, 5, 2, 0],
  [0, 4, 5, 3],
] as const;

const programRhythms = [
  [0, 0.1, 0.2],
  [0, 0.3, 0.4],
  [0, 0.1, 0.4],
  [0, 0.25, 0.5],
] as const;
const programLines = [
  [0, 2, 4],
  [4, 2, 0],
  [0, 5, 0],
  [5, 0, 5],
  [0, 0, 5],
  [5, 5, 0],
] as const;

/**
 * Returns the signature of a place in the roster, as a theme plays it: people have 0-47, programs 48-71. Within 16 people who follow each other,
 * any two differ in at least three of rhythm, line, instrument and place (rows of an orthogonal array over the field of four
 * elements); any two of all differ in at least two.
 * @throws {RangeError} when there is no such place.
 */
export function signatureAt(place: number, { signatures, programs }: Arrangement): Signature {
  if (!Number.isInteger(place) || place < 0 || place >= peopleSlots + programSlots) {
    throw new RangeError(`signature must be a whole number of 0 to ${peopleSlots + programSlots - 1}, got ${place}.`);
  }
  if (place >= peopleSlots) return programSignature(place - peopleSlots, programs);
  const block = Math.floor(place / 16);
  const [a, b] = [place % 4, (Math.floor(place / 4) % 4) ^ (place % 4)];
  return {
    player: signatures[a] ?? signatures[0],
    rhythm: rhythms[b] ?? rhythms[0],
    line: lines[block * 4 + (a ^ b)] ?? lines[0],
    pan: pans[a ^ doubled(b) ^ block] ?? 0,
    register: 72,
    isDry: false,
  };
}

function programSignature(place: number, player: Player = { instrument: 'synth' }): Signature {
  return {
    player,
    rhythm: programRhythms[place % 4] ?? programRhythms[0],
    line: programLines[(place + Math.floor(place / 4)) % 6] ?? programLines[0],
    pan: pans[Math.floor(place / 6)] ?? 0,
    register: 79,
    isDry: true,
  };
}

/** Multiplies by the generator of the field of four elements (x² = x + 1). */
function doubled(element: number): number {
  return [0, 2, 3, 1][element] ?? 0;
}
