import type { MidiNote, Seconds } from '@bnc/contracts';

/** Measures of the scene, in CSS pixels. */
export interface Look {
  readonly width: number;
  /** Where the music is drawn, from the top of the window. */
  readonly top: number;
  readonly bottom: number;
  /** Where the present stands. */
  readonly nowX: number;
  /** Width of a second. */
  readonly second: number;
  /** Height of a semitone. */
  readonly semitone: number;
  /** Width of the head of a cat. */
  readonly cat: number;
  /** Size of the letters. */
  readonly letters: number;
}

/** The lowest and the highest pitch that have their own place. */
const lowest: MidiNote = 34;
const highest: MidiNote = 92;

/** Lines above the music, for names, in heights of a letter; and below it, for drums and the time. */
const linesAbove = 4;
const linesBelow = 2.6;

/** Measures the scene for a window of a width, in which music is drawn from `top` to `bottom`. */
export function lookOf({ width, top, bottom }: Pick<Look, 'width' | 'top' | 'bottom'>): Look {
  const letters = clamp(width / 110, 12, 34);
  const inner = Math.max(60, bottom - top - (linesAbove + linesBelow) * letters);
  const semitone = inner / (highest - lowest);
  return {
    width,
    top,
    bottom,
    nowX: Math.round(width * 0.8),
    second: clamp(width / 36, 22, 110),
    semitone,
    cat: clamp(semitone * 3.8, 15, 72),
    letters,
  };
}

/** Where a pitch lies, from the top of the window. */
export function yOf(midi: MidiNote, { top, letters, semitone }: Look): number {
  return top + linesAbove * letters + (highest - clamp(midi, lowest, highest)) * semitone;
}

/** Where drums are drawn. */
export function drumY({ bottom, letters }: Look): number {
  return bottom - linesBelow * letters + 0.7 * letters;
}

/** Where the time of a phrase is written. */
export function clockY({ bottom, letters }: Look): number {
  return bottom - 0.7 * letters;
}

/** How much silence is about as long as it lasts, so that a night fits into the window. */
export function bendOf({ nowX, second }: Look): Seconds {
  return nowX / second / 13;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
