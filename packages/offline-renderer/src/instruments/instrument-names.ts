import type { InstrumentName } from '@bnc/contracts';

/** Every name that a score may use. */
export const instrumentNames: readonly InstrumentName[] = [
  'synth',
  'fmSynth',
  'polySynth',
  'sampler',
  'bass',
  'pad',
  'pluck',
  'bell',
  'kick',
  'snare',
  'hat',
  'purr',
  'meow',
  'chirp',
  'trill',
  'mrrp',
  'hiss',
];
