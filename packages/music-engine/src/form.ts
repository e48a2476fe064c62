import type { Shape } from './gestures.ts';
import { nameableLength } from './notation.ts';
import { pick, type Random, random, weighted } from './random.ts';
import { barSteps, readCell } from './rhythm.ts';

/** A note of a rhythm, in sixteenths of its bar. */
export interface Onset {
  readonly step: number;
  readonly length: number;
}

/** A bar of a melody before it has notes. */
export interface BarForm {
  readonly onsets: readonly Onset[];
  /** Bars of one letter share their motif and rhythm; `end` comes to rest. */
  readonly part: 'a' | 'b' | 'end';
}

/** What a form is made from. */
export interface FormRequest {
  readonly seed: number;
  readonly firstBar: number;
  /** 1-4. */
  readonly bars: number;
  readonly shape: Shape;
  /** How many notes: 0 is sparse, 1 is dense. */
  readonly density: number;
  /** Whether the rhythms take twice their time. Default false. */
  readonly isSlow?: boolean;
}

interface Ending {
  readonly step: number;
  readonly weight: number;
}

/** Where the last note of a melody begins in its bar, in sixteenths, and how often: on 1, 2, 2+, 3 and 4. */
const endings: readonly Ending[] = [
  { step: 0, weight: 15 },
  { step: 4, weight: 20 },
  { step: 6, weight: 19 },
  { step: 8, weight: 26 },
  { step: 12, weight: 20 },
];

/** In a single bar the cadence takes until the third beat. */
const lateEndings: readonly Ending[] = [
  { step: 8, weight: 28 },
  { step: 10, weight: 25 },
  { step: 11, weight: 20 },
  { step: 12, weight: 27 },
];

type Order = readonly ('a' | 'b')[];

/** Orders of the bars before the last, by their number: 2+2 and 1+1+2 in four bars, a a' b in three. */
const orders: readonly (readonly [Order, ...Order[]])[] = [
  [[]],
  [['a']],
  [
    ['a', 'a'],
    ['a', 'b'],
  ],
  [
    ['a', 'b', 'a'],
    ['a', 'a', 'b'],
  ],
];

/** How often a phrase has a note that comes before its beat, and a note that leads into a bar. */
const chances = { syncopation: 0.4, pickup: 0.35 } as const;

/** Finds where in its last bar the melody of a section ends, in sixteenths. */
export function endingOf(seed: number, firstBar: number, bars: number): number {
  return weighted(random(seed, `ending ${firstBar}`), bars === 1 ? lateEndings : endings)?.step ?? 8;
}

/** Writes the rhythm of a section, bar by bar: a few bars from the gesture's cells, one of them perhaps syncopated, then the ending. */
export function formOf({ seed, firstBar, bars, ...request }: FormRequest): readonly BarForm[] {
  const next = random(seed, `form ${firstBar}`);
  const letters = pick(next, orders[bars - 1] ?? [[]]);
  const rhythms = { a: barRhythm(next, request), b: barRhythm(next, request) };
  const body = letters.map((part): BarForm => ({ part, onsets: rhythms[part] }));
  const ending = endingOf(seed, firstBar, bars);
  const form: readonly BarForm[] = [...body, { part: 'end', onsets: endingRhythm(barRhythm(next, request), ending) }];
  const syncopated = next() < chances.syncopation ? Math.floor(next() * Math.max(1, body.length)) : -1;
  return form.map(({ part, onsets }, bar) => {
    const anticipated = bar === syncopated ? anticipate(onsets) : onsets;
    const hasPickup = bar < bars - 1 && next() < chances.pickup;
    return { part, onsets: hasPickup ? leadOn(anticipated, next() < 0.5 ? [14] : [12, 14]) : anticipated };
  });
}

/** What the rhythm of a bar is made from. */
type BarRequest = Pick<FormRequest, 'shape' | 'density' | 'isSlow'>;

function barRhythm(next: Random, { shape: { cells, seconds = cells }, density, isSlow }: BarRequest): readonly Onset[] {
  if (isSlow) {
    return readCell(cellFor(next, cells, density)).map(({ step, length }) => ({ step: 2 * step, length: 2 * length }));
  }
  return readCell(cellFor(next, cells, density) + cellFor(next, seconds, density));
}

/** Prefers cells with as many notes as the density asks for. */
function cellFor(next: Random, cells: readonly [string, ...string[]], density: number): string {
  const wanted = 1 + 3 * density;
  const options = cells.map((cell) => ({ cell, weight: 1 / (1 + (readCell(cell).length - wanted) ** 2) }));
  return weighted(next, options)?.cell ?? cells[0];
}

/** Keeps what comes before the last note, and ends on that. */
function endingRhythm(onsets: readonly Onset[], ending: number): readonly Onset[] {
  const before = onsets.filter(({ step }) => step < ending);
  const last = { step: ending, length: nameableLength(Math.min(8, barSteps - ending)) };
  return [...before.map(({ step, length }) => ({ step, length: Math.min(length, ending - step) })), last];
}

/** Lets a note on the second, third or fourth beat come an eighth early. */
function anticipate(onsets: readonly Onset[]): readonly Onset[] {
  const at = [8, 12, 4].find(
    (step) =>
      onsets.at(-1)?.step !== step &&
      onsets.some((onset) => onset.step === step) &&
      !onsets.some((onset) => onset.step === step - 2 || onset.step === step - 1),
  );
  if (at === undefined) return onsets;
  return onsets.map((onset) => {
    if (onset.step === at) return { step: at - 2, length: onset.length + 2 };
    return onset.step < at ? { ...onset, length: Math.min(onset.length, at - 2 - onset.step) } : onset;
  });
}

/** Adds notes that lead into the next bar. */
function leadOn(onsets: readonly Onset[], steps: readonly number[]): readonly Onset[] {
  const last = onsets.at(-1);
  const free = steps.filter((step) => last === undefined || last.step < step - 1);
  const [first] = free;
  if (first === undefined) return onsets;
  const before = onsets.map(({ step, length }) => ({ step, length: Math.min(length, first - step) }));
  return [...before, ...free.map((step) => ({ step, length: 2 }))];
}
