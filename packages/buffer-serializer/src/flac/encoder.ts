import { SerializerError } from '../errors.ts';
import { interleave16 } from '../pcm/pcm.ts';
import { BitWriter } from './bit-writer.ts';
import { crc8, crc16, sampleRateCodes, streamInfoEnd } from './format.ts';
import { createMd5 } from './md5.ts';

function md5(bytes: Uint8Array): Uint8Array {
  const hash = createMd5();
  hash.update(bytes);
  return hash.digest();
}

import {
  autocorrelate,
  bestFixedOrder,
  bestOrder,
  fixedResidual,
  type Predictor,
  quantise,
  residualOf,
  solve,
  type Window,
  windowsFor,
} from './prediction.ts';
import { parameterFor, planRice, type RicePlan, writeRice } from './rice.ts';

const blockLength = 4096;
const maxChannels = 8;
const maxSampleRate = 2 ** 20 - 1;

/** What each compression level tries; the names of levels are libFLAC's, the work is about the same. */
interface Effort {
  readonly maxOrder: number;
  readonly windows: number;
  readonly partitionOrder: number;
  readonly stereo: boolean;
}

const efforts: readonly Effort[] = [
  { maxOrder: 0, windows: 0, partitionOrder: 3, stereo: false },
  { maxOrder: 0, windows: 0, partitionOrder: 3, stereo: true },
  { maxOrder: 0, windows: 0, partitionOrder: 4, stereo: true },
  { maxOrder: 6, windows: 1, partitionOrder: 4, stereo: false },
  { maxOrder: 8, windows: 1, partitionOrder: 4, stereo: true },
  { maxOrder: 8, windows: 1, partitionOrder: 5, stereo: true },
  { maxOrder: 8, windows: 2, partitionOrder: 6, stereo: true },
  { maxOrder: 12, windows: 2, partitionOrder: 6, stereo: true },
  { maxOrder: 12, windows: 3, partitionOrder: 6, stereo: true },
];

/** One channel of one block, coded: how, and in how many bits. */
type Subframe = { readonly bits: number; readonly samples: Float64Array; readonly bitDepth: number } & (
  | { readonly kind: 'constant' | 'verbatim' }
  | {
      readonly kind: 'predicted';
      readonly order: number;
      readonly predictor: Predictor | undefined;
      readonly residual: Int32Array;
      readonly plan: RicePlan;
    }
);

/** Channel assignments beyond independent ones (section 9.1.3), as indices into left, right, mid, side. */
const stereoModes: readonly { readonly code: number; readonly first: number; readonly second: number }[] = [
  { code: 1, first: 0, second: 1 },
  { code: 8, first: 0, second: 3 },
  { code: 9, first: 3, second: 1 },
  { code: 10, first: 2, second: 3 },
];

interface Block {
  readonly code: number;
  readonly subframes: readonly Subframe[];
}

