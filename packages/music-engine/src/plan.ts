import type { Bpm, Cadence, Emotion, Gesture, Lufs, Mode, MusicalParameters, Seconds } from '@bnc/contracts';
import { phraseChords } from './cadences.ts';
import { type Chord, readChord } from './chord-names.ts';
import { colours, type Shape, shapes } from './gestures.ts';
import { cycleOf } from './grammar.ts';
import { type Key, modes, type Slot, scaleUnder, semitonesOf } from './harmony.ts';
import { homeOf, lowestLead } from './lead-line.ts';
import { readNote } from './notation.ts';
import { hash, pick, random } from './random.ts';
import { barSteps, type Groove, groovesOf } from './rhythm.ts';
import { type Arrangement, arrangements, type Theme, themes } from './themes.ts';
import { bassLine } from './voicing.ts';

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
  readonly tempo: Bpm;
  /** Length of the whole, upbeat included. */
  readonly duration: Seconds;
  readonly sections: readonly Section[];
  readonly slots: readonly Slot[];
  /** The bass note of each slot. */
  readonly bass: readonly number[];
  /** How the music ends. */
  readonly cadence: Cadence;
  /** Sixteenths from the first sound to the first bar line. */
  readonly upbeat: number;
  /** Length of the music from the first bar line in sixteenths; more than its bars where the duration is not whole bars. */
  readonly steps: number;
  /** Notes of the lead, ascending MIDI, before chords alter them. */
  readonly ladder: readonly number[];
  /** The ladder under the chord of each slot. */
  readonly ladders: readonly (readonly number[])[];
  /** Place of the home note on the ladder. */
  readonly home: number;
  /** Lowest and highest note of the lead. */
  readonly lowest: number;
  readonly highest: number;
  readonly key: Key;
  readonly emotion: Emotion;
  readonly gesture: Gesture;
  readonly shape: Shape;
  readonly motif: readonly number[];
  readonly happening: string;
  readonly density: number;
  readonly intensity: number;
  readonly loudness: Lufs;
  /** Seconds in which the room falls by 60 dB. */
  readonly reverbDecay: number;
  readonly theme: Theme;
  readonly arrangement: Arrangement;
  readonly groove: Groove;
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
  const cadence = oneOf('cadence', params.cadence ?? colours[emotion].cadence, cadenceNames);
  const seed = params.prngSeed ?? hash([tempo, duration, emotion, ...params.scale].join(' '));
  const { key, mode } = keyOf(params);
  const intensity = within('intensity', params.intensity ?? 0.6, 0, 1);
  const upbeat = (within('upbeat', params.upbeat ?? 0, 0, Math.min(60, duration), ' s') * tempo) / 15;
  const steps = (duration * tempo) / 15 - upbeat;
  const bars = Math.max(1, Math.floor(steps / barSteps + 1e-6));
  const sections = Array.from({ length: Math.ceil(bars / 4) }, (_, i) => ({
    firstBar: i * 4,
    bars: Math.min(4, bars - i * 4),
  }));
  const slots = slotsOf(chordsOf(params, { seed, key, mode, cadence, theme, sections }), bars);
  const ladder = ladderOf(params, key);
  const root = homeOf(key, readNote(params.scale[0] ?? ''));
  return {
    seed,
    tempo,
    duration,
    sections,
    slots,
    bass: bassLine(key, slots),
    cadence,
    upbeat,
    steps,
    ladder,
    ladders: slots.map(({ chord }) => alter(ladder, key, chord)),
    home: Math.max(0, ladder.indexOf(params.mode ? root : (ladder.find((midi) => midi % 12 === key.tonic) ?? -1))),
    lowest: params.mode ? lowestLead : range.lowest,
    highest: range.highest,
    key,
    emotion,
    gesture,
    shape: shapes[gesture],
    motif: params.motif?.length ? params.motif : [0, 2, 1, 4],
    happening: params.happening ?? gesture,
    density: within('density', params.density ?? colours[emotion].density, 0, 1),
    intensity,
    loudness: within('loudness', params.loudness ?? usualLoudness(emotion, intensity), -60, -5, ' LUFS'),
    reverbDecay: params.effects?.reverb?.decay ?? arrangements[theme].space?.decay ?? 2,
    theme,
    arrangement: arrangements[theme],
    groove: pick(random(seed, 'groove'), groovesOf[theme]),
  };
}

/** Loudness by default: -16 LUFS at intensity 1, 2 LU less at 0, and 3 LU less for bad news. */
function usualLoudness(emotion: Emotion, intensity: number): Lufs {
  return Math.round((-16 - (emotion === 'tension' ? 3 : 0) - 2 * (1 - intensity)) * 10) / 10;
}

