import type { Score, ScoreNote, Seconds } from '@bnc/contracts';

/** A held note with less than this left, in s, is not taken up again by a listener who joins. */
const worthSeconds: Seconds = 1.5;

/** A note shorter than this, in s, is struck: in its middle there is nothing to join. */
const heldSeconds: Seconds = 4;

/** Returns a score as it is from some place on: notes that are held there begin there, and other notes before it are left out. */
export function joinScore(score: Score, from: Seconds): Score {
  if (from <= 0) return score;
  const rest = (note: ScoreNote): ScoreNote[] => {
    if (note.time >= from) return [note];
    const left = note.time + note.duration - from;
    return note.duration >= heldSeconds && left >= worthSeconds ? [{ ...note, time: from, duration: left }] : [];
  };
  return { ...score, tracks: score.tracks.map((track) => ({ ...track, notes: track.notes.flatMap(rest) })) };
}
