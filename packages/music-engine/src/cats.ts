import type { CatName, Emotion, MeowContour } from '@bnc/contracts';
import { nearest, pitchClasses } from './harmony.ts';
import { velocityAt } from './melody.ts';
import { round } from './numbers.ts';
import type { Part } from './performance.ts';
import { type Plan, slotAt } from './plan.ts';
import { barSteps, type Note, swung } from './rhythm.ts';

interface Voice {
  /** The cat sings the note of the chord that lies nearest to this one. */
  readonly near: number;
  /** Factor on the theme's level of cats. */
  readonly gain: number;
  readonly pan: number;
  /** Onsets and lengths in sixteenths within a bar, for a bar that is or is not the last. */
  readonly onsets: (isLast: boolean, isFirst: boolean) => readonly (readonly [number, number])[];
  /** True for a cat that keeps to the root of the chord. */
  readonly onRoot?: boolean;
}

const voices: Readonly<Record<CatName, Voice>> = {
  purr: { near: 42, gain: 1.5, pan: -0.1, onRoot: true, onsets: () => [[0, 14]] },
  meow: { near: 72, gain: 2, pan: 0.2, onsets: (isLast) => (isLast ? [[12, 3]] : []) },
  chirp: {
    near: 81,
    gain: 1.1,
    pan: 0.4,
    onsets: () => [
      [2, 1],
      [6, 1],
      [14, 1],
    ],
  },
  trill: {
    near: 76,
    gain: 1.1,
    pan: -0.4,
    onsets: (_, isFirst) =>
      isFirst
        ? [
            [4, 2],
            [14, 2],
          ]
        : [[14, 2]],
  },
  mrrp: { near: 55, gain: 1, pan: -0.2, onsets: (isLast) => (isLast ? [[10, 3]] : []) },
  hiss: { near: 84, gain: 0.25, pan: 0.1, onsets: (_, isFirst) => (isFirst ? [[0, 4]] : []) },
};

/** Where a meow goes, by what the phrase feels like: rising lines greet, falling ones complain (Schötz, van de Weijer & Eklund 2024). */
const contours: Readonly<Record<Emotion, MeowContour>> = {
  resolution: 'greeting',
  growth: 'question',
  activity: 'greeting',
  tension: 'sad',
};

/**
 * Writes the parts of the cats: on chord tones, each in its place between the speakers. The signature chooses one of
 * five sizes of cat.
 */
export function catParts(plan: Plan, cats: readonly CatName[], signature: number = 0): Part[] {
  const tract = 8 + (signature % 5) / 2;
  const bars = plan.sections.flatMap(({ firstBar, bars }) =>
    Array.from({ length: bars }, (_, i) => ({
      at: (firstBar + i) * barSteps,
      isFirst: i === 0,
      isLast: i === bars - 1,
    })),
  );
  return [...new Set(cats)].map((cat): Part => {
    const { near, gain, pan, onRoot, onsets } = voices[cat];
    const notes = bars.flatMap(({ at, isFirst, isLast }) =>
      onsets(isLast, isFirst).map(([onset, length]): Note => {
        const step = at + onset;
        const slot = slotAt(plan, step);
        const classes = slot ? pitchClasses(plan.key, slot.chord) : [plan.key.tonic];
        const tones = (onRoot ? classes.slice(0, 1) : classes).map((pc) => nearest(pc, near));
        const midi = tones.toSorted((a, b) => Math.abs(a - near) - Math.abs(b - near))[0] ?? near;
        return {
          step: swung(step, plan.arrangement.swing),
          length,
          midi,
          velocity: velocityAt(plan, step, 0.85),
        };
      }),
    );
    const options = cat === 'meow' ? { contour: contours[plan.emotion], tract } : { tract };
    return { instrument: cat, options, gain: round(gain * plan.arrangement.cats), pan, notes };
  });
}
