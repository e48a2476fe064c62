import type { AudioBufferLike } from '@bnc/contracts';
import { createAudioBufferLike, finiteChannels } from './audio-buffer.ts';
import type { FlacOptions } from './encode.ts';
import { decodeFlacFrames, inspectFlac } from './flac/decoder.ts';
import { encodeFlacSamples } from './flac/encoder.ts';
import { checkInputBytes, checkLayout, resolveLimits, type SerializerLimits } from './limits.ts';

/**
 * Writes a FLAC file (RFC 9639). Samples beyond ±1 clip, because a file has no gain; those of `serialize` and `encode` do
 * not. The caller owns the bytes.
 *
 * @throws {SerializerError} `SERIALIZER_UNSUPPORTED_LAYOUT` beyond 8 channels or for a rate that is not an integer;
 * `SERIALIZER_NON_FINITE` for NaN or infinity, unless `nonFinite` is `'zero'`.
 * @throws {RangeError} when `bitDepth` is not 16 or 24, or `compressionLevel` is not an integer 0-8.
 */
export function encodeFlac(
  buffer: AudioBufferLike,
  options: Omit<FlacOptions, 'encoding'> = {},
): Uint8Array<ArrayBuffer> {
  const { bitDepth = 24, compressionLevel, nonFinite } = options;
  const channels = finiteChannels(buffer, nonFinite);
  return encodeFlacSamples(channels, buffer.sampleRate, { bitDepth, compressionLevel, gain: 1 });
}

/**
 * Reads a FLAC file of up to 8 channels and 24 bits whose STREAMINFO states its length. Every frame's checksums are
 * verified. The caller owns the result.
 *
 * @throws {SerializerError} `SERIALIZER_CORRUPT`, `SERIALIZER_LENGTH_MISMATCH`, `SERIALIZER_LIMIT`,
 * `SERIALIZER_INVALID` and `SERIALIZER_UNSUPPORTED_LAYOUT`, as in `deserialize`.
 */
export function decodeFlac(bytes: Uint8Array, limits?: SerializerLimits): AudioBufferLike {
  const resolved = resolveLimits(limits);
  checkInputBytes(bytes.length, resolved);
  const file = inspectFlac(bytes);
  checkLayout({ ...file }, resolved);
  return createAudioBufferLike(decodeFlacFrames(bytes, file), file.sampleRate);
}
