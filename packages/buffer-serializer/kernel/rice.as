import { CHOSEN, PARAMETERS, PARTS } from './memory';

/** The largest Rice parameter that has 4 bits. */
const maxParameter: i32 = 14;

/** Finds the split with the fewest bits; its parameters are at CHOSEN. */
export function plan(size: i32, order: i32, maxSplit: i32): i32 {
  let best = maxSplit;
  let least: u64 = u64.MAX_VALUE;
  for (let split = maxSplit; split >= 0; split--) {
    const parts = 1 << split;
    let bits: u64 = 0;
    for (let part = 0; part < parts; part++) {
      const count = (size >> split) - (part == 0 ? order : 0);
      const total = load<u64>(PARTS + (<usize>part << 3));
      const k = parameterFor(total, count);
      store<u8>(PARAMETERS + part, <u8>k);
      bits += 4 + riceBits(total, count, k);
    }
    if (bits < least) {
      least = bits;
      best = split;
      memory.copy(CHOSEN, PARAMETERS, parts);
    }
    for (let part = 0; part < parts >> 1; part++) {
      const pair = PARTS + (<usize>part << 4);
      store<u64>(PARTS + (<usize>part << 3), load<u64>(pair) + load<u64>(pair + 8));
    }
  }
  return best;
}

/** Bits of `count` folded residuals of a sum; a folded value drops half a step on average when its k low bits are cut off. */
// @ts-ignore: decorator
@inline
export function riceBits(total: u64, count: i32, k: i32): u64 {
  const dropped = k == 0 ? 0 : <u64>(count >> 1);
  const high = total >> k;
  return <u64>(count * (k + 1)) + (high > dropped ? high - dropped : 0);
}

/** Finds the parameter with the fewest bits for `count` folded residuals of a sum. */
export function parameterFor(total: u64, count: i32): i32 {
  const mean = <u32>min<u64>(total / <u64>max(count, 1), 0x7fffffff);
  const top = min(maxParameter, 31 - <i32>clz(mean | 1));
  if (top == 0) return 0;
  return riceBits(total, count, top - 1) <= riceBits(total, count, top) ? top - 1 : top;
}
