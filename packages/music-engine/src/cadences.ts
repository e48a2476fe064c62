import type { Cadence, Mode } from '@bnc/contracts';
import { readChord } from './chord-names.ts';
import { endingOf } from './form.ts';
import { tonicOf } from './grammar.ts';
import { isDiatonic, type Key } from './harmony.ts';
import { pick, random } from './random.ts';

/** The last two chords. */
type Pair = readonly [before: string, last: string];
type Cadences = Readonly<Record<Cadence, readonly [Pair, ...Pair[]]>>;

/**
 * Each has a third or a leading tone, so that the ear knows where home is; a suspended dominant keeps the home note in the
 * bass. The first pair of each has no note from outside.
 */
const cadences: Readonly<Record<Mode, Cadences>> = {
  major: {
    authentic: [
      ['V7', 'I'],
      ['V', 'I'],
      ['V7', 'Iadd9'],
    ],
    half: [
      ['IV', 'V'],
      ['IV/5', 'V'],
      ['I/5', 'V'],
    ],
    deceptive: [
      ['V7', 'vi'],
      ['V', 'vim7'],
      ['V7sus4/4', 'vi'],
    ],
    plagal: [
      ['IV', 'I'],
      ['IV6', 'I'],
      ['iv', 'I'],
    ],
    suspended: [
      ['IVmaj7', 'Vsus4/4'],
      ['vim7', 'Vsus4/4'],
      ['I/3', 'V7sus4/4'],
    ],
  },
  dorian: {
    authentic: [
      ['vm7', 'i'],
      ['V7', 'i'],
      ['V', 'i'],
    ],
    half: [
      ['i/5', 'v'],
      ['IV/5', 'v'],
      ['i/5', 'V'],
      ['IV/5', 'V'],
      ['IV', 'V'],
    ],
    deceptive: [
      ['v', 'bVIIadd9'],
      ['V7sus4/4', 'bVIIadd9'],
      ['V7', 'bVIIadd9'],
    ],
    plagal: [
      ['IV', 'i'],
      ['IV7', 'i'],
      ['ii', 'im7'],
    ],
    suspended: [
      ['IV7', 'Vsus4/4'],
      ['i/3', 'Vsus4/4'],
      ['bIII', 'V7sus4/4'],
    ],
  },
  mixolydian: {
    authentic: [
      ['vm7', 'I'],
      ['V', 'I'],
      ['V7', 'I'],
    ],
    half: [
      ['I/5', 'v'],
      ['IV/5', 'v'],
      ['I/5', 'V'],
      ['IV/5', 'V'],
      ['IV', 'V'],
    ],
    deceptive: [
      ['v', 'bVIIadd9'],
      ['V7sus4/4', 'bVIIadd9'],
      ['V7', 'bVIIadd9'],
    ],
    plagal: [
      ['IV', 'I'],
      ['IVmaj7', 'I'],
      ['iv', 'I'],
    ],
    suspended: [
      ['IVmaj7', 'Vsus4/4'],
      ['vim7', 'Vsus4/4'],
      ['I/3', 'V7sus4/4'],
    ],
  },
  minor: {
    authentic: [
      ['vm7', 'i'],
      ['V7', 'i'],
      ['V', 'i'],
    ],
    half: [
      ['iv', 'v'],
      ['iv', 'V'],
      ['iim7b5/3', 'V'],
    ],
    deceptive: [
      ['v', 'bVI'],
      ['V7', 'bVI'],
      ['V', 'bVImaj7'],
    ],
    plagal: [
      ['iv', 'i'],
      ['ivm7', 'i'],
    ],
    suspended: [
      ['ivm7', 'Vsus4/4'],
      ['i/3', 'Vsus4/4'],
      ['bVI', 'V7sus4/4'],
    ],
  },
  'major pentatonic': {
    authentic: [
      ['Vsus4', 'I'],
      ['Vsus2', 'I6'],
    ],
    half: [
      ['vi', 'Vsus2'],
      ['I/3', 'Vsus2'],
    ],
    deceptive: [
      ['Vsus4', 'vi'],
      ['Vsus2', 'vim7'],
    ],
    plagal: [
      ['IIsus4', 'I'],
      ['IIsus4/4', 'I6'],
    ],
    suspended: [
      ['I/3', 'Vsus4/4'],
      ['vi', 'Vsus4/4'],
    ],
  },
};

/** True for an ending that leads on. */
export function isOpen(cadence: Cadence): boolean {
  return cadence !== 'authentic' && cadence !== 'plagal';
}

/** What the choice of a phrase's chords depends on. */
export interface ChordRequest {
  readonly seed: number;
  readonly mode: Mode;
  readonly cadence: Cadence;
  readonly firstBar: number;
  /** 1-4. */
  readonly bars: number;
  /** The room's chords under these bars, two a bar. */
  readonly cycle: readonly string[];
  /** The key, where only chords of its own notes may be used. */
  readonly within?: Key;
}

/**
 * Gives the chords of a phrase, one name for each half bar: the tonic first, the room's chords between, the cadence at
 * the end. Where the melody ends before the third beat, the last chord sounds from the first beat.
 */
export function phraseChords({ seed, mode, cadence, firstBar, bars, cycle, within }: ChordRequest): string[] {
  const tonic = tonicOf(mode);
  const usual = cadences[mode][cadence];
  const own = within ? usual.filter((pair) => pair.every((name) => isDiatonic(within, readChord(name)))) : usual;
  const [before, last] = pick(random(seed, `cadence ${firstBar}`), [own[0] ?? usual[0], ...own.slice(1)]);
  if (bars === 1) return oneBar(tonic, cadence, last, mode);
  const end = endingOf(seed, firstBar, bars) < 8 ? [before, last, last] : [before, last];
  // A phrase that does not come home says longer where home is.
  const start = isOpen(cadence) && 2 * bars - end.length > 1 ? [tonic, tonic] : [tonic];
  return [...start, ...cycle.slice(start.length, 2 * bars - end.length), ...end];
}

/** In a single bar the tonic stays in the bass under the chord before the last one. */
function oneBar(tonic: string, cadence: Cadence, last: string, mode: Mode): string[] {
  if (cadence === 'authentic') return [mode === 'major pentatonic' ? 'Vsus4/4' : 'V7sus4/4', last];
  if (cadence === 'plagal') return [mode === 'minor' ? 'iv/5' : mode === 'major pentatonic' ? 'I6' : 'IV/5', last];
  return [tonic, last];
}
