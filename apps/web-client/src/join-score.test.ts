import type { Score } from '@bnc/contracts';
import { expect, test } from 'vitest';
import { joinScore } from './join-score.ts';

function scoreOf(...notes: readonly (readonly [time: number, duration: number])[]): Score {
  const all = notes.map(([time, duration]) => ({ time, duration, midi: 60, velocity: 0.5 }));
  return { tempo: 66, duration: 40, prngSeed: 1, tracks: [{ instrument: 'pad', notes: all }] };
}

function timesOf({ tracks }: Score): readonly (readonly number[])[] {
  return tracks.flatMap(({ notes }) => notes.map(({ time, duration }) => [time, duration]));
}

test('who joins a score in its middle hears what is held there, and all that comes', () => {
  const score = scoreOf([0, 10], [2, 2], [5, 10], [20, 10]);
  expect(timesOf(joinScore(score, 9))).toEqual([
    [9, 6],
    [20, 10],
  ]);
  expect(joinScore(score, 0)).toBe(score);
  expect(timesOf(joinScore(score, 35))).toEqual([]);
});
