import type { Bpm, Decibels, Hertz, Lufs, MidiNote, NormalRange, Seconds } from './units.ts';

/** What a happening feels like; it chooses mode, chords, colour and tempo. */
export type Emotion = 'tension' | 'resolution' | 'activity' | 'growth';

/** The mode of a phrase. */
export type Mode = 'minor' | 'major' | 'major pentatonic' | 'dorian' | 'mixolydian';

/**
 * How a phrase ends: `authentic` at home, `half` open, `deceptive` elsewhere than expected, `plagal` gently,
 * `suspended` unresolved.
 */
export type Cadence = 'authentic' | 'half' | 'deceptive' | 'plagal' | 'suspended';

/** What a melody does: its contour and its rhythm. */
export type Gesture = 'stride' | 'rise' | 'homecoming' | 'sigh' | 'sparkle' | 'fanfare' | 'call' | 'murmur';

/** The instrument families that parameters may name. */
export type InstrumentType = 'synth' | 'fmSynth' | 'polySynth' | 'sampler';

/** The cat voices. */
export type CatName = 'purr' | 'meow' | 'chirp' | 'trill' | 'mrrp' | 'hiss';

/** Every voice a score may use: the families, the band, and the cats. */
export type InstrumentName =
  | InstrumentType
  | 'bass'
  | 'pad'
  | 'strings'
  | 'pluck'
  | 'harp'
  | 'bell'
  | 'epiano'
  | 'marimba'
  | 'vibraphone'
  | 'reed'
  | 'brass'
  | 'flute'
  | 'kick'
  | 'snare'
  | 'hat'
  | 'drum'
  | CatName;

/** Where the pitch of a meow goes: `greeting` rises to its end, `question` stays level and then rises, `sad` falls. */
export type MeowContour = 'greeting' | 'question' | 'sad';

/** Basic oscillator shapes of the Web Audio API. */
export type OscillatorShape = 'sine' | 'square' | 'sawtooth' | 'triangle';

/** An ADSR envelope. Each time is 0-10 s. */
export interface EnvelopeOptions {
  /** Time from silence to full level. */
  readonly attack?: Seconds;
  /** Time from full level to the sustain level. */
  readonly decay?: Seconds;
  /** Level held until release. */
  readonly sustain?: NormalRange;
  /** Time from release to silence. */
  readonly release?: Seconds;
}

/** How an instrument sounds. */
export interface InstrumentOptions {
  /** The wave of `synth`, `fmSynth` and `polySynth`. Default: the instrument's own. */
  readonly oscillator?: { readonly type: OscillatorShape };
  /** The envelope. Default: the instrument's own. */
  readonly envelope?: EnvelopeOptions;
  /** A filter after the voice: `frequency` 10-20,000 Hz, `Q` 0-30. Default: none. */
  readonly filter?: {
    readonly type?: 'lowpass' | 'highpass' | 'bandpass';
    readonly frequency: Hertz;
    readonly Q?: number;
  };
  /** Level of the instrument, -100 to 12 dB. Default 0 dB. */
  readonly volume?: Decibels;
  /**
   * A low-pass in each voice of `synth`, `fmSynth` and `polySynth` that follows the pitch: its cut-off at full
   * velocity, 1-20 times the note's frequency. Softer notes are darker, and each note opens an octave wider at its
   * start. Default: none.
   */
  readonly brightness?: number;
  /**
   * Depth of the vibrato of `synth`, `fmSynth` and `polySynth` on notes that last over 0.5 s, 0-100 cents. Default 0.
   */
  readonly vibrato?: number;
  /** Contour of a meow. Default `greeting`; other voices have only one contour. */
  readonly contour?: MeowContour;
  /** Length of a cat's vocal tract in cm, 8-10: shorter ones sound smaller. Default 9. */
  readonly tract?: number;
}

/**
 * Notes in Tone.js notation; the four lists belong together, index by index.
 * @see https://github.com/Tonejs/Tone.js/wiki/Time
 */
