import { decodeFlac, encodeFlac, FlacEncoderStream } from '@bnc/buffer-serializer/flac';
import { decodeOpus, encodeOpus, OpusEncoderStream } from '@bnc/buffer-serializer/opus';
import type { AudioBufferLike } from '@bnc/contracts';
import { describe, expect, it } from 'vitest';
import { concatenate } from '../src/pcm/pcm.ts';
import { bitsOf, chord } from './arbitraries.ts';

/** Cuts a buffer into chunks of the given sizes, over and over. */
function* chunksOf(buffer: AudioBufferLike, sizes: readonly number[]): Generator<Float32Array[]> {
  const channels = Array.from({ length: buffer.numberOfChannels }, (_, channel) => buffer.getChannelData(channel));
  for (let at = 0, turn = 0; at < buffer.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield channels.map((samples) => samples.subarray(at, at + size));
    at += size;
  }
}

type EncoderStream = ReadableWritablePair<Uint8Array<ArrayBuffer>, readonly Float32Array[]>;

async function encodeChunks(chunks: Iterable<readonly Float32Array[]>, encoder: EncoderStream): Promise<Uint8Array> {
  const iterator = chunks[Symbol.iterator]();
  const source = new ReadableStream<readonly Float32Array[]>({
    pull: (controller) => {
      const { done, value } = iterator.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
  const parts: Uint8Array[] = [];
  for await (const part of source.pipeThrough(encoder)) parts.push(part);
  return concatenate(parts);
}

const cuts = [[100_000], [4096], [1, 4095, 2, 0, 5000], [777]];

describe('comments', () => {
  const comments = { TITLE: 'Monday', ENCODER: 'engine 1' };
  const facts = { sampleRate: 48_000, numberOfChannels: 1 };
  const piece = chord(0.1, 48_000, 1);

  it.each([
    ['FLAC', () => new FlacEncoderStream({ ...facts, comments }), decodeFlac],
    ['Opus', () => new OpusEncoderStream({ ...facts, comments }), decodeOpus],
  ] as const)('are in the header of %s, and change nothing else', async (_, encoder, decode) => {
    const bytes = await encodeChunks(chunksOf(piece, [1000]), encoder());
    expect(Buffer.from(bytes.subarray(0, 200)).toString('latin1')).toMatch(/TITLE=Monday[\s\S]{4}ENCODER=engine 1/);
    expect((await decode(bytes)).length).toBe(4800);
  });

  it.each([
    ['a name with =', { 'a=b': 'c' }, TypeError],
    ['no text', { title: 1 as unknown as string }, TypeError],
    ['too many bytes', { title: 'a'.repeat(5000) }, RangeError],
  ])('with %s are refused', (_, wrong, error) => {
    expect(() => new FlacEncoderStream({ ...facts, comments: wrong })).toThrow(error);
    expect(() => new OpusEncoderStream({ ...facts, comments: wrong })).toThrow(error);
  });
});

describe('FlacEncoderStream', () => {
  it.each([
    ['16 bits at level 2', { bitDepth: 16, compressionLevel: 2 }],
    ['16 bits at level 5', { bitDepth: 16 }],
    ['24 bits', {}],
  ] as const)('writes the frames of encodeFlac in %s, however the piece is cut', async (_, options) => {
    const buffer = chord(0.5, 44_100);
    const whole = encodeFlac(buffer, options);
    for (const sizes of cuts) {
      const encoder = new FlacEncoderStream({ sampleRate: 44_100, numberOfChannels: 2, ...options });
      const bytes = await encodeChunks(chunksOf(buffer, sizes), encoder);
      expect(bytes.subarray(42)).toEqual(whole.subarray(42));
      expect(bitsOf(decodeFlac(bytes))).toEqual(bitsOf(decodeFlac(whole)));
    }
  });

  it('states a length that is given, and fails when the piece has another', async () => {
    const buffer = chord(0.1, 8000, 1);
    const run = (length: number): Promise<Uint8Array> =>
      encodeChunks(chunksOf(buffer, [100]), new FlacEncoderStream({ sampleRate: 8000, numberOfChannels: 1, length }));
    const bytes = await run(800);
    expect(new DataView(bytes.buffer).getUint32(22)).toBe(800);
    expect(decodeFlac(bytes).length).toBe(800);
    await expect(run(799)).rejects.toThrow(new RangeError('the chunks must hold 799 samples of each channel, got 800'));
    await expect(run(801)).rejects.toThrow(RangeError);
  });

  it('gives a file without samples for a piece without chunks', async () => {
    const bytes = await encodeChunks([], new FlacEncoderStream({ sampleRate: 8000, numberOfChannels: 1 }));
    expect(decodeFlac(bytes).length).toBe(0);
  });
});

describe('OpusEncoderStream', () => {
  it.each([48_000, 44_100, 96_000])(
    'writes the bytes of encodeOpus at %i Hz, however the piece is cut',
    async (sampleRate) => {
      const buffer = chord(1.3, sampleRate);
      const whole = await encodeOpus(buffer);
      for (const sizes of cuts) {
        const encoder = new OpusEncoderStream({ sampleRate, numberOfChannels: 2 });
        expect(await encodeChunks(chunksOf(buffer, sizes), encoder)).toEqual(whole);
      }
    },
  );

  it('gives a file without samples for a piece without chunks', async () => {
    const bytes = await encodeChunks([], new OpusEncoderStream({ sampleRate: 48_000, numberOfChannels: 1 }));
    expect((await decodeOpus(bytes)).length).toBe(0);
  });
});

describe.each([
  [
    'FlacEncoderStream',
    (options: object) =>
      new FlacEncoderStream({ sampleRate: 48_000, numberOfChannels: 1, compressionLevel: 2, bitDepth: 16, ...options }),
  ],
  [
    'OpusEncoderStream',
    (options: object) => new OpusEncoderStream({ sampleRate: 48_000, numberOfChannels: 1, ...options }),
  ],
])('%s', (_, open) => {
  it('holds no more of a long piece than some chunks, and takes no chunk before bytes are wanted', async () => {
    const seconds = 20;
    const second = Float32Array.from({ length: 48_000 }, (__, i) => Math.sin(i / 20) * Math.sin(i * i));
    let taken = 0;
    const source = new ReadableStream<readonly Float32Array[]>(
      {
        pull: (controller) => {
          if (taken === seconds) controller.close();
          else {
            taken++;
            controller.enqueue([second.slice()]);
          }
        },
      },
      { highWaterMark: 0 },
    );
    let bytes = 0;
    let lead = 0;
    for await (const part of source.pipeThrough(open({}))) {
      if (bytes === 0) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        lead = taken;
      }
      bytes += part.length;
    }
    expect(lead).toBeLessThanOrEqual(3);
    expect(taken).toBe(seconds);
    expect(bytes).toBeGreaterThan(seconds * 5000);
  });

  it.each([
    ['a rate of words', { sampleRate: '48000' }, TypeError],
    ['no channels', { numberOfChannels: 0 }, RangeError],
    ['another nonFinite', { nonFinite: 'skip' }, TypeError],
    ['a bit depth or rate of bits that there is not', { bitDepth: 12, bitrate: 12 }, RangeError],
    ['a length that is none', { length: -1, bitrate: Number.NaN }, RangeError],
  ])('refuses %s at once', (__, options, Class) => {
    expect(() => open(options)).toThrow(Class);
  });

  it.each([{ sampleRate: 2999 }, { numberOfChannels: 9 }])('refuses %j, which cannot be written', (options) => {
    expect(() => open(options)).toThrowError(expect.objectContaining({ code: 'SERIALIZER_UNSUPPORTED_LAYOUT' }));
  });

  it('fails by name for a chunk that is not one', async () => {
    const detached = new Float32Array(4);
    structuredClone(detached, { transfer: [detached.buffer] });
    const outcome = (chunk: unknown): Promise<unknown> =>
      encodeChunks([chunk as Float32Array[]], open({})).catch((error: unknown) => error);
    expect(await outcome(new Float32Array(4))).toEqual(
      new TypeError('chunk must be an array of Float32Arrays, got Float32Array'),
    );
    expect(await outcome([new Float32Array(4), new Float32Array(4)])).toEqual(
      new RangeError('chunk must have 1 channels, got 2'),
    );
    expect(String(await outcome([[1, 2]]))).toContain('chunk[0] must be a Float32Array');
    expect(String(await outcome([detached]))).toContain('chunk[0] must not be detached');
    expect(await outcome([Float32Array.of(Number.NaN)])).toMatchObject({ code: 'SERIALIZER_NON_FINITE' });
    expect(
      await encodeChunks([[Float32Array.of(Number.NaN)]], open({ nonFinite: 'zero' })).then(({ length }) => length),
    ).toBeGreaterThan(0);
  });

  it('ends with the reason when its reader goes away', async () => {
    const encoder = open({});
    const writer = encoder.writable.getWriter();
    await encoder.readable.cancel(new Error('gone'));
    await expect(writer.write([new Float32Array(10)])).rejects.toThrow('gone');
  });
});
