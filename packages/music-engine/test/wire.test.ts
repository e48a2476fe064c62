import { deserialize, serialize } from '@bnc/buffer-serializer';
import { expect, test } from 'vitest';
import { compose, mapActivity } from '../src/index.ts';
import { corpus } from './corpus.ts';

test('every score of the corpus crosses the wire bit for bit, in 2.5 kB at most', () => {
  const sizes = corpus.map((activity) => {
    const score = compose(mapActivity(activity, { commitsPerHour: 3 }));
    const text = JSON.stringify(serialize(score, { encoding: 'score', gain: 1.234 }));
    expect(deserialize(JSON.parse(text))).toMatchObject({ score });
    return text.length;
  });
  expect(sizes.length).toBeGreaterThan(300);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(2500);
});
