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
  bass: { ring: 0.18, loudness: -10.5 },
  pad: { ring: 1.1, loudness: -17.4 },
  pluck: { ring: 0.35, loudness: -16.7 },
  bell: { ring: 0.9, loudness: -13.4 },
  kick: { ring: 0.35, loudness: -13.8 },
  snare: { ring: 0.2, loudness: -17.6 },
  hat: { ring: 0.3, loudness: -17.2 },
  purr: { ring: 0.6, loudness: -19.6 },
  meow: { ring: 0.49, loudness: -15.2 },
  chirp: { ring: 0.24, loudness: -12.8 },
  trill: { ring: 0.36, loudness: -15.1 },
  mrrp: { ring: 0.33, loudness: -16 },
  hiss: { ring: 0.45, loudness: -19.4 },
};

/** Every name that a score may use. */
export const instrumentNames: readonly InstrumentName[] = Object.keys(instrumentFacts) as InstrumentName[];