/** Encodes checked channels as a FLAC file. */
export function encodeFlacSamples(
  channels: readonly Float32Array[],
  sampleRate: number,
  options: { readonly bitDepth: 16 | 24; readonly compressionLevel?: number | undefined; readonly gain: number },
): Uint8Array<ArrayBuffer> {
  const { bitDepth, compressionLevel = 5, gain } = options;
  const effort = efforts[compressionLevel];
  if (!effort) throw new RangeError(`compressionLevel must be an integer 0-8, got ${compressionLevel}`);
  if (bitDepth !== 16 && bitDepth !== 24) throw new RangeError(`bitDepth must be 16 or 24, got ${String(bitDepth)}`);
  if (channels.length > maxChannels || !Number.isInteger(sampleRate) || sampleRate > maxSampleRate) {
    throw new SerializerError(
      'SERIALIZER_UNSUPPORTED_LAYOUT',
      `FLAC holds 1-8 channels at integer rates, got ${channels.length} at ${sampleRate} Hz: use f32-shuffle-deflate.`,
    );
  }
  const stride = channels.length;
  const integers = toIntegers(channels, bitDepth, gain);
  const length = integers.length / stride;
  const writer = new BitWriter(streamInfoEnd + integers.length + 64);
  for (let i = 0; i < streamInfoEnd; i++) writer.put(0, 8);
  writer.align();
  let windows = windowsFor(Math.min(blockLength, length), effort.windows);
  for (let from = 0, frame = 0; from < length; from += blockLength, frame++) {
    const size = Math.min(blockLength, length - from);
    if (size < blockLength && frame > 0) windows = windowsFor(size, effort.windows);
    const signals = channels.map((_, channel) => {
      const signal = new Float64Array(size);
      for (let i = 0, at = from * stride + channel; i < size; i++, at += stride) signal[i] = integers[at] as number;
      return signal;
    });
    const analyseOne = (samples: Float64Array, extraBits: number): Subframe =>
      analyse(samples, size, bitDepth + extraBits, effort, windows);
    const [left, right] = signals;
    const block: Block =
      effort.stereo && left && right && stride === 2
        ? encodeStereo(left, right, size, analyseOne)
        : { code: stride - 1, subframes: signals.map((signal) => analyseOne(signal, 0)) };
    const start = writer.length;
    writer.put(0xfff8, 16);
    writer.put(size === blockLength ? 12 : 7, 4);
    writer.put(sampleRateCodes.get(sampleRate) ?? 0, 4);
    writer.put(block.code, 4);
    writer.put(bitDepth === 16 ? 4 << 1 : 6 << 1, 4);
    putFrameNumber(writer, frame);
    if (size !== blockLength) writer.put(size - 1, 16);
    writer.align();
    writer.put(crc8(writer.bytes, start, writer.length), 8);
    for (const subframe of block.subframes) writeSubframe(writer, subframe, size);
    writer.align();
    writer.put(crc16(writer.bytes, start, writer.length), 16);
    writer.align();
  }
  const bytes = writer.bytes.slice();
  putStreamInfo(bytes, { sampleRate, channels: stride, bitDepth, length, hash: hashOf(integers, bitDepth) });
  return bytes;
}

function precisionFor(bitDepth: number, length: number): number {
  return bitDepth > 17
    ? length <= 384
      ? 13
      : length <= 1152
        ? 14
        : 15
    : length <= 1152
      ? 10
      : length <= 2304
        ? 11
        : 12;
}

function analyse(
  samples: Float64Array,
  length: number,
  bitDepth: number,
  effort: Effort,
  windows: readonly Window[],
): Subframe {
  const first = samples[0] as number;
  let same = 1;
  while (same < length && samples[same] === first) same++;
  if (same === length) return { kind: 'constant', bits: bitDepth, samples, bitDepth };
  let best: Subframe = { kind: 'verbatim', bits: length * bitDepth, samples, bitDepth };
  const consider = (order: number, predictor: Predictor | undefined, residual: Int32Array): void => {
    const plan = planRice(residual, length, order, effort.partitionOrder);
    const bits = order * bitDepth + (predictor ? 9 + order * predictor.precision : 0) + plan.bits;
    if (bits < best.bits) best = { kind: 'predicted', bits, samples, bitDepth, order, predictor, residual, plan };
  };
  const precision = precisionFor(bitDepth, length);
  for (const window of windows) {
    if (length <= effort.maxOrder) break;
    const { coefficients, errors } = solve(autocorrelate(samples, window, effort.maxOrder));
    if (errors.length === 0) continue;
    const chosen = coefficients[bestOrder(errors, window.to - window.from, precision + bitDepth) - 1];
    const predictor = chosen && quantise(chosen, precision);
    const residual = new Int32Array(length);
    if (predictor && residualOf(samples, length, predictor, residual)) {
      consider(predictor.coefficients.length, predictor, residual);
    }
  }
  if (length > 4) {
    const { order, sum } = bestFixedOrder(samples, length);
    // Folding doubles a magnitude. Splitting a block rarely gains more than a tenth: what is worse by that is not tried.
    if (parameterFor(2 * sum, length - order).bits < 1.1 * best.bits) {
      const residual = new Int32Array(length);
      fixedResidual(samples, length, order, residual);
      consider(order, undefined, residual);
    }
  }
  return best;
}

