import type { Emotion, Gesture, Mode, MusicalParameters } from '@bnc/contracts';
import { chroma } from '@tonaljs/note';
import { colours, type Shape, shapes } from './gestures.ts';
import { chordsFor, type Key, modes, pitchClassesOf, type Slot } from './harmony.ts';
import { readNote } from './notation.ts';
import { hash, random } from './random.ts';
import { barSteps } from './rhythm.ts';
import { type Arrangement, arrangements, type Theme, themes } from './themes.ts';

/** Lowest and highest note that the engine writes. */
export const range = { lowest: 36, highest: 96 } as const;

/** Up to four bars with their own progression, melody and cadence. */
export interface Section {
  readonly firstBar: number;
  readonly bars: number;
}

/** Parameters with every gap filled: what the voices read. */
export interface Plan {
  readonly seed: number;
  readonly sections: readonly Section[];
  readonly slots: readonly Slot[];
  /** Length of the music in sixteenths; more than its bars where the duration is not whole bars. */
  readonly steps: number;
  /** Notes of the lead, ascending MIDI. */
  readonly ladder: readonly number[];
  readonly key: Key;
  readonly emotion: Emotion;
  readonly gesture: Gesture;
  readonly shape: Shape;
  readonly motif: readonly number[];
  readonly happening: string;
  readonly density: number;
  readonly intensity: number;
  /** Seconds in which the room falls by 60 dB. */
  readonly reverbDecay: number;
  readonly theme: Theme;
  readonly arrangement: Arrangement;
}

/**
 * Fills in everything that parameters leave open.
 * @throws {RangeError} when a parameter lies outside its range; the message names it, the limit and the value.
 */
export function planOf(params: MusicalParameters): Plan {
  const tempo = within('tempo', params.tempo, 40, 200, ' BPM');
  const duration = within('duration', params.duration, 0.1, 600, ' s');
  within('number of notes in scale', params.scale.length, 1, 64);
  const emotion = oneOf('emotion', params.emotion ?? 'activity', ['tension', 'resolution', 'activity', 'growth']);
  const gesture = oneOf('gesture', params.gesture ?? colours[emotion].gesture, Object.keys(shapes) as Gesture[]);
  const theme = oneOf('theme', params.theme ?? 'chamber', themes);
  const seed = params.prngSeed ?? hash([tempo, duration, emotion, ...params.scale].join(' '));
  const { key, mode } = keyOf(params);
  const steps = (duration * tempo) / 15;
  const bars = Math.max(1, Math.floor(steps / barSteps + 1e-6));
  const sections = Array.from({ length: Math.ceil(bars / 4) }, (_, i) => ({
    firstBar: i * 4,
    bars: Math.min(4, bars - i * 4),
  }));
  const next = random(seed, 'chords');
  return {
    seed,
    sections,
    slots: sections.flatMap(({ firstBar, bars }) => chordsFor(next, mode, firstBar, bars)),
    steps,
    ladder: [...new Set(params.scale.map((note) => intoRange(readNote(note))))].toSorted((a, b) => a - b),
    key,
    emotion,
    gesture,
    shape: shapes[gesture],
    motif: params.motif?.length ? params.motif : [0, 2, 1, 4],
    happening: params.happening ?? gesture,
    density: within('density', params.density ?? colours[emotion].density, 0, 1),
    intensity: within('intensity', params.intensity ?? 0.6, 0, 1),
    reverbDecay: params.effects?.reverb?.decay ?? 2,
    theme,
    arrangement: arrangements[theme],
  };
}

/** Finds the chord that sounds at a place. */
export function slotAt(plan: Plan, step: number): Slot | undefined {
  return plan.slots.findLast(({ start }) => start <= step) ?? plan.slots[0];
}

function within(name: string, value: number, low: number, high: number, unit = ''): number {
  if (!(value >= low && value <= high)) {
    throw new RangeError(`${name} must be a number from ${low} to ${high}${unit}, got ${value}.`);
  }
  return value;
}

function oneOf<T extends string>(name: string, value: string, options: readonly T[]): T {
  const found = options.find((option) => option === value);
  if (found === undefined) throw new RangeError(`${name} must be one of ${options.join(', ')}, got "${value}".`);
  return found;
}

function semitonesOf(tonic: string, mode: Mode): number[] {
  return pitchClassesOf(tonic, mode).map((note) => (chroma(note) - chroma(tonic) + 12) % 12);
}

function intoRange(midi: number): number {
  if (midi < range.lowest) return midi + 12 * Math.ceil((range.lowest - midi) / 12);
  return midi > range.highest ? midi - 12 * Math.ceil((midi - range.highest) / 12) : midi;
}

/** Finds the key: a named mode, or else the pitch classes of the scale, which may turn out to be a mode. */
function keyOf({ scale, rootNote, tonic, mode }: MusicalParameters): { key: Key; mode: Mode | undefined } {
  const classes = scale.map((note) => readNote(note) % 12);
  const root = readNote(tonic ?? rootNote ?? scale[0] ?? '') % 12;
  if (mode !== undefined) {
    const known = oneOf('mode', mode, modes);
    return { key: { tonic: root, semitones: semitonesOf('C', known) }, mode: known };
  }
  const semitones = [...new Set([0, ...classes.map((pc) => (pc - root + 12) % 12)])].toSorted((a, b) => a - b);
  const found = modes.find((name) => semitonesOf('C', name).join() === semitones.join());
  return { key: { tonic: root, semitones }, mode: found };
}
