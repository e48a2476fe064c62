import type { AudioBufferLike } from '@bnc/contracts';
import { checkFinite, createAudioBufferLike } from '../audio-buffer.ts';
import { SerializerError } from '../errors.ts';
import { checkInput, checkLayout, resolveLimits, type SerializerLimits } from '../limits.ts';
import { corruptWav, findChunks } from './chunks.ts';
import { formatALaw, formatExtensible, formatFloat, formatMuLaw, formatPcm } from './format.ts';

/** Reads the sample at a byte of the data. */
type SampleReader = (data: DataView, at: number) => number;

/** By format tag and bytes a sample. PCM fills its bytes from the top, whatever the bits in use. */
const readers: Readonly<Record<string, SampleReader>> = {
  [`${formatPcm}/1`]: (data, at) => (data.getUint8(at) - 128) / 2 ** 7,
  [`${formatPcm}/2`]: (data, at) => data.getInt16(at, true) / 2 ** 15,
  [`${formatPcm}/3`]: (data, at) => (data.getInt16(at + 1, true) * 256 + data.getUint8(at)) / 2 ** 23,
  [`${formatPcm}/4`]: (data, at) => data.getInt32(at, true) / 2 ** 31,
  [`${formatFloat}/4`]: (data, at) => data.getFloat32(at, true),
  [`${formatFloat}/8`]: (data, at) => data.getFloat64(at, true),
  [`${formatALaw}/1`]: (data, at) => aLaw(data.getUint8(at)) / 2 ** 15,
  [`${formatMuLaw}/1`]: (data, at) => muLaw(data.getUint8(at)) / 2 ** 15,
};

/**
 * Reads a WAV file: PCM of 8 to 32 bits, float of 32 or 64 bits, A-law or µ-law, of up to `maxChannels` channels, as
 * RIFF, RF64 or BW64, with a plain or an extensible header. Where the header does not state the size, as in a file from
 * a pipe, it reads to the end. The result shares nothing with `bytes`.
 *
 * @throws {SerializerError} `SERIALIZER_CORRUPT` when a chunk is missing, cut short or contradicts itself;
 * `SERIALIZER_UNSUPPORTED_ENCODING` for other sample formats; `SERIALIZER_LIMIT`, `SERIALIZER_INVALID` and
 * `SERIALIZER_NON_FINITE` as in `deserialize`.
 * @throws {TypeError} when `bytes` is not a `Uint8Array`, or is detached.
 * @throws {RangeError} when a limit is not a number ≥ 0.
 */
export function decodeWav(bytes: Uint8Array, limits?: SerializerLimits): AudioBufferLike {
  const resolved = resolveLimits(limits);
  checkInput(bytes, resolved);
  const { format, data, isOpenEnded } = findChunks(bytes);
  if (format.byteLength < 16) throw corruptWav('the fmt chunk is too short.');
  const isExtensible = format.getUint16(0, true) === formatExtensible;
  if (isExtensible && format.byteLength < 26) throw corruptWav('the extensible fmt chunk is too short.');
  const codec = format.getUint16(isExtensible ? 24 : 0, true);
  const numberOfChannels = format.getUint16(2, true);
  const frameBytes = format.getUint16(12, true);
  const bitDepth = format.getUint16(14, true);
  const sampleBytes = Math.ceil(bitDepth / 8);
  const read = readers[`${codec}/${sampleBytes}`];
  if (!read) {
    throw new SerializerError(
      'SERIALIZER_UNSUPPORTED_ENCODING',
      `WAV format ${codec} with ${bitDepth} bits is not supported: convert it to PCM or float32.`,
    );
  }
  if (numberOfChannels === 0 || frameBytes !== numberOfChannels * sampleBytes) {
    throw corruptWav(`frames of ${frameBytes} bytes do not hold ${numberOfChannels} channels of ${bitDepth} bits.`);
  }
  if (!isOpenEnded && data.length % frameBytes !== 0) {
    throw corruptWav(`${data.length} bytes of data do not divide into frames of ${frameBytes} bytes.`);
  }
  const length = Math.floor(data.length / frameBytes);
  const layout = checkLayout({ numberOfChannels, sampleRate: format.getUint32(4, true), length }, resolved);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const channels = Array.from({ length: numberOfChannels }, (_, channel) => {
    const samples = new Float32Array(length);
    for (let i = 0, at = channel * sampleBytes; i < length; i++, at += frameBytes) samples[i] = read(view, at);
    return samples;
  });
  checkFinite(channels);
  return createAudioBufferLike(channels, layout.sampleRate);
}

/** Expands A-law (ITU-T G.711): sign, 3 bits of exponent and 4 of mantissa, every other bit inverted. */
function aLaw(code: number): number {
  const bits = code ^ 0x55;
  const exponent = (bits >> 4) & 7;
  const mantissa = ((bits & 15) << 4) + 8;
  const magnitude = exponent === 0 ? mantissa : (mantissa + 256) << (exponent - 1);
  return bits & 128 ? magnitude : -magnitude;
}

/** Expands µ-law (ITU-T G.711): as A-law with all bits inverted and a bias of 33 steps. */
function muLaw(code: number): number {
  const bits = ~code;
  const magnitude = ((((bits & 15) << 3) + 132) << ((bits >> 4) & 7)) - 132;
  return bits & 128 ? -magnitude : magnitude;
}
