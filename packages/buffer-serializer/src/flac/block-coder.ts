import { quantise16, seedOf } from '../pcm/pcm.ts';
import { BitWriter } from './bit-writer.ts';
import { crc8, crc16, type FlacFormat, sampleRateCodes } from './format.ts';
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

/** Turns blocks of float samples into frames. */
export interface BlockCoder {
  /** Samples of each channel in a block; only the last may have fewer. */
  readonly blockLength: number;
  /** One plane of `blockLength` samples per channel: the caller fills them with the next block. */
  readonly planes: readonly Float32Array[];
  /** Encodes the first `size` samples of the planes. What it returns is valid until the next call. */
  encode(size: number, frameNumber: number): CodedBlock;
}

/** A frame, and its samples as the hash wants them: interleaved, little-endian. */
export interface CodedBlock {
  readonly frame: Uint8Array;
  readonly pcm: Uint8Array;
}

/** What each compression level tries. Levels are numbered as in libFLAC, and do about the same work. */
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

/** Channel assignments of stereo (RFC 9639 section 9.1.3), as indices into left, right, mid, side. */
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

/** Encodes any format at any level, in JavaScript. */
export class PlainBlockCoder implements BlockCoder {
  readonly planes: readonly Float32Array[];
  readonly blockLength: number = blockLength;
  readonly #format: FlacFormat;
  readonly #effort: Effort;
  readonly #dither: number[];
  readonly #integers: Int32Array;
  #windows: readonly Window[] = [];
  #windowSize = -1;

  constructor(format: FlacFormat) {
    const { numberOfChannels, compressionLevel } = format;
    this.#format = format;
    this.#effort = efforts[compressionLevel] as Effort;
    this.planes = Array.from({ length: numberOfChannels }, () => new Float32Array(blockLength));
    this.#dither = this.planes.map((_, channel) => seedOf(channel));
    this.#integers = new Int32Array(blockLength * numberOfChannels);
  }

  encode(size: number, frameNumber: number): CodedBlock {
    const { numberOfChannels: stride, bitDepth } = this.#format;
    this.#quantise(size);
    const signals = this.planes.map((_, channel) => {
      const signal = new Float64Array(size);
      for (let i = 0, at = channel; i < size; i++, at += stride) signal[i] = this.#integers[at] as number;
      return signal;
    });
    if (size !== this.#windowSize) {
      this.#windows = windowsFor(size, this.#effort.windows);
      this.#windowSize = size;
    }
    const analyseOne = (samples: Float64Array, extraBits: number): Subframe =>
      analyse(samples, size, bitDepth + extraBits, this.#effort, this.#windows);
    const [left, right] = signals;
    const block: Block =
      this.#effort.stereo && left && right && stride === 2
        ? encodeStereo(left, right, size, analyseOne)
        : { code: stride - 1, subframes: signals.map((signal) => analyseOne(signal, 0)) };
    return { frame: this.#write(block, size, frameNumber), pcm: this.#pcm(size) };
  }

  #write(block: Block, size: number, frameNumber: number): Uint8Array {
    const writer = new BitWriter(size * this.#format.numberOfChannels + 64);
    writer.put(0xfff8, 16);
    writer.put(size === blockLength ? 12 : 7, 4);
    writer.put(sampleRateCodes.get(this.#format.sampleRate) ?? 0, 4);
    writer.put(block.code, 4);
    writer.put(this.#format.bitDepth === 16 ? 4 << 1 : 6 << 1, 4);
    putFrameNumber(writer, frameNumber);
    if (size !== blockLength) writer.put(size - 1, 16);
    writer.align();
    writer.put(crc8(writer.bytes, 0, writer.length), 8);
    for (const subframe of block.subframes) writeSubframe(writer, subframe, size);
    writer.align();
    writer.put(crc16(writer.bytes, 0, writer.length), 16);
    writer.align();
    return writer.bytes;
  }

  /** Turns the planes into interleaved integers. */
  #quantise(size: number): void {
    const { numberOfChannels: stride, bitDepth, gain } = this.#format;
    const scale = 2 ** (bitDepth - 1) / gain;
    const most = 2 ** (bitDepth - 1) - 1;
    for (const [channel, plane] of this.planes.entries()) {
      const samples = plane.subarray(0, size);
      if (bitDepth === 16) {
        const state = this.#dither[channel] as number;
        this.#dither[channel] = quantise16(samples, scale, state, this.#integers, channel, stride);
        continue;
      }
      for (let i = 0, at = channel; i < size; i++, at += stride) {
        const value = Math.round((samples[i] as number) * scale);
        this.#integers[at] = value > most ? most : value < -most - 1 ? -most - 1 : value;
      }
    }
  }

  #pcm(size: number): Uint8Array {
    const { numberOfChannels, bitDepth } = this.#format;
    const integers = this.#integers.subarray(0, size * numberOfChannels);
    if (bitDepth === 16) return new Uint8Array(Int16Array.from(integers).buffer);
    const bytes = new Uint8Array(integers.length * 3);
    for (let i = 0, at = 0; i < integers.length; i++) {
      const value = integers[i] as number;
      bytes[at++] = value;
      bytes[at++] = value >> 8;
      bytes[at++] = value >> 16;
    }
    return bytes;
  }
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

/** Writes a frame number as UTF-8 writes characters, up to 36 bits (RFC 9639 section 9.1.5); ours stay below 2^26. */
function putFrameNumber(writer: BitWriter, number: number): void {
  if (number < 0x80) {
    writer.put(number, 8);
    return;
  }
  const following = number < 0x800 ? 1 : number < 0x10000 ? 2 : number < 0x200000 ? 3 : 4;
  writer.put(((0xff80 >> following) & 0xff) | (number >> (6 * following)), 8);
  for (let i = following - 1; i >= 0; i--) writer.put(0x80 | ((number >> (6 * i)) & 0x3f), 8);
}
