import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { md5, md5InJavaScript } from './md5.ts';

it.each([
  ['in JavaScript', md5InJavaScript],
  ['with what the platform has', md5],
])('hashes as node:crypto does, around every block boundary (%s)', (_, hash) => {
  for (const length of [0, 1, 54, 55, 56, 57, 63, 64, 65, 119, 120, 1000]) {
    const bytes = Uint8Array.from({ length }, (_, i) => i * 7);
    expect(Buffer.from(hash(bytes)).toString('hex')).toBe(createHash('md5').update(bytes).digest('hex'));
  }
});
