import type { ScoreNote, Seconds, Track } from '@bnc/contracts';
import { clamp, round } from './numbers.ts';
import type { Plan } from './plan.ts';
import { type Random, random } from './random.ts';
import { barSteps, inBar, type Note } from './rhythm.ts';

/**
 * Ticks a quarter note to which performed times are rounded: 2-4 ms each at the tempos of rooms. A score travels in
 * ticks, which hold these times exactly; with half as many digits as finer ones, four bars stay within 2.5 kB, 3 kB
 * with a drum kit.
 */
export const grid = 240;
const stepTicks = grid / 4;

/** A track whose notes still count sixteenths. */
export interface Part extends Omit<Track, 'notes'> {
  readonly notes: readonly Note[];
}

/** What a player does to the notes. */
interface Touch {
  /** Standard deviation of the start of notes. */
  readonly jitter: Seconds;
  /** Standard deviation of velocities besides accents and the arch. */
  readonly life: number;
}

/** Shortest and longest time between the lowest and the highest note of a chord. */
const strum = { shortest: 0.008, longest: 0.018 } as const;
/** How far the arch of a bar moves its middle beats. At 60-108 BPM its tempo stays within 4 %. */
const archWidth: Seconds = 0.008;
/** How late the end of the last bar would be, as a part of a bar. The bar line itself does not move. */
const ritard = 0.015;
/** Level of a phrase at its peak against its ends. */
const archDecibels = 3;

const hand: Touch = { jitter: 0.006, life: 0.06 };
const drum: Touch = { jitter: 0.003, life: 0.06 };

/**
 * Plays a part as people play, by rules of the KTH system and from the seed. A bar is a little faster in the middle, a
 * phrase louder there (phrase arch); chords are strummed upwards; the last of three bars or more slows down (final
 * ritard); starts waver slowly (1/f noise). Bar lines stay where they are, and no note comes before the bar line or the
 * chord that it belongs to.
 * @see Friberg, Bresin & Sundberg, "Overview of the KTH rule system for musical performance", Advances in Cognitive
 * Psychology 2 (2006)
 */
export function perform(plan: Plan, { notes, ...track }: Part): Track {
  const touch = ['kick', 'snare', 'hat'].includes(track.instrument) ? drum : hand;
  const next = random(plan.seed, `touch of ${track.instrument}`);
  const waver = pinkNoise(next);
  const played = chordsIn(notes).flatMap((chord) => {
    const width = (strum.shortest + (strum.longest - strum.shortest) * next()) / Math.max(1, chord.length - 1);
    const late = lateness(plan, chord[0]?.step ?? 0) + waver() * touch.jitter;
    return chord.map((note, i): Note => {
      const isLine = note.step % 8 === 0;
      const moved = (isLine ? Math.abs(late) : late) + i * width;
      return {
        ...note,
        step: note.step + (moved * plan.tempo) / 15,
        velocity: note.velocity * dynamics(plan, note.step) + touch.life * triangular(next),
      };
    });
  });
  return { ...track, notes: toSeconds(plan, played) };
}

/** Plays notes exactly as they are written. */
export function playExactly(plan: Plan, { notes, ...track }: Part): Track {
  const offset = Math.round(plan.upbeat * stepTicks) / stepTicks;
  return {
    ...track,
    notes: fit(
      plan,
      notes.map((note) => ({ ...note, step: note.step + offset })),
    ),
  };
}

function toSeconds(plan: Plan, notes: readonly Note[]): ScoreNote[] {
  const first = Math.round(plan.upbeat * stepTicks);
  const end = Math.ceil((plan.upbeat + plan.steps) * stepTicks - 1e-6);
  const ticks = notes.map(({ step, length, ...note }) => {
    const start = first + Math.max(0, Math.round(step * stepTicks));
    const ticks = Math.min(end - start, Math.max(1, Math.round(length * stepTicks)));
    return { ...note, step: start / stepTicks, length: ticks / stepTicks };
  });
  return fit(plan, ticks);
}

/** Counts seconds, cuts what is too long, and sorts. */
function fit({ tempo, duration: end }: Plan, notes: readonly Note[]): ScoreNote[] {
  return notes
    .map(({ step, length, midi, velocity }) => {
      const time = (step * 15) / tempo;
      return {
        time,
        duration: Math.min((length * 15) / tempo, end - time),
        midi,
        velocity: round(clamp(velocity, 0.05, 1)),
      };
    })
    .filter(({ duration }) => duration > 1e-6)
    .toSorted((a, b) => a.time - b.time);
}

/** How late a place of the phrase is by groove, arch and ritard. */
function lateness({ sections, tempo, groove }: Plan, step: number): Seconds {
  const place = (step % barSteps) / barSteps;
  const arch = archWidth * Math.sin(2 * Math.PI * place);
  const last = sections.at(-1);
  const slows = last !== undefined && last.bars >= 3 && step >= (last.firstBar + last.bars - 1) * barSteps;
  return arch + inBar(groove.late, step) / 1000 + (slows ? ritard * place ** 2 * (240 / tempo) : 0);
}

/** The arch of a phrase, as a factor. */
function dynamics(plan: Plan, step: number): number {
  const place = clamp(step / Math.max(barSteps, plan.steps), 0, 1);
  const decibels = archDecibels * (Math.sin(Math.PI * place ** 0.8) - 0.6);
  return 10 ** (decibels / 20);
}

/** A number with standard deviation 1: mostly small ones, none beyond 2.5. */
function triangular(next: Random): number {
  return Math.sqrt(6) * (next() + next() - 1);
}

/** Noise whose slow changes are as strong as its fast ones (1/f), with standard deviation 1: the sum of four sources, each half as fast as the one before (Voss). */
function pinkNoise(next: Random): () => number {
  const held = [0, 0, 0, 0];
  let count = 0;
  return () => {
    held.forEach((_, i) => {
      if (count % 2 ** i === 0) held[i] = next() * 2 - 1;
    });
    count++;
    return held.reduce((sum, value) => sum + value, 0) * Math.sqrt(3 / held.length);
  };
}

/** Groups notes that begin together, lowest first. */
function chordsIn(notes: readonly Note[]): Note[][] {
  return [...Map.groupBy(notes, ({ step }) => step).values()].map((chord) => chord.toSorted((a, b) => a.midi - b.midi));
}
