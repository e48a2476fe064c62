import type { InstrumentName, Lufs, Seconds } from '@bnc/contracts';

/** What is known of an instrument before it sounds. */
interface InstrumentFacts {
  /** How long a note may sound after its written end: the release, unless the score gives another. */
  readonly ring: Seconds;
  /** Loudness of its notes of 0.3 s at full velocity, one after the other: the mean of MIDI 48, 60 and 72. */
  readonly loudness: Lufs;
}

/** Every instrument that a score may use. Its class is elsewhere, so that scores can be checked without an audio engine. */
export const instrumentFacts: Readonly<Record<InstrumentName, InstrumentFacts>> = {
  synth: { ring: 0.5, loudness: -16.3 },
  fmSynth: { ring: 0.5, loudness: -13.1 },
  polySynth: { ring: 0.7, loudness: -17.4 },
  sampler: { ring: 0.4, loudness: -17.5 },
  bass: { ring: 0.12, loudness: -11.5 },
  pad: { ring: 1.1, loudness: -17.4 },
  strings: { ring: 0.5, loudness: -17 },
  pluck: { ring: 0.35, loudness: -15 },
  harp: { ring: 0.8, loudness: -15 },
  bell: { ring: 0.9, loudness: -15 },
  epiano: { ring: 0.25, loudness: -15 },
  marimba: { ring: 0.6, loudness: -15 },
  vibraphone: { ring: 0.6, loudness: -15 },
  reed: { ring: 0.1, loudness: -15 },
  brass: { ring: 0.14, loudness: -15 },
  flute: { ring: 0.12, loudness: -15 },
  kick: { ring: 0.4, loudness: -9.5 },
  snare: { ring: 0.3, loudness: -13 },
  hat: { ring: 0.4, loudness: -11.5 },
  drum: { ring: 0.9, loudness: -13 },
  purr: { ring: 0.6, loudness: -9.5 },
  meow: { ring: 0.5, loudness: -13 },
  chirp: { ring: 0.25, loudness: -13 },
  trill: { ring: 0.4, loudness: -14 },
  mrrp: { ring: 0.4, loudness: -15 },
  hiss: { ring: 0.45, loudness: -17 },
};

/** Every name that a score may use. */
export const instrumentNames: readonly InstrumentName[] = Object.keys(instrumentFacts) as InstrumentName[];
