import { CURVE, FRAMES, frame, half, margin, TAPS } from './memory';

/** In practice, interpolated signals exceed their samples by less than this factor. Samples further below a threshold are skipped. */
const headroom: f64 = 0.5;

/** The point right before the frame, at a quarter of the way or a whole one. */
let before: v128 = f64x2.splat(0);
/** Gain that the last frame of the block before asks of the first one. */
let carried: f64 = 1;

/** Starts with the first block. */
export function openPeaks(): void {
  before = f64x2.splat(0);
  carried = 1;
}

/**
 * Finds true peaks of a block that stands between margins. Where one is above the threshold, right after a frame, that frame and the
 * next one get, in CURVE, the gain that
 * brings the peak down to `need` when all is amplified by `level`; CURVE is 1 elsewhere.
 * @returns the highest peak above the threshold, or 0.
 */
export function scan(count: i32, threshold: f64, need: f64, level: f64): f64 {
  for (let i: usize = 0; i < <usize>(count + 2 * margin); i++) v128.store(FRAMES + i * 16, frame(i));
  const worth = f64x2.splat(threshold * headroom);
  let left = before;
  let wanted = carried;
  let highest: f64 = 0;
  let at = FRAMES + margin * 16;
  let here = v128.load(at);
  let isLoudHere = f64x2.gt(f64x2.abs(here), worth);
  for (let i: usize = 0; i < <usize>count; i++, at += 16) {
    const next = v128.load(at + 16);
    const isLoudNext = f64x2.gt(f64x2.abs(next), worth);
    const isLoud = v128.or(isLoudHere, isLoudNext);
    let gain: f64 = 1;
    if (v128.any_true(isLoud)) {
      let first = f64x2.splat(0);
      let second = first;
      let third = first;
      let back = at - (half - 1) * 16;
      let ahead = at + half * 16;
      for (let tap = TAPS; tap < TAPS + half * 8; tap += 8, back += 16, ahead -= 16) {
        const a = v128.load(back);
        const b = v128.load(ahead);
        const near = v128.load_splat<f64>(tap);
        const far = v128.load_splat<f64>(tap, half * 8);
        first = f64x2.add(first, f64x2.add(f64x2.mul(near, a), f64x2.mul(far, b)));
        second = f64x2.add(second, f64x2.mul(v128.load_splat<f64>(tap, half * 16), f64x2.add(a, b)));
        third = f64x2.add(third, f64x2.add(f64x2.mul(far, a), f64x2.mul(near, b)));
      }
      const peaks = f64x2.max(
        f64x2.max(summit(left, here, first), summit(here, first, second)),
        f64x2.max(summit(first, second, third), summit(second, third, next)),
      );
      const counted = v128.and(peaks, isLoud);
      const peak = max(f64x2.extract_lane(counted, 0), f64x2.extract_lane(counted, 1));
      left = v128.bitselect(third, here, isLoud);
      if (peak > threshold) {
        gain = need / (level * peak);
        highest = max(highest, peak);
      }
    } else {
      left = here;
    }
    store<f32>(CURVE + i * 4, <f32>min(gain, wanted));
    wanted = gain;
    here = next;
    isLoudHere = isLoudNext;
  }
  before = left;
  carried = wanted;
  return highest;
}

/** Magnitude at the top of a parabola through three points, where the middle one is the largest; else the magnitude of that. */
// @ts-ignore: decorator
@inline
function summit(left: v128, middle: v128, right: v128): v128 {
  const top = f64x2.abs(middle);
  const sign = v128.and(f64x2.lt(middle, f64x2.splat(0)), i64x2.splat(i64.MIN_VALUE));
  const rise = v128.xor(left, sign);
  const fall = v128.xor(right, sign);
  const bend = f64x2.add(f64x2.sub(rise, f64x2.add(top, top)), fall);
  const isSummit = v128.and(
    v128.and(f64x2.le(rise, top), f64x2.le(fall, top)),
    f64x2.lt(bend, f64x2.splat(0)),
  );
  const slope = f64x2.sub(fall, rise);
  const above = f64x2.sub(top, f64x2.div(f64x2.mul(slope, slope), f64x2.mul(f64x2.splat(8), bend)));
  return v128.bitselect(above, top, isSummit);
}
