import { deflateSync } from 'node:zlib';
import { createAudioBufferLike, decodeWav, deserialize, encodeWav, serialize } from '@bnc/buffer-serializer';
import { decodeFlac, encodeFlac } from '@bnc/buffer-serializer/flac';
import { decodeOpus, encodeOpus } from '@bnc/buffer-serializer/opus';
import type { AudioBufferLike, SerializedBufferV2Inline } from '@bnc/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chord, seed } from './arbitraries.ts';

const encodings = ['pcm-f32le', 'pcm-s16le', 'f32-shuffle-deflate', 'flac', 'opus'] as const;

/** What must come of any input: a finite buffer of the stated layout, or an error with a code of ours. */
async function outcomeOf(read: () => AudioBufferLike | Promise<AudioBufferLike>): Promise<string> {
  try {
    const buffer = await read();
    for (let channel = 0; channel < buffer.numberOfChannels; channel++) {
      const samples = buffer.getChannelData(channel);
      if (samples.length !== buffer.length || samples.some((sample) => !Number.isFinite(sample))) return 'harm';
    }
    return 'read';
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    return typeof code === 'string' && code.startsWith('SERIALIZER_') ? code : `harm: ${String(error)}`;
  }
}

function bytesOf(message: { readonly data: string }): Uint8Array {
  return new Uint8Array(Buffer.from(message.data, 'base64'));
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

const clip = chord(0.15, 8000, 2, 0.9);
const opus = await encodeOpus(clip);

async function inline(encoding: (typeof encodings)[number]): Promise<SerializedBufferV2Inline> {
  return serialize(clip, { encoding } as { encoding: 'flac' });
}

describe('headers', () => {
  const good = serialize(clip, { encoding: 'pcm-s16le' });

  it.each([
    [null, 'SERIALIZER_INVALID'],
    [undefined, 'SERIALIZER_INVALID'],
    ['{}', 'SERIALIZER_INVALID'],
    [{}, 'SERIALIZER_INVALID'],
    [{ ...good, v: 3 }, 'SERIALIZER_UNSUPPORTED_VERSION'],
    [{ ...good, v: '2' }, 'SERIALIZER_UNSUPPORTED_VERSION'],
    [{ ...good, encoding: 'mp3' }, 'SERIALIZER_UNSUPPORTED_ENCODING'],
    [{ ...good, encoding: undefined }, 'SERIALIZER_UNSUPPORTED_ENCODING'],
    [{ ...good, encoding: '__proto__' }, 'SERIALIZER_UNSUPPORTED_ENCODING'],
    [{ ...good, encoding: undefined, renditions: [] }, 'SERIALIZER_BY_URL'],
    [{ ...good, length: -1 }, 'SERIALIZER_INVALID'],
    [{ ...good, length: 1.5 }, 'SERIALIZER_INVALID'],
    [{ ...good, length: Number.NaN }, 'SERIALIZER_INVALID'],
    [{ ...good, length: '100' }, 'SERIALIZER_INVALID'],
    [{ ...good, length: 2 ** 40 }, 'SERIALIZER_LIMIT'],
    [{ ...good, length: 2 ** 25 + 1 }, 'SERIALIZER_LIMIT'],
    [{ ...good, length: good.length + 1 }, 'SERIALIZER_LENGTH_MISMATCH'],
    [{ ...good, numberOfChannels: 0 }, 'SERIALIZER_INVALID'],
    [{ ...good, numberOfChannels: 256 }, 'SERIALIZER_LIMIT'],
    [{ ...good, sampleRate: 0 }, 'SERIALIZER_INVALID'],
    [{ ...good, sampleRate: Number.POSITIVE_INFINITY }, 'SERIALIZER_INVALID'],
    [{ ...good, sampleRate: 2999 }, 'SERIALIZER_INVALID'],
    [{ ...good, gain: 3 }, 'SERIALIZER_INVALID'],
    [{ ...good, gain: 0 }, 'SERIALIZER_INVALID'],
    [{ ...good, gain: Number.NaN }, 'SERIALIZER_INVALID'],
    [{ ...good, gain: '2' }, 'SERIALIZER_INVALID'],
    [{ ...good, data: 7 }, 'SERIALIZER_INVALID'],
    [{ ...good, data: `${good.data.slice(0, -4)}====` }, 'SERIALIZER_CORRUPT'],
    [{ ...good, data: good.data.slice(1) }, 'SERIALIZER_CORRUPT'],
    [{ ...good, data: `${good.data.slice(0, -4)}AA-_` }, 'SERIALIZER_CORRUPT'],
    [{ ...good, data: `${good.data.slice(0, -4)}ŁŁŁŁ` }, 'SERIALIZER_CORRUPT'],
  ])('%# are refused with their code', async (message, code) => {
    expect(await outcomeOf(() => deserialize(message))).toBe(code);
  });

  it('of version 1 must agree with the arrays, whose entries must be finite numbers', async () => {
    const v1 = serialize(createAudioBufferLike([Float32Array.of(0.1, 0.2)], 8000));
    const codeOf = (channels: unknown): Promise<string> => outcomeOf(() => deserialize({ ...v1, channels }));
    expect(await codeOf([[0.1, 0.2]])).toBe('read');
    expect(await codeOf([[0.1]])).toBe('SERIALIZER_LENGTH_MISMATCH');
    expect(await codeOf([])).toBe('SERIALIZER_INVALID');
    expect(await codeOf('ab')).toBe('SERIALIZER_INVALID');
    expect(await codeOf(['ab'])).toBe('SERIALIZER_INVALID');
    expect(await codeOf([{ length: 2 }])).toBe('SERIALIZER_INVALID');
    expect(await codeOf([[0.1, null]])).toBe('SERIALIZER_INVALID');
    expect(await codeOf([[0.1, '0.2']])).toBe('SERIALIZER_INVALID');
    expect(await codeOf([[0.1, 1e39]])).toBe('SERIALIZER_NON_FINITE');
    expect(await codeOf([Array.of(undefined, undefined)])).toBe('SERIALIZER_INVALID');
  });

  it('are checked against the limits given', async () => {
    expect(await outcomeOf(() => deserialize(good, { maxSamples: clip.length * 2 }))).toBe('read');
    expect(await outcomeOf(() => deserialize(good, { maxSamples: clip.length * 2 - 1 }))).toBe('SERIALIZER_LIMIT');
    expect(await outcomeOf(() => deserialize(good, { maxChannels: 1 }))).toBe('SERIALIZER_LIMIT');
    expect(await outcomeOf(() => deserialize(good, { maxInputBytes: 100 }))).toBe('SERIALIZER_LIMIT');
    expect(() => deserialize(good, { maxSamples: Number.NaN })).toThrow(RangeError);
  });

  it('do not say the duration: it is worked out', () => {
    expect(deserialize({ ...good, duration: 1e9 }).duration).toBe(clip.duration);
  });
});

describe('float samples that are not finite', () => {
  it('are refused in pcm-f32le, f32-shuffle-deflate and WAV, and when gain makes them so', async () => {
    const samples = Float32Array.of(0.5, Number.NaN);
    const header = { v: 2, sampleRate: 8000, length: 2, numberOfChannels: 1 };
    const raw = new Uint8Array(samples.buffer);
    const plain = { ...header, encoding: 'pcm-f32le', data: base64(raw) };
    expect(await outcomeOf(() => deserialize(plain))).toBe('SERIALIZER_NON_FINITE');
    const planes = Uint8Array.from({ length: 8 }, (_, i) => raw[(i % 2) * 4 + Math.floor(i / 2)] ?? 0);
    const packed = { ...header, encoding: 'f32-shuffle-deflate', data: base64(deflateSync(planes)) };
    expect(await outcomeOf(() => deserialize(packed))).toBe('SERIALIZER_NON_FINITE');
    const big = {
      ...header,
      encoding: 'pcm-f32le',
      gain: 2 ** 127,
      data: base64(new Uint8Array(Float32Array.of(1, 9).buffer)),
    };
    expect(await outcomeOf(() => deserialize(big))).toBe('SERIALIZER_NON_FINITE');
    const wav = encodeWav(createAudioBufferLike([Float32Array.of(0, 0)], 8000));
    new DataView(wav.buffer).setFloat32(wav.length - 4, Number.NaN, true);
    expect(await outcomeOf(() => decodeWav(wav))).toBe('SERIALIZER_NON_FINITE');
  });
});

describe('damaged data', () => {
  it.each(encodings)('of %s cut at any length are refused', async (encoding) => {
    const message = await inline(encoding);
    const bytes = bytesOf(message);
    for (let size = 0; size < bytes.length; size += Math.max(1, Math.floor(bytes.length / 150))) {
      expect(await outcomeOf(() => deserialize({ ...message, data: base64(bytes.subarray(0, size)) }))).toMatch(
        /^SERIALIZER_(CORRUPT|LENGTH_MISMATCH)$/,
      );
    }
  });

  it.each(encodings)('of %s with any flipped bits are read as audio or refused', async (encoding) => {
    const message = await inline(encoding);
    const bytes = bytesOf(message);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat({ max: bytes.length * 8 - 1 }), { minLength: 1, maxLength: 8 }),
        async (places) => {
          const damaged = bytes.slice();
          for (const place of places) damaged[place >> 3] = (damaged[place >> 3] ?? 0) ^ (1 << (place & 7));
          const outcome = await outcomeOf(() => deserialize({ ...message, data: base64(damaged) }));
          expect(outcome).not.toMatch(/^harm/);
        },
      ),
      { seed: seed, numRuns: encoding === 'opus' ? 60 : 150 },
    );
  });

  it.each(['flac', 'opus', 'f32-shuffle-deflate'] as const)(
    'of %s with one flipped bit are noticed',
    async (encoding) => {
      const message = await inline(encoding);
      const bytes = bytesOf(message);
      const start = encoding === 'flac' ? 42 : encoding === 'opus' ? 0 : 2; // STREAMINFO's sizes and hash are not checked
      for (let at = start; at < bytes.length; at += Math.max(1, Math.floor(bytes.length / 60))) {
        const damaged = bytes.slice();
        damaged[at] = (damaged[at] ?? 0) ^ 16;
        const outcome = await outcomeOf(() => deserialize({ ...message, data: base64(damaged) }));
        expect(outcome).toMatch(/^SERIALIZER_(CORRUPT|LENGTH_MISMATCH|UNSUPPORTED_LAYOUT)$/);
      }
    },
  );

  it.each(encodings)('of %s under any other layout are read as audio or refused', async (encoding) => {
    const message = await inline(encoding);
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          length: fc.nat({ max: 3000 }),
          numberOfChannels: fc.integer({ min: 1, max: 32 }),
          sampleRate: fc.integer({ min: 3000, max: 192_000 }),
          gain: fc.integer({ min: -126, max: 127 }).map((exponent) => 2 ** exponent),
        }),
        async (lie) => {
          expect(await outcomeOf(() => deserialize({ ...message, ...lie }))).not.toMatch(/^harm/);
        },
      ),
      { seed: seed, numRuns: 60 },
    );
  });

  it('that are random bytes are refused by every file reader', async () => {
    const starts = [
      [],
      [...Buffer.from('fLaC\x80\0\0\x22')],
      [...Buffer.from('OggS')],
      [...Buffer.from('RIFF\x40\0\0\0WAVE')],
    ];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 400 }), async (start, tail) => {
        const bytes = Uint8Array.from([...start, ...tail]);
        for (const read of [decodeFlac, decodeOpus, decodeWav]) {
          expect(await outcomeOf(() => read(bytes))).toMatch(/^SERIALIZER_|^read$/);
        }
      }),
      { seed: seed, numRuns: 400 },
    );
  });
});

