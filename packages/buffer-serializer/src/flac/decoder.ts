import { SerializerError } from '../errors.ts';
import { type Layout, lengthMismatch } from '../limits.ts';
import { BitReader } from './bit-reader.ts';
import { crc8, crc16, sampleRateCodes, streamInfoEnd } from './format.ts';
import { weigh } from './prediction.ts';

const maxBlockLength = 65_536;
/** Header, two checksums and the shortest subframe: no frame is shorter. */
const minFrameBytes = 10;
const maxBitDepth = 24;

/** The contents of STREAMINFO (RFC 9639 section 8.2), and where the first frame starts. */
export interface FlacFile {
  readonly sampleRate: number;
  readonly numberOfChannels: number;
  readonly bitDepth: number;
  readonly length: number;
  readonly framesAt: number;
}

/** Reads the metadata of a FLAC file; checks that its frames can hold what STREAMINFO claims. */
export function inspectFlac(bytes: Uint8Array): FlacFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < streamInfoEnd || view.getUint32(0) !== 0x664c6143) throw corrupt('no fLaC mark.');
  if ((view.getUint32(4) & 0x7fffffff) !== 34) throw corrupt('STREAMINFO does not come first.');
  const facts = view.getUint32(18);
  let framesAt = 4;
  for (let last = false; !last; ) {
    if (framesAt + 4 > bytes.length) throw corrupt('the metadata are cut short.');
    const block = view.getUint32(framesAt);
    last = block >>> 31 === 1;
    framesAt += 4 + (block & 0xffffff);
  }
  const file = {
    sampleRate: facts >>> 12,
    numberOfChannels: ((facts >>> 9) & 7) + 1,
    bitDepth: ((facts >>> 4) & 31) + 1,
    length: (facts & 15) * 2 ** 32 + view.getUint32(22),
    framesAt,
  };
  if (file.bitDepth > maxBitDepth) {
    throw new SerializerError('SERIALIZER_UNSUPPORTED_LAYOUT', `FLAC of ${file.bitDepth} bits is not supported.`);
  }
  const most = Math.floor(Math.max(0, bytes.length - framesAt) / minFrameBytes) * maxBlockLength;
  if (file.length > most) throw lengthMismatch(file.length, `at most ${most}`);
  return file;
}

/** Inspects a file and compares it with a checked layout. */
export function inspectFlacAs(bytes: Uint8Array, layout: Layout): FlacFile {
  const file = inspectFlac(bytes);
  if (file.numberOfChannels !== layout.numberOfChannels || file.sampleRate !== layout.sampleRate) {
    throw corrupt(
      `${file.numberOfChannels} channels at ${file.sampleRate} Hz, the header says ${layout.numberOfChannels} at ${layout.sampleRate}.`,
    );
  }
  if (file.length !== layout.length) throw lengthMismatch(layout.length, file.length);
  return file;
}

interface FrameHeader {
  readonly size: number;
  readonly assignment: number;
}

function readFrameHeader(reader: BitReader, bytes: Uint8Array, file: FlacFile): FrameHeader {
  const start = reader.byteOffset;
  if (reader.read(15) !== 0x7ffc) throw corrupt(`no frame at byte ${start}.`);
  reader.read(1);
  const sizeCode = reader.read(4);
  const rateCode = reader.read(4);
  const assignment = reader.read(4);
  const depthCode = reader.read(3);
  const reserved = reader.read(1);
  // The frame's number is not needed: frames are read in order.
  const leading = reader.read(8);
  const following = leading < 0x80 ? 0 : Math.clz32(~(leading << 24)) - 1;
  if (reserved !== 0 || following < 0 || following > 6 || (leading >= 0x80 && following === 0)) {
    throw corrupt(`the frame header at byte ${start} is malformed.`);
  }
  for (let i = 0; i < following; i++) reader.read(8);
  const size =
    sizeCode === 6
      ? reader.read(8) + 1
      : sizeCode === 7
        ? reader.read(16) + 1
        : sizeCode === 1
          ? 192
          : sizeCode < 6
            ? 144 << sizeCode
            : 1 << sizeCode;
  const rate =
    rateCode === 12
      ? reader.read(8) * 1000
      : rateCode === 13
        ? reader.read(16)
        : rateCode === 14
          ? reader.read(16) * 10
          : rateCode;
  const depth = [0, 8, 12, -1, 16, 20, 24, 32][depthCode] ?? -1;
  const end = reader.byteOffset;
  if (reader.read(8) !== crc8(bytes, start, end)) throw corrupt(`the frame header at byte ${start} is damaged.`);
  const channels = assignment < 8 ? assignment + 1 : assignment < 11 ? 2 : -1;
  const sameRate = rateCode === 0 || rate === (rateCode < 12 ? sampleRateCodes.get(file.sampleRate) : file.sampleRate);
  if (sizeCode === 0 || channels !== file.numberOfChannels || !sameRate || (depth !== 0 && depth !== file.bitDepth)) {
    throw corrupt(`the frame at byte ${start} contradicts STREAMINFO.`);
  }
  return { size, assignment };
}

