import { CURVE, frame, larger, storeFrame } from './memory';

let gainBefore: f64 = 1;
let gainAfter: f64 = 1;

/** Starts the recovery after peaks with the first block. */
export function openRecovery(): void {
  gainBefore = 1;
}

/** Lets CURVE come back to 1 after each peak no faster than by a share of the way with each frame. */
export function recover(count: i32, share: f64): void {
  let gain = gainBefore;
  for (let i: usize = 0; i < <usize>count; i++) {
    const limited = <f32>min<f64>(<f64>load<f32>(CURVE + i * 4), gain + (1 - gain) * share);
    store<f32>(CURVE + i * 4, limited);
    gain = <f64>limited;
  }
  gainBefore = gain;
}

/** Starts the approach to peaks with the last block: it runs back in time. */
export function openApproach(): void {
  gainAfter = 1;
}

/**
 * Lets CURVE fall ahead of each peak no faster than by a share of the way with each frame, and amplifies the block by it and by a gain.
 * @returns the largest magnitude.
 */
export function approach(count: i32, share: f64, level: f64): f64 {
  let gain = gainAfter;
  let largest = f32x4.splat(0);
  const factor = f64x2.splat(level);
  for (let i = <usize>count; i-- > 0; ) {
    const limited = <f32>min<f64>(<f64>load<f32>(CURVE + i * 4), gain + (1 - gain) * share);
    gain = <f64>limited;
    largest = f32x4.max(largest, storeFrame(i, f64x2.mul(f64x2.mul(frame(i), factor), f64x2.splat(gain))));
  }
  gainAfter = gain;
  return larger(largest);
}

/** Amplifies the block. */
export function amplify(count: i32, level: f64): void {
  const factor = f64x2.splat(level);
  for (let i: usize = 0; i < <usize>count; i++) storeFrame(i, f64x2.mul(frame(i), factor));
}
