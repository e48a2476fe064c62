import type { Track } from '@bnc/contracts';
import { nearest, pitchClasses, voiceLead } from './harmony.ts';
import { velocityAt } from './melody.ts';
import { clamp } from './numbers.ts';
import { type Plan, range } from './plan.ts';
import { random } from './random.ts';
import { barSteps, euclid, type Note, swung } from './rhythm.ts';

/** A track whose notes still count sixteenths. */
export interface Part extends Omit<Track, 'notes'> {
  readonly notes: readonly Note[];
}

/** The room of the score for one voice. All voices share its decay, so that a renderer needs one reverb. */
export function reverb({ arrangement, reverbDecay }: Plan, wet: number): Pick<Part, 'effects'> {
  return {
    effects: { reverb: { wet: clamp(wet + arrangement.wet, 0, 0.8), decay: reverbDecay } },
  };
}

/** The notes of every chord, one voicing per slot. */
export function voicings(plan: Plan): number[][] {
  return voiceLead(
    plan.slots.map(({ chord }) => pitchClasses(plan.key, chord)),
    48,
    plan.emotion === 'tension' ? 67 : 72,
  );
}

/** Chords in close position, each as near to the last as it can be. */
export function chords(plan: Plan): Part {
  const { style, instrument, gain } = plan.arrangement.chords;
  const next = random(plan.seed, 'chords played');
  const voiced = voicings(plan);
  const notes = plan.slots.flatMap(({ start, length }, i) => {
    const voicing = voiced[i] ?? [];
    if (style === 'held') {
      const velocity = velocityAt(plan, start, next, 0.7);
      return voicing.map((midi) => ({ step: start, length, midi, velocity }));
    }
    if (style === 'broken') {
      const every = plan.density < 0.5 ? 2 : 1;
      return Array.from({ length: length / every }, (_, n) => {
        const step = start + n * every;
        const midi = voicing[n % voicing.length] ?? 60;
        return { step, length: every, midi, velocity: velocityAt(plan, step, next, 0.7) };
      });
    }
    return euclid(3, 8)
      .flatMap((onset) => (length > 8 ? [onset, onset + 8] : [onset]))
      .toSorted((a, b) => a - b)
      .flatMap((onset) => {
        const step = start + onset;
        const velocity = velocityAt(plan, step, next, onset === 0 ? 0.7 : 0.55);
        return voicing.map((midi) => ({ step: swung(step, plan.arrangement.swing), length: 2, midi, velocity }));
      });
  });
  return { instrument, gain, pan: -0.15, ...reverb(plan, 0.3), notes };
}

/** Finds a neighbour of the next root in the key, on the side from which the bass comes. */
function approach(plan: Plan, from: number, to: number): number {
  const inKey = plan.key.semitones.map((semitone) => (plan.key.tonic + semitone) % 12);
  const side = from <= to ? -1 : 1;
  return (
    [side, 2 * side, -side, -2 * side]
      .map((move) => to + move)
      .find((midi) => midi >= range.lowest && inKey.includes(midi % 12)) ?? to
  );
}

/** Roots, fifths and steps between them. */
export function bass(plan: Plan): Part {
  const { style, gain } = plan.arrangement.bass;
  const next = random(plan.seed, 'bass');
  const roots = plan.slots.map(({ chord }) =>
    Math.max(range.lowest, nearest(pitchClasses(plan.key, chord)[0] ?? 0, 42)),
  );
  const notes = plan.slots.flatMap(({ start, length, chord }, i): Note[] => {
    const root = roots[i] ?? 42;
    const following = roots[i + 1];
    const note = (offset: number, held: number, midi: number, level: number): Note => ({
      step: swung(start + offset, plan.arrangement.swing),
      length: held,
      midi,
      velocity: velocityAt(plan, start + offset, next, level),
    });
    if (style === 'roots' || following === undefined) return [note(0, length, root, 0.9)];
    if (style === 'octaves') {
      return Array.from({ length: length / 2 }, (_, n) => note(n * 2, 1.5, root + (n % 2) * 12, n % 2 ? 0.65 : 0.85));
    }
    const fifth = nearest(pitchClasses(plan.key, chord)[2] ?? root % 12, root + 6);
    const walk = note(length - 2, 2, approach(plan, root, following), 0.7);
    return length === 8
      ? [note(0, 5, root, 0.9), walk]
      : [note(0, 6, root, 0.9), note(6, 2, root, 0.6), note(8, 5, fifth, 0.8), walk];
  });
  return { instrument: 'bass', gain, pan: 0, notes };
}

/** Drums, very soft. Their pitches are only colours, but still notes of the key. */
export function beat(plan: Plan): Part[] {
  const kind = plan.arrangement.beat;
  if (kind === 'none') return [];
  const next = random(plan.seed, 'beat');
  const bars = plan.sections.flatMap(({ firstBar, bars }) => Array.from({ length: bars }, (_, i) => firstBar + i));
  const { swing } = plan.arrangement;
  const part = (instrument: 'kick' | 'snare' | 'hat', near: number, onsets: readonly number[], gain: number): Part => ({
    instrument,
    gain,
    pan: instrument === 'hat' ? 0.25 : 0,
    notes: bars.flatMap((bar) =>
      onsets.map((onset) => ({
        step: swung(bar * barSteps + onset, swing),
        length: 1,
        midi: nearest(plan.key.tonic, near),
        velocity: velocityAt(plan, bar * barSteps + onset, next, onset % 4 === 0 ? 0.7 : 0.5),
      })),
    ),
  });
  const hat = part('hat', 88, kind === 'kit' ? euclid(8, 16) : euclid(5, 16), 0.6);
  if (kind === 'kit') return [part('kick', 42, [0, 6, 8], 0.6), part('snare', 54, [4, 12], 0.35), hat];
  return plan.gesture === 'fanfare' ? [part('kick', 42, [0, 8], 0.5), hat] : [hat];
}
