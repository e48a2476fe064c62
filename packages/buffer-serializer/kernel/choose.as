import { LANES, SUMS, sample } from './memory';
import { parameterFor, riceBits } from './rice';

/** The highest order of a fixed predictor. */
export const maxOrder: i32 = 4;

/** How a lane is coded: the order in 8 bits, and the estimated bits. Orders beyond the predictors': verbatim and constant. */
export type Choice = u64;
export const verbatim: i32 = 8;
export const constant: i32 = 9;

// @ts-ignore: decorator
@inline
export function bitsOf(choice: Choice): u64 {
  return choice >> 8;
}

// @ts-ignore: decorator
@inline
export function orderOf(choice: Choice): i32 {
  return <i32>(choice & 255);
}

// @ts-ignore: decorator
@inline
export function depthOf(lane: i32): i32 {
  return lane == 3 ? 17 : 16;
}

/** Sums the magnitudes of the differences of order 0 to 4 in each part of the block; the first four samples do not count. */
export function sum(size: i32, partLength: i32, parts: i32): void {
  let p0 = i32x4.splat(0);
  let p1 = p0;
  let p2 = p0;
  let p3 = p0;
  let from: usize = LANES;
  for (let part = 0; part < parts; part++) {
    let s0 = i32x4.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    let s4 = s0;
    const end = LANES + <usize>((part + 1) * partLength) * 16;
    const counted = LANES + 4 * 16;
    for (; from < end; from += 16) {
      const e0 = v128.load(from);
      const e1 = i32x4.sub(e0, p0);
      const e2 = i32x4.sub(e1, p1);
      const e3 = i32x4.sub(e2, p2);
      const e4 = i32x4.sub(e3, p3);
      p0 = e0;
      p1 = e1;
      p2 = e2;
      p3 = e3;
      if (from < counted) continue;
      s0 = i32x4.add(s0, i32x4.abs(e0));
      s1 = i32x4.add(s1, i32x4.abs(e1));
      s2 = i32x4.add(s2, i32x4.abs(e2));
      s3 = i32x4.add(s3, i32x4.abs(e3));
      s4 = i32x4.add(s4, i32x4.abs(e4));
    }
    const to = SUMS + <usize>part * 5 * 16;
    v128.store(to, s0);
    v128.store(to + 16, s1);
    v128.store(to + 32, s2);
    v128.store(to + 48, s3);
    v128.store(to + 64, s4);
  }
}

/** Estimates all orders of a lane by what `sum` has summed. @returns the one with the fewest bits. */
export function choose(size: i32, parts: i32, lane: i32): Choice {
  const depth = depthOf(lane);
  if (isConstant(size, lane)) return (<u64>depth << 8) | constant;
  let best: Choice = (<u64>(size * depth) << 8) | verbatim;
  if (size <= maxOrder) return best;
  const partLength = size / parts;
  for (let order = 0; order <= maxOrder; order++) {
    let bits: u64 = order * depth + 6;
    for (let part = 0; part < parts; part++) {
      const magnitude = load<u32>(SUMS + <usize>((part * 5 + order) * 16 + lane * 4));
      const count = part == 0 ? partLength - order : partLength;
      const k = parameterFor(2 * <u64>magnitude, count);
      bits += 4 + riceBits(2 * <u64>magnitude, count, k);
    }
    if (bits < bitsOf(best)) best = (bits << 8) | order;
  }
  return best;
}

function isConstant(size: i32, lane: i32): bool {
  const value = sample(lane, 0);
  for (let i = 1; i < size; i++) {
    if (sample(lane, i) != value) return false;
  }
  return true;
}
