import type { InstrumentName, Score } from '@bnc/contracts';

/** Decay in s of the hall that most phrases sound in, the theme `chamber`: its impulse is computed once. */
const decay = 1.4;

/**
 * One short note, to be played without sound: a browser compiles what it runs for the first time, which cut off the
 * beginning of the first phrase.
 */
export function warmScore(instrument: InstrumentName): Score {
  return {
    tempo: 120,
    duration: 0.01,
    prngSeed: 1,
    tracks: [
      {
        instrument,
        effects: { reverb: { wet: 0.3, decay } },
        notes: [{ time: 0, duration: 0.01, midi: 60, velocity: 0.1 }],
      },
    ],
  };
}
