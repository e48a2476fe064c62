import type { InstrumentName, InstrumentOptions, Lufs, Seconds } from '@bnc/contracts';
import { Chirp, Hiss, Meow, Mrrp, Purr, Trill } from './cat-voices.ts';
import type { Instrument } from './instrument.ts';
import { instrumentFacts } from './instrument-facts.ts';
import {
  Bass,
  Bell,
  Brass,
  ElectricPiano,
  Flute,
  Harp,
  Hat,
  Kick,
  LowDrum,
  Marimba,
  Pad,
  Pluck,
  Reed,
  Snare,
  Strings,
  Vibraphone,
} from './recorded-instruments.ts';
import { Sampler, type SamplerSettings } from './sampler.ts';
import { FMSynth, PolySynth, Synth } from './synths.ts';

const classes: Readonly<Record<InstrumentName, new (settings: SamplerSettings) => Instrument>> = {
  synth: Synth,
  fmSynth: FMSynth,
  polySynth: PolySynth,
  sampler: Sampler,
  bass: Bass,
  pad: Pad,
  strings: Strings,
  pluck: Pluck,
  harp: Harp,
  bell: Bell,
  epiano: ElectricPiano,
  marimba: Marimba,
  vibraphone: Vibraphone,
  reed: Reed,
  brass: Brass,
  flute: Flute,
  kick: Kick,
  snare: Snare,
  hat: Hat,
  drum: LowDrum,
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

/** Says how long a note of an instrument may sound after its written end: its release in seconds, at least 0.01. */
export function ringOf(name: InstrumentName, options?: InstrumentOptions): Seconds {
  return Math.max(0.01, options?.envelope?.release ?? instrumentFacts[name].ring);
}

/** Says how loud an instrument is in LUFS: its notes one after the other, at full velocity and its default volume. */
export function loudnessOf(name: InstrumentName): Lufs {
  return instrumentFacts[name].loudness;
}
