/**
 * Instruments, effects and a player of scores, made of native nodes: for browsers and Node, with Tone.js or without.
 * @module
 */
export { Chirp, Hiss, Meow, Mrrp, Purr, Trill } from './instruments/cat-voices.ts';
export type { Connectable, InstrumentContext } from './instruments/context.ts';
export { createInstrument, loudnessOf, ringOf } from './instruments/create-instrument.ts';
export { createEffects, createImpulse, createReverb, type EffectChain, type Impulse } from './instruments/effects.ts';
export { Instrument, type InstrumentSettings, type Voice } from './instruments/instrument.ts';
export { instrumentNames } from './instruments/instrument-facts.ts';
export { createLimiter } from './instruments/limiter.ts';
export { Line } from './instruments/line.ts';
export type { PlayingScore, Stem } from './instruments/phrase.ts';
export {
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
} from './instruments/recorded-instruments.ts';
export { Recordings } from './instruments/recordings.ts';
export { renderScore } from './instruments/render-score.ts';
export { Sampler, type SamplerSettings, type Samples } from './instruments/sampler.ts';
export { type PlayOptions, ScorePlayer, type ScorePlayerOptions } from './instruments/score-player.ts';
export { FMSynth, PolySynth, Synth } from './instruments/synths.ts';
