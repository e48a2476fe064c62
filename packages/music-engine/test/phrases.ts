import type { Cadence, Emotion, Gesture, Mode, MusicalParameters, Score, Track } from '@bnc/contracts';
import { fromMidi } from '@tonaljs/note';
import { cycleOf } from '../src/grammar.ts';
import { compose, themes } from '../src/index.ts';
import { writePattern } from '../src/notation.ts';
import { type Phrase, type PhraseRequest, writePhrase } from '../src/phrase.ts';
import { pick, random } from '../src/random.ts';
import { arrangements, type Theme } from '../src/themes.ts';

const tonics = ['C', 'G', 'D', 'A', 'E', 'B', 'F#', 'C#', 'Ab', 'Eb', 'Bb', 'F'] as const;

/** What phrases of rooms are about: gesture, emotion and cadence go together. */
export const kinds: readonly {
  readonly gesture: Gesture;
  readonly emotion: Emotion;
  readonly cadence: Cadence;
  readonly density: number;
}[] = [
  { gesture: 'stride', emotion: 'activity', cadence: 'suspended', density: 0.8 },
  { gesture: 'rise', emotion: 'growth', cadence: 'half', density: 0.5 },
  { gesture: 'homecoming', emotion: 'resolution', cadence: 'authentic', density: 0.4 },
  { gesture: 'sigh', emotion: 'tension', cadence: 'deceptive', density: 0.35 },
  { gesture: 'sparkle', emotion: 'resolution', cadence: 'authentic', density: 0.4 },
  { gesture: 'fanfare', emotion: 'resolution', cadence: 'authentic', density: 0.8 },
  { gesture: 'call', emotion: 'resolution', cadence: 'plagal', density: 0.4 },
  { gesture: 'call', emotion: 'activity', cadence: 'suspended', density: 0.6 },
  { gesture: 'murmur', emotion: 'activity', cadence: 'suspended', density: 0.4 },
];

/** A phrase as a room asks for it. The same seed gives the same request. */
export function requestOf(seed: number, some: Partial<PhraseRequest> = {}): PhraseRequest {
  const next = random(seed, 'request');
  const mode = some.mode ?? pick<Mode>(next, ['major', 'dorian', 'mixolydian']);
  const theme = some.theme ?? pick(next, themes);
  const bars = some.bars ?? 1 + Math.floor(next() * 4);
  const cycle = cycleOf({ seed: Math.floor(next() * 1e6), mode, theme });
  const from = 2 * Math.floor(next() * (16 - bars));
  return {
    seed,
    tonic: pick(next, tonics),
    mode,
    bars,
    ...(kinds[Math.floor(next() * kinds.length)] ?? kinds[0]),
    intensity: 0.3 + next() * 0.7,
    motif: [0, ...Array.from({ length: 3 }, () => Math.floor(next() * 9) - 3)],
    cycle: cycle.slice(from, from + 2 * bars),
    theme,
    register: 67 + Math.floor(next() * 12),
    ...some,
  } as PhraseRequest;
}

/** A phrase, the parameters that a room makes of it, and its score. */
export interface Played {
  readonly request: PhraseRequest;
  readonly phrase: Phrase;
  readonly params: MusicalParameters;
  readonly score: Score;
}

/** The track that plays the bass of a score in a theme. */
export function bassOf({ tracks }: Score, theme: Theme): Track | undefined {
  const { instrument, options } = arrangements[theme].bass;
  return tracks.find(
    (track) => track.instrument === instrument && JSON.stringify(track.options) === JSON.stringify(options),
  );
}

/** Writes and plays a phrase at a tempo of rooms, after an upbeat of two to five sixteenths. */
export function playPhrase(request: PhraseRequest): Played {
  const next = random(request.seed, 'tempo');
  const { seed, bars, register = 72, cycle: _, quote: __, ...same } = request;
  const tempo = 60 + Math.floor(next() * 49);
  const upbeat = ((2 + Math.floor(next() * 4)) * 15) / tempo;
  const phrase = writePhrase(request);
  const params: MusicalParameters = {
    ...same,
    tempo,
    scale: [fromMidi(register)],
    instrumentType: 'synth',
    duration: (bars * 240) / tempo + upbeat,
    upbeat,
    prngSeed: seed,
    bars,
    chords: phrase.chords,
    pattern: writePattern(phrase.lead),
    happening: request.gesture,
  };
  return { request, phrase, params, score: compose(params) };
}
