import { pitchClasses } from './harmony.ts';
import { nameableLength } from './notation.ts';
import { clamp, round } from './numbers.ts';
import { type Plan, type Section, slotAt } from './plan.ts';
import { type Random, random } from './random.ts';
import { accent, barSteps, type Note, readCell, swung } from './rhythm.ts';

/** Loudness of a note: how strong the phrase is, where in the bar and in the phrase it stands, and a little life. */
export const velocityAt = (plan: Plan, step: number, next: Random, level = 1): number => {
  const place = step / Math.max(barSteps, plan.steps);
  const arch = 1 - 0.5 * (place - 0.6) ** 2;
  return round(clamp((0.45 + 0.4 * plan.intensity) * accent(step) * arch * level + (next() - 0.5) * 0.05, 0.05, 1));
};

const chordClasses = (plan: Plan, step: number): number[] => {
  const slot = slotAt(plan, step);
  return slot ? pitchClasses(plan.key, slot.chord) : [];
};

/** Finds the place on the ladder nearest to `from` whose note fits; the one in direction `toward` of two. */
const nearestPlace = (plan: Plan, from: number, toward: number, fits: (midi: number) => boolean): number => {
  const { ladder } = plan;
  for (let distance = 0; distance < ladder.length; distance++)
    for (const place of toward < 0 ? [from - distance, from + distance] : [from + distance, from - distance]) {
      const midi = ladder[place];
      if (midi !== undefined && fits(midi)) return place;
    }
  return clamp(from, 0, ladder.length - 1);
};

/** Where a melody may end: at home, open, or anywhere in its chord, as the emotion asks. */
const finalPlace = (plan: Plan, section: Section, wanted: number): number => {
  const last = (section.firstBar + section.bars) * barSteps - 1;
  const classes = chordClasses(plan, last);
  const { tonic } = plan.key;
  const fits = {
    resolution: (pc: number) => pc === tonic,
    tension: (pc: number) => pc === tonic || (classes.includes(pc) && pc === (tonic + 7) % 12),
    growth: (pc: number) => pc !== tonic && classes.includes(pc),
    activity: (pc: number) => classes.includes(pc),
  }[plan.emotion];
  return nearestPlace(plan, wanted, plan.shape.slope, (midi) => fits(midi % 12));
};

const sectionMelody = (plan: Plan, section: Section, next: Random): Note[] => {
  const { shape, motif, ladder, arrangement } = plan;
  const top = ladder.length - 1;
  const stretch = (offset: number): number => Math.round((offset / 14) * top);
  const final = finalPlace(plan, section, stretch(shape.final));
  const density = plan.density * arrangement.density;
  const cell = shape.cells[density < 0.4 ? 0 : density < 0.7 ? 1 : 2];
  // The motif comes first as it is; its answer and development may turn it round.
  const turns = [1, next() < 0.5 ? 1 : -1, next() < 0.5 ? 1 : -1, 1];
  let before: number | undefined;
  return Array.from({ length: section.bars }, (_, bar) => {
    const isLast = bar === section.bars - 1;
    const onsets = readCell(isLast ? cell.slice(0, 8) + shape.tail : cell);
    const lastBarAt = section.bars === 1 ? 0 : bar;
    const offset = stretch(shape.offsets[lastBarAt] ?? 7);
    return onsets.flatMap(({ step, length }, i) => {
      const at = (section.firstBar + bar) * barSteps + step;
      const left = onsets.length - 1 - i;
      const weak = step % 4 !== 0 && !isLast;
      if (weak && next() < 0.1) return [];
      const turned = (motif[i % motif.length] ?? 0) * shape.motif * (turns[bar] ?? 1) + shape.slope * i;
      let place = clamp(offset + Math.round((turned / 14) * Math.max(top, 7)), 0, top);
      if (isLast && step >= 8) {
        const fromBelow = (before !== undefined && before < final) || final + onsets.length > top;
        const side = fromBelow && final >= left ? -1 : 1;
        place = left === 0 ? final : clamp(final + side * left, 0, top);
      } else {
        const reach = i === 0 ? 7 : 4;
        if (before !== undefined) place = clamp(place, before - reach, before + reach);
        if (step % 8 === 0 || length >= 6) {
          const classes = chordClasses(plan, at);
          place = nearestPlace(plan, place, shape.slope, (midi) => classes.includes(midi % 12));
        }
      }
      before = place;
      const midi = ladder[place];
      if (midi === undefined) return [];
      return [
        {
          step: swung(at, arrangement.swing),
          length: nameableLength(left === 0 && isLast ? length : Math.max(1, length * shape.legato)),
          midi,
          velocity: velocityAt(plan, at, next),
        },
      ];
    });
  }).flat();
};

/** Writes the lead: motif, answer, development and cadence in every section, on notes of the scale only. */
export const melodyOf = (plan: Plan): Note[] => {
  const next = random(plan.seed, 'melody');
  return plan.sections.flatMap((section) => sectionMelody(plan, section, next));
};
