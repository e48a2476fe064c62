import type { MusicalParameters, Seconds } from '@bnc/contracts';
import { chroma } from '@tonaljs/note';
import { get as scaleOf } from '@tonaljs/scale';
import { type Chord, readChord } from '../src/chord-names.ts';
import { planOf } from '../src/plan.ts';

/** Names the chords that parameters leave open, one for each half bar. */
export function chordsOf(params: MusicalParameters): readonly string[] {
  return (
    params.chords ?? planOf(params).slots.flatMap(({ chord, length }) => Array<string>(length / 8).fill(chord.name))
  );
}

/** Finds the chord that sounds at a moment. */
export function chordAt(params: MusicalParameters, time: Seconds): Chord {
  const chords = chordsOf(params);
  const half = Math.floor(((time - (params.upbeat ?? 0)) * params.tempo) / 120 + 1e-6);
  return readChord(chords[Math.min(chords.length - 1, Math.max(0, half))] ?? '');
}

/** Finds the pitch classes that may sound at a moment: those of the mode, and the tones that the chord alters or adds. */
export function scaleAt(params: MusicalParameters, time: Seconds): ReadonlySet<number> {
  const tonic = chroma(params.tonic ?? 'C');
  const { tones } = chordAt(params, time);
  const own = scaleOf(`${params.tonic} ${params.mode}`).notes.map((note) => chroma(note));
  return new Set([...own, ...tones.map((tone) => (tonic + tone) % 12)]);
}
