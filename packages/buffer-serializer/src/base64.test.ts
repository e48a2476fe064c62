import { expect, it } from 'vitest';
import { base64Size, decodeBase64, encodeBase64 } from './base64.ts';

it('writes and reads what Buffer does, at every length', () => {
  for (let length = 0; length < 70; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 151 + length) & 255);
    const text = encodeBase64(bytes);
    expect(text).toBe(Buffer.from(bytes).toString('base64'));
    expect(base64Size(text)).toBe(length);
    expect(decodeBase64(text)).toEqual(bytes);
  }
});

it('refuses anything that Buffer would let pass', () => {
  for (const text of [
    'A',
    'AA',
    'AAA',
    'A===',
    '====',
    'AA=A',
    'AAA=AAAA',
    'AB==',
    'AAB=',
    'A\nAA',
    'AA-_',
    'ŁAAA',
    '    ',
  ]) {
    expect(() => decodeBase64(text), text).toThrowError(expect.objectContaining({ code: 'SERIALIZER_CORRUPT' }));
  }
});
