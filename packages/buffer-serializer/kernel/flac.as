/**
 * Encodes one block of 16-bit FLAC in one or two channels with fixed predictors, in WebAssembly with SIMD (AssemblyScript).
 * Left, right, mid and side are the four lanes of a vector, so that one pass serves them all.
 *
 * The caller writes float32 samples to PLANES and calls `encode`; the frame is at OUT, and the samples as 16-bit integers at
 * PCM, for the hash. Integers and exact doubles only: the bytes are the same on every machine.
 */
import { align, fillTables, open, put, putCrc8, putCrc16, putNumber, written } from './bits';
import { bitsOf, choose, maxOrder, sum } from './choose';
import { blockLength, OUT, PCM, PLANES } from './memory';
import { quantise, seedDither } from './quantise';
import { putSubframe } from './subframe';

const maxPartitionOrder: i32 = 4;

/** Where the caller writes samples. */
export function planes(): usize {
  return PLANES;
}

/** Where the caller reads 16-bit samples. */
export function pcm(): usize {
  return PCM;
}

/** Where the caller reads the frame. */
export function out(): usize {
  return OUT;
}

/** Prepares the tables, and the dither of a stream. */
export function start(seed: i32): void {
  fillTables();
  seedDither(seed);
}

/**
 * Encodes `size` samples of each channel as frame number `frame`.
 *
 * @param scale Factor from a sample to 16-bit steps.
 * @param rateCode Code of the sample rate in a frame's header.
 * @returns the bytes at OUT.
 */
export function encode(size: i32, channels: i32, frame: u32, rateCode: u32, scale: f64): i32 {
  const isStereo = channels == 2;
  quantise(size, isStereo, scale);
  let partitionOrder: i32 = 0;
  while (partitionOrder < maxPartitionOrder && (size & ((2 << partitionOrder) - 1)) == 0 && size >> (partitionOrder + 1) > maxOrder) {
    partitionOrder++;
  }
  const parts = 1 << partitionOrder;
  sum(size, size >> partitionOrder, parts);
  let assignment: u32 = channels - 1;
  let first: i32 = 0;
  let second: i32 = 1;
  const left = choose(size, parts, 0);
  const right = isStereo ? choose(size, parts, 1) : 0;
  const mid = isStereo ? choose(size, parts, 2) : 0;
  const side = isStereo ? choose(size, parts, 3) : 0;
  if (isStereo) {
    let least = bitsOf(left) + bitsOf(right);
    if (bitsOf(left) + bitsOf(side) < least) {
      least = bitsOf(left) + bitsOf(side);
      assignment = 8;
      second = 3;
    }
    if (bitsOf(side) + bitsOf(right) < least) {
      least = bitsOf(side) + bitsOf(right);
      assignment = 9;
      first = 3;
      second = 1;
    }
    if (bitsOf(mid) + bitsOf(side) < least) {
      assignment = 10;
      first = 2;
      second = 3;
    }
  }
  open();
  put(0xfff8, 16);
  put(((size == blockLength ? 11 : 7) << 4) | rateCode, 8);
  put((assignment << 4) | (4 << 1), 8);
  putNumber(frame);
  if (size != blockLength) put(size - 1, 16);
  align();
  putCrc8();
  putSubframe(size, first, first == 0 ? left : first == 2 ? mid : side, partitionOrder);
  if (isStereo) putSubframe(size, second, second == 1 ? right : side, partitionOrder);
  align();
  putCrc16();
  align();
  return written();
}
