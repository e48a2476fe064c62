import type { Mode } from '@bnc/contracts';
import { type Chord, readChord } from './chord-names.ts';
import { isDiatonic, type Key, semitonesOf } from './harmony.ts';
import { pick, type Random, random, weighted } from './random.ts';
import type { Theme } from './themes.ts';

/** What a chord does: `T` is at home, `S` leaves it, `D` wants to come back. */
type State = 'T' | 'S' | 'D';

/** A chord of a state: plain, with a seventh or another fourth tone, and how often it is chosen. */
type Option = readonly [plain: string, rich: string, weight: number];

/** For every half bar of four bars, the state that it is in. */
const rows = [
  'TTTTSSDD',
  'TTSSDDTT',
  'TTTTSSSS',
  'TTSSTTDD',
  'TTTSSSDD',
  'TTTTTTSD',
  'TTSSSSDD',
  'TTDDTTSS',
  'TSTSSSDD',
  'TTTTDDDD',
  'TTSSTTSD',
  'TTTDTTSS',
] as const satisfies readonly string[];

type Palette = Readonly<Record<State, readonly [Option, ...Option[]]>>;

/** Chords that alter a degree never alter the first, second, third or fifth: a drone on these fits all of them. */
const palettes: Readonly<Record<Mode, Palette>> = {
  major: {
    T: [
      ['I', 'Imaj7', 4],
      ['vi', 'vim7', 2],
      ['I/3', 'Imaj7/3', 1.5],
      ['iii', 'iiim7', 0.7],
      ['I7', 'I7', 0.4],
    ],
    S: [
      ['IV', 'IVmaj7', 3],
      ['ii', 'iim7', 2],
      ['ii/3', 'iim7/3', 1],
      ['IV/3', 'IV6', 0.7],
      ['II', 'II7', 0.6],
    ],
    D: [
      ['V', 'V7', 3],
      ['V/3', 'V7/3', 1.5],
      ['Vsus4', 'V7sus4', 1],
      ['viio/3', 'V7/5', 0.6],
    ],
  },
  dorian: {
    T: [
      ['i', 'im7', 4],
      ['i/3', 'im7/3', 1.5],
      ['bIII', 'bIIImaj7', 1],
      ['i/5', 'im6', 0.7],
    ],
    S: [
      ['IV', 'IV7', 3],
      ['IV/3', 'IV7/3', 1.5],
      ['ii', 'iim7', 1.5],
      ['bVII/3', 'iim7/3', 0.7],
    ],
    D: [
      ['v', 'vm7', 2],
      ['bVII', 'bVII6', 1.5],
      ['v/3', 'vm7/3', 1],
      ['Vsus4', 'V7sus4', 0.7],
      ['V', 'V7', 0.6],
      ['V/3', 'V7/3', 0.4],
    ],
  },
  mixolydian: {
    T: [
      ['I', 'I6', 4],
      ['I/3', 'I6/3', 1.5],
      ['vi', 'vim7', 1.5],
      ['Iadd9', 'I7', 0.7],
    ],
    S: [
      ['IV', 'IVmaj7', 3],
      ['ii', 'iim7', 1.5],
      ['IV/3', 'IVmaj7/3', 1],
      ['iv', 'iv6', 0.4],
    ],
    D: [
      ['bVII', 'bVII6', 3],
      ['v', 'vm7', 1.5],
      ['bVII/3', 'bVII6/3', 1],
      ['Vsus4', 'V7sus4', 0.7],
      ['V', 'V7', 0.4],
    ],
  },
  minor: {
    T: [
      ['i', 'im7', 4],
      ['i/3', 'im7/3', 1.5],
      ['bVI', 'bVImaj7', 1],
      ['bIII', 'bIIImaj7', 0.8],
    ],
    S: [
      ['iv', 'ivm7', 3],
      ['iv/3', 'ivm7/3', 1],
      ['iio/3', 'iim7b5/3', 1],
      ['bVI', 'bVImaj7', 1],
    ],
    D: [
      ['v', 'vm7', 1.5],
      ['V', 'V7', 2],
      ['V/3', 'V7/3', 0.8],
      ['bVII', 'bVII6', 1],
      ['Vsus4', 'V7sus4', 0.5],
    ],
  },
  'major pentatonic': {
    T: [
      ['I', 'I6', 4],
      ['I/3', 'I6/3', 1.5],
      ['vi', 'vim7', 2],
      ['Iadd9', 'I69', 1],
      ['vi/3', 'vim7/3', 0.7],
    ],
    S: [
      ['IIsus4', 'II7sus4', 3],
      ['vi', 'vim7', 1],
      ['IIsus4/4', 'II7sus4/4', 1],
      ['IIsus2', 'IIsus2', 0.7],
    ],
    D: [
      ['Vsus4', 'Vsus4', 2],
      ['Vsus2', 'Vsus2', 2],
      ['Vsus4/5', 'Vsus4/5', 0.7],
    ],
  },
};

