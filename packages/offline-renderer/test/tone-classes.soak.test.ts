import { expect, it } from 'vitest';
import { openComparison } from './tone-comparison.ts';

// Minutes of processor time: each of their processors changes threads for every 128 frames.
it.runIf(process.env.BNC_SOAK === 'full')(
  'classes of Tone.js with many worklets sound in Node as in Chromium',
  { timeout: 600_000 },
  async () => {
    const comparison = await openComparison();
    try {
      for (const [name, { envelope, bands }] of await comparison.compare('worklets')) {
        expect(envelope, name).toBeGreaterThan(0.98);
        expect(bands, name).toBeLessThan(2.5);
      }
    } finally {
      await comparison.close();
    }
  },
);
