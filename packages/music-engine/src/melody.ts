import { isOpen } from './cadences.ts';
import { formOf } from './form.ts';
import { isParallel, pitchClasses } from './harmony.ts';
import { nameableLength } from './notation.ts';
import { clamp, round } from './numbers.ts';
import { ladderAt, type Plan, type Section, slotIndexAt } from './plan.ts';
import { type Quote, quoteIn } from './quote.ts';
import { random } from './random.ts';
import { barSteps, inBar, type Note, swung } from './rhythm.ts';

/** A place in the melody that waits for its note. */
interface Place {
  readonly step: number;
  readonly length: number;
  /** Number of the note in its bar. */
  readonly index: number;
  readonly bar: number;
  /** Place on the ladder of a quoted note. */
  readonly quoted?: number;
}

/** A note and its place on the ladder. */
interface Sung {
  readonly step: number;
  readonly midi: number;
  readonly place: number;
  readonly leapt: boolean;
}

/** Notes that walk to the last one. */
const walk = 3;

/** Velocity of a note as written, by how strong the phrase is and where in the bar the note stands. */
export function velocityAt(plan: Plan, step: number, level = 1): number {
  return round(clamp((0.42 + 0.34 * plan.intensity) * inBar(plan.groove.accents, step) * level, 0.05, 1));
}

/** Writes the lead: motif, reply, development and cadence in every section, on notes of the chord scales only. */
export function melodyOf(plan: Plan, quote?: Quote): Note[] {
  return plan.sections.flatMap((section) => sectionMelody(plan, section, quote));
}

function sectionMelody(plan: Plan, section: Section, quote: Quote | undefined): Note[] {
  const next = random(plan.seed, `melody ${section.firstBar}`);
  const places = placesOf(plan, section, quote);
  // The motif comes first as it is; its reply and development may turn it upside down.
  const turns = [1, next() < 0.5 ? 1 : -1, next() < 0.5 ? 1 : -1, 1];
  const lean = Math.floor(next() * 3) - 1;
  const sung: Sung[] = [];
  const stops = places.at(-1)?.quoted !== undefined;
  const final = finalPlace(plan, section);
  let goal = final;
  let isWalking = false;
  places.forEach((at, i) => {
    const before = sung.at(-1);
    const left = places.length - 1 - i;
    const ladder = ladderAt(plan, at.step);
    const bottom = ladder.findIndex((midi) => midi >= plan.lowest);
    const top = ladder.findLastIndex((midi) => midi <= plan.highest);
    const walks = !stops && left < walk && (before !== undefined || left === 0);
    if (walks && !isWalking) goal = nearFinal(plan, final, before);
    isWalking = walks && at.quoted === undefined;
    const place = clamp(
      at.quoted ??
        (walks
          ? towards(goal, before?.place ?? goal, left, top)
          : wanderingPlace(plan, at, before, { turn: turns[at.bar] ?? 1, lean, sung })),
      bottom,
      top,
    );
    const midi = ladder[place] ?? plan.lowest;
    sung.push({ step: at.step, midi, place, leapt: before !== undefined && Math.abs(midi - before.midi) > 5 });
  });
  // A phrase that comes home rests there; another lets go.
  const longest = isOpen(plan.cadence) ? 4 : 8;
  return places.map(({ step, length }, i) => ({
    step: swung(step, plan.arrangement.swing),
    length: nameableLength(
      i === places.length - 1
        ? Math.min(length, longest)
        : Math.max(1, length * plan.shape.legato * plan.arrangement.touch),
    ),
    midi: sung[i]?.midi ?? plan.lowest,
    velocity: velocityAt(plan, step),
  }));
}

/** Gives the rhythm of a section: that of the quote as far as it goes, then that of the gesture. */
function placesOf(plan: Plan, section: Section, quote: Quote | undefined): readonly Place[] {
  const { seed, shape, arrangement } = plan;
  const density = plan.density * arrangement.density * (plan.emotion === 'tension' ? 0.6 : 1);
  // Activity strides on, so that a push does not sound like an opening.
  const isSlow = arrangement.isSlow && plan.emotion !== 'activity';
  const form = formOf({ seed, ...section, shape, density, isSlow });
  const own = form.flatMap(({ onsets }, bar) =>
    onsets.map(({ step, length }, index) => ({ step: (section.firstBar + bar) * barSteps + step, length, index, bar })),
  );
  const ending = (own.at(-1)?.step ?? 0) % barSteps;
  const quoted = quote && quoteIn(plan, section, quote, ending);
  if (!quoted) return own;
  const after = quoted.stops ? [] : own.filter(({ step }) => step >= quoted.until);
  const notes = quoted.notes.filter(({ step }) => !after.some((one) => one.step === step));
  return notes
    .map(({ step, place }, index): Place => {
      const following = notes[index + 1]?.step ?? after[0]?.step ?? step + 3;
      const bar = Math.floor(step / barSteps) - section.firstBar;
      return { step, length: Math.min(8, following - step), index, bar, quoted: place };
    })
    .concat(after);
}

