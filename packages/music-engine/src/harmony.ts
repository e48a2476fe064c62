import type { Mode } from '@bnc/contracts';
import { pcsetSteps } from '@tonaljs/midi';
import { get as scaleOf } from '@tonaljs/scale';
import { pick, type Random } from './random.ts';

/** A chord as degrees of its mode (0 is the tonic), root first: it cannot hold a note that its mode does not have. */
export interface Chord {
  /** Roman numeral and colour, such as `IVmaj7`. */
  readonly name: string;
  readonly degrees: readonly number[];
}

/** A chord and where it sounds, in sixteenths from the start. */
export interface Slot {
  readonly start: number;
  readonly length: number;
  readonly chord: Chord;
}

/** A tonic and the pitch classes above it. */
export interface Key {
  /** Pitch class of the tonic, 0-11. */
  readonly tonic: number;
  /** Semitones above the tonic, ascending, starting with 0. */
  readonly semitones: readonly number[];
}

interface Harmony {
  /** Four chords that go round. */
  readonly progressions: readonly [readonly Chord[], ...(readonly Chord[])[]];
  /** The two chords of the last bar. */
  readonly cadences: readonly [readonly [Chord, Chord], ...(readonly [Chord, Chord])[]];
}
const triad = [0, 2, 4];
const seventh = [0, 2, 4, 6];
const sixth = [0, 2, 4, 5];
const add9 = [0, 2, 4, 8];
const ninth = [0, 2, 6, 8];

const minor = { i: on('i', 0, triad), i7: on('im7', 0, seventh), iv7: on('ivm7', 3, seventh), v: on('v', 4, triad) };
const major = { I: on('I', 0, triad), V: on('V', 4, triad), vi: on('vim7', 5, seventh), IV: on('IVmaj7', 3, seventh) };
const dorian = { i7: on('im7', 0, seventh), III: on('IIImaj7', 2, seventh), IV: on('IV9', 3, ninth) };
const mixolydian = { I: on('I', 0, triad), v: on('vm7', 4, seventh), VII: on('VII', 6, triad), IV: on('IV', 3, triad) };
/** The pentatonic has no fourth degree: the suspended chord on the second takes the place of IV. */
const pentatonic = {
  I: on('I6', 0, [0, 2, 3, 4]),
  IV: on('IIsus4', 1, [0, 2, 3]),
  V: on('Vsus4', 3, [0, 2, 3]),
  vi: on('vim7', 4, [0, 1, 3, 4]),
};

const harmonies: Readonly<Record<Mode, Harmony>> = {
  minor: {
    progressions: [
      [minor.i7, minor.iv7, minor.v, minor.i],
      [minor.i, on('VImaj7', 5, seventh), minor.v, minor.iv7],
      [minor.i7, on('iidim', 1, triad), minor.v, on('VImaj7', 5, seventh)],
    ],
    cadences: [
      [minor.v, minor.i],
      [minor.iv7, minor.i],
    ],
  },
  major: {
    progressions: [
      [on('Iadd9', 0, add9), major.V, major.vi, major.IV],
      [on('Imaj7', 0, seventh), major.vi, major.V, on('IV6', 3, sixth)],
      [on('I6', 0, sixth), major.IV, major.vi, major.IV],
    ],
    cadences: [[major.V, major.I]],
  },
  'major pentatonic': {
    progressions: [
      [pentatonic.I, pentatonic.IV, pentatonic.I, pentatonic.V],
      [pentatonic.I, pentatonic.vi, pentatonic.V, pentatonic.IV],
      [pentatonic.vi, pentatonic.I, pentatonic.V, pentatonic.IV],
    ],
    cadences: [
      [pentatonic.IV, pentatonic.V],
      [pentatonic.V, pentatonic.I],
    ],
  },
  dorian: {
    progressions: [
      [dorian.i7, dorian.III, dorian.IV, dorian.i7],
      [on('im9', 0, ninth), dorian.IV, dorian.III, dorian.IV],
      [dorian.III, dorian.IV, dorian.i7, dorian.III],
    ],
    cadences: [
      [dorian.III, dorian.IV],
      [dorian.i7, dorian.IV],
    ],
  },
  mixolydian: {
    progressions: [
      [mixolydian.I, mixolydian.VII, mixolydian.IV, mixolydian.I],
      [mixolydian.I, mixolydian.v, mixolydian.IV, mixolydian.VII],
    ],
    cadences: [[mixolydian.VII, mixolydian.I]],
  },
};

