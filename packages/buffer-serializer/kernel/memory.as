/** Where everything lies in the memory of the kernel, in bytes. */

/** Samples of a block. */
export const blockLength: i32 = 2048;

export const PLANES: usize = 0x400; // float32, one plane after the other
export const LANES: usize = PLANES + 2 * blockLength * 4; // i32x4: left, right, mid, side
export const PCM: usize = LANES + blockLength * 16; // int16, interleaved
export const FOLDED: usize = PCM + blockLength * 4; // u32: the residual, folded
export const SUMS: usize = FOLDED + blockLength * 4; // i32x4 for each order of each part
export const PARTS: usize = SUMS + 32 * 5 * 16; // u64 for each part of the residual
export const PARAMETERS: usize = PARTS + 32 * 8; // u8 for each partition, of the split in question
export const CHOSEN: usize = PARAMETERS + 32; // u8 for each partition, of the best split
export const DITHER: usize = CHOSEN + 32; // i32x4: the state of each channel
export const CRC8: usize = DITHER + 16; // u8
export const CRC16: usize = CRC8 + 256; // u16
export const OUT: usize = CRC16 + 512;

/** Reads a sample of a lane: 0 left, 1 right, 2 mid, 3 side. */
// @ts-ignore: decorator
@inline
export function sample(lane: i32, i: i32): i32 {
  return load<i32>(LANES + <usize>i * 16 + <usize>lane * 4);
}
