/** Writes bits, highest first, from OUT on. Up to 32 wait in `pending`. */
import { CRC8, CRC16, FOLDED, OUT } from './memory';

let at: usize = OUT;
let pending: u64 = 0;
let filled: i32 = 0;

/** Prepares the tables of the checksums. */
export function fillTables(): void {
  for (let byte: u32 = 0; byte < 256; byte++) {
    let crc8: u32 = byte;
    let crc16: u32 = byte << 8;
    for (let bit = 0; bit < 8; bit++) {
      crc8 = (crc8 << 1) ^ (crc8 & 0x80 ? 0x07 : 0);
      crc16 = (crc16 << 1) ^ (crc16 & 0x8000 ? 0x8005 : 0);
    }
    store<u8>(CRC8 + byte, <u8>crc8);
    store<u16>(CRC16 + byte * 2, <u16>crc16);
  }
}

/** Starts a frame. */
export function open(): void {
  at = OUT;
  pending = 0;
  filled = 0;
}

/** Counts the bytes that have been written. */
export function written(): i32 {
  return <i32>(at - OUT);
}

/** Writes the low `count` bits, 0-32; the bits above them must be 0. */
// @ts-ignore: decorator
@inline
export function put(value: u32, count: i32): void {
  pending = (pending << count) | value;
  filled += count;
  if (filled >= 32) {
    filled -= 32;
    store<u32>(at, bswap<u32>(<u32>(pending >> filled)));
    at += 4;
  }
}

export function putRice(from: i32, end: i32, k: i32): void {
  // Globals are slow in a loop.
  let bits = pending;
  let count = filled;
  let to = at;
  const stop: u32 = 1 << k;
  for (let i = from; i < end; i++) {
    const folded = load<u32>(FOLDED + (<usize>i << 2));
    let zeros = <i32>(folded >> k);
    while (zeros + 1 + k > 32) {
      const some = min(zeros, 31);
      bits <<= some;
      count += some;
      zeros -= some;
      if (count >= 32) {
        count -= 32;
        store<u32>(to, bswap<u32>(<u32>(bits >> count)));
        to += 4;
      }
    }
    bits = (bits << (zeros + 1 + k)) | (stop | (folded & (stop - 1)));
    count += zeros + 1 + k;
    if (count >= 32) {
      count -= 32;
      store<u32>(to, bswap<u32>(<u32>(bits >> count)));
      to += 4;
    }
  }
  pending = bits;
  filled = count;
  at = to;
}

/** Fills the last byte with zero bits, and writes what waits. */
export function align(): void {
  const rest = -filled & 7;
  put(0, rest);
  for (; filled > 0; filled -= 8) store<u8>(at++, <u8>(pending >> (filled - 8)));
}

/** Writes a number as UTF-8 writes characters, up to 31 bits (RFC 9639 section 9.1.5). */
export function putNumber(number: u32): void {
  if (number < 0x80) {
    put(number, 8);
    return;
  }
  let following = 1;
  while (following < 5 && number >> (5 * following + 6) != 0) following++;
  put(((0xff80 >> following) & 0xff) | (number >> (6 * following)), 8);
  for (let i = following - 1; i >= 0; i--) put(0x80 | ((number >> (6 * i)) & 0x3f), 8);
}

/** Writes the CRC-8 of all bytes so far. */
export function putCrc8(): void {
  let crc: u32 = 0;
  for (let byte = OUT; byte < at; byte++) crc = load<u8>(CRC8 + (crc ^ load<u8>(byte)));
  put(crc, 8);
}

/** Writes the CRC-16 of all bytes so far. */
export function putCrc16(): void {
  let crc: u32 = 0;
  for (let byte = OUT; byte < at; byte++) {
    crc = ((crc << 8) & 0xffff) ^ load<u16>(CRC16 + (((crc >> 8) ^ load<u8>(byte)) << 1));
  }
  put(crc, 16);
}
