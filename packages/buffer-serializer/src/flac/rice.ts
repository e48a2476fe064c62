import type { BitWriter } from './bit-writer.ts';

/** How a residual is split and coded (RFC 9639 section 9.2.7). */
export interface RicePlan {
  readonly partitionOrder: number;
  readonly parameters: Uint8Array;
  /** Estimated bits, without the subframe's header. */
  readonly bits: number;
}

const maxParameter = 30;

/** The parameter that suits `count` folded residuals with this sum, and the bits that they would take. */
export function parameterFor(sum: number, count: number): { readonly k: number; readonly bits: number } {
  if (count === 0) return { k: 0, bits: 0 };
  const mean = sum / count;
  const guess = mean < 1 ? 0 : Math.min(maxParameter, Math.floor(Math.log2(mean * Math.LN2 + 0.5)));
  let best = { k: 0, bits: Number.POSITIVE_INFINITY };
  for (let k = Math.max(0, guess); k <= Math.min(maxParameter, guess + 1); k++) {
    // A folded value drops half a step on average when its k low bits are cut off.
    const bits = count * (k + 1) + Math.max(0, sum / 2 ** k - (count * (1 - 2 ** -k)) / 2);
    if (bits < best.bits) best = { k, bits };
  }
  return best;
}

/** Sums of folded residuals in each of 2^`partitionOrder` parts of a block. */
function sumsOf(residual: Int32Array, length: number, order: number, partitionOrder: number): Float64Array {
  const size = length >> partitionOrder;
  return Float64Array.from({ length: 1 << partitionOrder }, (_, part) => {
    let sum = 0;
    const end = (part + 1) * size;
    for (let i = part === 0 ? order : part * size; i < end; i++) {
      const value = residual[i] as number;
      sum += ((value << 1) ^ (value >> 31)) >>> 0;
    }
    return sum;
  });
}

/** Finds the split and the parameters with the fewest estimated bits. */
export function planRice(residual: Int32Array, length: number, order: number, maxPartitionOrder: number): RicePlan {
  let partitionOrder = 0;
  while (
    partitionOrder < maxPartitionOrder &&
    length % (2 << partitionOrder) === 0 &&
    length >> (partitionOrder + 1) > order
  ) {
    partitionOrder++;
  }
  let sums = sumsOf(residual, length, order, partitionOrder);
  let best: RicePlan | undefined;
  for (; partitionOrder >= 0; partitionOrder--) {
    const size = length >> partitionOrder;
    const parameters = new Uint8Array(sums.length);
    let bits = 6;
    for (const [part, sum] of sums.entries()) {
      const choice = parameterFor(sum, part === 0 ? size - order : size);
      parameters[part] = choice.k;
      bits += choice.bits + 4;
    }
    if (!best || bits < best.bits) best = { partitionOrder, parameters, bits };
    const pairs = sums;
    sums = Float64Array.from(
      { length: sums.length / 2 },
      (_, i) => (pairs[i * 2] as number) + (pairs[i * 2 + 1] as number),
    );
  }
  return best as RicePlan;
}

/** Writes a residual as planned. */
export function writeRice(
  writer: BitWriter,
  residual: Int32Array,
  length: number,
  order: number,
  plan: RicePlan,
): void {
  const wide = plan.parameters.some((k) => k > 14);
  writer.put(wide ? 1 : 0, 2);
  writer.put(plan.partitionOrder, 4);
  const size = length >> plan.partitionOrder;
  for (const [part, k] of plan.parameters.entries()) {
    writer.put(k, wide ? 5 : 4);
    writer.putRice(residual, part === 0 ? order : part * size, (part + 1) * size, k);
  }
}
