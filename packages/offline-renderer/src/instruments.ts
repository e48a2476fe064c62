/**
 * Instruments and effects as Tone.js nodes, for Node and browsers alike: no import of this module needs Node.
 * @module
 */
import type { InstrumentName, InstrumentOptions, Lufs, Seconds } from '@bnc/contracts';
import { Chirp, Hiss, Meow, Mrrp, Purr, Trill } from './instruments/cat-voices.ts';
import { Hat, Kick, Snare } from './instruments/drums.ts';
import type { Instrument } from './instruments/instrument.ts';
import { Sampler, type SamplerSettings } from './instruments/sampler.ts';
import { Bass, Bell, FMSynth, Pad, Pluck, PolySynth, Synth } from './instruments/synths.ts';

export { Chirp, Hiss, Meow, Mrrp, Purr, Trill } from './instruments/cat-voices.ts';
export { Hat, Kick, Snare } from './instruments/drums.ts';
export { createEffects, createImpulse, createReverb, type EffectChain, type Impulse } from './instruments/effects.ts';
export { Instrument, type InstrumentSettings, type Voice } from './instruments/instrument.ts';
export { instrumentNames } from './instruments/instrument-names.ts';
export { Line } from './instruments/line.ts';
export { Sampler, type SamplerSettings, type Samples } from './instruments/sampler.ts';
export { Bass, Bell, FMSynth, Pad, Pluck, PolySynth, Synth } from './instruments/synths.ts';

/** What a score's instrument is, and what is known of it before it sounds. */
interface InstrumentEntry {
  readonly Class: new (settings: SamplerSettings) => Instrument;
  /** How long a note may sound after its written end: the release where the user gives none. */
  readonly ring: Seconds;
  /** Loudness of its notes of 0.3 s at full velocity, one after the other: the mean of MIDI 48, 60 and 72. */
  readonly loudness: Lufs;
}

const instruments: Readonly<Record<InstrumentName, InstrumentEntry>> = {
  synth: { Class: Synth, ring: 0.5, loudness: -16.3 },
  fmSynth: { Class: FMSynth, ring: 0.5, loudness: -13.1 },
  polySynth: { Class: PolySynth, ring: 0.7, loudness: -17.4 },
  sampler: { Class: Sampler, ring: 0.4, loudness: -17.5 },
  bass: { Class: Bass, ring: 0.18, loudness: -10.5 },
  pad: { Class: Pad, ring: 1.1, loudness: -17.4 },
  pluck: { Class: Pluck, ring: 0.35, loudness: -16.7 },
  bell: { Class: Bell, ring: 0.9, loudness: -13.4 },
  kick: { Class: Kick, ring: 0.35, loudness: -13.8 },
  snare: { Class: Snare, ring: 0.2, loudness: -17.6 },
  hat: { Class: Hat, ring: 0.3, loudness: -17.2 },
  purr: { Class: Purr, ring: 0.6, loudness: -19.6 },
  meow: { Class: Meow, ring: 0.49, loudness: -15.2 },
  chirp: { Class: Chirp, ring: 0.24, loudness: -12.8 },
  trill: { Class: Trill, ring: 0.36, loudness: -15.1 },
  mrrp: { Class: Mrrp, ring: 0.33, loudness: -16 },
  hiss: { Class: Hiss, ring: 0.45, loudness: -19.4 },
};

/** Makes an instrument by its name in a score. */
export function createInstrument(name: InstrumentName, settings: SamplerSettings): Instrument {
  return new instruments[name].Class(settings);
}

/** How long a note of an instrument may sound after its written end. */
export function ringOf(name: InstrumentName, options?: InstrumentOptions): Seconds {
  return Math.max(0.01, options?.envelope?.release ?? instruments[name].ring);
}

/** Loudness of an instrument's notes at full velocity and its own volume, one after the other. */
export function loudnessOf(name: InstrumentName): Lufs {
  return instruments[name].loudness;
}
