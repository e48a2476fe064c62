import { blockLength, DITHER, LANES, PCM, PLANES } from './memory';

/** Starts the dither of a stream. */
export function seedDither(seed: i32): void {
  v128.store(DITHER, i32x4(seed, seed + 1, 0, 0));
}

/** Makes integers of the samples, both channels at once; see `quantise16` in src/pcm/pcm.ts for the dither. */
export function quantise(size: i32, isStereo: bool, scale: f64): void {
  let state = v128.load(DITHER);
  const factor = f64x2.splat(scale);
  const step = f64x2.splat(1.0 / 65536.0);
  for (let i: usize = 0; i < <usize>size; i++) {
    const one = <f64>load<f32>(PLANES + i * 4);
    const two = isStereo ? <f64>load<f32>(PLANES + (blockLength + i) * 4) : 0;
    const steps = f64x2.mul(f64x2.replace_lane(f64x2.splat(one), 1, two), factor);
    const plain = round(steps);
    const isExact = f64x2.eq(plain, steps);
    let next = v128.xor(state, i32x4.shl(state, 13));
    next = v128.xor(next, i32x4.shr_u(next, 17));
    next = v128.xor(next, i32x4.shl(next, 5));
    state = v128.bitselect(state, next, v128.shuffle<i32>(isExact, isExact, 0, 2, 1, 3));
    const draw = i32x4.sub(i32x4.shr_u(next, 16), v128.and(next, i32x4.splat(0xffff)));
    const dithered = round(f64x2.add(steps, f64x2.mul(f64x2.convert_low_i32x4_s(draw), step)));
    let integers = i32x4.trunc_sat_f64x2_s_zero(v128.bitselect(plain, dithered, isExact));
    integers = i32x4.max_s(i32x4.min_s(integers, i32x4.splat(32767)), i32x4.splat(-32768));
    const a = i32x4.extract_lane(integers, 0);
    const b = i32x4.extract_lane(integers, 1);
    if (isStereo) store<i32>(PCM + i * 4, (b << 16) | (a & 0xffff));
    else store<i16>(PCM + i * 2, <i16>a);
    v128.store(LANES + i * 16, i32x4(a, b, (a + b) >> 1, a - b));
  }
  v128.store(DITHER, state);
}

/** Rounds halves up, as Math.round does. */
// @ts-ignore: decorator
@inline
function round(value: v128): v128 {
  const above = f64x2.ceil(value);
  const isFar = f64x2.gt(f64x2.sub(above, f64x2.splat(0.5)), value);
  return f64x2.sub(above, v128.and(isFar, f64x2.splat(1)));
}
