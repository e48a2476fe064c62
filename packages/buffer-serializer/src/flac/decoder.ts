import { SerializerError } from '../errors.ts';
import { type Layout, lengthMismatch } from '../limits.ts';
import { BitReader } from './bit-reader.ts';
import { corruptFlac, type FlacFile, inspectFlacAs, isOnlyTags } from './file.ts';
import { crc16, maxBlockLength } from './format.ts';
import { readFrameHeader } from './frame-header.ts';
import { createMd5 } from './md5.ts';
import { weigh } from './prediction.ts';

/** What `decodeFlacFrames` does besides decoding. */
export interface FlacDecoding {
  /** The most samples of each channel where the file does not state its length; more is `SERIALIZER_LIMIT`. */
  readonly maxLength: number;
  /** Called with the MD5 of the decoded samples where the file states one. */
  readonly onHash?: (hash: Uint8Array) => void;
}

/**
 * Decodes the frames of an inspected file. Takes memory for exactly `file.length` samples of each channel, whatever
 * follows; where the file does not state its length, memory grows with what is decoded.
 */
export function decodeFlacFrames(bytes: Uint8Array, file: FlacFile, decoding: FlacDecoding): Float32Array[] {
  const { bitDepth, length } = file;
  const { maxLength, onHash } = decoding;
  let channels = Array.from({ length: file.numberOfChannels }, () => new Float32Array(length ?? 0));
  const signals = channels.map(() => new Float64Array(maxBlockLength));
  const hash = file.hash && onHash && createMd5();
  const reader = new BitReader(bytes);
  reader.seek(file.framesAt);
  let done = 0;
  while (length === undefined ? !isOnlyTags(bytes.subarray(reader.byteOffset)) : done < length) {
    const size = readFrame(reader, bytes, file, signals);
    if (length !== undefined && size > length - done) throw lengthMismatch(length, 'more');
    if (length === undefined && done + size > (channels[0] as Float32Array).length) {
      channels = grow(channels, done + size, maxLength);
    }
    if (hash) hash.update(integersOf(signals, size, bitDepth));
    const scale = 2 ** (1 - bitDepth);
    for (const [channel, signal] of signals.entries()) {
      const samples = channels[channel] as Float32Array;
      for (let i = 0; i < size; i++) samples[done + i] = (signal[i] as number) * scale;
    }
    done += size;
  }
  if (length !== undefined && !isOnlyTags(bytes.subarray(reader.byteOffset))) throw lengthMismatch(length, 'more');
  if (hash) onHash?.(hash.digest());
  return length === undefined ? channels.map((samples) => samples.slice(0, done)) : channels;
}

/** Decodes a file that must match a checked layout. */
export function decodeFlacAs(bytes: Uint8Array, layout: Layout): Float32Array[] {
  return decodeFlacFrames(bytes, inspectFlacAs(bytes, layout), { maxLength: layout.length });
}

/** Decodes one frame as integers. @returns its length. */
function readFrame(reader: BitReader, bytes: Uint8Array, file: FlacFile, signals: readonly Float64Array[]): number {
  const start = reader.byteOffset;
  const { size, assignment } = readFrameHeader(reader, bytes, file);
  for (const [channel, signal] of signals.entries()) {
    const isSide = (channel === 1 && (assignment === 8 || assignment === 10)) || (channel === 0 && assignment === 9);
    readSubframe(reader, signal, size, file.bitDepth + (isSide ? 1 : 0));
  }
  const [first, second] = signals;
  if (assignment >= 8 && first && second) recombine(first, second, size, assignment);
  const padded = reader.align();
  const end = reader.byteOffset;
  if (!padded || reader.read(16) !== crc16(bytes, start, end) || reader.overrun) {
    throw corruptFlac(`the frame at byte ${start} is damaged.`);
  }
  const limit = 2 ** (file.bitDepth - 1);
  for (const signal of signals) {
    for (let i = 0; i < size; i++) {
      const value = signal[i] as number;
      if (!(value >= -limit && value < limit)) {
        throw corruptFlac(`the frame at byte ${start} overflows ${file.bitDepth} bits.`);
      }
    }
  }
  return size;
}

/** Makes room for twice `length` samples of each channel, up to the limit. */
function grow(channels: readonly Float32Array[], length: number, maxLength: number): Float32Array<ArrayBuffer>[] {
  if (length > maxLength) {
    throw new SerializerError(
      'SERIALIZER_LIMIT',
      `The data hold more than ${maxLength} frames in ${channels.length} channels. Send less, or raise maxSamples.`,
    );
  }
  return channels.map((samples) => {
    const longer = new Float32Array(Math.min(maxLength, length * 2));
    longer.set(samples);
    return longer;
  });
}