describe('damaged files without a length', () => {
  const flac = encodeFlac(clip, { bitDepth: 16 });
  flac.fill(0, 22, 42);
  flac[21] = (flac[21] ?? 0) & 0xf0;
  const wav = encodeWav(clip);
  new DataView(wav.buffer).setUint32(54, 0xffff_ffff, true);

  it.each([
    ['FLAC', flac, decodeFlac],
    ['WAV', wav, decodeWav],
    ['Opus', opus, decodeOpus],
  ])('of %s are read as audio or refused, wherever their bits flip or they are cut', async (_, bytes, read) => {
    const { length } = await read(bytes);
    expect(length).toBeGreaterThan(0);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat({ max: 99 * 8 }), { maxLength: 4 }),
        fc.array(fc.nat({ max: bytes.length * 8 - 1 }), { maxLength: 4 }),
        fc.nat({ max: 50 }),
        async (inHeader, anywhere, cut) => {
          const damaged = bytes.slice(0, bytes.length - cut);
          for (const place of [...inHeader, ...anywhere]) {
            if (place >> 3 < damaged.length) damaged[place >> 3] = (damaged[place >> 3] ?? 0) ^ (1 << (place & 7));
          }
          expect(await outcomeOf(() => read(damaged, { maxSamples: 2 ** 20 }))).not.toMatch(/^harm/);
        },
      ),
      { seed, numRuns: 150 },
    );
  });
});