/** For scales that are not a mode, of any size: stacks of every second note. */
const plain: Harmony = {
  progressions: [[on('1', 0, triad), on('4', 3, triad), on('5', 4, triad), on('1', 0, triad)]],
  cadences: [[on('5', 4, triad), on('1', 0, triad)]],
};

/** The names of the modes as theory books and `@tonaljs/scale` know them; they are the same. */
export const modes: readonly Mode[] = ['minor', 'major', 'major pentatonic', 'dorian', 'mixolydian'];

/** Names the pitch classes of a mode, spelt properly: `['D', 'E', 'F#', ...]`. */
export function pitchClassesOf(tonic: string, mode: Mode): readonly string[] {
  return scaleOf(`${tonic} ${mode}`).notes;
}

/** Lays chords over a section: a progression, then a cadence in its last bar. One bar is all cadence. */
export function chordsFor(next: Random, mode: Mode | undefined, firstBar: number, bars: number): Slot[] {
  const { progressions, cadences } = mode === undefined ? plain : harmonies[mode];
  const progression = pick(next, progressions);
  const cadence = pick(next, cadences);
  const body = [[], [0, 3], [0, 1, 2, 3], [0, 1, 2, 3]][bars - 1] ?? [];
  const lengths = [[], [8, 8], [8, 8, 8, 8], [16, 16, 8, 8]][bars - 1] ?? [];
  const chords = [...body.flatMap((i) => progression[i] ?? []), ...cadence];
  let start = firstBar * 16;
  return chords.map((chord, i) => {
    const length = lengths[i] ?? 8;
    const slot = { start, length, chord };
    start += length;
    return slot;
  });
}

/** Gives the pitch classes (0-11) of a chord, root first. */
export function pitchClasses({ tonic, semitones }: Key, chord: Chord): number[] {
  const step = pcsetSteps([...semitones], tonic);
  return [...new Set(chord.degrees.map((degree) => step(degree) % 12))];
}

/** Finds the MIDI note of a pitch class that lies nearest to a note; the lower one of two. */
export function nearest(pitchClass: number, to: number): number {
  const up = (((pitchClass - to) % 12) + 12) % 12;
  return up < 6 ? to + up : to + up - 12;
}

function closeVoicings(classes: readonly number[], lowest: number, highest: number): number[][] {
  const found: number[][] = [];
  for (let bottom = lowest; bottom <= highest; bottom++) {
    const first = classes.indexOf(bottom % 12);
    if (first < 0) continue;
    const rest = classes.filter((_, i) => i !== first);
    const voicing = [bottom, ...rest.map((pc) => bottom + ((((pc - bottom) % 12) + 12) % 12))].toSorted(
      (a, b) => a - b,
    );
    if ((voicing.at(-1) ?? bottom) <= highest) found.push(voicing);
  }
  return found;
}

function movement(from: readonly number[], to: readonly number[]): number {
  const distance = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((sum, note) => sum + Math.min(...b.map((other) => Math.abs(other - note))), 0);
  return distance(from, to) + distance(to, from);
}

/** Semitones rub, and whole tones do so low down; a voicing is worth some movement to avoid them. */
function roughness(voicing: readonly number[]): number {
  return voicing.reduce((sum, note, i) => {
    const gap = (voicing[i + 1] ?? note + 12) - note;
    return sum + (gap === 1 ? 5 : gap === 2 && note < 57 ? 3 : 0);
  }, 0);
}

/** Voices chords in close position so that every one lies as near as it can to the one before it. */
export function voiceLead(chords: readonly (readonly number[])[], lowest: number, highest: number): number[][] {
  let before = [Math.round((lowest + highest) / 2)];
  return chords.map((classes) => {
    const cost = (voicing: readonly number[]): number => movement(before, voicing) + roughness(voicing);
    const best = closeVoicings(classes, lowest, highest).toSorted((a, b) => cost(a) - cost(b))[0] ?? [];
    before = best;
    return best;
  });
}

function on(name: string, root: number, steps: readonly number[]): Chord {
  return {
    name,
    degrees: steps.map((step) => root + step),
  };
}
