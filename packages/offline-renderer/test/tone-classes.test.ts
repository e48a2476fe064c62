import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { groups, slowGroups } from './fixtures/tone-classes.ts';
import { inWorklets, tableOf } from './tone-classes.ts';
import { type Comparison, openComparison } from './tone-comparison.ts';

/** Names of the public classes of Tone.js, by kind. */
const classes = Object.fromEntries(
  ['source', 'instrument', 'effect', 'signal'].map((kind) => {
    const text = readFileSync(new URL(`./${kind}/index.js`, import.meta.resolve('tone')), 'utf8');
    return [`${kind}s`, [...text.matchAll(/(\w+)\.js"/g)].map(([, name = '']) => name).toSorted()];
  }),
);

it('names every source, instrument, effect and signal of Tone.js in the docs, and compares it or says why not', () => {
  const page = readFileSync(new URL('../docs/graphs.md', import.meta.url), 'utf8');
  expect(page).toContain(tableOf(classes));
  const compared = Object.values({ ...groups, ...slowGroups }).flatMap((group) => Object.keys(group));
  expect([...compared, 'UserMedia'].toSorted()).toEqual(Object.values(classes).flat().toSorted());
  expect(compared).toEqual(expect.arrayContaining([...inWorklets]));
});

describe('classes of Tone.js', () => {
  let comparison: Comparison;
  beforeAll(async () => {
    comparison = await openComparison();
  });
  afterAll(() => comparison.close());

  it.each([...Object.keys(groups), 'modulation'])('sound in Node as in Chromium: %s', async (group) => {
    for (const [name, { envelope, bands }] of await comparison.compare(group)) {
      expect(envelope, name).toBeGreaterThan(0.98);
      expect(bands, name).toBeLessThan(2.5);
    }
  });
});
