import type { Effects, Emotion, GitHubActivity, InstrumentOptions, InstrumentType } from '@bnc/contracts';
import { midi as midiOf } from '@tonaljs/note';
import { get as scaleOf } from '@tonaljs/scale';
import { colours } from '../gestures.ts';
import { nearest } from '../harmony.ts';
import { readNote } from '../notation.ts';
import { between, clamp, round } from '../numbers.ts';
import { hash, pick, random } from '../random.ts';
import { arrangements, type Theme } from '../themes.ts';

const fm = [
  'javascript',
  'typescript',
  'haskell',
  'elixir',
  'erlang',
  'clojure',
  'f#',
  'ocaml',
  'elm',
  'purescript',
  'scheme',
  'common lisp',
  'racket',
  'gleam',
];
const poly = ['rust', 'c', 'c++', 'java', 'kotlin', 'scala', 'groovy', 'zig', 'objective-c', 'assembly'];

/** Chooses the instrument of a lead by the main language of a repository. */
export function instrumentOf(language: string | undefined): InstrumentType {
  const name = language?.toLowerCase() ?? '';
  if (fm.includes(name)) return 'fmSynth';
  return poly.includes(name) ? 'polySynth' : 'synth';
}

/** A person's leitmotif: four steps that never stand still, hashed from the login. A bot rocks between two notes. */
export function motifOf({ actor, isBot }: GitHubActivity): number[] {
  if (isBot) return [0, 1, 0, 1];
  const next = random(hash(actor.toLowerCase()), 'motif');
  const motif = [0];
  while (motif.length < 4) {
    const step = clamp((motif.at(-1) ?? 0) + pick(next, [-3, -2, -1, 1, 2, 3, 4]), -3, 5);
    if (step !== motif.at(-1)) motif.push(step);
  }
  return motif;
}

/** Chooses the effects of a lead: the reverb of the theme, and one effect of the emotion. */
export function effectsOf(emotion: Emotion, intensity: number, tempo: number, theme: Theme): Effects {
  const { space } = arrangements[theme];
  const own: Readonly<Record<Emotion, Effects>> = {
    tension: { phaser: { wet: 0.2, rate: 0.3 } },
    resolution: { chorus: { wet: round(between(0.15, 0.35, intensity)), rate: 0.8, depth: 0.4 } },
    activity: { delay: { wet: round(between(0.1, 0.25, intensity)), time: 45 / tempo, feedback: 0.3 } },
    growth: { chorus: { wet: 0.25, rate: 0.5, depth: 0.6 } },
  };
  if (!space) return own[emotion];
  const wet = round(clamp(between(0.15, 0.3, intensity) + space.wet, 0.05, 0.6));
  return { reverb: { wet, decay: space.decay }, ...own[emotion] };
}

/** A score allows no more. */
const brightest = 20;

/** What a lead is played with, besides its instrument. */
interface LeadRequest {
  readonly emotion: Emotion;
  readonly intensity: number;
  readonly theme: Theme;
  readonly instrument: InstrumentType;
  readonly isBot: boolean;
}

/** Chooses the sound of a lead: that of the theme, or else of the emotion; a program has a plain, dark tone. */
export function optionsOf({ emotion, intensity, theme, instrument, isBot }: LeadRequest): InstrumentOptions {
  const { oscillator, brightness, envelope } = colours[emotion];
  const [attack, decay, sustain, release] = envelope;
  const { lead, leadLevels, brightness: factor } = arrangements[theme];
  const own = lead?.options ?? {};
  // Browsers begin a note up to a frame later than clips do, which is heard of a loud FM of bright waves.
  const isBent = instrument === 'fmSynth' && lead === undefined && emotion === 'activity';
  const volume = leadLevels[emotion] - (isBent ? 4 : 0);
  return {
    ...own,
    oscillator: own.oscillator ?? { type: isBot ? 'sine' : oscillator },
    envelope: own.envelope ?? { attack, decay, sustain, release },
    brightness: round(
      clamp(between(brightness[0], brightness[1], intensity) * factor * (isBot ? 0.6 : 1), 1, brightest),
    ),
    vibrato: isBot ? 0 : 12,
    ...(volume !== 0 && { volume }),
  };
}

/** Two octaves of a mode from the tonic that lies nearest to `register`. */
export function scaleNotes(tonic: string, mode: string, register: number): string[] {
  const root = nearest(readNote(tonic) % 12, register);
  const octave = [0, 1, 2, 3, 4, 5, 6, 7, 8].find((octave) => midiOf(`${tonic}${octave}`) === root) ?? 4;
  return [
    ...scaleOf(`${tonic}${octave} ${mode}`).notes,
    ...scaleOf(`${tonic}${octave + 1} ${mode}`).notes,
    `${tonic}${octave + 2}`,
  ];
}