/** Goes where motif, contour and slope want, on the nearest note that the chord and the ear allow. */
function wanderingPlace(
  plan: Plan,
  { step, length, index, bar }: Place,
  before: Sung | undefined,
  { turn, lean, sung }: { readonly turn: number; readonly lean: number; readonly sung: readonly Sung[] },
): number {
  const { shape, motif, ladder, home } = plan;
  const top = ladder.length - 1;
  const stretch = clamp((top - home) / 10, 0, 1);
  const turned = (motif[index % motif.length] ?? 0) * shape.motif * turn + shape.slope * index + lean;
  const wanted = clamp(home + Math.round(((shape.offsets[bar] ?? 2) + turned) * stretch), 0, top);
  const isStrong = step % 4 === 0 || length >= 4;
  const classes = isStrong ? chordClasses(plan, step) : undefined;
  // A smaller move follows a leap of more than a fourth; a bar may begin up to an octave away.
  const reach = index === 0 ? 12 : before?.leapt ? 5 : 9;
  const fits = (midi: number): boolean => {
    const move = before === undefined ? 1 : Math.abs(midi - before.midi);
    return (
      move > 0 &&
      move <= reach &&
      (classes === undefined || classes.includes(midi % 12)) &&
      isFree(plan, sung, step, midi)
    );
  };
  const search = { step, from: wanted, toward: shape.slope };
  // Where it can, a strong note tells the key: it is home, or the third or fifth above it.
  const told =
    classes &&
    [isHome, isOfHome]
      .map((tells) => nearestPlace(plan, search, (midi) => fits(midi) && tells(plan, midi)))
      .find((place) => place !== undefined && Math.abs(place - wanted) <= 3);
  if (told !== undefined) return told;
  const near = (midi: number): boolean => before === undefined || Math.abs(midi - before.midi) <= reach;
  return nearestPlace(plan, search, fits) ?? nearestPlace(plan, search, near) ?? wanted;
}

function isHome({ key }: Plan, midi: number): boolean {
  return midi % 12 === key.tonic;
}

/** True for the tones of the tonic chord. */
function isOfHome({ key }: Plan, midi: number): boolean {
  return [0, 2, 4].some((degree) => (key.tonic + (key.semitones[degree] ?? 0)) % 12 === midi % 12);
}

/** True for a note that makes no parallel fifths or octaves with the bass: from the note before, or from chord to chord. */
function isFree(plan: Plan, sung: readonly Sung[], step: number, midi: number): boolean {
  const index = slotIndexAt(plan, step);
  const bass = plan.bass[index] ?? 0;
  const before = sung.at(-1);
  const chordBefore = plan.slots[index - 1]?.start ?? -1;
  const atChord = plan.slots[index]?.start === step ? sung.findLast((one) => one.step <= chordBefore) : undefined;
  return [before, atChord].every(
    (one) => one === undefined || !isParallel(plan.bass[slotIndexAt(plan, one.step)] ?? 0, one.midi, bass, midi),
  );
}

function chordClasses(plan: Plan, step: number): number[] {
  const slot = plan.slots[slotIndexAt(plan, step)];
  return slot ? pitchClasses(plan.key, slot.chord) : [];
}

interface Search {
  readonly step: number;
  readonly from: number;
  /** Of two equally near, the one in this direction is taken. */
  readonly toward: number;
}

/** Finds the place on the ladder nearest to `from` whose note fits; undefined where none does. */
function nearestPlace(plan: Plan, { step, from, toward }: Search, fits: (midi: number) => boolean): number | undefined {
  const ladder = ladderAt(plan, step);
  for (let distance = 0; distance < ladder.length; distance++) {
    for (const place of toward < 0 ? [from - distance, from + distance] : [from + distance, from - distance]) {
      const midi = ladder[place];
      if (midi !== undefined && midi >= plan.lowest && midi <= plan.highest && fits(midi)) return place;
    }
  }
  return undefined;
}

/**
 * Where a melody ends: at home with an authentic or plagal cadence, on another chord tone with a half or deceptive one,
 * on any chord tone with a suspended one.
 */
function finalPlace(plan: Plan, { firstBar, bars }: Section): number {
  const step = (firstBar + bars) * barSteps - 1;
  const { tonic } = plan.key;
  const classes = chordClasses(plan, step);
  const fits = {
    authentic: (pc: number) => pc === tonic,
    plagal: (pc: number) => pc === tonic,
    half: (pc: number) => pc !== tonic && classes.includes(pc),
    deceptive: (pc: number) => pc !== tonic && classes.includes(pc),
    suspended: (pc: number) => classes.includes(pc),
  }[plan.cadence];
  const from = clamp(plan.home + plan.shape.final, 0, plan.ladder.length - 1);
  return nearestPlace(plan, { step, from, toward: plan.shape.slope }, (midi) => fits(midi % 12)) ?? from;
}

/** The final in the octave that lies nearest to where the melody is. */
function nearFinal(plan: Plan, final: number, before: Sung | undefined): number {
  const octave = plan.key.semitones.length;
  const away = (place: number): number => Math.abs(place - (before?.place ?? final));
  return [final, final - octave, final + octave]
    .filter((place) => {
      const midi = plan.ladder[place];
      return midi !== undefined && midi >= plan.lowest && midi <= plan.highest;
    })
    .reduce((best, place) => (away(place) < away(best) ? place : best), final);
}

/** Walks to the final: in equal strides from afar, by step from nearby, so that the last move is always a step. */
function towards(final: number, before: number, left: number, top: number): number {
  const away = before - final;
  if (left > 1 && Math.abs(away) > left + 1) return Math.round(final + (away * left) / (left + 1));
  const side = final + left > top || (away < 0 && final >= left) ? -1 : 1;
  return final + side * left;
}
