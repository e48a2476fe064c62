import { describe, expect, it } from 'vitest';
import { createAudioBufferLike } from '../audio-buffer.ts';
import { decodeWav } from './decode-wav.ts';
import { encodeWav } from './encode-wav.ts';

const buffer = createAudioBufferLike([Float32Array.of(0, 0.5, -0.5), Float32Array.of(1, -1, 0.25)], 44_100);

function codeOf(bytes: Uint8Array): unknown {
  try {
    decodeWav(bytes);
    return 'read';
  } catch (error) {
    return (error as { code?: string }).code;
  }
}

function withUint16(at: number, value: number): Uint8Array {
  const bytes = encodeWav(buffer, { format: 'pcm16' });
  new DataView(bytes.buffer).setUint16(at, value, true);
  return bytes;
}

describe('decodeWav', () => {
  it('refuses headers that contradict themselves', () => {
    expect(codeOf(withUint16(20, 2))).toBe('SERIALIZER_UNSUPPORTED_ENCODING');
    expect(codeOf(withUint16(34, 40))).toBe('SERIALIZER_UNSUPPORTED_ENCODING');
    expect(codeOf(withUint16(34, 24))).toBe('SERIALIZER_CORRUPT');
    expect(codeOf(withUint16(32, 6))).toBe('SERIALIZER_CORRUPT');
    expect(codeOf(withUint16(22, 0))).toBe('SERIALIZER_CORRUPT');
    expect(codeOf(withUint16(40, 65_535))).toBe('SERIALIZER_CORRUPT');
    expect(codeOf(withUint16(20, 0xfffe))).toBe('SERIALIZER_CORRUPT');
  });

  it('refuses a file cut at any byte', () => {
    const bytes = encodeWav(buffer);
    for (let size = 0; size < bytes.length; size++) expect(codeOf(bytes.subarray(0, size))).toBe('SERIALIZER_CORRUPT');
  });

  it('passes over chunks that it does not know, padded to even sizes', () => {
    const bytes = encodeWav(buffer, { format: 'pcm16' });
    const extra = Uint8Array.from([...Buffer.from('LIST'), 3, 0, 0, 0, 1, 2, 3, 0]);
    const longer = Uint8Array.from([...bytes.subarray(0, 36), ...extra, ...bytes.subarray(36)]);
    expect(decodeWav(longer).getChannelData(1)).toEqual(decodeWav(bytes).getChannelData(1));
  });

  it.each([
    ['an array', (size: number) => new Uint8Array(size)],
    ['a Node Buffer, whose slices share their bytes', (size: number) => Buffer.alloc(size)],
  ])('reads bytes at an odd offset of %s', (_, allocate) => {
    const bytes = encodeWav(buffer);
    const shifted = allocate(bytes.length + 1);
    shifted.set(bytes, 1);
    expect(decodeWav(shifted.subarray(1)).getChannelData(0)).toEqual(buffer.getChannelData(0));
  });
});

describe('wrong use', () => {
  it('is a TypeError or RangeError that names the argument', () => {
    expect(() => encodeWav(buffer, { format: 'mp3' as 'pcm16' })).toThrow(TypeError);
    expect(() => createAudioBufferLike([], 44_100)).toThrow(RangeError);
    expect(() => createAudioBufferLike([new Float32Array(1), new Float32Array(2)], 44_100)).toThrow(RangeError);
    expect(() => createAudioBufferLike([new Float32Array(1)], 0)).toThrow(RangeError);
    expect(() => buffer.getChannelData(2)).toThrow(RangeError);
  });
});
