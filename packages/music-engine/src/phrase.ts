import type { Cadence, Emotion, Gesture, MidiNote, Mode, NormalRange } from '@bnc/contracts';
import { fromMidi } from '@tonaljs/note';
import { phraseChords } from './cadences.ts';
import { readChord } from './chord-names.ts';
import { semitonesOf } from './harmony.ts';
import { type LeadLine, writeLine } from './lead-line.ts';
import { melodyOf } from './melody.ts';
import { readNote } from './notation.ts';
import { planOf } from './plan.ts';
import type { Quote } from './quote.ts';
import type { Note } from './rhythm.ts';
import type { Theme } from './themes.ts';

/** What a phrase of a room is written from. */
export interface PhraseRequest {
  readonly seed: number;
  /** Pitch class, such as `F#`. */
  readonly tonic: string;
  readonly mode: Mode;
  /** 1-4. */
  readonly bars: number;
  readonly gesture: Gesture;
  readonly emotion: Emotion;
  readonly cadence: Cadence;
  readonly density: NormalRange;
  readonly intensity: NormalRange;
  /** The leitmotif: steps in scale degrees from the first note. */
  readonly motif: readonly number[];
  /** The room's chords under the bars of the phrase: two names a bar. */
  readonly cycle: readonly string[];
  readonly theme: Theme;
  /** The home note of the lead is the tonic nearest to it, from 67 to 78. Default 72. */
  readonly register?: MidiNote;
  /** An earlier lead to take up. */
  readonly quote?: Quote;
}

/** A phrase as a room writes it. */
export interface Phrase {
  /** Names of the chords, one for each half bar. */
  readonly chords: readonly string[];
  /** The lead; steps count sixteenths from the first bar line. */
  readonly lead: readonly Note[];
}

/**
 * Writes the chords and the lead of a phrase. `compose` plays them when they are given as `chords` and `pattern`, with the same seed as
 * `prngSeed`; without a quote it writes the same lead again from the same parameters, if `scale` begins with the home note.
 * @example
 * writePhrase({ seed: 1, tonic: 'D', mode: 'dorian', bars: 2, cycle: cycleOf(room).slice(0, 4), ... }).chords // ['i', 'IV', 'V7', 'i']
 */
export function writePhrase({ seed, register = 72, cycle, tonic, quote, bars, ...request }: PhraseRequest): Phrase {
  const { mode, cadence } = request;
  const chords = phraseChords({ seed, mode, cadence, firstBar: 0, bars, cycle });
  const plan = planOf({
    ...request,
    tempo: 60,
    duration: bars * 4,
    tonic,
    scale: [fromMidi(register)],
    instrumentType: 'synth',
    prngSeed: seed,
    chords,
  });
  return { chords, lead: melodyOf(plan, quote) };
}

/** What a lead was written in. */
export interface LineContext {
  readonly tonic: string;
  readonly mode: Mode;
  /** Names of the chords, one for each half bar. */
  readonly chords: readonly string[];
}

/** Makes the memory of a lead, which can be quoted in other keys and over other chords. */
export function lineOf(lead: readonly Note[], { tonic, mode, chords }: LineContext): LeadLine {
  const read = chords.map(readChord);
  const key = { tonic: readNote(tonic) % 12, semitones: semitonesOf(mode) };
  return writeLine(lead, key, (step) => read[Math.min(read.length - 1, Math.floor(step / 8))]);
}
