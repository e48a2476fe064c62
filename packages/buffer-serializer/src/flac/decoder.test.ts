import { describe, expect, it } from 'vitest';
import { createAudioBufferLike } from '../audio-buffer.ts';
import { decodeFlac, encodeFlac } from '../flac.ts';
import { checkFlacFrames } from './frame-header.ts';

describe('a file of many blocks', () => {
  it('comes back whole: block numbers take one byte below 128, two below 2,048, three from there', () => {
    const samples = Float32Array.from({ length: 4096 * 130 }, (_, i) => ((i >> 10) % 7) / 8);
    const back = decodeFlac(encodeFlac(createAudioBufferLike([samples], 44_100))).getChannelData(0);
    expect(back.findIndex((sample, i) => sample !== samples[i])).toBe(-1);
    const silence = createAudioBufferLike([new Float32Array(4096 * 2050)], 44_100);
    expect(decodeFlac(encodeFlac(silence)).length).toBe(silence.length);
  });
});

describe('checkFlacFrames', () => {
  it('lets honest files pass, whatever they sound like', () => {
    const noise = Float32Array.from({ length: 50_000 }, (_, i) => Math.sin(i * i));
    for (const samples of [noise, new Float32Array(50_000), new Float32Array(1)]) {
      const file = encodeFlac(createAudioBufferLike([samples], 44_100));
      const layout = { sampleRate: 44_100, numberOfChannels: 1, length: samples.length, gain: 1 };
      expect(() => checkFlacFrames(file, layout)).not.toThrow();
    }
  });

  it('refuses frames that would decode to far more than stated, without decoding', () => {
    const file = encodeFlac(createAudioBufferLike([new Float32Array(4096 * 100)], 44_100));
    new DataView(file.buffer).setUint32(22, 4096);
    const layout = { sampleRate: 44_100, numberOfChannels: 1, length: 4096, gain: 1 };
    expect(() => checkFlacFrames(file, layout)).toThrowError(
      expect.objectContaining({ code: 'SERIALIZER_LENGTH_MISMATCH' }),
    );
  });
});
