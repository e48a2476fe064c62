import { SerializerError } from '../errors.ts';
import { lengthMismatch } from '../limits.ts';

/** Deflate cannot encode more than 258 bytes in about 2 bits (zlib's own figure: 1032:1). */
const maxRatio = 1032;

/**
 * Writes `f32-shuffle-deflate`: the bytes of all samples, channel after channel, sorted by their place in the float
 * (all lowest bytes first), then zlib (RFC 1950). Signs and exponents of neighbours are alike and end up together.
 */
export async function encodeShuffled(channels: readonly Float32Array[]): Promise<Uint8Array<ArrayBuffer>> {
  const count = (channels[0]?.length ?? 0) * channels.length;
  const planes = new Uint8Array(count * 4);
  let at = 0;
  for (const samples of channels) {
    const bits = new Uint32Array(samples.buffer, samples.byteOffset, samples.length);
    for (let i = 0; i < bits.length; i++, at++) {
      const word = bits[i] as number;
      planes[at] = word;
      planes[at + count] = word >>> 8;
      planes[at + count * 2] = word >>> 16;
      planes[at + count * 3] = word >>> 24;
    }
  }
  const deflated = new Blob([planes]).stream().pipeThrough(new CompressionStream('deflate'));
  return new Uint8Array(await new Response(deflated).arrayBuffer());
}

/** Reads `f32-shuffle-deflate` of exactly `length` frames; stops at the first byte too many. */
export async function decodeShuffled(
  bytes: Uint8Array<ArrayBuffer>,
  layout: { readonly length: number; readonly numberOfChannels: number },
): Promise<Float32Array<ArrayBuffer>[]> {
  const { length, numberOfChannels } = layout;
  const count = length * numberOfChannels;
  if (count * 4 > bytes.length * maxRatio) throw lengthMismatch(length, 'too few bytes for them');
  const planes = await inflate(bytes, count * 4);
  if (planes.length !== count * 4) throw lengthMismatch(length, planes.length / numberOfChannels / 4);
  return Array.from({ length: numberOfChannels }, (_, channel) => {
    const samples = new Float32Array(length);
    const bits = new Uint32Array(samples.buffer);
    for (let i = 0, at = channel * length; i < length; i++, at++) {
      bits[i] =
        (planes[at] as number) |
        ((planes[at + count] as number) << 8) |
        ((planes[at + count * 2] as number) << 16) |
        ((planes[at + count * 3] as number) << 24);
    }
    return samples;
  });
}

/** Inflates at most `size` bytes. One more is an error; the rest is not inflated. */
async function inflate(bytes: Uint8Array<ArrayBuffer>, size: number): Promise<Uint8Array> {
  const planes = new Uint8Array(size);
  let at = 0;
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate')).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return planes.subarray(0, at);
      if (at + value.length > size) {
        throw new SerializerError(
          'SERIALIZER_LENGTH_MISMATCH',
          'The data hold more frames than the header states. Fix the writer.',
        );
      }
      planes.set(value, at);
      at += value.length;
    }
  } catch (cause) {
    void reader.cancel().catch(() => undefined);
    if (cause instanceof SerializerError) throw cause;
    throw new SerializerError('SERIALIZER_CORRUPT', 'The deflated data are damaged or cut short. Get them again.', {
      cause,
    });
  }
}
