import { deserialize, serialize } from '@bnc/buffer-serializer';
import { expect, test } from 'vitest';
import { compose, mapActivity, themes } from '../src/index.ts';
import { corpus } from './corpus.ts';

test.each(themes)(
  'every score of the corpus in the theme %s crosses the wire bit for bit, in 2.5 kB at most',
  (theme) => {
    const sizes = corpus.map((activity) => {
      const score = compose(mapActivity(activity, { commitsPerHour: 3, theme }));
      const text = JSON.stringify(serialize(score, { encoding: 'score', gain: 1.234 }));
      expect(deserialize(JSON.parse(text))).toMatchObject({ score });
      return text.length;
    });
    expect(sizes.length).toBeGreaterThan(300);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(theme === '8-bit' || theme === 'lofi' ? 3000 : 2500);
  },
);
