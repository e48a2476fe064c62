import type { MusicalParameters, Score } from '@bnc/contracts';

/** A note of a lead. */
export interface LeadNote {
  /** Start in sixteenths from the first bar line. */
  readonly step: number;
  readonly midi: number;
  /** Steps of the scale above the home note nearest to MIDI 0. */
  readonly degree: number;
}

const letters: Readonly<Record<string, number>> = { C: 0, D: 2, E: 4, F: 5, G: 7, A: 9, B: 11 };

/** MIDI number of a note name such as `F#4`; of a name without octave, its pitch class. */
export function midiOf(name: string): number {
  const [, letter = '', accidentals = '', octave] = /^([A-G])([#b]*)(-?\d+)?$/.exec(name) ?? [];
  const shift = accidentals.length * (accidentals.startsWith('b') ? -1 : 1);
  const pitch = (letters[letter] ?? Number.NaN) + shift;
  return octave === undefined ? (pitch + 12) % 12 : 12 * (Number(octave) + 1) + pitch;
}

/** Reads the lead of a phrase. */
export function leadOf({ pattern, scale, tonic, rootNote }: MusicalParameters): readonly LeadNote[] {
  if (!pattern) return [];
  const home = midiOf(tonic ?? rootNote ?? scale[0] ?? 'C4') % 12;
  const steps = [...new Set(scale.map((name) => (midiOf(name) - home + 120) % 12))].toSorted((a, b) => a - b);
  return pattern.notes.map((name, i) => {
    const midi = midiOf(name);
    const above = (midi - home + 120) % 12;
    const octave = Math.floor((midi - home) / 12);
    const [bars = 0, beats = 0, sixteenths = 0] = (pattern.times[i] ?? '').split(':').map(Number);
    const degree = octave * steps.length + steps.filter((step) => step <= above).length - 1;
    return { step: 16 * bars + 4 * beats + sixteenths, midi, degree };
  });
}

/** Names a lead so that the same tune in another key has the same name. */
export function tuneOf(params: MusicalParameters): string {
  const lead = leadOf(params);
  const home = midiOf(params.tonic ?? 'C');
  return lead
    .map(({ step, midi }, i) => `${step}:${i === 0 ? (midi - home + 120) % 12 : midi - (lead[i - 1]?.midi ?? 0)}`)
    .join(' ');
}

/** Names the rhythm of the last bar: where its notes begin. */
export function lastBarOf(params: MusicalParameters): string {
  const lead = leadOf(params);
  const first = 16 * ((params.bars ?? 1) - 1);
  return lead.flatMap(({ step }) => (step >= first ? [step - first] : [])).join(' ');
}

/**
 * Length in notes of the longest run of one lead that another one has too: the same steps of the scale in the same rhythm, at
 * any height.
 */
export function commonRun(one: readonly LeadNote[], other: readonly LeadNote[]): number {
  const movesOf = (lead: readonly LeadNote[]): string[] =>
    lead.slice(1).map(({ degree, step }, i) => {
      const before = lead[i] ?? { degree, step };
      return `${degree - before.degree} in ${step - before.step}`;
    });
  const [a, b] = [movesOf(one), movesOf(other)];
  let longest = 0;
  for (let i = 0; i < a.length; i++) {
    for (let j = 0; j < b.length; j++) {
      let run = 0;
      while (i + run < a.length && a[i + run] === b[j + run]) run++;
      longest = Math.max(longest, run);
    }
  }
  return longest === 0 ? 0 : longest + 1;
}

/** The track of a score that plays the lead. */
export function leadTrackOf({ pattern, instrumentType }: MusicalParameters, { tracks }: Score): number {
  const found = tracks.findIndex(
    ({ instrument, notes }) => instrument === instrumentType && notes.length === pattern?.notes.length,
  );
  return found < 0 ? 0 : found;
}

/** Chords that begin together within this time are one, strummed or not. */
const strum = 0.06;

/** Outer voices of a score at each of its chords: the lowest note that sounds, and the highest of the chord. */
function outerVoices({ tracks }: Score): readonly (readonly [bass: number, top: number])[] {
  const chordTrack = tracks.find(({ notes }) =>
    notes.some(({ time }) => notes.filter((other) => Math.abs(other.time - time) < strum).length >= 3),
  );
  const bass = tracks.find(({ instrument }) => instrument === 'bass');
  if (!chordTrack || !bass) return [];
  const chords: { time: number; top: number }[] = [];
  for (const { time, midi } of chordTrack.notes) {
    const last = chords.at(-1);
    if (last && time - last.time < strum) last.top = Math.max(last.top, midi);
    else chords.push({ time, top: midi });
  }
  return chords.flatMap(({ time, top }) => {
    const below = bass.notes.findLast((note) => note.time <= time + strum);
    return below ? [[below.midi, top] as const] : [];
  });
}

/** Counts how often both outer voices move, and how often they do so in parallel fifths or octaves. */
export function parallelsOf(score: Score): { readonly moves: number; readonly parallels: number } {
  const voices = outerVoices(score);
  const pairs = voices.slice(1).map((now, i) => [voices[i] ?? now, now] as const);
  const moving = pairs.filter(([[bass, top], [nextBass, nextTop]]) => bass !== nextBass && top !== nextTop);
  const parallels = moving.filter(([[bass, top], [nextBass, nextTop]]) => {
    const interval = (top - bass) % 12;
    return (
      (interval === 0 || interval === 7) && (nextTop - nextBass) % 12 === interval && nextBass > bass === nextTop > top
    );
  });
  return { moves: moving.length, parallels: parallels.length };
}
