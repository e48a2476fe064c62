import { expect, test } from 'vitest';
import { compose, emotionOf, mapActivity } from '../src/index.ts';
import { scaleAt } from './chord-scale.ts';
import { corpus } from './corpus.ts';

const music = corpus.map((activity) => {
  const params = mapActivity(activity, { commitsPerHour: 3 });
  return { activity, params, score: compose(params) };
});

test('every example payload of GitHub becomes music', () => {
  expect(music).toHaveLength(329);
  for (const { score } of music) expect(score.tracks.length).toBeGreaterThanOrEqual(2);
});

test('every delivery has a score of its own', () => {
  expect(new Set(music.map(({ score }) => JSON.stringify(score))).size).toBe(329);
});

test('scores differ by what happened, not by chance alone: over 90 are left when all of them have one seed', () => {
  const same = corpus.map((activity) =>
    compose({ ...mapActivity({ ...activity, deliveryId: 'same' }, { commitsPerHour: 3 }), prngSeed: 1 }).tracks.map(
      ({ notes }) => notes.map(({ midi, time }) => [midi, time]),
    ),
  );
  const distinct = new Set(same.map((tracks) => JSON.stringify(tracks))).size;
  expect(distinct).toBeGreaterThan(90);
});

test('every note of the corpus is in the scale of its chord and in range', () => {
  for (const { params, score } of music) {
    const wrong = score.tracks
      .flatMap(({ notes }) => notes)
      .filter(({ midi, time }) => !scaleAt(params, time).has(midi % 12) || midi < 36 || midi > 96);
    expect(wrong).toEqual([]);
  }
});

test('parameters stay small', () => {
  for (const { params } of music) expect(JSON.stringify(params).length).toBeLessThan(4000);
});

test('the emotions of the corpus are where GitHub put them', () => {
  const counts = Object.groupBy(corpus, emotionOf);
  expect(
    Object.fromEntries(Object.entries(counts).map(([emotion, all]) => [emotion, all?.length])),
  ).toMatchInlineSnapshot(`
    {
      "activity": 250,
      "growth": 30,
      "resolution": 34,
      "tension": 15,
    }
  `);
});
