import * as BufferSerializer from '@bnc/buffer-serializer';
import type { AudioBufferLike, SerializedBufferV1 } from '@bnc/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bitsOf, buffers, distance, seed } from './arbitraries.ts';

const { decode, decodeWav, deserialize, encode, encodeWav, serialize, stringifyV1 } = BufferSerializer;
const run = { seed: seed, numRuns: 60 };

function sameLayout(a: AudioBufferLike, b: AudioBufferLike): void {
  expect([b.numberOfChannels, b.length, b.sampleRate, b.duration]).toEqual([
    a.numberOfChannels,
    a.length,
    a.sampleRate,
    a.duration,
  ]);
}

describe('what is written is read back', () => {
  it('bit for bit through version 1 text, at any layout', () => {
    fc.assert(
      fc.property(buffers({ peak: 1e30 }), (buffer) => {
        const back = deserialize(JSON.parse(stringifyV1(buffer)) as SerializedBufferV1);
        sameLayout(buffer, back);
        expect(bitsOf(back)).toEqual(bitsOf(buffer));
      }),
      run,
    );
  });

  it('through the object of version 1 and JSON.stringify, whose text is the same but for -0', () => {
    fc.assert(
      fc.property(buffers(), (buffer) => {
        const text = JSON.stringify(serialize(buffer));
        expect(stringifyV1(buffer).replaceAll(/-0(?=[,\]])/g, '0')).toBe(text);
        expect(bitsOf(deserialize(serialize(buffer)))).toEqual(bitsOf(buffer));
      }),
      run,
    );
  });

  it('bit for bit through pcm-f32le and f32-shuffle-deflate', async () => {
    await fc.assert(
      fc.asyncProperty(buffers({ peak: 1e30 }), async (buffer) => {
        const plain = deserialize(serialize(buffer, { encoding: 'pcm-f32le' }));
        const packed = await deserialize(await serialize(buffer, { encoding: 'f32-shuffle-deflate' }));
        sameLayout(buffer, plain);
        sameLayout(buffer, packed);
        expect(bitsOf(plain)).toEqual(bitsOf(buffer));
        expect(bitsOf(packed)).toEqual(bitsOf(buffer));
      }),
      run,
    );
  });

  it('within one and a half steps of 16 bits through pcm-s16le, zeros and 16-bit values exactly', () => {
    fc.assert(
      fc.property(buffers(), (buffer) => {
        const serialized = serialize(buffer, { encoding: 'pcm-s16le' });
        const back = deserialize(serialized);
        const step = (serialized.gain ?? 1) / 32_768;
        sameLayout(buffer, back);
        expect(distance(buffer, back)).toBeLessThanOrEqual(step * 1.5 + 1e-9);
        for (const [i, sample] of buffer.getChannelData(0).entries()) {
          if (sample === 0) expect(back.getChannelData(0)[i]).toBe(0);
        }
        expect(bitsOf(deserialize(serialize(back, { encoding: 'pcm-s16le' })))).toEqual(bitsOf(back));
      }),
      run,
    );
  });

  it('through FLAC of 16 and 24 bits at every level, 1-8 channels', async () => {
    await fc.assert(
      fc.asyncProperty(
        buffers({ maxChannels: 8 }),
        fc.constantFrom(16 as const, 24 as const),
        fc.integer({ min: 0, max: 8 }),
        async (buffer, bitDepth, compressionLevel) => {
          const serialized = await serialize(buffer, { encoding: 'flac', bitDepth, compressionLevel });
          const back = await deserialize(serialized);
          const step = (serialized.gain ?? 1) / 2 ** (bitDepth - 1);
          sameLayout(buffer, back);
          expect(distance(buffer, back)).toBeLessThanOrEqual(step * (bitDepth === 16 ? 1.5 : 1) + 1e-9);
          const again = await deserialize(await serialize(back, { encoding: 'flac', bitDepth, compressionLevel }));
          expect(bitsOf(again)).toEqual(bitsOf(back).map((bits) => bits.map((bit) => (bit === 2 ** 31 ? 0 : bit))));
        },
      ),
      run,
    );
  });

  it('with the same layout through Opus', async () => {
    await fc.assert(
      fc.asyncProperty(buffers({ maxChannels: 2 }), async (buffer) => {
        sameLayout(buffer, await deserialize(await serialize(buffer, { encoding: 'opus' })));
      }),
      { ...run, numRuns: 25 },
    );
  });

  it('bit for bit through float32 WAV, within one and a half steps through PCM16', () => {
    fc.assert(
      fc.property(buffers({ peak: 1 }), (buffer) => {
        const float = decodeWav(encodeWav(buffer, { format: 'float32' }));
        const pcm = decodeWav(encodeWav(buffer, { format: 'pcm16' }));
        sameLayout(buffer, float);
        sameLayout(buffer, pcm);
        expect(bitsOf(float)).toEqual(bitsOf(buffer));
        expect(distance(buffer, pcm)).toBeLessThanOrEqual(1.5 / 32_768 + 1e-9);
      }),
      run,
    );
  });

  it('through bytes of every encoding, as renditions are served', async () => {
    await fc.assert(
      fc.asyncProperty(
        buffers({ maxChannels: 2 }),
        fc.constantFrom('pcm-f32le', 'pcm-s16le', 'f32-shuffle-deflate', 'flac', 'opus', 'wav'),
        async (buffer, encoding) => {
          const encoded = await encode(buffer, { encoding: encoding as 'flac' });
          expect(encoded.bytes).toBe(encoded.data.length);
          expect(encoded.data.buffer.byteLength).toBe(encoded.data.length);
          sameLayout(buffer, await decode(encoded));
        },
      ),
      run,
    );
  });
});

