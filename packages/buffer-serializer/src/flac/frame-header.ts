import { type Layout, lengthMismatch } from '../limits.ts';
import { BitReader } from './bit-reader.ts';
import { corruptFlac, type FlacFile, inspectFlacAs } from './file.ts';
import { crc8, maxBlockLength, sampleRateCodes } from './format.ts';

/** What a frame's header (RFC 9639 section 9.1) says about the frame. */
export interface FrameHeader {
  readonly size: number;
  readonly assignment: number;
}

/** Reads and checks the header at the position of `reader`, which must agree with STREAMINFO. */
export function readFrameHeader(reader: BitReader, bytes: Uint8Array, file: FlacFile): FrameHeader {
  const start = reader.byteOffset;
  if (reader.read(15) !== 0x7ffc) throw corruptFlac(`no frame at byte ${start}.`);
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
    throw corruptFlac(`the frame header at byte ${start} is malformed.`);
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
  if (reader.read(8) !== crc8(bytes, start, end)) throw corruptFlac(`the frame header at byte ${start} is damaged.`);
  const channels = assignment < 8 ? assignment + 1 : assignment < 11 ? 2 : -1;
  const sameRate = rateCode === 0 || rate === (rateCode < 12 ? sampleRateCodes.get(file.sampleRate) : file.sampleRate);
  if (sizeCode === 0 || channels !== file.numberOfChannels || !sameRate || (depth !== 0 && depth !== file.bitDepth)) {
    throw corruptFlac(`the frame at byte ${start} contradicts STREAMINFO.`);
  }
  return { size, assignment };
}

/**
 * Refuses a file that does not match a checked layout, or whose frames hold far more than its length, for decoders that
 * cannot be stopped on the way. Looks for every frame header with a correct checksum; about one in 10 million random
 * bytes looks like one, hence the margin.
 */
export function checkFlacFrames(bytes: Uint8Array, layout: Layout): void {
  const file = inspectFlacAs(bytes, layout);
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
