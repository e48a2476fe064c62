import type { AudioBufferLike } from '@bnc/contracts';
import { finiteChannels, type NonFiniteOption } from '../audio-buffer.ts';
import { SerializerError } from '../errors.ts';
import { encodeFloat32, encodeInt16 } from '../pcm/pcm.ts';
import { formatExtensible, formatFloat, formatPcm, subtypeTail } from './format.ts';

/** Options of `encodeWav`. */
export interface EncodeWavOptions extends NonFiniteOption {
  /**
   * `'float32'` (default) keeps every sample bit for bit. `'pcm16'` dithers to 16 bits and clips at ±1: WAV has no
   * gain.
   */
  readonly format?: 'pcm16' | 'float32';
}

const encoder = new TextEncoder();

/**
 * Writes a WAV file: RIFF, WAVE_FORMAT_EXTENSIBLE beyond two channels (no speaker positions), a `fact` chunk for
 * float32. The caller owns the bytes.
 *
 * @throws {SerializerError} `SERIALIZER_NON_FINITE` for NaN or infinity, unless `nonFinite` is `'zero'`;
 * `SERIALIZER_UNSUPPORTED_LAYOUT` for a sample rate that is not an integer of 3,000-768,000, more than 255 channels, or
 * data beyond 4 GiB.
 * @throws {TypeError} when `format` is not `'pcm16'` or `'float32'`, `buffer` is not an `AudioBuffer`, or a channel is
 * detached.
 */
export function encodeWav(buffer: AudioBufferLike, options: EncodeWavOptions = {}): Uint8Array<ArrayBuffer> {
  const { format = 'float32', nonFinite } = options;
  if (format !== 'float32' && format !== 'pcm16') {
    throw new TypeError(`format must be 'pcm16' or 'float32', got ${String(format)}`);
  }
  const channels = finiteChannels(buffer, nonFinite);
  const { sampleRate, length, numberOfChannels } = buffer;
  const isFloat = format === 'float32';
  const sampleBytes = isFloat ? 4 : 2;
  const dataBytes = length * numberOfChannels * sampleBytes;
  if (!Number.isInteger(sampleRate) || dataBytes > 2 ** 32 - 128) {
    throw new SerializerError(
      'SERIALIZER_UNSUPPORTED_LAYOUT',
      `WAV holds integer sample rates and 4 GiB, got ${sampleRate} Hz and ${dataBytes} bytes.`,
    );
  }
  const data = isFloat ? encodeFloat32(channels) : encodeInt16(channels, 1);
  const extensible = numberOfChannels > 2;
  const formatBytes = extensible ? 40 : isFloat ? 18 : 16;
  const factBytes = isFloat ? 12 : 0;
  const headerBytes = 12 + 8 + formatBytes + factBytes + 8;
  const bytes = new Uint8Array(headerBytes + dataBytes);
  const view = new DataView(bytes.buffer);
  encoder.encodeInto('RIFF', bytes);
  view.setUint32(4, bytes.length - 8, true);
  encoder.encodeInto('WAVEfmt ', bytes.subarray(8));
  view.setUint32(16, formatBytes, true);
  const codec = isFloat ? formatFloat : formatPcm;
  view.setUint16(20, extensible ? formatExtensible : codec, true);
  view.setUint16(22, numberOfChannels, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, sampleRate * numberOfChannels * sampleBytes, true);
  view.setUint16(32, numberOfChannels * sampleBytes, true);
  view.setUint16(34, sampleBytes * 8, true);
  if (extensible) {
    view.setUint16(36, 22, true);
    view.setUint16(38, sampleBytes * 8, true);
    view.setUint16(44, codec, true);
    bytes.set(subtypeTail, 46);
  }
  let at = 20 + formatBytes;
  if (isFloat) {
    encoder.encodeInto('fact', bytes.subarray(at));
    view.setUint32(at + 4, 4, true);
    view.setUint32(at + 8, length, true);
    at += 12;
  }
  encoder.encodeInto('data', bytes.subarray(at));
  view.setUint32(at + 4, dataBytes, true);
  bytes.set(data, headerBytes);
  return bytes;
}
