import type { Cadence, Emotion, Gesture, Mode, NormalRange } from '@bnc/contracts';

/** A voice that may accompany the lead. */
export type BandVoice = 'chords' | 'bass' | 'beat';

/** What a melody does. Offsets count steps of the scale above the home note. */
export interface Shape {
  /** Where the motif stands in each of four bars. */
  readonly offsets: readonly [number, number, number, number];
  /** Steps up (or down) from note to note besides the motif. */
  readonly slope: number;
  /** How much of the motif's own up and down is heard. */
  readonly motif: NormalRange;
  /** Rhythms of two beats: `x` begins a note, `-` holds it, `.` is silence; one character is a sixteenth. */
  readonly cells: readonly [string, ...string[]];
  /** Rhythms of the second two beats of a bar. Default: `cells`. */
  readonly seconds?: readonly [string, ...string[]];
  /** Where the last note lies. */
  readonly final: number;
  /** Part of its length that a note sounds. */
  readonly legato: NormalRange;
  /** Voices that play along. */
  readonly band: readonly BandVoice[];
  /** A second voice: it replies in the gaps, doubles the lead an octave higher, or plays the happening's own figure. */
  readonly counter?: 'answers' | 'doubles' | 'figure';
}

/** The eight gestures. Contour, rhythm and band make each recognisable by ear; 36 bars or more can be made of the cells of each. */
export const shapes: Readonly<Record<Gesture, Shape>> = {
  stride: {
    offsets: [2, 4, 0, 2],
    slope: 0,
    motif: 1,
    cells: ['x--x--x-', 'x-xx-xx-', 'x--x-xx-', 'x-xx--x-', 'xx-x--x-', 'x--xx-x-', '.xx--xx-'],
    final: 2,
    legato: 0.7,
    band: ['chords', 'bass', 'beat'],
  },
  rise: {
    offsets: [0, 2, 4, 7],
    slope: 0.75,
    motif: 0.5,
    cells: ['x-----x-', 'x---x-x-', '..x-x-x-', 'x---x---', 'x----xx-', 'x-----xx'],
    seconds: ['x-------', 'x-----x-', 'x---x-x-', 'x-x---x-', '..x---x-', 'x---x---'],
    final: 8,
    legato: 1,
    band: ['chords', 'bass'],
    counter: 'answers',
  },
  homecoming: {
    offsets: [7, 6, 4, 2],
    slope: -0.5,
    motif: 0.6,
    cells: ['x-------', 'x-----x-', 'x---x---', 'x---x-x-', 'x-x-x---', 'x---xx--'],
    seconds: ['x-------', 'x---x---', 'x---x-x-', 'x-x-x---', '..x-x---', 'x-----x-'],
    final: 0,
    legato: 1,
    band: ['chords', 'bass'],
    counter: 'answers',
  },
  sigh: {
    offsets: [7, 4, 2, 0],
    slope: -1,
    motif: 0.25,
    cells: ['x-------', 'x-----x-', 'x------x', '..x-----', 'x---x---', '.x------'],
    seconds: ['x-----..', 'x---....', '--x---..', '....x---', 'x-x---..', '--------', 'x---x-..'],
    final: 1,
    legato: 1,
    band: ['chords', 'bass'],
  },
  sparkle: {
    offsets: [2, 3, 4, 5],
    slope: 1.5,
    motif: 0.4,
    cells: ['x-x-x-x-', 'xxx-x---', 'x-xxx---', 'xxxxx---', 'x-x-xx--', '..xxx-x-', 'xx-xx---'],
    seconds: ['x---....', '........', 'x-x---..', 'xx--....', '..x---..', 'x-x-x---'],
    final: 7,
    legato: 0.8,
    band: ['chords'],
    counter: 'doubles',
  },
  fanfare: {
    offsets: [0, 2, 4, 5],
    slope: 1.25,
    motif: 0.3,
    cells: ['x--xx---', 'x--xx-x-', 'x-xxx---', 'x--x--x-', 'x---x-xx', 'xxx-x---'],
    seconds: ['x-------', 'x---x---', 'x--xx---', 'x-x-x---', 'x--x----', 'x---xxx-'],
    final: 7,
    legato: 0.9,
    band: ['chords', 'bass', 'beat'],
    counter: 'doubles',
  },
  call: {
    offsets: [2, 0, 4, 2],
    slope: 0.25,
    motif: 1,
    cells: ['x---x---', 'x-x---x-', 'x-x-x---', '..x-x---', 'x-xx----', 'xx--x---'],
    seconds: ['........', 'x---....', 'x-....x-', '..x---..', 'x-------', '....x-x-'],
    final: 3,
    legato: 0.85,
    band: ['chords'],
    counter: 'figure',
  },
  murmur: {
    offsets: [0, 2, 0, 2],
    slope: 0,
    motif: 0.5,
    cells: ['x-------', 'x---x---', '--x-----', 'x-----x-', '----x---', '..x-x---'],
    seconds: ['--------', 'x-------', 'x---x---', '--x-----', '....x---', 'x-----x-'],
    final: 1,
    legato: 1,
    band: ['chords'],
    counter: 'figure',
  },
};

/** What an emotion chooses by default. */
export interface Colour {
  readonly mode: Mode;
  readonly gesture: Gesture;
  readonly cadence: Cadence;
  readonly oscillator: 'sawtooth' | 'square';
  /** Low-pass of the lead as a multiple of each note's frequency, at intensity 0 and 1. */
  readonly brightness: readonly [number, number];
  readonly density: NormalRange;
  /** Attack, decay and release in seconds, sustain 0-1: in the order A, D, S, R. */
  readonly envelope: readonly [number, number, number, number];
}

/** The table of emotions. */
export const colours: Readonly<Record<Emotion, Colour>> = {
  tension: {
    mode: 'minor',
    gesture: 'sigh',
    cadence: 'deceptive',
    oscillator: 'sawtooth',
    brightness: [6, 9],
    density: 0.6,
    envelope: [0.1, 0.2, 0.5, 0.8],
  },
  resolution: {
    mode: 'major',
    gesture: 'homecoming',
    cadence: 'authentic',
    oscillator: 'square',
    brightness: [8, 14],
    density: 0.4,
    envelope: [0.05, 0.3, 0.7, 1.2],
  },
  activity: {
    mode: 'major pentatonic',
    gesture: 'stride',
    cadence: 'suspended',
    oscillator: 'square',
    brightness: [9, 15],
    density: 0.8,
    envelope: [0.01, 0.2, 0.5, 0.3],
  },
  growth: {
    mode: 'dorian',
    gesture: 'rise',
    cadence: 'half',
    oscillator: 'square',
    brightness: [8, 12],
    density: 0.5,
    envelope: [0.2, 0.5, 0.6, 0.8],
  },
};
