import { put, putRice } from './bits';
import { Choice, constant, depthOf, orderOf, verbatim } from './choose';
import { CHOSEN, FOLDED, PARTS, sample } from './memory';
import { plan } from './rice';

/** Writes a lane as it was chosen, in at most `1 << maxSplit` partitions. */
export function putSubframe(size: i32, lane: i32, choice: Choice, maxSplit: i32): void {
  const order = orderOf(choice);
  const depth = depthOf(lane);
  const mask: u32 = (1 << depth) - 1;
  if (order >= verbatim) {
    put(order == constant ? 0 : 2, 8);
    const count = order == constant ? 1 : size;
    for (let i = 0; i < count; i++) put(<u32>sample(lane, i) & mask, depth);
    return;
  }
  predict(size, lane, order, 1 << maxSplit);
  const split = plan(size, order, maxSplit);
  put((8 | order) << 1, 8);
  for (let i = 0; i < order; i++) put(<u32>sample(lane, i) & mask, depth);
  put(split, 6); // Rice codes with parameters of 4 bits
  const length = size >> split;
  for (let part = 0; part < 1 << split; part++) {
    const k = <i32>load<u8>(CHOSEN + part);
    put(k, 4);
    putRice(part == 0 ? order : part * length, (part + 1) * length, k);
  }
}

/** Computes and folds the residual of a lane, and sums it by part. */
function predict(size: i32, lane: i32, order: i32, parts: i32): void {
  const partLength = size / parts;
  let total: u64 = 0;
  let part = 0;
  let end = partLength;
  let b = order > 0 ? sample(lane, order - 1) : 0;
  let c = order > 1 ? sample(lane, order - 2) : 0;
  let d = order > 2 ? sample(lane, order - 3) : 0;
  let e = order > 3 ? sample(lane, order - 4) : 0;
  for (let i = order; i < size; i++) {
    if (i == end) {
      store<u64>(PARTS + (<usize>part << 3), total);
      total = 0;
      part++;
      end += partLength;
    }
    const a = sample(lane, i);
    let residual = a;
    if (order == 1) residual = a - b;
    else if (order == 2) residual = a - 2 * b + c;
    else if (order == 3) residual = a - 3 * b + 3 * c - d;
    else if (order == 4) residual = a - 4 * b + 6 * c - 4 * d + e;
    e = d;
    d = c;
    c = b;
    b = a;
    const folded = <u32>((residual << 1) ^ (residual >> 31));
    store<u32>(FOLDED + (<usize>i << 2), folded);
    total += folded;
  }
  store<u64>(PARTS + (<usize>part << 3), total);
}
