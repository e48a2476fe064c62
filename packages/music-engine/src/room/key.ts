import type { EpochMs, Mode } from '@bnc/contracts';
import { hash, pick, random } from '../random.ts';

/** Keys whose notes need no double sharps or flats in any mode that rooms use. */
const tonics = ['C', 'G', 'D', 'A', 'E', 'B', 'F#', 'C#', 'Ab', 'Eb', 'Bb', 'F'] as const;
const modes = ['major', 'dorian', 'mixolydian'] as const satisfies readonly Mode[];
/** A part of the day has one mode and one cycle of chords. */
const partMs = 6 * 3_600_000;

/** Home of a room, and what its part of the day gives it. */
export interface RoomKey {
  /** Pitch class, such as `F#`: one repository keeps it. */
  readonly tonic: string;
  readonly mode: (typeof modes)[number];
  /** Seed of the cycle of chords. */
  readonly seed: number;
}

/** Returns the key of a room: its home note for good, its mode and chords for a quarter of a day. */
export function keyAt(repositoryId: number, at: EpochMs): RoomKey {
  const part = Math.floor(at / partMs);
  const seed = hash(`${repositoryId} ${part}`);
  return { tonic: tonicOf(repositoryId), mode: pick(random(seed, 'mode'), modes), seed };
}

/** Returns the home note of a repository. */
export function tonicOf(repositoryId: number): string {
  return pick(random(repositoryId, 'tonic'), tonics);
}