/** Interleaves decoded integers as their hash wants them: little-endian, in whole bytes (section 8.2). */
function integersOf(signals: readonly Float64Array[], size: number, bitDepth: number): Uint8Array {
  const width = Math.ceil(bitDepth / 8);
  const bytes = new Uint8Array(size * signals.length * width);
  for (const [channel, signal] of signals.entries()) {
    for (let i = 0, at = channel * width; i < size; i++, at += signals.length * width) {
      const value = signal[i] as number;
      for (let byte = 0; byte < width; byte++) bytes[at + byte] = value >> (8 * byte);
    }
  }
  return bytes;
}

function readResidual(reader: BitReader, signal: Float64Array, size: number, order: number): void {
  const method = reader.read(2);
  if (method > 1) throw corruptFlac('unknown residual coding.');
  const width = method === 0 ? 4 : 5;
  const verbatim = method === 0 ? 15 : 31;
  const partitionOrder = reader.read(4);
  const partition = size >> partitionOrder;
  if (partition << partitionOrder !== size || partition < order) {
    throw corruptFlac('the residual does not divide evenly.');
  }
  for (let part = 0; part < 1 << partitionOrder; part++) {
    const from = part === 0 ? order : part * partition;
    const end = (part + 1) * partition;
    const k = reader.read(width);
    if (k !== verbatim) reader.readRice(signal, from, end, k);
    else {
      const bits = reader.read(5);
      for (let i = from; i < end; i++) signal[i] = bits === 0 ? 0 : reader.readSigned(bits);
    }
    if (reader.overrun) throw corruptFlac('a frame is cut short.');
  }
}

/** Adds predictions to residuals in place. Doubles hold every sum of a valid file exactly. */
function restore(signal: Float64Array, size: number, coefficients: readonly number[], shift: number): void {
  const order = coefficients.length;
  const factors = Float64Array.from(coefficients);
  const scale = 2 ** -shift;
  for (let i = order; i < size; i++) signal[i] = (signal[i] as number) + Math.floor(weigh(factors, signal, i) * scale);
}

/** Fixed predictors (section 9.2.5) as coefficients. */
const fixedCoefficients = [[], [1], [2, -1], [3, -3, 1], [4, -6, 4, -1]] as const;

function readSubframe(reader: BitReader, signal: Float64Array, size: number, bitDepth: number): void {
  const header = reader.read(8);
  const type = (header >> 1) & 63;
  if (header & 128) throw corruptFlac('a subframe header is malformed.');
  const wasted = header & 1 ? reader.readUnary() + 1 : 0;
  const depth = bitDepth - wasted;
  if (depth < 1) throw corruptFlac('a subframe wastes all its bits.');
  const order = type >= 32 ? type - 31 : type >= 8 ? type - 8 : 0;
  if (type === 0) signal.fill(reader.readSigned(depth), 0, size);
  else if (type === 1) for (let i = 0; i < size; i++) signal[i] = reader.readSigned(depth);
  else {
    if ((type < 32 && !(type >= 8 && order <= 4)) || order > size) {
      throw corruptFlac(`subframe type ${type} is not valid.`);
    }
    for (let i = 0; i < order; i++) signal[i] = reader.readSigned(depth);
    let coefficients: readonly number[] = fixedCoefficients[order as 0] ?? [];
    let shift = 0;
    if (type >= 32) {
      const precision = reader.read(4) + 1;
      shift = reader.readSigned(5);
      if (precision === 16 || shift < 0) throw corruptFlac('a predictor is malformed.');
      coefficients = Array.from({ length: order }, () => reader.readSigned(precision));
    }
    readResidual(reader, signal, size, order);
    restore(signal, size, coefficients, shift);
  }
  if (reader.overrun) throw corruptFlac('a frame is cut short.');
  if (wasted > 0) for (let i = 0; i < size; i++) signal[i] = (signal[i] as number) * 2 ** wasted;
}

/** Turns left/side, side/right or mid/side into left and right, in place. */
function recombine(first: Float64Array, second: Float64Array, size: number, assignment: number): void {
  for (let i = 0; i < size; i++) {
    const a = first[i] as number;
    const b = second[i] as number;
    if (assignment === 8) second[i] = a - b;
    else if (assignment === 9) first[i] = a + b;
    else {
      const right = a - Math.floor(b / 2);
      first[i] = right + b;
      second[i] = right;
    }
  }
}