describe('samples that are not finite', () => {
  const bad = (value: number) => BufferSerializer.createAudioBufferLike([Float32Array.of(0.5, value)], 8000);

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    '%d is refused by every writer',
    async (value) => {
      for (const encoding of ['json', 'pcm-f32le', 'pcm-s16le'] as const) {
        expect(() => serialize(bad(value), { encoding })).toThrowError(
          expect.objectContaining({ code: 'SERIALIZER_NON_FINITE' }),
        );
      }
      for (const encoding of ['f32-shuffle-deflate', 'flac', 'opus'] as const) {
        await expect(serialize(bad(value), { encoding })).rejects.toMatchObject({ code: 'SERIALIZER_NON_FINITE' });
      }
      expect(() => stringifyV1(bad(value))).toThrowError(expect.objectContaining({ code: 'SERIALIZER_NON_FINITE' }));
      expect(() => encodeWav(bad(value))).toThrowError(expect.objectContaining({ code: 'SERIALIZER_NON_FINITE' }));
    },
  );

  it('become silence when asked', () => {
    const back = deserialize(serialize(bad(Number.NaN), { nonFinite: 'zero' }));
    expect(Array.from(back.getChannelData(0))).toEqual([0.5, 0]);
  });
});

describe('what could not be read back is not written', () => {
  const ofRate = (sampleRate: number, channels = 1) =>
    BufferSerializer.createAudioBufferLike(
      Array.from({ length: channels }, () => new Float32Array(8)),
      sampleRate,
    );
  const encodings = ['json', 'pcm-f32le', 'pcm-s16le', 'f32-shuffle-deflate', 'flac', 'opus', 'wav'] as const;

  async function outcomeOf(buffer: AudioBufferLike, encoding: (typeof encodings)[number]): Promise<string> {
    try {
      const back =
        encoding === 'wav'
          ? decodeWav(encodeWav(buffer))
          : await deserialize(await serialize(buffer, { encoding } as BufferSerializer.SerializeOptions));
      sameLayout(buffer, back);
      return 'read';
    } catch (error) {
      return (error as { code?: string }).code ?? String(error);
    }
  }

  it.each(encodings)('in %s: rates beyond 3-768 kHz, more than 255 channels', async (encoding) => {
    for (const rate of [3000, 768_000]) expect(await outcomeOf(ofRate(rate), encoding)).toBe('read');
    for (const rate of [1, 2999, 768_001]) {
      expect(await outcomeOf(ofRate(rate), encoding)).toBe('SERIALIZER_UNSUPPORTED_LAYOUT');
    }
    const isNarrow = encoding === 'flac' || encoding === 'opus';
    for (const channels of [33, 255]) {
      expect(await outcomeOf(ofRate(8000, channels), encoding)).toBe(
        isNarrow ? 'SERIALIZER_UNSUPPORTED_LAYOUT' : 'read',
      );
    }
    expect(await outcomeOf(ofRate(8000, 256), encoding)).toBe('SERIALIZER_UNSUPPORTED_LAYOUT');
  });

  it.each(['json', 'pcm-f32le', 'pcm-s16le', 'f32-shuffle-deflate', 'flac', 'opus'] as const)(
    'in %s: peaks of any finite size are read back; from 2^127 on, integers and Opus clip',
    async (encoding) => {
      const largest = (2 - 2 ** -23) * 2 ** 127;
      for (const peak of [2 ** 126, 2 ** 127, largest]) {
        const samples = Float32Array.from({ length: 960 }, (_, i) => peak * Math.sin(i / 10));
        samples[500] = peak;
        samples[501] = -peak;
        const buffer = BufferSerializer.createAudioBufferLike([samples], 48_000);
        const back = await deserialize(await serialize(buffer, { encoding } as BufferSerializer.SerializeOptions));
        sameLayout(buffer, back);
        const isExact = encoding === 'json' || encoding === 'pcm-f32le' || encoding === 'f32-shuffle-deflate';
        if (isExact) expect(bitsOf(back)).toEqual(bitsOf(buffer));
        else if (encoding !== 'opus') {
          const clipped = samples.map((sample) => Math.max(-(2 ** 127), Math.min(2 ** 127, sample)));
          const wanted = BufferSerializer.createAudioBufferLike([clipped], 48_000);
          expect(distance(wanted, back) / 2 ** 127).toBeLessThan(2e-4);
        }
      }
    },
  );
});