export interface Pattern {
  /** Note names with octaves, such as `C4` or `F#3`. */
  readonly notes: readonly string[];
  /** Lengths, such as `8n`, `4n.`, `2t` or `0.5s`. */
  readonly durations: readonly string[];
  /** Starts, such as `0:1:0` (bars:quarters:sixteenths) or `0.5s`. */
  readonly times: readonly string[];
  /** Loudness of each note. */
  readonly velocities: readonly NormalRange[];
}

/** Effects on one track. `wet` is the share of the processed sound. */
export interface Effects {
  /** Convolution reverb; `decay` is the time to fall by 60 dB, 0.05-10 s. */
  readonly reverb?: { readonly wet: NormalRange; readonly decay: Seconds };
  /** Echo; `time` is 0.001-2 s, `feedback` at most 0.95. */
  readonly delay?: { readonly wet: NormalRange; readonly time: Seconds; readonly feedback: NormalRange };
  /** Chorus; `rate` is the speed of its slow sweep, 0.01-20 Hz. */
  readonly chorus?: { readonly wet: NormalRange; readonly rate: Hertz; readonly depth: NormalRange };
  /** Phaser; `rate` is the speed of its slow sweep, 0.01-20 Hz. */
  readonly phaser?: { readonly wet: NormalRange; readonly rate: Hertz };
  /** Soft clipping. */
  readonly distortion?: { readonly wet: NormalRange; readonly amount: NormalRange };
  /** A filter over the whole track: `frequency` 10-20,000 Hz, `Q` 0-30. */
  readonly filter?: { readonly type: 'lowpass' | 'highpass'; readonly frequency: Hertz; readonly Q: number };
}

/** Why a choice was made: because of a fact, therefore this sound. */
export interface Reason {
  /** The fact, such as `pull request merged`. */
  readonly because: string;
  /** What it did to the music, such as `C major, 4 chords`. */
  readonly therefore: string;
}

/**
 * What a phrase sounds like. `tempo`, `scale`, `instrumentType` and `duration` are enough for a user;
 * the music engine fills in the rest. The same parameters always give the same sound.
 */
export interface MusicalParameters {
  /** Tempo, 40-200. */
  readonly tempo: Bpm;
  /** The notes to choose from, with octaves, such as `['C4', 'D4', 'E4']`; 1-64 of them. */
  readonly scale: readonly string[];
  /** The first degree, with octave, such as `C4`. Default: the first note of `scale`. */
  readonly rootNote?: string;
  /** The lead instrument. */
  readonly instrumentType: InstrumentType;
  /** The voice that plays the lead, if it is not `instrumentType`. */
  readonly lead?: InstrumentName;
  /** How the lead instrument sounds. */
  readonly instrumentOptions?: InstrumentOptions;
  /** Length of the music without its tail. */
  readonly duration: Seconds;
  /** The melody, note by note. Default: composed from the other parameters. */
  readonly pattern?: Pattern;
  /** Seed of every random choice. Default: a hash of the other parameters. */
  readonly prngSeed?: number;
  /** Pitch class of the first degree, such as `F#`. */
  readonly tonic?: string;
  /** The mode. */
  readonly mode?: Mode;
  /** Length in whole bars of four quarters, 1-4; 0 for a sign that sounds alone. */
  readonly bars?: number;
  /** How many notes: 0 is sparse, 1 is dense. */
  readonly density?: NormalRange;
  /** How strong: velocity, filter opening, effects. */
  readonly intensity?: NormalRange;
  /** What it feels like. */
  readonly emotion?: Emotion;
  /**
   * Short name of what happened, such as `push`, `pull request merged` or `label created`. Each small happening has a
   * musical figure of its own, found by this name.
   */
  readonly happening?: string;
  /** What the melody does. Default: the one that belongs to `emotion`. */
  readonly gesture?: Gesture;
  /** Effects on the lead instrument. */
  readonly effects?: Effects;
  /** The leitmotif: steps in scale degrees from the first note, such as `[0, 2, 1, 4]`. */
  readonly motif?: readonly number[];
  /** Cat voices that take part. */
  readonly cats?: readonly CatName[];
  /** The theme that arranges the music. Default `chamber`. */
  readonly theme?: string;
  /** Time from the first sound to the first bar line, included in `duration`. Default 0. */
  readonly upbeat?: Seconds;
  /** Names of the chords, one for each half bar, such as `['I', 'vim7']`. Default: chosen by `mode` and `prngSeed`. */
  readonly chords?: readonly string[];
  /** What happened, as a sign that sounds first: an object and a verb, such as `build.done`. Default: none. */
  readonly sign?: string;
  /**
   * Who did it, as a signature that sounds with the sign: a place in the room's roster, 0-47 for people, 48-71 for
   * programs. Default: none.
   */
  readonly signature?: number;
  /** How it ends. Default: the one that belongs to `emotion`. */
  readonly cadence?: Cadence;
  /** Loudness of the whole, -60 to -5. Default: by `intensity` and `emotion`. */
  readonly loudness?: Lufs;
  /** Every choice in words. */
  readonly reasons?: readonly Reason[];
}

