import type { Bpm, Effects, InstrumentName, InstrumentOptions, OscillatorShape, Seconds } from '@bnc/contracts';
import type { SignObject } from './signs/objects.ts';

/** Names of the themes, the default first. */
export const themes = ['chamber', 'ambient', '8-bit', 'lofi'] as const;

/** How music is arranged. All themes follow the same rules. */
export type Theme = (typeof themes)[number];

/** Who plays a role. */
export interface Player {
  readonly instrument: InstrumentName;
  /** How it sounds. Default: the instrument's own. */
  readonly options?: InstrumentOptions;
}

/** Who plays the signs of an object. */
export interface SignPlayer extends Player {
  /** In words, for reasons. */
  readonly words: string;
}

/** What a theme decides. */
export interface Arrangement {
  /** In words, for reasons. */
  readonly words: string;
  /** Slowest and fastest tempo, where a room says nothing else. */
  readonly tempo: readonly [slowest: Bpm, fastest: Bpm];
  /** Part of a sixteenth by which every second one is late. */
  readonly swing: number;
  /** Factor on the note density of the lead. */
  readonly density: number;
  /** Held chords, broken chords, or short ones off the beat. */
  readonly chords: Player & { readonly style: 'held' | 'broken' | 'stabs'; readonly gain: number };
  /** Long roots, root and fifth, or octaves in eighths. */
  readonly bass: { readonly style: 'roots' | 'fifths' | 'octaves'; readonly gain: number };
  /** The voice of the lead. Default: by the language. */
  readonly lead?: Player;
  /** The voice that replies to the lead. */
  readonly counter: Player & { readonly gain: number };
  /** The voice that doubles the lead an octave higher. */
  readonly double: Player;
  /** No drums, a soft hat, or kick, snare and hat: straight, or with a kick that drags. */
  readonly beat: 'none' | 'brushes' | 'straight kit' | 'dragging kit';
  /** The room around the band: what is added to the wetness of reverb, and its decay where feeling does not choose it. None: dry. */
  readonly space?: { readonly wet: number; readonly decay?: Seconds };
  /** Level of the cats. */
  readonly cats: number;
  /** Factor on the brightness of the lead. */
  readonly brightness: number;
  /** Sixteenths from the first sound to the first bar line, at least. */
  readonly upbeat: number;
  /** How signs and signatures are played. */
  readonly signs: {
    /** Wetness of their reverb. */
    readonly wet: number;
    /** Octaves that they are moved by. */
    readonly octaves: number;
    /** Share of the time until the next note that a note sounds: gaps make rhythms heard. */
    readonly detached: number;
    /** Who plays the signs of objects, where it is not the usual voice. */
    readonly players?: Partial<Readonly<Record<SignObject, SignPlayer>>>;
  };
  /** The voices of people's signatures. */
  readonly signatures: readonly [Player, Player, Player, Player];
  /** The voice of programs' signatures. Default: a plain synth. */
  readonly programs?: Player;
  /** Who plays the bed: its held tones, and its single notes. */
  readonly bed: { readonly held: Player; readonly bells: Player };
  /** What every phrase is heard through. */
  readonly filter?: NonNullable<Effects['filter']>;
}

/** A wave that ends at once, as a sound chip plays it. */
function chip(type: OscillatorShape, instrument: 'synth' | 'fmSynth' | 'polySynth' = 'synth'): Player {
  return { instrument, options: { oscillator: { type }, envelope: { sustain: 0.6, release: 0.03 } } };
}

