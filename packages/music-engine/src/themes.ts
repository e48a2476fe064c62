import type {
  Bpm,
  Decibels,
  Effects,
  Emotion,
  InstrumentName,
  InstrumentOptions,
  NormalRange,
  OscillatorShape,
  Seconds,
} from '@bnc/contracts';
import type { SignObject } from './signs/objects.ts';

/** Names of the themes, the default first. */
export const themes = ['chamber', 'ambient', '8-bit', 'lofi'] as const;

/** How music is arranged. All themes follow the same rules. */
export type Theme = (typeof themes)[number];

/** A part of a drum kit. */
export type Drum = 'kick' | 'snare' | 'hat';

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
  /** Whether the lead takes twice its time, with half as many notes. Activity keeps its own. */
  readonly isSlow: boolean;
  /** Part of its written length that a note of the lead sounds. */
  readonly touch: NormalRange;
  /** Factor on the places of the band: 0 is one loudspeaker. Signs and signatures keep theirs. */
  readonly width: NormalRange;
  /** Held chords, broken chords, or short ones off the beat. */
  readonly chords: Player & {
    readonly style: 'held' | 'broken' | 'stabs';
    /** Sixteenths from note to note of broken chords. Default 1. */
    readonly every?: 1 | 2;
    readonly gain: number;
    /** MIDI note near which the top of the chords lies. */
    readonly top: number;
    readonly effects?: Pick<Effects, 'chorus'>;
  };
  /** Who holds the chords that others break. Default: no one. */
  readonly pad?: Player & { readonly gain: number };
  /** Long roots, root and fifth, or octaves in eighths. */
  readonly bass: Player & { readonly style: 'roots' | 'fifths' | 'octaves'; readonly gain: number };
  /** The voice of the lead. Default: by the language. */
  readonly lead?: Player;
  /** Level of the lead in dB: what it takes to be heard over the band, which differs from emotion to emotion. */
  readonly leadLevels: Readonly<Record<Emotion, Decibels>>;
  /** The voice that replies to the lead. */
  readonly counter: Player & { readonly gain: number };
  /** The voice that doubles the lead an octave higher. */
  readonly double: Player;
  /** No drums, a soft hat, or kick, snare and hat: straight, or with a kick that drags. */
  readonly beat: 'none' | 'brushes' | 'straight kit' | 'dragging kit';
  /** Who plays the drums. */
  readonly drums: Readonly<Record<Drum, Player & { readonly gain: number }>>;
  /** The room around the band: what is added to the wetness of reverb, and its decay. None: dry. */
  readonly space?: { readonly wet: number; readonly decay: Seconds };
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
  /** What the band is heard through. Default: the same. */
  readonly bandFilter?: NonNullable<Effects['filter']>;
}

/** A wave that ends at once, as a sound chip plays it. */
function chip(type: OscillatorShape, instrument: 'synth' | 'fmSynth' | 'polySynth' = 'synth'): Player {
  return { instrument, options: { oscillator: { type }, envelope: { sustain: 0.6, release: 0.03 } } };
}

/** Drums under brushes. */
const brushed: Arrangement['drums'] = {
  kick: { instrument: 'kick', gain: 0.5 },
  snare: { instrument: 'snare', gain: 0.35 },
  hat: { instrument: 'hat', gain: 1.45 },
};

/** A sound that ends at once, as a sound chip makes drums of it. */
function blip(instrument: 'synth' | 'snare' | 'hat', decay: Seconds): Player {
  const envelope = { attack: 0.001, decay, sustain: 0, release: 0.02 };
  return { instrument, options: { ...(instrument === 'synth' && { oscillator: { type: 'triangle' } }), envelope } };
}