/** One note of a track. */
export interface ScoreNote {
  /** Start, from the start of the score. */
  readonly time: Seconds;
  /** From start to release; the voice's own release follows. */
  readonly duration: Seconds;
  /** Pitch, 0-127; for drums and breath voices a colour rather than a pitch. */
  readonly midi: MidiNote;
  /** Loudness. */
  readonly velocity: NormalRange;
}

/** One instrument and its notes. */
export interface Track {
  /** The voice that plays. */
  readonly instrument: InstrumentName;
  /** How it sounds. Default: the instrument's own. */
  readonly options?: InstrumentOptions;
  /** Level of the track as a factor, 0-2. Default 1. */
  readonly gain?: number;
  /** Place between the speakers: -1 left, 0 middle, 1 right. Default 0. */
  readonly pan?: number;
  /** Effects of the track. Default: none. */
  readonly effects?: Effects;
  /** Notes in order of time. */
  readonly notes: readonly ScoreNote[];
}

/** Music as data: when each note of each instrument sounds. The same score always gives the same samples. */
export interface Score {
  /** Tempo, 20-400, for information: the notes are already in seconds. */
  readonly tempo: Bpm;
  /** Length from the first bar line to the last; tails ring out after it. */
  readonly duration: Seconds;
  /** Integrated loudness to master to, -60 to -5. Default -16. */
  readonly loudness?: Lufs;
  /** Seed of the noise and the chance in the voices. */
  readonly prngSeed: number;
  /** Instruments. */
  readonly tracks: readonly Track[];
}

/** Limits on a score. The defaults are those of `@bnc/buffer-serializer`. */
export interface ScoreLimits {
  /** Longest score. Default 120. */
  readonly maxDuration: Seconds;
  /** Most tracks. Default 32. */
  readonly maxTracks: number;
  /** Most notes in all tracks. Default 10,000. */
  readonly maxNotes: number;
  /** Most notes that may be held at the same time, over all tracks. Default 128. */
  readonly maxPolyphony: number;
}

/** A track of a {@link FlatScore}; `null` leaves a part out. */
export type FlatTrack = readonly [
  instrument: InstrumentName,
  gain: number | null,
  pan: number | null,
  options: InstrumentOptions | null,
  effects: Effects | null,
  /**
   * Four numbers per note: ticks since the start of the note before, ticks that it lasts, MIDI note, velocity in
   * hundredths.
   */
  notes: readonly number[],
];

/** A score as it is sent: at most a third of its JSON. Times are in ticks, of which `g` make a quarter note. */
export interface FlatScore {
  /** Version of this form. */
  readonly v: 1;
  /** Tempo. */
  readonly t: Bpm;
  /** Length of the music. */
  readonly d: Seconds;
  /** Loudness. Default: as in {@link Score}. */
  readonly l?: Lufs;
  /** Seed of the noise and the chance in the voices. */
  readonly s: number;
  /** Ticks per quarter note, 1-1,000,000: 96 for music on a grid, 240 for music that is performed. */
  readonly g: number;
  /** Instruments. */
  readonly i: readonly FlatTrack[];
}
