/**
 * Instruments and effects as Tone.js nodes, for Node and browsers: nothing here needs Node.
 * @module
 */
import type { InstrumentName, InstrumentOptions, Lufs, Seconds } from '@bnc/contracts';
import { Chirp, Hiss, Meow, Mrrp, Purr, Trill } from './instruments/cat-voices.ts';
import { Hat, Kick, Snare } from './instruments/drums.ts';
import type { Instrument } from './instruments/instrument.ts';
import { instrumentFacts } from './instruments/instrument-facts.ts';
import { Sampler, type SamplerSettings } from './instruments/sampler.ts';
import { Bass, Bell, FMSynth, Pad, Pluck, PolySynth, Synth } from './instruments/synths.ts';

export { Chirp, Hiss, Meow, Mrrp, Purr, Trill } from './instruments/cat-voices.ts';
export { Hat, Kick, Snare } from './instruments/drums.ts';
export { createEffects, createImpulse, createReverb, type EffectChain, type Impulse } from './instruments/effects.ts';
export { Instrument, type InstrumentSettings, type Voice } from './instruments/instrument.ts';
export { instrumentNames } from './instruments/instrument-facts.ts';
export { Line } from './instruments/line.ts';
export { Sampler, type SamplerSettings, type Samples } from './instruments/sampler.ts';
export { Bass, Bell, FMSynth, Pad, Pluck, PolySynth, Synth } from './instruments/synths.ts';

const classes: Readonly<Record<InstrumentName, new (settings: SamplerSettings) => Instrument>> = {
  synth: Synth,
  fmSynth: FMSynth,
  polySynth: PolySynth,
  sampler: Sampler,
  bass: Bass,
  pad: Pad,
  pluck: Pluck,
  bell: Bell,
  kick: Kick,
  snare: Snare,
  hat: Hat,
  purr: Purr,
  meow: Meow,
  chirp: Chirp,
  trill: Trill,
  mrrp: Mrrp,
  hiss: Hiss,
};

/** Makes an instrument by its name in a score. */
export function createInstrument(name: InstrumentName, settings: SamplerSettings): Instrument {
  return new classes[name](settings);
}

/** Says how long a note of an instrument may sound after its written end: at least 0.01 s. */
export function ringOf(name: InstrumentName, options?: InstrumentOptions): Seconds {
  return Math.max(0.01, options?.envelope?.release ?? instrumentFacts[name].ring);
}

/** Says how loud an instrument is: its notes one after the other, at full velocity and its default volume. */
export function loudnessOf(name: InstrumentName): Lufs {
  return instrumentFacts[name].loudness;
}
