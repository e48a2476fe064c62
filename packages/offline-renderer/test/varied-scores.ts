import type { InstrumentName, Score } from '@bnc/contracts';
import { mulberry32 } from '@bnc/music-engine/mulberry32';

const band: readonly InstrumentName[] = [
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
  'meow',
  'purr',
];

/** Thirty scores that differ in instruments, density, level and loudness. */
export const variedScores: readonly Score[] = Array.from({ length: 30 }, (_, seed) => {
  const random = mulberry32(seed + 1);
  const count = 1 + Math.floor(random() * 4);
  return {
    tempo: 120,
    duration: 2 + Math.floor(random() * 2),
    loudness: [-16, -19, -14, -23][seed % 4] ?? -16,
    prngSeed: seed,
    tracks: Array.from({ length: count }, () => ({
      instrument: band[Math.floor(random() * band.length)] ?? 'synth',
      pan: random() - 0.5,
      ...(random() > 0.5 && { effects: { reverb: { wet: 0.3, decay: 1 } } }),
      notes: Array.from({ length: 4 + Math.floor(random() * 12) }, () => ({
        time: random() * 1.8,
        duration: 0.1 + random() * 0.4,
        midi: 36 + Math.floor(random() * 48),
        velocity: 0.3 + 0.7 * random(),
      })),
    })),
  };
});
