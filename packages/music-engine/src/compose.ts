import type { MusicalParameters, Score, Track } from '@bnc/contracts';
import { bass, beat, chords, type Part } from './band.ts';
import { catParts } from './cats.ts';
import { counter } from './counter.ts';
import { melodyOf } from './melody.ts';
import { readPattern } from './notation.ts';
import { round } from './numbers.ts';
import { type Plan, planOf } from './plan.ts';
import type { Note } from './rhythm.ts';

/**
 * Writes the music that parameters describe, as data: when each note of each instrument sounds. Pure: the same
 * parameters give the same score in every process and browser. The four required fields are enough; the rest is filled
 * in, and a `pattern` is played as the lead. Takes well under a millisecond for a phrase of four bars.
 * @throws {RangeError} when a parameter lies outside its range: tempo 40-200 BPM, duration 0.1-600 s, 1-64 notes in
 * `scale`, density and intensity 0-1, a note or time that cannot be read, an unknown mode, emotion, gesture or theme.
 * @example compose({ tempo: 90, scale: ['C4', 'D4', 'E4', 'G4', 'A4'], instrumentType: 'synth', duration: 8 })
 */
export function compose(params: MusicalParameters): Score {
  const plan = planOf(params);
  const { tempo, duration } = params;
  const lead = params.pattern ? readPattern(params.pattern, tempo) : melodyOf(plan);
  const toTrack = ({ notes, ...track }: Part): Track => ({
    ...track,
    notes: notes
      .map(({ step, length, midi, velocity }) => {
        const time = (step * 15) / tempo;
        return { time, duration: Math.min((length * 15) / tempo, duration - time), midi, velocity: round(velocity) };
      })
      .filter((note) => note.duration > 1e-6),
  });
  return {
    tempo,
    duration,
    loudness: Math.round((-16 - (plan.emotion === 'tension' ? 3 : 0) - 2 * (1 - plan.intensity)) * 10) / 10,
    prngSeed: plan.seed,
    tracks: [leadPart(params, lead), ...bandOf(plan, lead), ...catParts(plan, params.cats ?? [])]
      .map(toTrack)
      .filter(({ notes }) => notes.length > 0),
  };
}

function leadPart(params: MusicalParameters, notes: readonly Note[]): Part {
  return {
    instrument: params.instrumentType,
    ...(params.instrumentOptions && { options: params.instrumentOptions }),
    gain: 0.8,
    pan: 0,
    ...(params.effects && { effects: params.effects }),
    notes,
  };
}

function bandOf(plan: Plan, lead: readonly Note[]): Part[] {
  const { band, counter: second } = plan.shape;
  // A theme with a drum kit lets it play with every bass, but never with bad news.
  const kit = plan.arrangement.beat === 'kit' && band.includes('bass') && plan.emotion !== 'tension';
  return [
    ...(band.includes('chords') ? [chords(plan)] : []),
    ...(band.includes('bass') ? [bass(plan)] : []),
    ...(second ? [counter(plan, lead)] : []),
    ...(band.includes('beat') || kit ? beat(plan) : []),
  ];
}
