import type { Bpm, Mode, NormalRange, ScoreNote, Seconds, Track } from '@bnc/contracts';
import { playedBy } from '../band.ts';
import { nearest } from '../harmony.ts';
import { clamp, round } from '../numbers.ts';
import { grid } from '../performance.ts';
import { range } from '../plan.ts';
import type { Arrangement, Player } from '../themes.ts';
import { objects, type SignObject, type SignVoice } from './objects.ts';
import { signatureAt } from './signatures.ts';
import { type SignVerb, verbs } from './table.ts';

/** What signs need to know of their phrase. */
export interface SignPlace {
  readonly tempo: Bpm;
  readonly reverbDecay: Seconds;
  readonly key: SignKey;
  /** Who plays, and in which room. */
  readonly arrangement: Arrangement;
}

/** Home of the signs of a phrase. */
interface SignKey {
  /** Pitch class of the tonic, 0-11. */
  readonly tonic: number;
  readonly mode: Mode | undefined;
}

/** A signature begins this long after the sign: two at once need 300 ms and unlike timbres (McGookin & Brewster 2004). */
export const signatureAfter: Seconds = 0.3;

/** Least distance of a signature from its sign between the speakers: a third of the way from the middle to a side. */
const apart = 0.3;

/** Most reverb of a signature, which sounds over the end of its sign, and of a low drum, whose hall would be lost in the bed. */
const driest: NormalRange = 0.2;

const major = [0, 2, 4, 7, 9] as const;
const minor = [0, 3, 5, 7, 10] as const;
const longestNote: Seconds = 0.5;

/**
 * Writes the sign of a happening: it begins at 0 and takes the same time at every tempo.
 * @throws {RangeError} when there is no such sign.
 */
export function signTrack(sign: string, place: SignPlace): Track {
  const { object, verb } = readSign(sign);
  const { pan, register, ...player } = signVoiceOf(object, place.arrangement);
  const notes = verbs[verb].map(([time, degree]) => ({ time, degree }));
  return {
    ...playedBy(player),
    gain: 1.85,
    pan,
    ...roomOf(place, object === 'security' ? driest : place.arrangement.signs.wet),
    notes: notesOf(notes, place, register, 0.8),
  };
}

/** Returns how an object sounds in a theme: its place and register are the same in all. */
export function signVoiceOf(object: SignObject, { signs: { players } }: Arrangement): SignVoice & Player {
  return { ...objects[object], ...players?.[object] };
}

/** Writes the signature of a place in the roster, which sounds with the sign. It moves aside where the two would come from one place. */
export function signatureTrack(signature: number, place: SignPlace, sign?: Pick<Track, 'pan'>): Track {
  const { player, pan: own, register, rhythm, line, isDry } = signatureAt(signature, place.arrangement);
  const pan = sign ? awayFrom(own, sign.pan ?? 0) : own;
  const notes = rhythm.map((time, i) => ({ time: signatureAfter + time, degree: line[i] ?? 0 }));
  return {
    ...playedBy(player),
    gain: isDry ? 0.9 : 1.6,
    pan,
    ...(!isDry && roomOf(place, driest)),
    notes: notesOf(notes, place, register, isDry ? 0.5 : 0.7),
  };
}

/** Moves a place away from another, on its own side of it, until they are `apart`. */
function awayFrom(own: number, other: number): number {
  if (Math.abs(own - other) >= apart) return own;
  return round(clamp(own < other ? other - apart : other + apart, -1, 1));
}

/** Returns how long a sign and a signature take together. */
export function signSeconds(sign: string, signature: number, arrangement: Arrangement): Seconds {
  const { verb } = readSign(sign);
  const signEnds = (verbs[verb].at(-1)?.[0] ?? 0) + longestNote;
  return Math.max(
    signEnds,
    ...signatureAt(signature, arrangement).rhythm.map((time) => signatureAfter + time + longestNote),
  );
}

function roomOf({ reverbDecay, arrangement: { space, signs } }: SignPlace, most: NormalRange): Pick<Track, 'effects'> {
  return space ? { effects: { reverb: { wet: Math.min(signs.wet, most), decay: reverbDecay } } } : {};
}

function readSign(sign: string): { readonly object: SignObject; readonly verb: SignVerb } {
  const [object = '', verb = ''] = sign.split('.');
  if (!Object.hasOwn(objects, object) || !Object.hasOwn(verbs, verb)) {
    throw new RangeError(`sign must be an object and a verb such as build.done, got "${sign}".`);
  }
  return { object, verb } as { object: SignObject; verb: SignVerb };
}

/** Notes of the five-note scale of the room's home, each until the next one. */
function notesOf(
  notes: readonly { readonly time: Seconds; readonly degree: number }[],
  { tempo, key: { tonic, mode }, arrangement }: SignPlace,
  register: number,
  velocity: number,
): ScoreNote[] {
  const five = mode === 'dorian' || mode === 'minor' ? minor : major;
  const moved = nearest(tonic, register + 12 * arrangement.signs.octaves);
  const lowest = moved + 12 * Math.floor(Math.min(...notes.map(({ degree }) => degree)) / 5);
  const home = moved + 12 * Math.max(0, Math.ceil((range.lowest - lowest) / 12));
  return notes.map(({ time, degree }, i) => {
    const octave = Math.floor(degree / 5);
    const midi = home + 12 * octave + (five[degree - 5 * octave] ?? 0);
    const next = notes[i + 1]?.time;
    const length = next === undefined ? longestNote : Math.min(longestNote, arrangement.signs.detached * (next - time));
    const start = onGrid(time, tempo);
    return {
      time: start,
      duration: onGrid(length, tempo),
      midi,
      // The first note catches the ear, the last one stays.
      velocity: i === 0 || i === notes.length - 1 ? velocity : round(velocity - 0.1),
    };
  });
}

/** Moves a time to the grid that scores travel in: by 2 ms at most at 60 BPM, less at faster tempos. */
function onGrid(seconds: Seconds, tempo: Bpm): Seconds {
  return ((Math.round((seconds * tempo * grid) / 60) / (grid / 4)) * 15) / tempo;
}
