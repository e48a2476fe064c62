import { deserialize } from '@bnc/buffer-serializer';
import type { Emotion, Gesture, InstrumentName, Seconds, Track } from '@bnc/contracts';
import type { KnownPhrase } from '../phrase.ts';
import type { PictureNote, Voice } from './picture-note.ts';
import { sketchOf } from './sketch.ts';

/** What is drawn of a phrase. */
export interface Picture {
  readonly duration: Seconds;
  /** When its bars begin and end, from its beginning. */
  readonly barLines: readonly Seconds[];
  readonly notes: readonly PictureNote[];
  readonly gesture: Gesture;
  readonly emotion: Emotion;
  readonly actor: string;
  /** The place of who did it in the room's roster: people from 0, programs from 48. */
  readonly place: number;
  readonly isProgram: boolean;
}

/** The first place of the roster that programs take. */
const firstProgram = 48;

/** What a melody does if a phrase of an earlier version does not say. */
const gestures: Readonly<Record<Emotion, Gesture>> = {
  tension: 'sigh',
  resolution: 'homecoming',
  activity: 'stride',
  growth: 'rise',
};

/** Says what is drawn of a phrase: the notes of its score, or what its parameters tell if it comes as a clip. */
export function pictureOf(phrase: KnownPhrase): Picture {
  const { params, activity, buffer } = phrase;
  const { duration, tempo, bars = 0, upbeat = 0, signature } = params;
  const lead = params.lead ?? params.instrumentType;
  const isProgram = signature === undefined ? activity.agent !== undefined : signature >= firstProgram;
  return {
    duration,
    barLines: Array.from({ length: bars + 1 }, (_, bar) => upbeat + (bar * 240) / tempo),
    notes: scoreNotes(buffer, lead) ?? sketchOf(params),
    gesture: params.gesture ?? gestures[activity.emotion],
    emotion: activity.emotion,
    actor: activity.actor,
    place: signature ?? placeOf(activity.actor) + (isProgram ? firstProgram : 0),
    isProgram,
  };
}

/** The notes of a score; undefined for a clip, or for a score that cannot be read. */
function scoreNotes(buffer: KnownPhrase['buffer'], lead: InstrumentName): PictureNote[] | undefined {
  if (!buffer || !('encoding' in buffer) || buffer.encoding !== 'score') return undefined;
  try {
    return notesOf(deserialize(buffer).score.tracks, lead);
  } catch {
    return undefined;
  }
}

/** Order of drawing: broad notes first, so that those that carry the meaning are in front. */
const order: readonly Voice[] = ['pad', 'drum', 'bass', 'dot', 'held', 'lead', 'cat'];

function notesOf(tracks: readonly Track[], lead: InstrumentName): PictureNote[] {
  const leading = tracks.find(({ instrument }) => instrument === lead);
  return tracks
    .flatMap((track) => {
      const voice = track === leading ? 'lead' : (voices[track.instrument] ?? 'dot');
      return track.notes.map((note): PictureNote => ({ voice, ...note }));
    })
    .toSorted((a, b) => order.indexOf(a.voice) - order.indexOf(b.voice) || a.time - b.time);
}

const voices: Readonly<Partial<Record<InstrumentName, Voice>>> = {
  pad: 'pad',
  strings: 'pad',
  polySynth: 'pad',
  brass: 'held',
  reed: 'held',
  flute: 'held',
  synth: 'held',
  fmSynth: 'held',
  sampler: 'held',
  bass: 'bass',
  kick: 'drum',
  snare: 'drum',
  hat: 'drum',
  drum: 'drum',
  purr: 'cat',
  meow: 'cat',
  chirp: 'cat',
  trill: 'cat',
  mrrp: 'cat',
  hiss: 'cat',
};

/** Returns a place for a name to which the room has not given one: 0 to 23. */
function placeOf(actor: string): number {
  let hash = 0;
  for (const letter of actor) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) >>> 0;
  return hash % 24;
}
