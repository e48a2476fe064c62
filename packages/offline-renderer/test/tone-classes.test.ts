import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { groups } from './fixtures/tone-classes.ts';
import { exceptions, inWorklets, tableOf } from './tone-classes.ts';
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
  const compared = Object.values(groups).flatMap((group) => Object.keys(group));
  expect([...compared, 'UserMedia'].toSorted()).toEqual(Object.values(classes).flat().toSorted());
  expect(compared).toEqual(expect.arrayContaining([...inWorklets]));
});

describe('classes of Tone.js', () => {
  let comparison: Comparison;
  beforeAll(async () => {
    comparison = await openComparison();
  });
  afterAll(() => comparison.close());

  it.each(['sources', 'instruments', 'effects', 'signals', 'worklet'])(
    'sound in Node as in Chromium: %s',
    async (group) => {
      for (const [name, { envelope, bands }] of await comparison.compare(group)) {
        expect(envelope, name).toBeGreaterThan(0.98);
        expect(bands, name).toBeLessThan(name in exceptions ? 4 : 2.5);
      }
    },
  );
});
