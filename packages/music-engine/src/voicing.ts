import { isParallel, type Key, nearest, pitchClasses, type Slot } from './harmony.ts';

/** Lowest and highest note of the bass line. */
const bassRange = { lowest: 36, highest: 51 } as const;
/** Lowest and highest note of the voices above it. */
const upperRange = { lowest: 50, highest: 75 } as const;
/** Where the top likes to be. */
const usualTop = 67;
/** Below this note, voices stay a fourth apart or more: closer ones rub. */
const middleC = 60;

/** Lays the bass under every chord, each note as near to the one before it as it can be. */
export function bassLine(key: Key, slots: readonly Slot[]): number[] {
  let before = 43;
  return slots.map(({ chord }) => {
    const note = nearest((key.tonic + chord.bass) % 12, before);
    before = note < bassRange.lowest ? note + 12 : note > bassRange.highest ? note - 12 : note;
    return before;
  });
}

/**
 * Voices chords over a bass line: three notes each, in open position, nothing closer than a fourth below middle C. The
 * top goes against the bass where it can, and never in fifths or octaves with it; every voice moves as little as it can.
 */
export function voiceLead(
  key: Key,
  slots: readonly Slot[],
  bass: readonly number[],
  top: number = usualTop,
): number[][] {
  let before: readonly number[] | undefined;
  return slots.map(({ chord }, i) => {
    const low = bass[i] ?? bassRange.lowest;
    const lowBefore = bass[i - 1] ?? low;
    const all = voicings(key, chord, low);
    const costs = all.map(
      (voicing) => roughness(voicing) + movement(before, voicing, { low: lowBefore, next: low, wanted: top }),
    );
    const best = all[costs.indexOf(Math.min(...costs))] ?? [];
    before = best;
    return best;
  });
}

/** Every choice of three tones in open position. */
function voicings(key: Key, chord: Slot['chord'], bass: number): number[][] {
  const classes = pitchClasses(key, chord);
  const places = upperTones(classes, bass % 12).map((tones) =>
    tones.map((pc) => {
      const first = upperRange.lowest + ((((pc - upperRange.lowest) % 12) + 12) % 12);
      return [first, first + 12, first + 24].filter((midi) => midi <= upperRange.highest);
    }),
  );
  const found = places.flatMap(([a = [], b = [], c = []]) =>
    a.flatMap((one) => b.flatMap((two) => c.map((three) => [one, two, three].toSorted((x, y) => x - y)))),
  );
  return found.filter((voicing) => isOpen([bass, ...voicing]));
}

/** Chooses the three tones that tell the chord: two thirds only where nothing else is open, the root or the fifth left out where there are four. */
function upperTones([root = 0, third = 0, fifth = 0, fourth, fifthTone]: readonly number[], bass: number): number[][] {
  if (fourth === undefined) {
    return bass === root || bass === fifth
      ? [[root, third, fifth]]
      : [
          [root, fifth, root],
          [root, third, fifth],
        ];
  }
  if (fifthTone !== undefined) return [[third, fourth, fifthTone]];
  const others = [root, third, fifth, fourth].filter((tone) => tone !== bass);
  return bass === root ? [others, [third, fourth, root]] : [others];
}

function isOpen(voicing: readonly number[]): boolean {
  return voicing.every((note, i) => {
    const gap = (voicing[i + 1] ?? note + 12) - note;
    return gap >= (note < middleC ? 5 : 1);
  });
}

/** Semitones rub most, whole tones less; gaps of more than a tenth leave a hole. */
function roughness(voicing: readonly number[]): number {
  return voicing.reduce((sum, note, i) => {
    const gap = (voicing[i + 1] ?? note + 7) - note;
    return sum + (gap === 1 ? 8 : gap === 2 ? 3 : gap > 12 ? 4 : 0);
  }, 0);
}

interface Outer {
  /** The bass before and now. */
  readonly low: number;
  readonly next: number;
  /** Where the top likes to be. */
  readonly wanted: number;
}

function movement(
  before: readonly number[] | undefined,
  voicing: readonly number[],
  { low, next, wanted }: Outer,
): number {
  const top = voicing.at(-1) ?? 0;
  const away = Math.abs(top - wanted);
  if (before === undefined) return away;
  const topBefore = before.at(-1) ?? top;
  const steps = voicing.reduce((sum, note, i) => sum + Math.abs(note - (before[i] ?? note)), 0);
  const isContrary = (top - topBefore) * (next - low) < 0;
  return steps + (isParallel(low, topBefore, next, top) ? 100 : 0) - (isContrary ? 1.5 : 0) + away / 6;
}
