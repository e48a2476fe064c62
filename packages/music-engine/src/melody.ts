import { pitchClasses } from './harmony.ts';
import { nameableLength } from './notation.ts';
import { clamp, round } from './numbers.ts';
import { type Plan, type Section, slotAt } from './plan.ts';
import { type Random, random } from './random.ts';
import { accent, barSteps, type Note, readCell, swung } from './rhythm.ts';

/** Loudness of a note: how strong the phrase is, where in the bar and in the phrase it stands, and a little life. */
export function velocityAt(plan: Plan, step: number, next: Random, level = 1): number {
  const place = step / Math.max(barSteps, plan.steps);
  const arch = 1 - 0.5 * (place - 0.6) ** 2;
  return round(clamp((0.45 + 0.4 * plan.intensity) * accent(step) * arch * level + (next() - 0.5) * 0.05, 0.05, 1));
}

function chordClasses(plan: Plan, step: number): number[] {
  const slot = slotAt(plan, step);
  return slot ? pitchClasses(plan.key, slot.chord) : [];
}

/** Finds the place on the ladder nearest to `from` whose note fits. Of two equally near, takes the one in the direction of `toward`. */
function nearestPlace(plan: Plan, from: number, toward: number, fits: (midi: number) => boolean): number {
  const { ladder } = plan;
  for (let distance = 0; distance < ladder.length; distance++) {
    for (const place of toward < 0 ? [from - distance, from + distance] : [from + distance, from - distance]) {
      const midi = ladder[place];
      if (midi !== undefined && fits(midi)) return place;
    }
  }
  return clamp(from, 0, ladder.length - 1);
}

/** Where a melody may end: at home, open, or anywhere in its chord, as the emotion asks. */
function finalPlace(plan: Plan, { firstBar, bars }: Section, wanted: number): number {
  const classes = chordClasses(plan, (firstBar + bars) * barSteps - 1);
  const { tonic } = plan.key;
  const fits = {
    resolution: (pc: number) => pc === tonic,
    tension: (pc: number) => pc === tonic || (classes.includes(pc) && pc === (tonic + 7) % 12),
    growth: (pc: number) => pc !== tonic && classes.includes(pc),
    activity: (pc: number) => classes.includes(pc),
  }[plan.emotion];
  return nearestPlace(plan, wanted, plan.shape.slope, (midi) => fits(midi % 12));
}

/** Walks to the final: in equal strides from afar, by step from near by, so that the last move is always a step. */
function towards(final: number, before: number, left: number, top: number): number {
  const away = before - final;
  if (left > 1 && Math.abs(away) > left + 1) return Math.round(final + (away * left) / (left + 1));
  const side = final + left > top || (away < 0 && final >= left) ? -1 : 1;
  return final + side * left;
}

function sectionMelody(plan: Plan, section: Section, next: Random): Note[] {
  const { shape, motif, ladder, arrangement } = plan;
  const top = ladder.length - 1;
  const stretch = (offset: number): number => Math.round((offset / 14) * top);
  const density = plan.density * arrangement.density;
  const cell = shape.cells[density < 0.4 ? 0 : density < 0.7 ? 1 : 2];
  // The motif comes first as it is; its reply and development may turn it upside down.
  const turns = [1, next() < 0.5 ? 1 : -1, next() < 0.5 ? 1 : -1, 1];
  const notes: Note[] = [];
  let before: number | undefined;
  let leapt = false;
  for (let bar = 0; bar < section.bars; bar++) {
    const isLast = bar === section.bars - 1;
    const offset = stretch(shape.offsets[bar] ?? 7);
    const onsets = readCell(isLast ? shape.tail : cell);
    const final = finalPlace(plan, section, stretch(shape.final));
    // The last notes walk to the final; where there is one bar only, more of it is left to the motif.
    const walkFrom = onsets.length - (section.bars === 1 ? 2 : 4);
    onsets.forEach(({ step, length }, i) => {
      const at = (section.firstBar + bar) * barSteps + step;
      const left = onsets.length - 1 - i;
      if (!isLast && step % 4 !== 0 && next() < 0.1) return;
      let place: number;
      if (isLast && left <= 1) place = towards(final, before ?? final, left, top);
      else {
        const turned = (motif[i % motif.length] ?? 0) * shape.motif * (turns[bar] ?? 1) + shape.slope * i;
        const wanted =
          isLast && i >= walkFrom && before !== undefined
            ? towards(final, before, left, top)
            : clamp(offset + Math.round((turned / 14) * Math.max(top, 7)), 0, top);
        const classes = step % 8 === 0 || length >= 6 ? chordClasses(plan, at) : undefined;
        const from = before === undefined ? undefined : ladder[before];
        // A smaller move follows a leap of more than a fourth; a bar may begin up to an octave away.
        const reach = i === 0 ? 12 : leapt ? 5 : 9;
        place = nearestPlace(plan, wanted, shape.slope, (midi) => {
          const move = from === undefined ? 1 : Math.abs(midi - from);
          return move > 0 && move <= reach && (classes === undefined || classes.includes(midi % 12));
        });
      }
      const midi = ladder[place] ?? 60;
      leapt = before !== undefined && Math.abs(midi - (ladder[before] ?? midi)) > 5;
      before = place;
      const sounds = left === 0 && isLast ? length : Math.max(1, length * shape.legato);
      notes.push({
        step: swung(at, arrangement.swing),
        length: nameableLength(sounds),
        midi,
        velocity: velocityAt(plan, at, next),
      });
    });
  }
  return notes;
}

/** Writes the lead: motif, reply, development and cadence in every section, on notes of the scale only. */
export function melodyOf(plan: Plan): Note[] {
  const next = random(plan.seed, 'melody');
  return plan.sections.flatMap((section) => sectionMelody(plan, section, next));
}