function writeSubframe(writer: BitWriter, subframe: Subframe, length: number): void {
  const { samples, bitDepth } = subframe;
  writer.put(0, 1);
  if (subframe.kind !== 'predicted') {
    const isConstant = subframe.kind === 'constant';
    writer.put(isConstant ? 0 : 2, 7);
    for (let i = 0; i < (isConstant ? 1 : length); i++) writer.putSigned(samples[i] as number, bitDepth);
    return;
  }
  const { order, predictor, residual, plan } = subframe;
  writer.put((predictor ? 32 | (order - 1) : 8 | order) << 1, 7);
  for (let i = 0; i < order; i++) writer.putSigned(samples[i] as number, bitDepth);
  if (predictor) {
    writer.put(predictor.precision - 1, 4);
    writer.putSigned(predictor.shift, 5);
    for (const coefficient of predictor.coefficients) writer.putSigned(coefficient, predictor.precision);
  }
  writeRice(writer, residual, length, order, plan);
}

function encodeStereo(
  left: Float64Array,
  right: Float64Array,
  length: number,
  analyseOne: (samples: Float64Array, extraBits: number) => Subframe,
): Block {
  const mid = new Float64Array(length);
  const side = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    const a = left[i] as number;
    const b = right[i] as number;
    mid[i] = Math.floor((a + b) / 2);
    side[i] = a - b;
  }
  const forms = [analyseOne(left, 0), analyseOne(right, 0), analyseOne(mid, 0), analyseOne(side, 1)];
  const costOf = ({ first, second }: { first: number; second: number }): number =>
    (forms[first]?.bits ?? 0) + (forms[second]?.bits ?? 0);
  const best = stereoModes.reduce((least, choice) => (costOf(choice) < costOf(least) ? choice : least));
  return { code: best.code, subframes: [forms[best.first] as Subframe, forms[best.second] as Subframe] };
}

/** Writes a frame number as UTF-8 writes characters, up to 36 bits (section 9.1.5); ours stay below 2^26. */
function putFrameNumber(writer: BitWriter, number: number): void {
  if (number < 0x80) {
    writer.put(number, 8);
    return;
  }
  const following = number < 0x800 ? 1 : number < 0x10000 ? 2 : number < 0x200000 ? 3 : 4;
  writer.put(((0xff80 >> following) & 0xff) | (number >> (6 * following)), 8);
  for (let i = following - 1; i >= 0; i--) writer.put(0x80 | ((number >> (6 * i)) & 0x3f), 8);
}

/** Turns float samples into interleaved integers of the bit depth. */
function toIntegers(channels: readonly Float32Array[], bitDepth: 16 | 24, gain: number): Int32Array {
  const stride = channels.length;
  const integers = new Int32Array((channels[0]?.length ?? 0) * stride);
  if (bitDepth === 16) return interleave16(channels, gain, integers);
  const scale = 2 ** 23 / gain;
  for (const [channel, samples] of channels.entries()) {
    for (let i = 0, at = channel; i < samples.length; i++, at += stride) {
      const value = Math.round((samples[i] as number) * scale);
      integers[at] = value > 8_388_607 ? 8_388_607 : value < -8_388_608 ? -8_388_608 : value;
    }
  }
  return integers;
}

function hashOf(integers: Int32Array, bitDepth: 16 | 24): Uint8Array {
  if (bitDepth === 16) return md5(new Uint8Array(Int16Array.from(integers).buffer));
  const bytes = new Uint8Array(integers.length * 3);
  for (let i = 0, at = 0; i < integers.length; i++) {
    const value = integers[i] as number;
    bytes[at++] = value;
    bytes[at++] = value >> 8;
    bytes[at++] = value >> 16;
  }
  return md5(bytes);
}

function putStreamInfo(
  bytes: Uint8Array,
  info: {
    readonly sampleRate: number;
    readonly channels: number;
    readonly bitDepth: number;
    readonly length: number;
    readonly hash: Uint8Array;
  },
): void {
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x664c6143); // fLaC
  view.setUint32(4, 0x80000022); // the last metadata block, STREAMINFO, 34 bytes
  view.setUint16(8, blockLength);
  view.setUint16(10, blockLength);
  // Frame sizes at 12-17 stay 0: unknown.
  view.setUint32(18, ((info.sampleRate << 12) | ((info.channels - 1) << 9) | ((info.bitDepth - 1) << 4)) >>> 0);
  view.setUint32(22, info.length);
  bytes.set(info.hash, 26);
}
