import type { AudioBufferLike } from '@bnc/contracts';
import { checkFinite, createAudioBufferLike, finiteChannels, holding } from './audio-buffer.ts';
import type { OpusOptions } from './encode.ts';
import { checkInput, checkLayout, resolveLimits, type SerializerLimits } from './limits.ts';
import { decodePackets } from './opus/decoder.ts';
import { encodeOpusSamples } from './opus/encoder.ts';
import { inspectOpus, opusRate } from './opus/file.ts';

export { OpusEncoderStream, type OpusEncoderStreamOptions } from './opus/encoder-stream.ts';

/**
 * Writes an Ogg Opus file (RFC 7845). Sample rates other than 48 kHz are resampled. The caller owns the bytes.
 *
 * @param options `bitrate` in bits a second, default 128,000; `compressionLevel` 0-10, default 9.
 * @throws {SerializerError} `SERIALIZER_UNSUPPORTED_LAYOUT` beyond 2 channels, or for a rate outside 3,000-768,000 Hz;
 * `SERIALIZER_NON_FINITE` for NaN or infinity, unless `nonFinite` is `'zero'`.
 * @throws {TypeError} when `buffer` is not an `AudioBuffer`, or a channel is detached.
 * @throws {RangeError} when `bitrate` is not 6,000-510,000, or `compressionLevel` is not an integer 0-10.
 */
export async function encodeOpus(
  buffer: AudioBufferLike,
  options: Omit<OpusOptions, 'encoding'> = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const { bitrate, compressionLevel, nonFinite } = options;
  const channels = finiteChannels(buffer, nonFinite);
  const { sampleRate, numberOfChannels } = buffer;
  const format = { numberOfChannels, sampleRate, bitrate, compressionLevel, gain: 1 };
  return (await holding(buffer, encodeOpusSamples(channels, format))).data;
}

/**
 * Reads an Ogg Opus file of 1 or 2 channels at 48 kHz, trimmed to its exact length. Also reads a file whose end is not
 * marked, a recording that starts in the middle of a live stream, and several files in a row, as radio stations send
 * them. The caller owns the result.
 *
 * @throws {SerializerError} `SERIALIZER_CORRUPT` for a damaged file, `SERIALIZER_LENGTH_MISMATCH` when its packets hold
 * less than it states, `SERIALIZER_LIMIT` beyond a limit, `SERIALIZER_UNSUPPORTED_LAYOUT` for more channels,
 * `SERIALIZER_NON_FINITE` for NaN or infinity in the samples.
 * @throws {TypeError} when `bytes` is not a `Uint8Array`, or is detached.
 * @throws {RangeError} when a limit is not a number ≥ 0.
 */
export async function decodeOpus(bytes: Uint8Array, limits?: SerializerLimits): Promise<AudioBufferLike> {
  const resolved = resolveLimits(limits);
  checkInput(bytes, resolved);
  const file = inspectOpus(bytes, resolved.maxSamples);
  const { length, numberOfChannels } = file;
  checkLayout({ length, numberOfChannels, sampleRate: opusRate }, resolved);
  const channels = await decodePackets(file);
  checkFinite(channels);
  return createAudioBufferLike(channels, opusRate);
}
