import type { AudioBufferLike } from '@bnc/contracts';
import { checkFinite, createAudioBufferLike, finiteChannels, type NonFiniteOption } from '../audio-buffer.ts';
import { SerializerError } from '../errors.ts';
import { checkInputBytes, checkLayout, resolveLimits, type SerializerLimits } from '../limits.ts';
import { decodePcm, encodeFloat32, encodeInt16 } from '../pcm/pcm.ts';

/** Options of `encodeWav`. */
export interface EncodeWavOptions extends NonFiniteOption {
  /**
   * `'float32'` (default) keeps every sample bit for bit. `'pcm16'` dithers to 16 bits and clips at ±1: WAV has no
   * gain.
   */
  readonly format?: 'pcm16' | 'float32';
}

const formatPcm = 1;
const formatFloat = 3;
const formatExtensible = 0xfffe;
/** Bytes 2-15 of KSDATAFORMAT_SUBTYPE GUIDs; the first two are the format tag. */
const subtypeTail = [0, 0, 0, 0, 16, 0, 128, 0, 0, 170, 0, 56, 155, 113];

const encoder = new TextEncoder();

/**
 * Writes a WAV file: RIFF, WAVE_FORMAT_EXTENSIBLE beyond two channels (no speaker positions), a `fact` chunk for
 * float32. The caller owns the bytes.
 *
 * @throws {SerializerError} `SERIALIZER_NON_FINITE` for NaN or infinity, unless `nonFinite` is `'zero'`;
 * `SERIALIZER_UNSUPPORTED_LAYOUT` for a sample rate that is not an integer, or data beyond 4 GiB.
 * @throws {TypeError} when `format` is not `'pcm16'` or `'float32'`.
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
  const view = viewOf(bytes);
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

interface Chunks {
  readonly format: DataView | undefined;
  readonly data: Uint8Array | undefined;
}

function corrupt(message: string): SerializerError {
  return new SerializerError('SERIALIZER_CORRUPT', `Not a WAV: ${message}`);
}

function findChunks(bytes: Uint8Array): Chunks {
  if (bytes.length < 12 || tag(bytes, 0) !== 'RIFF' || tag(bytes, 8) !== 'WAVE') throw corrupt('no RIFF/WAVE header.');
  const view = viewOf(bytes);
  let format: DataView | undefined;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const size = view.getUint32(at + 4, true);
    const end = at + 8 + size;
    if (end > bytes.length) throw corrupt(`chunk at byte ${at} claims ${size} bytes beyond the end.`);
    const name = tag(bytes, at);
    if (name === 'fmt ') format = viewOf(bytes.subarray(at + 8, end));
    if (name === 'data') return { format, data: bytes.subarray(at + 8, end) };
    at = end + (size % 2);
  }
  return { format, data: undefined };
}

/**
 * Reads a WAV file of 16-bit PCM or float32, any channel count. The result shares nothing with `bytes`.
 *
 * @throws {SerializerError} `SERIALIZER_CORRUPT` when a chunk is missing, truncated or contradicts itself;
 * `SERIALIZER_UNSUPPORTED_ENCODING` for other sample formats; `SERIALIZER_LIMIT`, `SERIALIZER_INVALID` and
 * `SERIALIZER_NON_FINITE` as in `deserialize`.
 */
export function decodeWav(bytes: Uint8Array, limits?: SerializerLimits): AudioBufferLike {
  const resolved = resolveLimits(limits);
  checkInputBytes(bytes.length, resolved);
  const { format, data } = findChunks(bytes);
  if (!format || format.byteLength < 16) throw corrupt('no fmt chunk before the data.');
  if (!data) throw corrupt('no data chunk.');
  const isExtensible = format.getUint16(0, true) === formatExtensible;
  if (isExtensible && format.byteLength < 40) throw corrupt('the extensible fmt chunk is too short.');
  const codec = format.getUint16(isExtensible ? 24 : 0, true);
  const numberOfChannels = format.getUint16(2, true);
  const bitDepth = format.getUint16(14, true);
  const isFloat = codec === formatFloat && bitDepth === 32;
  if (!isFloat && !(codec === formatPcm && bitDepth === 16)) {
    throw new SerializerError(
      'SERIALIZER_UNSUPPORTED_ENCODING',
      `WAV format ${codec} with ${bitDepth} bits is not supported: convert it to 16-bit PCM or float32.`,
    );
  }
  const frameBytes = numberOfChannels * (bitDepth / 8);
  if (format.getUint16(12, true) !== frameBytes || (numberOfChannels > 0 && data.length % frameBytes !== 0)) {
    throw corrupt(`${data.length} bytes of data do not divide into frames of ${frameBytes} bytes.`);
  }
  const layout = checkLayout(
    { numberOfChannels, sampleRate: format.getUint32(4, true), length: data.length / frameBytes || 0 },
    resolved,
  );
  const channels = decodePcm(data, isFloat ? 'pcm-f32le' : 'pcm-s16le', layout);
  checkFinite(channels);
  return createAudioBufferLike(channels, layout.sampleRate);
}

function tag(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
