/** Where everything lies in the memory of the kernel, in bytes. Two channels are the two lanes of a vector of doubles. */

/** Most frames of a block: 100 ms at 192 kHz fit in. */
export const blockLength: i32 = 19_456;
/** Frames before and after a block that a peak between its samples depends on. */
export const margin: i32 = 16;
/** Taps to each side of a point between two samples. */
export const half: i32 = 16;

const planeLength: i32 = blockLength + 2 * margin;
export const LEFT: usize = 0x400; // float32
export const RIGHT: usize = LEFT + planeLength * 4; // float32
export const CURVE: usize = RIGHT + planeLength * 4; // float32: gain of each frame
export const FRAMES: usize = CURVE + blockLength * 4; // f64x2
export const TAPS: usize = FRAMES + planeLength * 16; // float64: three filters of `half` taps

/** Reads a frame of both planes. */
// @ts-ignore: decorator
@inline
export function frame(i: usize): v128 {
  return f64x2.replace_lane(f64x2.splat(<f64>load<f32>(LEFT + i * 4)), 1, <f64>load<f32>(RIGHT + i * 4));
}

/** Rounds a frame to float32 and writes it. @returns the magnitudes of what was written, as the low two float32. */
// @ts-ignore: decorator
@inline
export function storeFrame(i: usize, value: v128): v128 {
  const samples = f32x4.demote_f64x2_zero(value);
  v128.store_lane<f32>(LEFT + i * 4, samples, 0);
  v128.store_lane<f32>(RIGHT + i * 4, samples, 1);
  return f32x4.abs(samples);
}

/** Returns the larger of two float32. */
// @ts-ignore: decorator
@inline
export function larger(samples: v128): f64 {
  return <f64>max(f32x4.extract_lane(samples, 0), f32x4.extract_lane(samples, 1));
}
