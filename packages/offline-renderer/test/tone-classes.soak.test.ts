import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { slowGroups } from './fixtures/tone-classes.ts';
import { exceptions } from './tone-classes.ts';
import { type Comparison, openComparison } from './tone-comparison.ts';

// Each of their processors changes threads for every 128 frames: seconds, and minutes on a machine whose CPUs are taken.
describe.runIf(process.env.BNC_SOAK === 'full')('classes of Tone.js with many worklets', () => {
  let comparison: Comparison;
  beforeAll(async () => {
    comparison = await openComparison();
  });
  afterAll(() => comparison.close());

  it.each(Object.keys(slowGroups))('sound in Node as in Chromium: %s', { timeout: 300_000 }, async (name) => {
    for (const [, { envelope, bands }] of await comparison.compare(name)) {
      expect(envelope).toBeGreaterThan(0.98);
      expect(bands).toBeLessThan(name in exceptions ? 4 : 2.5);
    }
  });
});
