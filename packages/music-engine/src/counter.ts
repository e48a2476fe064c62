import { playedBy, reverb, voicings } from './band.ts';
import { velocityAt } from './melody.ts';
import type { Part } from './performance.ts';
import { type Plan, range, slotAt } from './plan.ts';
import { hash, pick, random } from './random.ts';
import { barSteps, type Note, swung } from './rhythm.ts';

const figures: readonly [readonly number[], ...(readonly number[])[]] = [
  [8, 10, 12],
  [8, 11, 14],
  [10, 12, 14],
  [9, 10, 12],
  [10, 11, 12],
  [8, 9, 14],
];

/** The second voice: it replies to the lead, doubles it an octave higher, or plays the happening's own figure. */
export function counter(plan: Plan, lead: readonly Note[]): Part {
  const { gain, ...replying } = plan.arrangement.counter;
  const kind = plan.shape.counter;
  const notes = kind === 'doubles' ? doubles(lead) : kind === 'figure' ? figure(plan) : answers(plan, lead);
  const player = kind === 'doubles' ? plan.arrangement.double : replying;
  return { ...playedBy(player), gain, pan: 0.6, ...reverb(plan, 0.35), notes };
}

/** Tones of the chord at a place, an octave above the chord's own voicing. */
function tonesAt(plan: Plan, voiced: readonly (readonly number[])[], step: number): number[] {
  const slot = slotAt(plan, step);
  return (slot ? (voiced[plan.slots.indexOf(slot)] ?? []) : []).map((midi) => midi + 12);
}

/** Fills beats in which the lead is silent or holds a note, moving as little as possible. */
function answers(plan: Plan, lead: readonly Note[]): Note[] {
  const voiced = voicings(plan);
  const next = random(plan.seed, 'answers');
  const beats = Array.from({ length: Math.floor(plan.steps / 4) }, (_, i) => i * 4);
  let before = 72;
  return beats.flatMap((beat) => {
    const busy = lead.some(({ step }) => step > beat && step < beat + 4);
    const tone = tonesAt(plan, voiced, beat)
      .filter((midi) => midi !== before)
      .toSorted((a, b) => Math.abs(a - before) - Math.abs(b - before))[0];
    if (busy || tone === undefined || next() < 0.3) return [];
    before = tone;
    return [{ step: beat + 2, length: 2, midi: tone, velocity: velocityAt(plan, beat + 2, 0.75) }];
  });
}

/** Strikes with the lead where it is on a beat, and at its end. */
function doubles(lead: readonly Note[]): Note[] {
  return lead
    .filter(({ step }, i) => step % 4 === 0 || i === lead.length - 1)
    .map((note) => ({
      ...note,
      midi: note.midi + 12 > range.highest ? note.midi : note.midi + 12,
      velocity: note.velocity * 0.8,
    }));
}

/** Three notes in the second half of every bar. They depend on what happened, not on the actor or the repository. */
function figure(plan: Plan): Note[] {
  const voiced = voicings(plan);
  const chance = random(hash(plan.happening), 'figure');
  const rhythm = pick(chance, figures);
  const order = rhythm.map(() => Math.floor(chance() * 4));
  return plan.sections.flatMap(({ firstBar, bars }) =>
    Array.from({ length: bars }, (_, bar) =>
      rhythm.flatMap((onset, i) => {
        const step = (firstBar + bar) * barSteps + onset;
        const tones = tonesAt(plan, voiced, step);
        const tone = tones[(order[i] ?? 0) % tones.length];
        if (tone === undefined) return [];
        const velocity = velocityAt(plan, step, 0.75);
        return [{ step: swung(step, plan.arrangement.swing), length: 1, midi: tone, velocity }];
      }),
    ).flat(),
  );
}