/** The four themes: four bands in four rooms. */
export const arrangements: Readonly<Record<Theme, Arrangement>> = {
  chamber: {
    words: 'broken chords over soft strings, plucked replies, light swing',
    tempo: [60, 108],
    swing: 0.125,
    density: 1,
    isSlow: false,
    touch: 1,
    width: 1,
    chords: { style: 'broken', every: 2, instrument: 'harp', gain: 1.4, top: 67 },
    pad: { instrument: 'strings', gain: 0.6 },
    bass: { style: 'fifths', instrument: 'bass', gain: 0.7 },
    leadLevels: { tension: 0, resolution: -4, activity: 5, growth: -5 },
    counter: { instrument: 'harp', gain: 1 },
    double: { instrument: 'bell' },
    beat: 'brushes',
    drums: brushed,
    space: { wet: 0.06, decay: 1.4 },
    cats: 0.6,
    brightness: 1.4,
    upbeat: 4,
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
    isSlow: true,
    touch: 1,
    width: 1,
    chords: {
      style: 'held',
      instrument: 'pad',
      options: {
        envelope: { attack: 0.8, decay: 0.5, sustain: 0.9, release: 2.5 },
        filter: { type: 'lowpass', frequency: 1000, Q: 0 },
      },
      gain: 0.85,
      top: 74,
    },
    bass: {
      style: 'roots',
      instrument: 'pad',
      options: {
        envelope: { attack: 0.6, decay: 0.5, sustain: 0.9, release: 2.5 },
        filter: { type: 'lowpass', frequency: 300, Q: 0 },
      },
      gain: 0.6,
    },
    lead: {
      instrument: 'flute',
      options: {
        envelope: { attack: 0.3, decay: 0.3, sustain: 0.9, release: 2.5 },
        filter: { type: 'lowpass', frequency: 2200, Q: 0 },
      },
    },
    leadLevels: { tension: 2, resolution: 2, activity: 5, growth: 0 },
    counter: { instrument: 'bell', gain: 0.22 },
    double: { instrument: 'bell' },
    beat: 'none',
    drums: brushed,
    space: { wet: 0.5, decay: 5 },
    cats: 0.35,
    brightness: 0.5,
    upbeat: 6,
    signs: {
      wet: 0.35,
      octaves: 0,
      detached: 0.6,
      players: {
        code: { words: 'an electric piano on the left', instrument: 'epiano' },
        build: { words: 'a vibraphone on the right', instrument: 'vibraphone' },
      },
    },
    signatures: [
      { instrument: 'flute', options: { volume: 3 } },
      { instrument: 'harp', options: { volume: 3 } },
      { instrument: 'marimba', options: { volume: 3 } },
      { instrument: 'fmSynth', options: { volume: 3 } },
    ],
    bed: { held: { instrument: 'strings' }, bells: { instrument: 'vibraphone' } },
  },
  '8-bit': {
    words: 'broken chords, octave bass, a small drum kit, no room',
    tempo: [76, 108],
    swing: 0,
    density: 1.15,
    isSlow: false,
    touch: 0.6,
    width: 0,
    chords: { style: 'broken', ...chip('square'), gain: 0.45, top: 75 },
    bass: { style: 'octaves', ...chip('triangle'), gain: 0.9 },
    lead: chip('square'),
    leadLevels: { tension: 0, resolution: -3, activity: 1, growth: -4 },
    counter: { ...chip('square'), gain: 0.45 },
    double: chip('square'),
    beat: 'straight kit',
    drums: {
      kick: { ...blip('synth', 0.08), gain: 1 },
      snare: { ...blip('snare', 0.07), gain: 0.5 },
      hat: { ...blip('hat', 0.03), gain: 0.7 },
    },
    cats: 0.8,
    brightness: 0.9,
    upbeat: 2,
    signs: {
      wet: 0,
      octaves: 0,
      detached: 0.35,
      players: {
        code: { words: 'a square wave on the left', ...chip('square') },
        talk: { words: 'a triangle wave that is bent, in the middle', ...chip('triangle', 'fmSynth') },
        build: { words: 'a saw wave on the right', ...chip('sawtooth') },
        ship: { words: 'two saw waves', ...chip('sawtooth', 'polySynth') },
        branch: { words: 'a sine wave that is bent', ...chip('sine', 'fmSynth') },
      },
    },
    signatures: [chip('square', 'polySynth'), chip('triangle'), chip('square', 'fmSynth'), chip('sine')],
    programs: chip('triangle', 'polySynth'),
    bed: {
      held: { instrument: 'synth', options: { oscillator: { type: 'triangle' } } },
      bells: { instrument: 'synth', options: { oscillator: { type: 'sine' } } },
    },
    filter: { type: 'highpass', frequency: 400, Q: 0 },
  },
  lofi: {
    words: 'chords off the beat, drums that drag, deep swing, an old tape',
    tempo: [60, 88],
    swing: 0.375,
    density: 0.85,
    isSlow: false,
    touch: 0.8,
    width: 0.25,
    chords: {
      style: 'stabs',
      instrument: 'epiano',
      gain: 0.7,
      top: 60,
      effects: { chorus: { wet: 0.6, rate: 0.5, depth: 0.5 } },
    },
    bass: {
      style: 'fifths',
      instrument: 'bass',
      options: { filter: { type: 'lowpass', frequency: 400, Q: 0 } },
      gain: 0.9,
    },
    lead: {
      instrument: 'vibraphone',
      options: { envelope: { attack: 0, decay: 0, sustain: 1, release: 0.6 } },
    },
    leadLevels: { tension: 5, resolution: 7.5, activity: 5, growth: 5 },
    counter: { instrument: 'pluck', gain: 0.4 },
    double: { instrument: 'pluck' },
    beat: 'dragging kit',
    drums: {
      kick: { instrument: 'kick', gain: 0.9 },
      snare: { instrument: 'snare', gain: 0.9 },
      hat: { instrument: 'hat', gain: 0.9 },
    },
    space: { wet: 0.05, decay: 1 },
    cats: 0.55,
    brightness: 0.6,
    upbeat: 4,
    signs: { wet: 0.15, octaves: -1, detached: 0.6 },
    signatures: [
      { instrument: 'vibraphone' },
      { instrument: 'harp' },
      { instrument: 'flute' },
      { instrument: 'epiano' },
    ],
    bed: { held: { instrument: 'polySynth' }, bells: { instrument: 'epiano' } },
    filter: { type: 'lowpass', frequency: 3000, Q: 0 },
    bandFilter: { type: 'lowpass', frequency: 800, Q: 0 },
  },
};
