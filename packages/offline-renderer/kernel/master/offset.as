import { frame, larger, storeFrame } from './memory';

let before: v128 = f64x2.splat(0);
let out: v128 = f64x2.splat(0);

/** Starts with the first block. */
export function openOffset(): void {
  before = f64x2.splat(0);
  out = f64x2.splat(0);
}

/** Removes what is below hearing: a first-order high-pass. @returns the largest magnitude. */
export function removeOffset(count: i32, keep: f64): f64 {
  const kept = f64x2.splat(keep);
  let last = before;
  let sum = out;
  let largest = f32x4.splat(0);
  for (let i: usize = 0; i < <usize>count; i++) {
    const sample = frame(i);
    sum = f64x2.add(f64x2.sub(sample, last), f64x2.mul(kept, sum));
    last = sample;
    largest = f32x4.max(largest, storeFrame(i, sum));
  }
  before = last;
  out = sum;
  return larger(largest);
}
