/**
 * Instruments and effects as Tone.js nodes, for Node and browsers alike: no import of this module needs Node.
 * @module
 */
import type { InstrumentName, InstrumentOptions, Seconds } from '@bnc/contracts';
import { Chirp, Hiss, Meow, Mrrp, Purr, Trill } from './cat-voices.ts';
import { Hat, Kick, Snare } from './drums.ts';
import type { Instrument } from './instrument.ts';
import { Sampler, type SamplerSettings } from './sampler.ts';
import { Bass, Bell, FMSynth, Pad, Pluck, PolySynth, Synth } from './synths.ts';

export { Chirp, Hiss, Meow, Mrrp, Purr, Trill } from './cat-voices.ts';
export { Hat, Kick, Snare } from './drums.ts';
export { createEffects, type EffectChain } from './effects.ts';
export { Instrument, type InstrumentSettings, type Voice } from './instrument.ts';
export { instrumentNames } from './instrument-names.ts';
export { Line } from './line.ts';
export { Sampler, type SamplerSettings, type Samples } from './sampler.ts';
export { Bass, Bell, FMSynth, Pad, Pluck, PolySynth, Synth } from './synths.ts';

/** Each instrument, and how long a note may sound after its written end (the release where the user gives none). */
const instruments: Readonly<
  Record<InstrumentName, { readonly Class: new (settings: SamplerSettings) => Instrument; readonly ring: Seconds }>
> = {
  synth: { Class: Synth, ring: 0.5 },
  fmSynth: { Class: FMSynth, ring: 0.5 },
  polySynth: { Class: PolySynth, ring: 0.7 },
  sampler: { Class: Sampler, ring: 0.4 },
  bass: { Class: Bass, ring: 0.18 },
  pad: { Class: Pad, ring: 1.1 },
  pluck: { Class: Pluck, ring: 0.35 },
  bell: { Class: Bell, ring: 0.9 },
  kick: { Class: Kick, ring: 0.35 },
  snare: { Class: Snare, ring: 0.2 },
  hat: { Class: Hat, ring: 0.3 },
  purr: { Class: Purr, ring: 0.6 },
  meow: { Class: Meow, ring: 0.49 },
  chirp: { Class: Chirp, ring: 0.24 },
  trill: { Class: Trill, ring: 0.36 },
  mrrp: { Class: Mrrp, ring: 0.33 },
  hiss: { Class: Hiss, ring: 0.45 },
};

/** Makes an instrument by its name in a score. */
export const createInstrument = (name: InstrumentName, settings: SamplerSettings): Instrument =>
  new instruments[name].Class(settings);

/** How long a note of an instrument may sound after its written end. */
export const ringOf = (name: InstrumentName, options?: InstrumentOptions): Seconds =>
  Math.max(0.01, options?.envelope?.release ?? instruments[name].ring);
