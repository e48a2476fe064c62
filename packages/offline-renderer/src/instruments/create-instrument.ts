import type { InstrumentName, InstrumentOptions, Lufs, Seconds } from '@bnc/contracts';
import { Chirp, Hiss, Meow, Mrrp, Purr, Trill } from './cat-voices.ts';
import { Hat, Kick, Snare } from './drums.ts';
import type { Instrument } from './instrument.ts';
import { instrumentFacts } from './instrument-facts.ts';
import { Sampler, type SamplerSettings } from './sampler.ts';
import { Bass, Bell, FMSynth, Pad, Pluck, PolySynth, Synth } from './synths.ts';

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
