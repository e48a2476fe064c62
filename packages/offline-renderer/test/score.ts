import type { InstrumentName, Score, Track } from '@bnc/contracts';

/** A score of one instrument. */
export function scoreOf(instrument: InstrumentName, notes: Track['notes'], more: Partial<Score & Track> = {}): Score {
  const { duration = 2, loudness, prngSeed = 1, tempo = 120, ...track } = more;
  return {
    tempo,
    duration,
    prngSeed,
    ...(loudness !== undefined && { loudness }),
    tracks: [{ ...track, instrument, notes }],
  };
}

const bar = 2;

/** Chords, a melody, bass and drums with effects, in bars of two seconds: what a phrase looks like. */
export function createPiece(bars = 2, prngSeed = 7): Score {
  const starts = Array.from({ length: bars }, (_, i) => i * bar);
  const chords = starts.flatMap((time, i) =>
    [0, 4, 7].map((step) => ({ time, duration: 1.8, midi: 60 + ((i * 5) % 7) + step, velocity: 0.6 })),
  );
  const melody = starts.flatMap((start, i) =>
    [0, 0.5, 0.75, 1, 1.5].map((beat, k) => ({
      time: start + beat,
      duration: 0.22,
      midi: 72 + ((i * 3 + k * 2 + prngSeed) % 12),
      velocity: 0.5 + 0.08 * k,
    })),
  );
  const at = (beats: readonly number[], midi: number, duration = 0.1, velocity = 0.7) =>
    starts.flatMap((start) => beats.map((beat) => ({ time: start + beat, duration, midi, velocity })));
  return {
    tempo: 120,
    duration: bars * bar,
    prngSeed,
    tracks: [
      { instrument: 'pad', gain: 0.7, pan: -0.2, effects: { reverb: { wet: 0.3, decay: 1.5 } }, notes: chords },
      {
        instrument: 'fmSynth',
        pan: 0.2,
        effects: { delay: { wet: 0.25, time: 0.375, feedback: 0.3 }, reverb: { wet: 0.25, decay: 1.5 } },
        notes: melody,
      },
      { instrument: 'bass', notes: at([0, 0.75, 1.5], 36, 0.4) },
      { instrument: 'kick', notes: at([0, 1], 36) },
      { instrument: 'snare', notes: at([0.5, 1.5], 50) },
      { instrument: 'hat', gain: 0.6, notes: at([0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75], 80) },
      { instrument: 'meow', gain: 0.6, notes: at([1], 72, 0.6) },
      { instrument: 'purr', gain: 0.5, notes: at([0], 48, 1.8) },
    ],
  };
}
