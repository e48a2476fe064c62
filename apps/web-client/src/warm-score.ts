import type { InstrumentName, Score } from '@bnc/contracts';

/** Decays in s of the rooms that phrases sound in: the impulse of each is computed once. */
const decays = [2, 3];

/**
 * One short note, to be played without sound: a browser compiles what it runs for the first time, which took the beginning
 * from the first phrase.
 */
export function warmScore(instrument: InstrumentName, index: number): Score {
  return {
    tempo: 120,
    duration: 0.01,
    prngSeed: 1,
    tracks: [
      {
        instrument,
        effects: { reverb: { wet: 0.3, decay: decays[index % decays.length] ?? 2 } },
        notes: [{ time: 0, duration: 0.01, midi: 60, velocity: 0.1 }],
      },
    ],
  };
}