/** The four themes: four bands in four rooms. */
export const arrangements: Readonly<Record<Theme, Arrangement>> = {
  chamber: {
    words: 'held chords, plucked replies, light swing',
    tempo: [60, 108],
    swing: 0.125,
    density: 1,
    chords: { style: 'held', instrument: 'strings', gain: 0.6 },
    bass: { style: 'fifths', gain: 0.6 },
    counter: { instrument: 'harp', gain: 1 },
    double: { instrument: 'bell' },
    beat: 'brushes',
    space: { wet: 0 },
    cats: 0.6,
    brightness: 1,
    upbeat: 2,
    signs: { wet: 0.2, octaves: 0, detached: 0.6 },
    signatures: [
      { instrument: 'epiano' },
      { instrument: 'vibraphone' },
      { instrument: 'flute' },
      { instrument: 'harp' },
    ],
    bed: { held: { instrument: 'pad' }, bells: { instrument: 'bell' } },
  },
  ambient: {
    words: 'long chords, few notes, a large hall',
    tempo: [60, 72],
    swing: 0,
    density: 0.6,
    chords: { style: 'held', instrument: 'pad', gain: 0.55 },
    bass: { style: 'roots', gain: 0.12 },
    lead: { instrument: 'flute' },
    counter: { instrument: 'bell', gain: 0.5 },
    double: { instrument: 'bell' },
    beat: 'none',
    space: { wet: 0.3, decay: 5 },
    cats: 0.45,
    brightness: 0.5,
    upbeat: 6,
    signs: {
      wet: 0.25,
      octaves: 0,
      detached: 0.6,
      players: {
        code: { words: 'an electric piano on the left', instrument: 'epiano' },
        build: { words: 'a vibraphone on the right', instrument: 'vibraphone' },
      },
    },
    signatures: [
      { instrument: 'flute' },
      { instrument: 'harp' },
      { instrument: 'brass' },
      { instrument: 'vibraphone' },
    ],
    bed: { held: { instrument: 'strings' }, bells: { instrument: 'vibraphone' } },
    filter: { type: 'lowpass', frequency: 600, Q: 0 },
  },
  '8-bit': {
    words: 'broken chords, octave bass, a small drum kit, no room',
    tempo: [76, 108],
    swing: 0,
    density: 1.15,
    chords: { style: 'broken', ...chip('square'), gain: 0.35 },
    bass: { style: 'octaves', gain: 0.6 },
    lead: chip('square'),
    counter: { ...chip('square'), gain: 0.45 },
    double: chip('square'),
    beat: 'straight kit',
    cats: 0.8,
    brightness: 1.6,
    upbeat: 2,
    signs: {
      wet: 0,
      octaves: 0,

      detached: 0.35,
      players: {
        code: { words: 'a square wave on the left', ...chip('square') },
        talk: { words: 'a triangle wave in the middle', ...chip('triangle') },
        build: { words: 'a saw wave on the right', ...chip('sawtooth') },
        ship: { words: 'two waves that bend each other', ...chip('square', 'fmSynth') },
        branch: { words: 'a sine wave', ...chip('sine') },
      },
    },
    signatures: [
      chip('square', 'polySynth'),
      chip('sawtooth', 'polySynth'),
      chip('triangle', 'polySynth'),
      chip('sine', 'polySynth'),
    ],
    programs: chip('square', 'polySynth'),
    bed: {
      held: { instrument: 'synth', options: { oscillator: { type: 'triangle' } } },
      bells: { instrument: 'synth', options: { oscillator: { type: 'sine' } } },
    },
    filter: { type: 'highpass', frequency: 650, Q: 0 },
  },
  lofi: {
    words: 'chords off the beat, drums that drag, deep swing, an old tape',
    tempo: [60, 88],
    swing: 0.375,
    density: 0.85,
    chords: { style: 'stabs', instrument: 'epiano', gain: 0.45 },
    bass: { style: 'fifths', gain: 1 },
    lead: { instrument: 'epiano' },
    counter: { instrument: 'vibraphone', gain: 0.5 },
    double: { instrument: 'vibraphone' },
    beat: 'dragging kit',
    space: { wet: 0.05, decay: 1 },
    cats: 0.55,
    brightness: 0.6,
    upbeat: 2,
    signs: { wet: 0.15, octaves: -1, detached: 0.6 },
    signatures: [
      { instrument: 'vibraphone' },
      { instrument: 'sampler' },
      { instrument: 'flute' },
      { instrument: 'epiano' },
    ],
    bed: { held: { instrument: 'polySynth' }, bells: { instrument: 'epiano' } },
    filter: { type: 'lowpass', frequency: 700, Q: 0 },
  },
};