describe('wrong use', () => {
  const detached = new Float32Array(8);
  const rest = new Float32Array(8);
  const buffer = BufferSerializer.createAudioBufferLike([rest, detached], 8000);
  structuredClone(detached, { transfer: [detached.buffer] });
  const base = { numberOfChannels: 2, length: 8, sampleRate: 8000, duration: 0.001 };
  const ragged = { ...base, getChannelData: (channel: number) => new Float32Array(8 - channel) };

  it.each([
    ['a detached channel', buffer, TypeError, 'channel 1 of buffer'],
    ['channels of unequal length', ragged, RangeError, 'channel 1 of buffer'],
    [
      'channels of another kind',
      { ...base, getChannelData: () => new Float64Array(8) },
      TypeError,
      'channel 0 of buffer',
    ],
    ['no channels', { ...base, numberOfChannels: 0, getChannelData: () => rest }, RangeError, 'numberOfChannels'],
    ['a length of words', { ...base, length: '8', getChannelData: () => rest }, RangeError, 'length of buffer'],
    ['null', null, TypeError, 'buffer must be an AudioBuffer'],
    ['an array of samples', [rest], TypeError, 'buffer must be an AudioBuffer'],
  ])('of %s is refused by every writer, by the name of the argument', async (_, wrong, Class, name) => {
    const given = wrong as unknown as AudioBufferLike;
    for (const encoding of ['pcm-f32le', 'pcm-s16le', 'f32-shuffle-deflate', 'flac', 'opus', 'wav'] as const) {
      const error: unknown = await encode(given, { encoding }).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(Class);
      expect(String(error)).toContain(name);
    }
    for (const write of [() => serialize(given), () => stringifyV1(given), () => encodeWav(given)]) {
      expect(write).toThrow(Class);
    }
  });

  it('of encode without options names them', async () => {
    const given = BufferSerializer.createAudioBufferLike([rest], 8000);
    await expect(encode(given, undefined as never)).rejects.toThrow('options must be an object with an encoding');
    await expect(encode(given, {} as never)).rejects.toThrow(TypeError);
  });

  it('of createAudioBufferLike and of the readers names the argument', () => {
    expect(() => BufferSerializer.createAudioBufferLike([rest, detached], 8000)).toThrow(
      'channels[1] must not be detached',
    );
    expect(() => BufferSerializer.createAudioBufferLike([rest, [1]] as never, 8000)).toThrow('channels[1]');
    expect(() => decodeWav(new ArrayBuffer(8) as never)).toThrow('bytes must be a Uint8Array, got ArrayBuffer');
    expect(() => decodeWav('RIFF' as never)).toThrow(TypeError);
  });

  it.each(['f32-shuffle-deflate', 'flac', 'opus', 'wav'] as const)(
    'of a buffer that is given away while %s is encoded is refused, or too late to matter',
    async (encoding) => {
      const samples = Float32Array.from({ length: 500 }, (_, i) => Math.sin(i / 9));
      const given = BufferSerializer.createAudioBufferLike([samples], 48_000);
      const wanted = await encode(BufferSerializer.createAudioBufferLike([samples.slice()], 48_000), { encoding });
      const running = encode(given, { encoding });
      structuredClone(samples, { transfer: [samples.buffer] });
      const result = await running.catch((error: unknown) => error);
      if (result instanceof TypeError) expect(result.message).toContain('channel 0 of buffer must not be detached');
      else expect(result).toEqual(wanted);
    },
  );
});
