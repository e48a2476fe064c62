import { isParallel, pitchClasses } from './harmony.ts';
import { type LeadLine, readLine } from './lead-line.ts';
import { ladderAt, type Plan, type Section, slotIndexAt } from './plan.ts';
import { barSteps } from './rhythm.ts';

/** How a phrase takes up an earlier lead. */
export type QuoteManner = 'continues' | 'answers' | 'breaks off' | 'comes home';

/** An earlier lead, and how to take it up. */
export interface Quote {
  readonly lead: LeadLine;
  readonly how: QuoteManner;
}

/** A note of a quote: its step in sixteenths from the first bar line, and its place on the ladder. */
export interface QuotedNote {
  readonly step: number;
  readonly place: number;
}

/** What is quoted, and what follows. */
export interface Quoted {
  readonly notes: readonly QuotedNote[];
  /** From this step on, the phrase goes its own way. */
  readonly until: number;
  /** True where nothing follows. */
  readonly stops: boolean;
}

/** How far a quote may be moved to fit the chords, in steps of the scale. An answer comes from elsewhere. */
const shifts: Readonly<Record<QuoteManner, readonly number[]>> = {
  continues: [0, 1, -1, 2, -2],
  answers: [3, -4, 4, -3, 2, -2],
  'breaks off': [0, 1, -1, 2, -2],
  'comes home': [0, 1, -1, 2, -2],
};

/**
 * Lays an earlier lead into a section. Its rhythm and its line stay as they were; the whole is moved by a few steps of
 * the scale to where most of its strong notes are tones of the present chords.
 */
export function quoteIn(plan: Plan, section: Section, { lead, how }: Quote, ending: number): Quoted | undefined {
  const source = readLine(lead);
  const until = lengthOf(how, section.bars, source.at(-1)?.step ?? 0, ending);
  const head = source.filter(({ step }) => step < until);
  if (head.length < 2) return undefined;
  const top = Math.max(...head.map(({ degree }) => degree));
  const bottom = Math.min(...head.map(({ degree }) => degree));
  const octave = plan.key.semitones.length;
  const room = plan.ladder.length - 1;
  const base = plan.home + top > room ? plan.home - octave : plan.home + bottom < 0 ? plan.home + octave : plan.home;
  const options = shifts[how].map((shift, i) => {
    const notes = head.map(({ step, degree }) => ({
      step: section.firstBar * barSteps + step,
      place: base + degree + shift,
    }));
    return { notes, cost: costOf(plan, notes) + i * 0.4 };
  });
  const best = options.reduce((a, b) => (b.cost < a.cost ? b : a));
  return { notes: best.notes, until: section.firstBar * barSteps + until, stops: how === 'breaks off' };
}

/** Decides how much is quoted, in sixteenths: the head of a line, or all of it. */
function lengthOf(how: QuoteManner, bars: number, lastStep: number, ending: number): number {
  if (how === 'breaks off') return bars * 8;
  const own = barSteps * (bars - 1);
  if (bars === 1) return ending - 1;
  if (how === 'comes home') return own + Math.max(0, ending - 3);
  const half = barSteps * Math.ceil((lastStep + 1) / barSteps / 2);
  return Math.min(own, Math.max(barSteps, half));
}

function costOf(plan: Plan, notes: readonly QuotedNote[]): number {
  return notes.reduce((sum, { step, place }, i) => {
    const slot = plan.slots[slotIndexAt(plan, step)];
    const midi = ladderAt(plan, step)[place];
    if (midi === undefined || midi < plan.lowest || midi > plan.highest) return sum + 5;
    const isChordTone = slot === undefined || pitchClasses(plan.key, slot.chord).includes(midi % 12);
    return sum + (isChordTone ? 0 : step % 8 === 0 ? 1 : step % 4 === 0 ? 0.5 : 0.1) + parallelCost(plan, notes, i);
  }, 0);
}

function parallelCost(plan: Plan, notes: readonly QuotedNote[], i: number): number {
  const [from, to] = [notes[i - 1], notes[i]];
  if (!from || !to) return 0;
  const midi = ({ step, place }: QuotedNote): number => ladderAt(plan, step)[place] ?? 0;
  const bass = ({ step }: QuotedNote): number => plan.bass[slotIndexAt(plan, step)] ?? 0;
  return isParallel(bass(from), midi(from), bass(to), midi(to)) ? 2 : 0;
}
