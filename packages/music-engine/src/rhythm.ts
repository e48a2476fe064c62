import type { Theme } from './themes.ts';

/** A note before it becomes seconds: times count sixteenths from the start of the music. */
export interface Note {
  /** Start in sixteenths; whole except for swing. */
  readonly step: number;
  /** Length in sixteenths. */
  readonly length: number;
  readonly midi: number;
  readonly velocity: number;
}

/** Sixteenths of a bar. */
export const barSteps = 16;

/**
 * Spreads onsets over steps as evenly as whole steps allow (Toussaint, "The Euclidean Algorithm Generates Traditional
 * Musical Rhythms", 2005), beginning with an onset.
 * @example euclid(3, 8) // [0, 3, 6], the tresillo
 */
export function euclid(onsets: number, steps: number): number[] {
  const count = Math.min(onsets, steps);
  return Array.from({ length: count }, (_, i) => Math.ceil((i * steps) / count));
}

/** Reads a cell: `x` begins a note, `-` holds it, `.` is silence; one character is a sixteenth. */
export function readCell(cell: string): { readonly step: number; readonly length: number }[] {
  return [...cell.matchAll(/x-*/g)].map((match) => ({ step: match.index, length: match[0].length }));
}

/** Delays every second sixteenth by a part of a sixteenth: 0 is straight, 1/4 swings lightly. Parts are eighths, exact in binary. */
export function swung(step: number, swing: number): number {
  return step % 2 === 1 ? step + swing : step;
}

/** How a bar is felt: sixteen places, each with an accent and a small delay. */
export interface Groove {
  /** Factors on velocity; the first beat has 1. */
  readonly accents: readonly number[];
  /** Milliseconds by which a note there is late, or early where it is negative. */
  readonly late: readonly number[];
}

/** Grooves by name. They change how a bar is played, not what. */
export const grooves: Readonly<Record<'straight' | 'rocking' | 'pushing' | 'laid back', Groove>> = {
  straight: {
    accents: [1, 0.76, 0.85, 0.76, 0.91, 0.76, 0.85, 0.76, 0.95, 0.76, 0.85, 0.76, 0.91, 0.76, 0.85, 0.76],
    late: [0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1],
  },
  rocking: {
    accents: [1, 0.74, 0.82, 0.78, 0.96, 0.74, 0.82, 0.78, 0.93, 0.74, 0.82, 0.78, 0.97, 0.74, 0.82, 0.78],
    late: [0, 0, 2, 3, 1, 0, 2, 3, 0, 0, 2, 3, 1, 0, 2, 3],
  },
  pushing: {
    accents: [1, 0.76, 0.9, 0.8, 0.88, 0.76, 0.92, 0.8, 0.92, 0.76, 0.9, 0.8, 0.88, 0.76, 0.92, 0.84],
    late: [0, -1, -3, -2, 0, -1, -4, -2, 0, -1, -3, -2, 0, -1, -4, -3],
  },
  'laid back': {
    accents: [1, 0.72, 0.84, 0.74, 0.94, 0.72, 0.84, 0.74, 0.94, 0.72, 0.84, 0.74, 0.96, 0.72, 0.84, 0.74],
    late: [0, 4, 3, 5, 5, 4, 3, 5, 2, 4, 3, 5, 6, 4, 3, 5],
  },
};

/** The grooves of each theme; the seed of a phrase chooses one. */
export const groovesOf: Readonly<Record<Theme, readonly [Groove, ...Groove[]]>> = {
  chamber: [grooves.straight, grooves.rocking],
  ambient: [grooves.straight],
  '8-bit': [grooves.straight, grooves.pushing],
  lofi: [grooves['laid back'], grooves.rocking],
};

/** Finds the entry of a groove for a place in the music. */
export function inBar(places: readonly number[], step: number): number {
  return places[Math.floor(step) % barSteps] ?? 0;
}
