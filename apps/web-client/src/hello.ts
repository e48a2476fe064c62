import type { Mode, MusicalParameters, Score } from '@bnc/contracts';

/** Pitch classes by name. */
const pitches = ['C', 'Db', 'D', 'Eb', 'E', 'F', 'Gb', 'G', 'Ab', 'A', 'Bb', 'B'];
const sharps: Readonly<Record<string, string>> = { 'C#': 'Db', 'D#': 'Eb', 'F#': 'Gb', 'G#': 'Ab', 'A#': 'Bb' };

/** Modes whose third is minor. */
const minorModes: readonly (Mode | undefined)[] = ['minor', 'dorian'];

/** Length of the chord, in s. */
const seconds = 1.8;

/** About -30 LUFS: softer than a phrase, under which it may sound. */
const gain = 0.5;

/** The chord that replies to a press of Play: at once, in the key that the room plays in. */
export function helloScore({ tonic = 'F', mode }: Pick<MusicalParameters, 'tonic' | 'mode'> = {}): {
  readonly score: Score;
  readonly gain: number;
} {
  const home = 48 + Math.max(0, pitches.indexOf(sharps[tonic] ?? tonic));
  const third = minorModes.includes(mode) ? 15 : 16;
  // Root, fifth, third, octave and ninth: strummed from below.
  const notes = [0, 7, third, 19, 26].map((interval, index) => ({
    time: index * 0.035,
    duration: seconds - index * 0.1,
    midi: home + interval,
    velocity: 0.5,
  }));
  const score: Score = {
    tempo: 120,
    duration: seconds,
    prngSeed: 1,
    tracks: [{ instrument: 'epiano', effects: { reverb: { wet: 0.3, decay: 2 } }, notes }],
  };
  return { score, gain };
}

/** Five clicks, a second apart. */
export const clickScore: Score = {
  tempo: 120,
  duration: 5,
  prngSeed: 1,
  tracks: [
    {
      instrument: 'marimba',
      notes: [0, 1, 2, 3, 4].map((time) => ({ time, duration: 0.05, midi: 84, velocity: 0.8 })),
    },
  ],
};