describe('data that would grow without end', () => {
  it('stop an Ogg of many empty packets before they take memory', async () => {
    const head = opus.slice(0, 47);
    const file = new Uint8Array(2 ** 22);
    file.set(head);
    // Pages of 255 packets of one byte each, with right checksums.
    const page = new Uint8Array(27 + 255 + 255).fill(1, 27, 27 + 255);
    page.set(head.subarray(0, 27));
    page[5] = 0;
    page[26] = 255;
    let size = head.length;
    const view = new DataView(page.buffer);
    for (let sequence = 1; size + page.length <= file.length; sequence++) {
      view.setUint32(18, sequence, true);
      view.setUint32(22, 0, true);
      let crc = 0;
      for (const byte of page) {
        crc ^= byte << 24;
        for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ (crc < 0 ? 0x04c11db7 : 0);
      }
      view.setUint32(22, crc, true);
      file.set(page, size);
      size += page.length;
    }
    const bytes = file.subarray(0, size);
    expect(await outcomeOf(() => decodeOpus(bytes, { maxSamples: 48_000 }))).toBe('SERIALIZER_LIMIT');
    expect(await outcomeOf(() => decodeOpus(bytes))).toBe('SERIALIZER_LIMIT');
  });

  it('stop a deflate bomb at the stated size', async () => {
    const bomb = base64(deflateSync(new Uint8Array(2 ** 26)));
    const message = {
      v: 2,
      sampleRate: 8000,
      length: 100,
      numberOfChannels: 1,
      encoding: 'f32-shuffle-deflate',
      data: bomb,
    };
    expect(await outcomeOf(() => deserialize(message))).toBe('SERIALIZER_LENGTH_MISMATCH');
  });

  it.each(['f32-shuffle-deflate', 'flac', 'opus'] as const)(
    'refuse a %s header of 2^25 frames for a few bytes before taking memory',
    async (encoding) => {
      const before = process.memoryUsage().arrayBuffers;
      const message = { ...(await inline(encoding)), length: 2 ** 25 };
      for (let round = 0; round < 20; round++) {
        expect(await outcomeOf(() => deserialize(message))).toBe('SERIALIZER_LENGTH_MISMATCH');
      }
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 26);
    },
  );

  it('stop a FLAC whose frames hold more than STREAMINFO says', async () => {
    const file = encodeFlac(createAudioBufferLike([new Float32Array(4096 * 400)], 8000));
    new DataView(file.buffer).setUint32(22, 100);
    expect(await outcomeOf(() => decodeFlac(file))).toBe('SERIALIZER_LENGTH_MISMATCH');
  });

  it('refuse a FLAC whose STREAMINFO claims more than its bytes can hold', async () => {
    const file = encodeFlac(createAudioBufferLike([new Float32Array(10)], 8000));
    new DataView(file.buffer).setUint32(22, 2 ** 26 - 1);
    expect(await outcomeOf(() => decodeFlac(file))).toBe('SERIALIZER_LENGTH_MISMATCH');
  });
});
