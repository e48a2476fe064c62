import type { AudioBufferLike } from '@bnc/contracts';
import { createAudioBufferLike, finiteChannels } from './audio-buffer.ts';
import type { FlacOptions } from './encode.ts';
import { SerializerError } from './errors.ts';
import { decodeFlacFrames } from './flac/decoder.ts';
import { encodeFlacSamples } from './flac/encoder.ts';
import { inspectFlac } from './flac/file.ts';
import { checkInput, checkLayout, resolveLimits, type SerializerLimits } from './limits.ts';

export { FlacEncoderStream, type FlacEncoderStreamOptions } from './flac/encoder-stream.ts';

/** Options of `decodeFlac`. */
export interface DecodeFlacOptions extends SerializerLimits {
  /**
   * Called when the samples do not match the MD5 of the file, which is then read all the same. Default: the file is
   * refused with `SERIALIZER_HASH_MISMATCH`.
   */
  readonly onHashMismatch?: (error: SerializerError) => void;
}

/**
 * Writes a FLAC file (RFC 9639). Samples beyond ±1 clip, because a FLAC file states no gain; those that `serialize` and
 * `encode` write do not clip. The caller owns the bytes.
 *
 * @throws {SerializerError} `SERIALIZER_UNSUPPORTED_LAYOUT` beyond 8 channels or for a rate that is not an integer of
 * 3,000-768,000; `SERIALIZER_NON_FINITE` for NaN or infinity, unless `nonFinite` is `'zero'`.
 * @throws {TypeError} when `buffer` is not an `AudioBuffer`, or a channel is detached.
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
 * Reads a FLAC file of up to 8 channels and 32 bits (float32 keeps 24 of them). It skips ID3 and APE tags, and reads to
 * the end where the file does not state its length. It verifies the checksums of every frame, and the MD5 of the
 * samples where the file states one. The caller owns the result.
 *
 * @throws {SerializerError} `SERIALIZER_CORRUPT`, `SERIALIZER_LENGTH_MISMATCH`, `SERIALIZER_LIMIT` and
 * `SERIALIZER_INVALID`, as in `deserialize`; `SERIALIZER_HASH_MISMATCH` when the samples do not match their MD5, unless
 * `onHashMismatch` is given.
 * @throws {TypeError} when `bytes` is not a `Uint8Array`, or is detached.
 * @throws {RangeError} when a limit is not a number ≥ 0.
 */
export function decodeFlac(bytes: Uint8Array, options: DecodeFlacOptions = {}): AudioBufferLike {
  const limits = resolveLimits(options);
  checkInput(bytes, limits);
  const file = inspectFlac(bytes);
  const { numberOfChannels, sampleRate, length = 0 } = file;
  checkLayout({ numberOfChannels, sampleRate, length }, limits);
  const channels = decodeFlacFrames(bytes, file, {
    maxLength: Math.floor(limits.maxSamples / numberOfChannels),
    onHash: (hash) => {
      if (file.hash?.every((byte, i) => byte === hash[i])) return;
      const error = new SerializerError(
        'SERIALIZER_HASH_MISMATCH',
        'The samples of the FLAC do not match their MD5. Get the file again, or pass onHashMismatch to read it all the same.',
      );
      if (!options.onHashMismatch) throw error;
      options.onHashMismatch(error);
    },
  });
  return createAudioBufferLike(channels, sampleRate);
}
