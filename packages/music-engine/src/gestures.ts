import type { Emotion, Gesture, Mode, NormalRange } from '@bnc/contracts';

/** A voice that may accompany the lead. */
export type BandVoice = 'chords' | 'bass' | 'beat';

/** What a melody does. Offsets count notes of a two-octave scale of seven notes an octave; other scales are stretched to it. */
export interface Shape {
  /** Where the motif stands in each of four bars. */
  readonly offsets: readonly [number, number, number, number];
  /** Steps up (or down) from note to note besides the motif. */
  readonly slope: number;
  /** How much of the motif's own up and down is heard. */
  readonly motif: NormalRange;
  /** Rhythm of a bar, from sparse to dense. */
  readonly cells: readonly [string, string, string];
  /** Rhythm of the last bar; its last note is the final, which comes with the last chord, half a bar before the end. */
  readonly tail: string;
  /** Where the final lies. */
  readonly final: number;
  /** Part of its length that a note sounds. */
  readonly legato: NormalRange;
  /** Voices that play along. */
  readonly band: readonly BandVoice[];
  /** A second voice: it replies in the gaps, doubles the lead an octave higher, or plays the happening's own figure. */
  readonly counter?: 'answers' | 'doubles' | 'figure';
}

/** The eight gestures. Contour, rhythm and band make each recognisable by ear. */
export const shapes: Readonly<Record<Gesture, Shape>> = {
  stride: {
    offsets: [6, 8, 5, 6],
    slope: 0,
    motif: 1,
    cells: ['x--x--x--x--x---', 'x--x--x-x--x--x-', 'x-xx-xx-x-xx-xx-'],
    tail: 'x-xx-xx-x-------',
    final: 7,
    legato: 0.7,
    band: ['chords', 'bass', 'beat'],
  },
  rise: {
    offsets: [2, 4, 6, 8],
    slope: 0.75,
    motif: 0.5,
    cells: ['x-----x-x-------', 'x-----x-x-----x-', 'x-----x-x--x--x-'],
    tail: 'x-----x-x-------',
    final: 12,
    legato: 1,
    band: ['chords', 'bass'],
    counter: 'answers',
  },
  homecoming: {
    offsets: [12, 11, 9, 8],
    slope: -0.5,
    motif: 0.6,
    cells: ['x-------x-------', 'x-----x-x---x---', 'x---x-x-x---x-x-'],
    tail: 'x---x-x-x-------',
    final: 7,
    legato: 1,
    band: ['chords', 'bass'],
    counter: 'answers',
  },
  sigh: {
    offsets: [9, 7, 6, 5],
    slope: -1,
    motif: 0.25,
    cells: ['x-------x-----..', 'x-----x-----....', 'x-----x---x---..'],
    tail: 'x---x---x-------',
    final: 0,
    legato: 1,
    band: ['chords', 'bass'],
  },
  sparkle: {
    offsets: [6, 7, 8, 9],
    slope: 1.5,
    motif: 0.4,
    cells: ['x-x-x-----......', 'x-x-x-x---......', 'xxx-x-x---......'],
    tail: 'x-x-x-x-x-------',
    final: 14,
    legato: 0.8,
    band: ['chords'],
    counter: 'doubles',
  },
  fanfare: {
    offsets: [0, 4, 7, 9],
    slope: 1.5,
    motif: 0.3,
    cells: ['x--x--x-x-------', 'x--x--x-x---x---', 'x--xx-x-x--xx-x-'],
    tail: 'x--x--x-x-------',
    final: 14,
    legato: 0.9,
    band: ['chords', 'bass', 'beat'],
    counter: 'doubles',
  },
  call: {
    offsets: [6, 4, 6, 5],
    slope: 0.25,
    motif: 1,
    cells: ['x---x---........', 'x-x---x---......', 'x-x-x-x---......'],
    tail: 'x-x-x---x-----..',
    final: 6,
    legato: 0.85,
    band: ['chords'],
    counter: 'figure',
  },
  murmur: {
    offsets: [4, 5, 4, 3],
    slope: 0,
    motif: 0.5,
    cells: ['x---------------', 'x-------x-------', 'x-------x---x---'],
    tail: 'x-----x-x-------',
    final: 4,
    legato: 1,
    band: ['chords'],
    counter: 'figure',
  },
};

/** What an emotion chooses where nothing else is said. */
export interface Colour {
  readonly mode: Mode;
  readonly gesture: Gesture;
  readonly oscillator: 'sawtooth' | 'triangle' | 'square' | 'sine';
  /** Low-pass in hertz at intensity 0 and 1. */
  readonly cutoff: readonly [number, number];
  readonly density: NormalRange;
  /** Attack, decay, sustain, release. */
  readonly envelope: readonly [number, number, number, number];
}

/** The table of emotions. */
export const colours: Readonly<Record<Emotion, Colour>> = {
  tension: {
    mode: 'minor',
    gesture: 'sigh',
    oscillator: 'sawtooth',
    cutoff: [300, 600],
    density: 0.6,
    envelope: [0.1, 0.2, 0.5, 0.8],
  },
  resolution: {
    mode: 'major',
    gesture: 'homecoming',
    oscillator: 'triangle',
    cutoff: [800, 1200],
    density: 0.4,
    envelope: [0.05, 0.3, 0.7, 1.2],
  },
  activity: {
    mode: 'major pentatonic',
    gesture: 'stride',
    oscillator: 'square',
    cutoff: [600, 1000],
    density: 0.8,
    envelope: [0.01, 0.1, 0.3, 0.2],
  },
  growth: {
    mode: 'dorian',
    gesture: 'rise',
    oscillator: 'sine',
    cutoff: [500, 900],
    density: 0.5,
    envelope: [0.2, 0.5, 0.6, 1.5],
  },
};
