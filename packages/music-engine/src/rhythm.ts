/** A note before it becomes seconds: times count sixteenths from the start of the music. */
export interface Note {
  /** Start in sixteenths; whole but for swing. */
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

/** Reads a cell: `x` begins a note, `-` holds it, `.` is silence; one sign is a sixteenth. */
export function readCell(cell: string): { readonly step: number; readonly length: number }[] {
  return [...cell.matchAll(/x-*/g)].map((match) => ({ step: match.index, length: match[0].length }));
}

/** Delays every second sixteenth by a part of a sixteenth: 0 is straight, 1/4 swings lightly. Parts are eighths, exact in binary. */
export function swung(step: number, swing: number): number {
  return step % 2 === 1 ? step + swing : step;
}

/** How strong a place in the bar is: 1 on the first beat, less on weaker ones. */
export function accent(step: number): number {
  const place = step % barSteps;
  if (place === 0) return 1;
  if (place % 8 === 0) return 0.94;
  if (place % 4 === 0) return 0.9;
  return place % 2 === 0 ? 0.84 : 0.78;
}
