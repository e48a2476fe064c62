/** Tables and checksums of FLAC (RFC 9639) that its writer and reader share. */

/** Sample rates with a code of their own in a frame header (section 9.1.2). */
export const sampleRateCodes: ReadonlyMap<number, number> = new Map([
  [88_200, 1],
  [176_400, 2],
  [192_000, 3],
  [8000, 4],
  [16_000, 5],
  [22_050, 6],
  [24_000, 7],
  [32_000, 8],
  [44_100, 9],
  [48_000, 10],
  [96_000, 11],
]);

/** What a writer writes; samples are divided by `gain`. */
export interface FlacFormat {
  readonly numberOfChannels: number;
  readonly sampleRate: number;
  readonly bitDepth: 16 | 24;
  readonly compressionLevel: number;
  readonly gain: number;
}

/** The most samples of each channel that a frame can hold. */
export const maxBlockLength = 65_536;

/** Bytes of `fLaC`, the header of a metadata block and STREAMINFO. */
export const streamInfoEnd: number = 4 + 4 + 34;

const crc8Table = crcTable(8, 0x07);
const crc16Table = crcTable(16, 0x8005);

/** Checksum of a frame's header (section 9.1.8). */
export function crc8(bytes: Uint8Array, from: number, to: number): number {
  let crc = 0;
  for (let i = from; i < to; i++) crc = crc8Table[crc ^ (bytes[i] as number)] as number;
  return crc;
}

/** Checksum of a whole frame (section 9.3). */
export function crc16(bytes: Uint8Array, from: number, to: number): number {
  let crc = 0;
  for (let i = from; i < to; i++) {
    crc = ((crc << 8) & 0xffff) ^ (crc16Table[(crc >> 8) ^ (bytes[i] as number)] as number);
  }
  return crc;
}

function crcTable(width: 8 | 16, polynomial: number): Uint16Array {
  return Uint16Array.from({ length: 256 }, (_, byte) => {
    let crc = byte << (width - 8);
    for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ (crc & (1 << (width - 1)) ? polynomial : 0);
    return crc & (2 ** width - 1);
  });
}