const cadenceNames = ['authentic', 'half', 'deceptive', 'plagal', 'suspended'] as const satisfies readonly Cadence[];

/** Finds the index of the slot that sounds at a place. */
export function slotIndexAt({ slots }: Pick<Plan, 'slots'>, step: number): number {
  return Math.max(
    0,
    slots.findLastIndex(({ start }) => start <= step),
  );
}

/** Finds the chord that sounds at a place. */
export function slotAt(plan: Plan, step: number): Slot | undefined {
  return plan.slots[slotIndexAt(plan, step)];
}

/** Gives the notes of the lead under the chord that sounds at a place. */
export function ladderAt(plan: Plan, step: number): readonly number[] {
  return plan.ladders[slotIndexAt(plan, step)] ?? plan.ladder;
}

interface ChordChoice extends Pick<Plan, 'seed' | 'key' | 'cadence' | 'theme' | 'sections'> {
  readonly mode: Mode | undefined;
}

/** Reads the chords, one for each half bar, or chooses them. */
function chordsOf(params: MusicalParameters, { seed, key, mode, cadence, theme, sections }: ChordChoice): Chord[] {
  if (params.chords) {
    within('number of chords', params.chords.length, 1, 1024);
    return params.chords.map(readChord);
  }
  if (mode === undefined) return sections.flatMap(({ bars }) => stacks(key, bars));
  // A scale without a named mode says that no other notes are wanted.
  const own = params.mode === undefined ? { within: key } : {};
  const cycle = cycleOf({ seed, mode, theme, ...own });
  return sections
    .flatMap((section) => {
      const from = (2 * section.firstBar) % cycle.length;
      const under = cycle.slice(from, from + 2 * section.bars);
      return phraseChords({ seed, mode, cadence, ...section, cycle: under, ...own });
    })
    .map(readChord);
}

/** Chords of a scale that is not a mode, of any size: stacks of every second note on its first, fourth and fifth. */
function stacks({ semitones }: Key, bars: number): Chord[] {
  return Array.from({ length: bars * 2 }, (_, half) => {
    const isEnd = half >= bars * 2 - 2;
    const root = isEnd ? (half % 2 === 0 ? 4 : 0) : ([0, 0, 3, 4][half % 4] ?? 0);
    const tones = [0, 2, 4].map((step) => semitones[(root + step) % semitones.length] ?? 0);
    return { name: String(root + 1), tones, degrees: [], bass: tones[0] ?? 0 };
  });
}

/** Lays chords over bars, half a bar each; equal neighbours are one. The last of too few chords stays. */
function slotsOf(chords: readonly Chord[], bars: number): Slot[] {
  const slots: Slot[] = [];
  for (let half = 0; half < bars * 2; half++) {
    const chord = chords[Math.min(half, chords.length - 1)];
    const before = slots.at(-1);
    if (chord === undefined) continue;
    if (before?.chord.name === chord.name) slots[slots.length - 1] = { ...before, length: before.length + 8 };
    else slots.push({ start: half * 8, length: 8, chord });
  }
  return slots;
}

/** Gives the notes that a lead may use: those of the scale, or in a named mode all of it from MIDI 67 up. */
function ladderOf({ scale, mode }: MusicalParameters, { tonic, semitones }: Key): readonly number[] {
  if (mode === undefined) {
    return [...new Set(scale.map((note) => intoRange(readNote(note))))].toSorted((a, b) => a - b);
  }
  // One below and one above, which a chord may bring into range.
  return Array.from({ length: range.highest - lowestLead + 3 }, (_, i) => lowestLead - 1 + i).filter((midi) =>
    semitones.includes((midi - tonic + 12) % 12),
  );
}

function alter(ladder: readonly number[], key: Key, chord: Chord): readonly number[] {
  const scale = scaleUnder(key, chord);
  return ladder.map((midi) => {
    const degree = key.semitones.indexOf((midi - key.tonic + 120) % 12);
    const by = (scale[degree] ?? 0) - (key.semitones[degree] ?? 0);
    return midi + (by > 6 ? by - 12 : by < -6 ? by + 12 : by);
  });
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
    return { key: { tonic: root, semitones: semitonesOf(known) }, mode: known };
  }
  const semitones = [...new Set([0, ...classes.map((pc) => (pc - root + 12) % 12)])].toSorted((a, b) => a - b);
  const found = modes.find((name) => semitonesOf(name).join() === semitones.join());
  return { key: { tonic: root, semitones }, mode: found };
}
