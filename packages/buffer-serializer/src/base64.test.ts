import { expect, it } from 'vitest';
import { base64Size, decodeBase64, decodeInJavaScript, encodeBase64, encodeInJavaScript } from './base64.ts';

it.each([
  ['by the platform', encodeBase64, decodeBase64],
  ['in JavaScript', encodeInJavaScript, decodeInJavaScript],
])('writes and reads what Buffer does, at every length (%s)', (_, encode, decode) => {
  for (let length = 0; length < 70; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 151 + length) & 255);
    const text = encode(bytes);
    expect(text).toBe(Buffer.from(bytes).toString('base64'));
    expect(base64Size(text)).toBe(length);
    expect(decode(text)).toEqual(bytes);
  }
});

it('writes a part of a larger memory, and reads into memory that nobody shares', () => {
  const bytes = Uint8Array.from({ length: 20 }, (_, i) => i * 9).subarray(5, 12);
  expect(encodeBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'));
  expect(decodeBase64('AAAA').buffer.byteLength).toBe(3);
});

it('refuses anything that is not strict base64, by the platform and in JavaScript', () => {
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
    'AAAAAB==',
    'A\nAA',
    'AAAA\n\n\n\n',
    'AA-_',
    'AA-_AAAA',
    'ŁAAA',
    'ŁAAAAAAA',
    'AAAA!AAA',
    '    ',
  ]) {
    expect(() => decodeBase64(text), text).toThrowError(expect.objectContaining({ code: 'SERIALIZER_CORRUPT' }));
    if (text.length % 4 === 0) expect(decodeInJavaScript(text)?.length, text).not.toBe(base64Size(text));
  }
});

it('takes the methods of ES2026 where the platform has them', () => {
  const calls: string[] = [];
  const bytes = Object.assign(Uint8Array.of(1), { toBase64: () => calls.push('to') && 'AQ==' });
  expect(encodeBase64(bytes)).toBe('AQ==');
  Object.assign(Uint8Array, {
    fromBase64: (text: string, options: object) => {
      calls.push(JSON.stringify(options));
      if (text === 'AB==') throw new SyntaxError('stray bits');
      return Uint8Array.of(1);
    },
  });
  try {
    expect(decodeBase64('AQ==')).toEqual(Uint8Array.of(1));
    expect(() => decodeBase64('AB==')).toThrowError(expect.objectContaining({ code: 'SERIALIZER_CORRUPT' }));
  } finally {
    Reflect.deleteProperty(Uint8Array, 'fromBase64');
  }
  expect(calls).toEqual(['to', '{"lastChunkHandling":"strict"}', '{"lastChunkHandling":"strict"}']);
});
