import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { createMd5, Md5InJavaScript } from './md5.ts';

it('hashes as node:crypto does, around every block boundary, in pieces of any size', () => {
  for (const length of [0, 1, 54, 55, 56, 57, 63, 64, 65, 119, 120, 1000]) {
    const bytes = Uint8Array.from({ length }, (_, i) => i * 7);
    const wanted = createHash('md5').update(bytes).digest('hex');
    for (const piece of [1, 63, 64, 100, 2000]) {
      for (const hash of [new Md5InJavaScript(), createMd5()]) {
        for (let at = 0; at < length; at += piece) hash.update(bytes.subarray(at, at + piece));
        expect(Buffer.from(hash.digest()).toString('hex')).toBe(wanted);
      }
    }
  }
});
