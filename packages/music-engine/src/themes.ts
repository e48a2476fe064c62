import type { Effects, InstrumentName, OscillatorShape } from '@bnc/contracts';

/** Names of the themes, the default first. */
export const themes = ['chamber', 'ambient', '8-bit', 'lofi'] as const;

/** How music is arranged. All themes follow the same rules. */
export type Theme = (typeof themes)[number];

/** What a theme decides. */
export interface Arrangement {
  /** In words, for reasons. */
  readonly words: string;
  /** Part of a sixteenth by which every second one is late. */
  readonly swing: number;
  /** Factor on the note density of the lead. */
  readonly density: number;
  /** Held chords, broken chords, or short ones off the beat. */
  readonly chords: {
    readonly style: 'held' | 'broken' | 'stabs';
    readonly instrument: InstrumentName;
    readonly gain: number;
  };
  /** Long roots, root and fifth, or octaves in eighths. */
  readonly bass: { readonly style: 'roots' | 'fifths' | 'octaves'; readonly gain: number };
  /** The voice of the lead. Default: by the language. */
  readonly lead?: InstrumentName;
  /** The voice that replies to the lead. */
  readonly counter: { readonly instrument: InstrumentName; readonly gain: number };
  /** No drums, a soft hat, or kick, snare and hat. */
  readonly beat: 'none' | 'brushes' | 'kit';
  /** Added to the wetness of reverb. */
  readonly wet: number;
  /** Level of the cats. */
  readonly cats: number;
  /** The wave of all synths in place of their own. */
  readonly oscillator?: OscillatorShape;
  /** Factor on the brightness of the lead. */
  readonly brightness: number;
  /** Reverb of signs and signatures, and octaves that they are moved by. */
  readonly signs: { readonly wet: number; readonly octaves: number };
  /** The voice of all people's signatures, where they do not have instruments of their own. */
  readonly signature?: InstrumentName;
  /** What everything is heard through. */
  readonly filter?: NonNullable<Effects['filter']>;
}

/** The four themes. */
export const arrangements: Readonly<Record<Theme, Arrangement>> = {
  chamber: {
    words: 'held chords, plucked replies, light swing',
    swing: 0.125,
    density: 1,
    chords: { style: 'held', instrument: 'strings', gain: 0.6 },
    bass: { style: 'fifths', gain: 0.6 },
    counter: { instrument: 'harp', gain: 1 },
    beat: 'brushes',
    wet: 0,
    cats: 0.6,
    brightness: 1,
    signs: { wet: 0.2, octaves: 0 },
  },
  ambient: {
    words: 'long chords, few notes, much room',
    swing: 0,
    density: 0.6,
    chords: { style: 'held', instrument: 'pad', gain: 0.55 },
    bass: { style: 'roots', gain: 0.12 },
    lead: 'flute',
    counter: { instrument: 'bell', gain: 0.5 },
    beat: 'none',
    wet: 0.25,
    cats: 0.45,
    brightness: 0.5,
    signs: { wet: 0.2, octaves: 0 },
    filter: { type: 'lowpass', frequency: 1000, Q: 0 },
  },
  '8-bit': {
    words: 'broken chords, octave bass, a small drum kit',
    swing: 0,
    density: 1.15,
    chords: { style: 'broken', instrument: 'synth', gain: 0.35 },
    bass: { style: 'octaves', gain: 0.6 },
    lead: 'synth',
    counter: { instrument: 'synth', gain: 0.45 },
    beat: 'kit',
    wet: -0.1,
    cats: 0.8,
    oscillator: 'square',
    brightness: 1.6,
    signs: { wet: 0, octaves: 0 },
    signature: 'synth',
    filter: { type: 'highpass', frequency: 600, Q: 0 },
  },
  lofi: {
    words: 'chords off the beat, soft drums, deep swing',
    swing: 0.375,
    density: 0.85,
    chords: { style: 'stabs', instrument: 'epiano', gain: 0.45 },
    bass: { style: 'fifths', gain: 1 },
    lead: 'epiano',
    counter: { instrument: 'vibraphone', gain: 0.5 },
    beat: 'kit',
    wet: 0.05,
    cats: 0.55,
    brightness: 0.6,
    signs: { wet: 0.15, octaves: -1 },
    filter: { type: 'lowpass', frequency: 2400, Q: 0 },
  },
};
