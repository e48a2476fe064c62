import type {
  AudioBufferLike,
  Encoding,
  SerializedBufferV1,
  SerializedBufferV2Inline,
  SerializedBufferV2Score,
} from '@bnc/contracts';
import { createAudioBufferLike } from './audio-buffer.ts';
import { base64Size, decodeBase64 } from './base64.ts';
import { decodeCompressed, decodePcmSamples, encodings, isPcm } from './codec.ts';
import type { EncodedAudio } from './encode.ts';
import { SerializerError } from './errors.ts';
import { deserializeV1 } from './json.ts';
import {
  checkGain,
  checkHeader,
  checkInputBytes,
  type Layout,
  lengthMismatch,
  resolveLimits,
  type SerializerLimits,
} from './limits.ts';
import { type DeserializedScore, readScore } from './score/serialized-score.ts';
import type { SerializedPcm } from './serialize.ts';
import { decodeWav } from './wav/decode-wav.ts';

/** Checks that an encoding is known. */
export function checkEncoding(encoding: unknown): Encoding {
  const known = encodings.find((name) => name === encoding);
  if (!known) {
    throw new SerializerError(
      'SERIALIZER_UNSUPPORTED_ENCODING',
      `The encoding is not known. Use one of ${encodings.join(', ')}.`,
    );
  }
  return known;
}

/** Takes the bytes out of an inline message. */
export function inlineBytes(data: unknown, limits: Required<SerializerLimits>): Uint8Array<ArrayBuffer> {
  if (typeof data !== 'string') throw new SerializerError('SERIALIZER_INVALID', 'data must be a base64 string.');
  checkInputBytes(base64Size(data), limits);
  return decodeBase64(data);
}

/**
 * Turns a serialized buffer back into planar audio. It checks every field, so `serialized` may come straight from a
 * network. Returns a buffer for version 1 and PCM, a promise for the other encodings, and the checked score for
 * `'score'`. `duration` is computed, not read; unknown fields are ignored. The caller owns the result.
 *
 * @throws {SerializerError} `SERIALIZER_INVALID` for a malformed header, `SERIALIZER_LIMIT` beyond a limit,
 * `SERIALIZER_LENGTH_MISMATCH` and `SERIALIZER_CORRUPT` when the data are not what the header says,
 * `SERIALIZER_NON_FINITE` for NaN or infinity in the samples, `SERIALIZER_UNSUPPORTED_VERSION`,
 * `SERIALIZER_UNSUPPORTED_ENCODING`, `SERIALIZER_UNSUPPORTED_LAYOUT` for Opus that is neither mono nor stereo, and
 * `SERIALIZER_BY_URL` when the samples are at a URL (see `toAudioBuffer`).
 * @throws {RangeError} when a limit is not a number ≥ 0.
 * @example
 * deserialize(serialize(buffer)).getChannelData(0) // the same samples, bit for bit
 */
export function deserialize(serialized: SerializedBufferV1 | SerializedPcm, limits?: SerializerLimits): AudioBufferLike;
export function deserialize(serialized: SerializedBufferV2Score, limits?: SerializerLimits): DeserializedScore;
export function deserialize(
  serialized: SerializedBufferV2Inline,
  limits?: SerializerLimits,
): AudioBufferLike | Promise<AudioBufferLike>;
export function deserialize(serialized: unknown, limits?: SerializerLimits): AudioBufferLike | Promise<AudioBufferLike>;
export function deserialize(
  serialized: unknown,
  limits?: SerializerLimits,
): AudioBufferLike | Promise<AudioBufferLike> {
  const resolved = resolveLimits(limits);
  const layout = checkHeader(serialized, resolved);
  const message = serialized as Readonly<Record<string, unknown>>;
  if (message.v !== 2) return deserializeV1(message.channels, layout);
  if (message.encoding === undefined && Array.isArray(message.renditions)) {
    throw new SerializerError(
      'SERIALIZER_BY_URL',
      'The samples of the buffer are at a url. Use toAudioBuffer, or fetch and decode a rendition.',
    );
  }
  if (message.encoding === 'score') return readScore(message.score, layout, resolved);
  const encoding = checkEncoding(message.encoding);
  const bytes = inlineBytes(message.data, resolved);
  const wrap = (channels: Float32Array[]): AudioBufferLike => createAudioBufferLike(channels, layout.sampleRate);
  return isPcm(encoding)
    ? wrap(decodePcmSamples(bytes, encoding, layout))
    : decodeCompressed(bytes, encoding, layout).then(wrap);
}

function decodeWavAs(bytes: Uint8Array, layout: Layout, limits: SerializerLimits): AudioBufferLike {
  const buffer = decodeWav(bytes, limits);
  if (buffer.numberOfChannels !== layout.numberOfChannels || buffer.sampleRate !== layout.sampleRate) {
    throw new SerializerError(
      'SERIALIZER_CORRUPT',
      'The WAV has other channels or another sample rate than its header. Get it again.',
    );
  }
  if (buffer.length !== layout.length) throw lengthMismatch(layout.length, buffer.length);
  return buffer;
}

/**
 * Turns the result of `encode`, or a rendition and its fetched bytes, back into planar audio at the sample rate and the
 * length of `source`. The caller owns the result.
 *
 * @throws {SerializerError} All codes of `deserialize` except `SERIALIZER_BY_URL` and `SERIALIZER_UNSUPPORTED_VERSION`.
 * @throws {RangeError} when a limit is not a number ≥ 0.
 */
export async function decode(
  encoded: Pick<EncodedAudio, 'encoding' | 'data' | 'source' | 'gain'>,
  limits?: SerializerLimits,
): Promise<AudioBufferLike> {
  const resolved = resolveLimits(limits);
  checkInputBytes(encoded.data.length, resolved);
  const layout: Layout = { ...checkHeader(encoded.source, resolved), gain: checkGain(encoded.gain) };
  if (encoded.encoding === 'wav') return decodeWavAs(encoded.data, layout, resolved);
  const encoding = checkEncoding(encoded.encoding);
  const channels = isPcm(encoding)
    ? decodePcmSamples(encoded.data, encoding, layout)
    : await decodeCompressed(encoded.data, encoding, layout);
  return createAudioBufferLike(channels, layout.sampleRate);
}
