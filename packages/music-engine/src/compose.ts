import type { MusicalParameters, Score, ScoreNote, Seconds, Track } from '@bnc/contracts';
import { bass, beat, chords } from './band.ts';
import { catParts } from './cats.ts';
import { counter } from './counter.ts';
import { melodyOf } from './melody.ts';
import { readPattern } from './notation.ts';
import { round } from './numbers.ts';
import { type Part, perform, playExactly } from './performance.ts';
import { type Plan, planOf } from './plan.ts';
import type { Note } from './rhythm.ts';
import { signatureTrack, signTrack } from './signs/parts.ts';
import type { Arrangement } from './themes.ts';

/** By this time a sign and a signature have been heard. */
const signsEnd: Seconds = 1.3;

/**
 * Writes the music that parameters describe, as data: when each note of each instrument sounds. Pure: the same
 * parameters give the same score in every process and browser. The four required fields are enough; the rest is filled
 * in. A `pattern` is the lead, counted from the first bar line: it is played exactly as it is, or, where `chords` are
 * given too, performed like the rest. All notes lie after the `upbeat`, except those of the sign and the signature,
 * which begin at 0 and 0.3 s. Takes well under a millisecond for a phrase of four bars.
 * @throws {RangeError} when a parameter lies outside its range: tempo 40-200 BPM, duration 0.1-600 s, upbeat 0-60 s and
 * no longer than the duration, loudness -60 to -5 LUFS, 1-64 notes in `scale`, density and intensity 0-1, a note, chord
 * or time that cannot be read, an unknown mode, emotion, gesture, cadence, theme, sign or signature.
 * @example compose({ tempo: 90, scale: ['C4', 'D4', 'E4', 'G4', 'A4'], instrumentType: 'synth', duration: 8 })
 */
export function compose(params: MusicalParameters): Score {
  const plan = planOf(params);
  const { tempo, duration } = params;
  return {
    tempo,
    duration,
    loudness: plan.loudness,
    prngSeed: plan.seed,
    tracks: [...bodyOf(params, plan), ...signsOf(params, plan).map((track) => dress(plan, track))].filter(
      ({ notes }) => notes.length > 0,
    ),
  };
}

/** Writes what follows the sign; nothing for a sign that sounds alone. */
function bodyOf(params: MusicalParameters, plan: Plan): Track[] {
  const { tempo, pattern, chords: given, bars, cats = [], signature } = params;
  if (bars === 0) return [];
  const lead = pattern ? readPattern(pattern, tempo) : melodyOf(plan);
  const play = pattern && !given ? playExactly : perform;
  const band = [...bandOf(plan, lead), ...catParts(plan, cats, signature)];
  const { filter, bandFilter = filter } = plan.arrangement;
  const body = [
    dress(plan, play(plan, leadPart(params, lead))),
    ...band.map((part) => dress(plan, perform(plan, part), bandFilter)),
  ].map((track) => place(plan, track));
  return params.sign === undefined ? body : body.map(makeRoom);
}

/** Lets what sounds together with the sign and the signature begin softly. */
function makeRoom({ notes, ...track }: Track): Track {
  const softly = (note: ScoreNote): ScoreNote => ({ ...note, velocity: round(note.velocity * 0.25) });
  return { ...track, notes: notes.map((note) => (note.time < signsEnd ? softly(note) : note)) };
}

/** Moves a track of the band towards the middle, as the `width` of the theme asks. */
function place({ arrangement: { width } }: Plan, { pan = 0, ...track }: Track): Track {
  // JSON has no negative zero.
  return { ...track, pan: round(pan * width) || 0 };
}

/** Puts a track behind a filter of its theme. */
function dress({ arrangement }: Plan, track: Track, filter: Arrangement['filter'] = arrangement.filter): Track {
  return filter ? { ...track, effects: { ...track.effects, filter } } : track;
}

function signsOf(
  { sign, signature, mode }: MusicalParameters,
  { tempo, reverbDecay, key, arrangement }: Plan,
): Track[] {
  const place = { tempo, reverbDecay, key: { tonic: key.tonic, mode }, arrangement };
  const signs = sign === undefined ? [] : [signTrack(sign, place)];
  return signature === undefined ? signs : [...signs, signatureTrack(signature, place, signs[0])];
}

function leadPart(params: MusicalParameters, notes: readonly Note[]): Part {
  return {
    instrument: params.lead ?? params.instrumentType,
    ...(params.instrumentOptions && { options: params.instrumentOptions }),
    gain: 1.25,
    pan: 0.4,
    ...(params.effects && { effects: params.effects }),
    notes,
  };
}

function bandOf(plan: Plan, lead: readonly Note[]): Part[] {
  const { band, counter: second } = plan.shape;
  // A theme with a drum kit lets it play with everything, but never with bad news.
  const kit = plan.arrangement.beat.endsWith('kit') && plan.emotion !== 'tension';
  return [
    ...(band.includes('chords') ? chords(plan) : []),
    ...(band.includes('bass') ? [bass(plan, lead)] : []),
    ...(second ? [counter(plan, lead)] : []),
    ...(band.includes('beat') || kit ? beat(plan) : []),
  ];
}
