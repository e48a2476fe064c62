import type { CatName, MidiNote, Mode, MusicalParameters, Seconds } from '@bnc/contracts';
import type { PictureNote } from './picture-note.ts';

/** Returns the notes that parameters tell of a phrase whose score is not there: its melody, chords and cats. */
export function sketchOf(params: MusicalParameters): PictureNote[] {
  return [...chordNotes(params), ...melodyNotes(params), ...catNotes(params)];
}

const letters: Readonly<Record<string, number>> = { C: 0, D: 2, E: 4, F: 5, G: 7, A: 9, B: 11 };

/** Reads a note such as `F#3`; in octave 4 if it names none. */
function midiOf(name: string): MidiNote | undefined {
  const [, letter = '', accidentals = '', octave = '4'] = /^([A-G])([#b]{0,2})(-?\d)?$/.exec(name) ?? [];
  const pitch = letters[letter];
  if (pitch === undefined) return undefined;
  const shift = Array.from(accidentals).reduce((sum, sign) => sum + (sign === '#' ? 1 : -1), 0);
  return 12 * (Number(octave) + 1) + pitch + shift;
}

/** Reads a start such as `0:1:2` in s. */
function startOf(text: string, tempo: number): Seconds {
  const [bars = 0, quarters = 0, sixteenths = 0] = text.split(':').map(Number);
  return text.includes(':') ? ((bars * 4 + quarters + sixteenths / 4) * 60) / tempo : Number.parseFloat(text) || 0;
}

/** Reads a length such as `8n.` in s. */
function lengthOf(text: string, tempo: number): Seconds {
  const [, count = '', unit = '', dot = ''] = /^(\d+)([nmt])(\.?)$/.exec(text) ?? [];
  if (!unit) return Number.parseFloat(text) || 0.25;
  const quarters = unit === 'm' ? 4 * Number(count) : (4 / Number(count)) * (unit === 't' ? 2 / 3 : 1);
  return (quarters * (dot ? 1.5 : 1) * 60) / tempo;
}

function melodyNotes({ pattern, tempo, upbeat = 0 }: MusicalParameters): PictureNote[] {
  return (pattern?.notes ?? []).flatMap((name, index): PictureNote[] => {
    const midi = midiOf(name);
    const time = upbeat + startOf(pattern?.times[index] ?? '', tempo);
    const duration = lengthOf(pattern?.durations[index] ?? '', tempo);
    return midi === undefined
      ? []
      : [{ voice: 'lead', time, duration, midi, velocity: pattern?.velocities[index] ?? 0.5 }];
  });
}

const steps: Readonly<Record<Mode, readonly number[]>> = {
  minor: [0, 2, 3, 5, 7, 8, 10],
  major: [0, 2, 4, 5, 7, 9, 11],
  'major pentatonic': [0, 2, 4, 5, 7, 9, 11],
  dorian: [0, 2, 3, 5, 7, 9, 10],
  mixolydian: [0, 2, 4, 5, 7, 9, 10],
};

const degrees = ['i', 'ii', 'iii', 'iv', 'v', 'vi', 'vii'];

/** Root, third and fifth of each chord such as `vim7`, one chord per half bar, and the root again as a bass. */
function chordNotes({ chords = [], tonic = 'C', mode = 'major', tempo, upbeat = 0 }: MusicalParameters): PictureNote[] {
  const half = 120 / tempo;
  const home = (midiOf(tonic) ?? 60) % 12;
  return chords.flatMap((chord, index) => {
    const [, name = 'i'] = /^[b#]?(vii|vi|v|iv|iii|ii|i)/i.exec(chord) ?? [];
    const degree = degrees.indexOf(name.toLowerCase());
    const scale = steps[mode];
    const tone = (step: number): MidiNote => {
      const midi = 48 + home + (scale[(degree + step) % 7] ?? 0);
      return midi > 62 ? midi - 12 : midi;
    };
    const time = upbeat + index * half;
    const chordTones = [0, 2, 4].map(
      (step): PictureNote => ({ voice: 'pad', time, duration: half, midi: tone(step), velocity: 0.4 }),
    );
    return [...chordTones, { voice: 'bass', time, duration: half * 0.8, midi: tone(0) - 12, velocity: 0.5 }];
  });
}

const catPitches: Readonly<Record<CatName, MidiNote>> = {
  purr: 43,
  meow: 72,
  chirp: 79,
  trill: 74,
  mrrp: 62,
  hiss: 84,
};

/** Cats speak towards the end, the purr near the beginning. */
function catNotes({ cats = [], duration }: MusicalParameters): PictureNote[] {
  return cats.map((cat, index): PictureNote => {
    const time = cat === 'purr' ? duration * 0.2 : duration * Math.max(0.4, 0.8 - 0.2 * index);
    return { voice: 'cat', time, duration: 0.4, midi: catPitches[cat], velocity: 0.5 };
  });
}