const chords = new Map(
  Object.values(palettes)
    .flatMap((palette) => Object.values(palette).flat(2))
    .filter((name) => typeof name === 'string')
    .map((name) => [name, readChord(name)]),
);

/** How often a theme takes the rich chord. */
const richness: Readonly<Record<Theme, number>> = { chamber: 0.4, ambient: 0.6, '8-bit': 0.1, lofi: 0.85 };

/** What the choice of a cycle depends on. */
export interface CycleRequest {
  readonly seed: number;
  readonly mode: Mode;
  readonly theme: Theme;
  /** The key, where only chords of its own notes may be used. */
  readonly within?: Key;
}

/**
 * Writes the chords of a room: 32 names, two for each of 16 bars, in four rows from the tonic outwards and back. They
 * follow a grammar of tonic, subdominant and dominant states; the bass prefers to move by a step or a fourth. No chord
 * alters the degrees 1, 2, 3 and 5.
 */
export function cycleOf(request: CycleRequest): readonly string[] {
  const next = random(request.seed, 'cycle');
  const states = Array.from({ length: 4 }, () => pick(next, rows)).join('');
  let before: string | undefined;
  return states.split('').map((letter, half) => {
    const state = letter as State;
    const isLast = states[half + 1] !== letter;
    if (half === 0) before = tonicOf(request.mode);
    else if (before === undefined || states[half - 1] !== letter || changes(next, half)) {
      before = choose(next, request, state, { before, isLast });
    }
    return before ?? tonicOf(request.mode);
  });
}

/** Names the tonic chord of a mode. */
export function tonicOf(mode: Mode): 'i' | 'I' {
  return mode === 'minor' || mode === 'dorian' ? 'i' : 'I';
}

/** Within a state a new bar may bring a new chord; half a bar rarely does. */
function changes(next: Random, half: number): boolean {
  return next() < (half % 2 === 0 ? 0.6 : 0.25);
}

function choose(
  next: Random,
  { mode, theme, within }: CycleRequest,
  state: State,
  { before, isLast }: { readonly before: string | undefined; readonly isLast: boolean },
): string {
  const isRich = next() < richness[theme];
  const last = chordNamed(before ?? tonicOf(mode));
  const own: Key = within ?? { tonic: 0, semitones: semitonesOf(mode) };
  const options = palettes[mode][state].map(([plain, rich, weight]) => {
    const chord = chordNamed(isRich ? rich : plain);
    const way = Math.min((chord.bass - last.bass + 12) % 12, (last.bass - chord.bass + 12) % 12);
    const isOwn = isDiatonic(own, chord);
    // A borrowed note wants to go on: such a chord comes last in its state.
    const isNew = chord.tones[0] !== last.tones[0] || chord.bass !== last.bass;
    const allowed = isNew && (isOwn || (isLast && within === undefined));
    return { name: chord.name, weight: allowed ? weight * (way <= 2 || way === 5 ? 1.5 : 1) : 0 };
  });
  return weighted(next, options)?.name ?? before ?? tonicOf(mode);
}

function chordNamed(name: string): Chord {
  return chords.get(name) ?? readChord(name);
}