function readResidual(reader: BitReader, signal: Float64Array, size: number, order: number): void {
  const method = reader.read(2);
  if (method > 1) throw corrupt('unknown residual coding.');
  const width = method === 0 ? 4 : 5;
  const verbatim = method === 0 ? 15 : 31;
  const partitionOrder = reader.read(4);
  const partition = size >> partitionOrder;
  if (partition << partitionOrder !== size || partition < order) throw corrupt('the residual does not divide evenly.');
  for (let part = 0; part < 1 << partitionOrder; part++) {
    const from = part === 0 ? order : part * partition;
    const end = (part + 1) * partition;
    const k = reader.read(width);
    if (k !== verbatim) reader.readRice(signal, from, end, k);
    else {
      const bits = reader.read(5);
      if (bits > 25) throw corrupt('an escaped residual is too wide.');
      for (let i = from; i < end; i++) signal[i] = bits === 0 ? 0 : reader.readSigned(bits);
    }
    if (reader.overrun) throw corrupt('a frame is cut short.');
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
  if (header & 128) throw corrupt('a subframe header is malformed.');
  const wasted = header & 1 ? reader.readUnary() + 1 : 0;
  const depth = bitDepth - wasted;
  if (depth < 1) throw corrupt('a subframe wastes all its bits.');
  const order = type >= 32 ? type - 31 : type >= 8 ? type - 8 : 0;
  if (type === 0) signal.fill(reader.readSigned(depth), 0, size);
  else if (type === 1) for (let i = 0; i < size; i++) signal[i] = reader.readSigned(depth);
  else {
    if ((type < 32 && !(type >= 8 && order <= 4)) || order > size) throw corrupt(`subframe type ${type} is not valid.`);
    for (let i = 0; i < order; i++) signal[i] = reader.readSigned(depth);
    let coefficients: readonly number[] = fixedCoefficients[order as 0] ?? [];
    let shift = 0;
    if (type >= 32) {
      const precision = reader.read(4) + 1;
      shift = reader.readSigned(5);
      if (precision === 16 || shift < 0) throw corrupt('a predictor is malformed.');
      coefficients = Array.from({ length: order }, () => reader.readSigned(precision));
    }
    readResidual(reader, signal, size, order);
    restore(signal, size, coefficients, shift);
  }
  if (reader.overrun) throw corrupt('a frame is cut short.');
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

/** Decodes the frames of an inspected file. Takes memory for exactly `file.length` frames, whatever follows. */
export function decodeFlacFrames(bytes: Uint8Array, file: FlacFile): Float32Array[] {
  const { numberOfChannels, bitDepth, length } = file;
  const channels = Array.from({ length: numberOfChannels }, () => new Float32Array(length));
  const signals = channels.map(() => new Float64Array(maxBlockLength));
  const reader = new BitReader(bytes);
  reader.seek(file.framesAt);
  const limit = 2 ** (bitDepth - 1);
  let done = 0;
  while (done < length) {
    const start = reader.byteOffset;
    const { size, assignment } = readFrameHeader(reader, bytes, file);
    if (size > length - done) throw lengthMismatch(length, 'more');
    for (const [channel, signal] of signals.entries()) {
      const isSide = (channel === 1 && (assignment === 8 || assignment === 10)) || (channel === 0 && assignment === 9);
      readSubframe(reader, signal, size, bitDepth + (isSide ? 1 : 0));
    }
    const [first, second] = signals;
    if (assignment >= 8 && first && second) recombine(first, second, size, assignment);
    const padded = reader.align();
    const end = reader.byteOffset;
    if (!padded || reader.read(16) !== crc16(bytes, start, end) || reader.overrun) {
      throw corrupt(`the frame at byte ${start} is damaged.`);
    }
    for (const [channel, signal] of signals.entries()) {
      const samples = channels[channel] as Float32Array;
      for (let i = 0; i < size; i++) {
        const value = signal[i] as number;
        if (!(value >= -limit && value < limit)) {
          throw corrupt(`the frame at byte ${start} overflows ${bitDepth} bits.`);
        }
        samples[done + i] = value / limit;
      }
    }
    done += size;
  }
  if (reader.byteOffset !== bytes.length) throw lengthMismatch(length, 'more');
  return channels;
}

/** Decodes a file that must match a checked layout. */
export function decodeFlacAs(bytes: Uint8Array, layout: Layout): Float32Array[] {
  return decodeFlacFrames(bytes, inspectFlacAs(bytes, layout));
}

/**
 * Refuses a file whose frames hold far more than its length, for decoders that cannot be stopped on the way. Looks for
 * every frame header with a correct checksum; about one in 10 million random bytes looks like one, hence the room.
 */
export function checkFlacFrames(bytes: Uint8Array, file: FlacFile): void {
  const reader = new BitReader(bytes);
  let frames = 0;
  for (let at = bytes.indexOf(0xff, file.framesAt); at !== -1; at = bytes.indexOf(0xff, at + 1)) {
    if (((bytes[at + 1] ?? 0) & 0xfe) !== 0xf8) continue;
    reader.seek(at);
    frames += frameSizeAt(reader, bytes, file);
    if (frames > file.length * 2 + maxBlockLength) throw lengthMismatch(file.length, 'far more');
  }
}

function frameSizeAt(reader: BitReader, bytes: Uint8Array, file: FlacFile): number {
  try {
    return readFrameHeader(reader, bytes, file).size;
  } catch {
    return 0; // two bytes of sound that look like a frame
  }
}

function corrupt(message: string): SerializerError {
  return new SerializerError('SERIALIZER_CORRUPT', `Not FLAC: ${message}`);
}
