/** Linear prediction for FLAC: windows, autocorrelation, Levinson-Durbin and quantised coefficients. */

/** A quantised predictor: residual = sample - floor(sum of coefficients times past samples / 2^shift). */
export interface Predictor {
  readonly coefficients: Int32Array;
  readonly precision: number;
  readonly shift: number;
}

/** A window function over one block; zero outside `from` to `to`. */
export interface Window {
  readonly weights: Float64Array;
  readonly from: number;
  readonly to: number;
}

/**
 * Windows over a whole block, then its halves (`parts` 2 or more), then its thirds (3): sound that changes inside a
 * block is predicted better from one part of it.
 */
export function windowsFor(length: number, parts: number): Window[] {
  return Array.from({ length: parts }, (_, i) => i + 1).flatMap((count) =>
    Array.from({ length: count }, (_, part) =>
      tukey(length, Math.round((part * length) / count), Math.round(((part + 1) * length) / count)),
    ),
  );
}

/** Correlates a windowed block with itself, delayed by 0 to `order` samples. */
export function autocorrelate(samples: Float64Array, window: Window, order: number): Float64Array {
  const { weights, from, to } = window;
  const windowed = new Float64Array(to - from);
  for (let i = from; i < to; i++) windowed[i - from] = (samples[i] as number) * (weights[i] as number);
  const result = new Float64Array(order + 1);
  // Four delays at a time: every loaded sample is used four times.
  for (let lag = 0; lag <= order; lag += 4) {
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    const start = Math.min(lag + 3, windowed.length);
    for (let i = lag; i < start; i++) {
      const now = windowed[i] as number;
      a += now * (windowed[i - lag] as number);
      if (i > lag) b += now * (windowed[i - lag - 1] as number);
      if (i > lag + 1) c += now * (windowed[i - lag - 2] as number);
    }
    for (let i = start; i < windowed.length; i++) {
      const now = windowed[i] as number;
      a += now * (windowed[i - lag] as number);
      b += now * (windowed[i - lag - 1] as number);
      c += now * (windowed[i - lag - 2] as number);
      d += now * (windowed[i - lag - 3] as number);
    }
    result[lag] = a;
    if (lag + 1 <= order) result[lag + 1] = b;
    if (lag + 2 <= order) result[lag + 2] = c;
    if (lag + 3 <= order) result[lag + 3] = d;
  }
  return result;
}

/** Coefficients and remaining error of every order from 1 up (Levinson-Durbin recursion). */
export function solve(autocorrelation: Float64Array): {
  readonly coefficients: readonly Float64Array[];
  readonly errors: readonly number[];
} {
  const order = autocorrelation.length - 1;
  const coefficients: Float64Array[] = [];
  const errors: number[] = [];
  let current = new Float64Array(0);
  let error = autocorrelation[0] as number;
  for (let i = 0; i < order && error > 0; i++) {
    let reflection = autocorrelation[i + 1] as number;
    for (let j = 0; j < i; j++) reflection -= (current[j] as number) * (autocorrelation[i - j] as number);
    reflection /= error;
    const next = new Float64Array(i + 1);
    for (let j = 0; j < i; j++) next[j] = (current[j] as number) - reflection * (current[i - 1 - j] as number);
    next[i] = reflection;
    error *= 1 - reflection * reflection;
    current = next;
    coefficients.push(next);
    errors.push(error);
  }
  return { coefficients, errors };
}

/** The fewest bits that a residual sample takes, for a prediction error summed over `length` samples. */
export function bitsPerResidual(error: number, length: number): number {
  return error > 0 ? Math.max(0, 0.5 * Math.log2((0.5 * Math.LN2 * Math.LN2 * error) / length)) : 0;
}

/** Picks the order for which residual and coefficients together take the fewest bits. */
export function bestOrder(errors: readonly number[], length: number, overheadPerOrder: number): number {
  let best = 1;
  let least = Number.POSITIVE_INFINITY;
  for (const [i, error] of errors.entries()) {
    const bits = bitsPerResidual(error, length) * (length - i - 1) + (i + 1) * overheadPerOrder;
    if (bits < least) {
      least = bits;
      best = i + 1;
    }
  }
  return best;
}

/** Rounds coefficients to `precision` bits; the rounding error of one is added to the next. */
export function quantise(coefficients: Float64Array, precision: number): Predictor | undefined {
  const largest = coefficients.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (!(largest > 0)) return undefined;
  const shift = Math.min(15, precision - 2 - Math.floor(Math.log2(largest)));
  if (shift < 0) return undefined;
  const limit = 2 ** (precision - 1) - 1;
  let carried = 0;
  const quantised = Int32Array.from(coefficients, (value) => {
    carried += value * 2 ** shift;
    const rounded = Math.max(-limit - 1, Math.min(limit, Math.round(carried)));
    carried -= rounded;
    return rounded;
  });
  return { coefficients: quantised, precision, shift };
}

/** Sums the samples before `at`, each times its factor; four at a time, which takes a third off the time. */
export function weigh(factors: Float64Array, samples: Float64Array, at: number): number {
  const order = factors.length;
  let sum = 0;
  let j = 0;
  for (; j + 3 < order; j += 4) {
    sum +=
      (factors[j] as number) * (samples[at - 1 - j] as number) +
      (factors[j + 1] as number) * (samples[at - 2 - j] as number) +
      (factors[j + 2] as number) * (samples[at - 3 - j] as number) +
      (factors[j + 3] as number) * (samples[at - 4 - j] as number);
  }
  for (; j < order; j++) sum += (factors[j] as number) * (samples[at - 1 - j] as number);
  return sum;
}

/** Largest residual that Rice folding holds in 32 bits. */
const maxResidual = 2 ** 30;

/**
 * Subtracts the prediction. Doubles hold the sums exactly: 25-bit samples times 15-bit coefficients, 12 at most.
 *
 * @returns false when a residual does not fit.
 */
export function residualOf(samples: Float64Array, length: number, predictor: Predictor, residual: Int32Array): boolean {
  const { coefficients, shift } = predictor;
  const order = coefficients.length;
  const scale = 2 ** -shift;
  const factors = Float64Array.from(coefficients);
  let largest = 0;
  for (let i = order; i < length; i++) {
    const value = (samples[i] as number) - Math.floor(weigh(factors, samples, i) * scale);
    residual[i] = value;
    const magnitude = Math.abs(value);
    if (magnitude > largest) largest = magnitude;
  }
  return largest < maxResidual;
}

/** Subtracts a fixed polynomial prediction of order 0-4: the order-th difference (section 9.2.5). */
export function fixedResidual(samples: Float64Array, length: number, order: number, residual: Int32Array): void {
  for (let i = order; i < length; i++) {
    const a = samples[i] as number;
    const b = order > 0 ? (samples[i - 1] as number) : 0;
    const c = order > 1 ? (samples[i - 2] as number) : 0;
    const d = order > 2 ? (samples[i - 3] as number) : 0;
    const e = order > 3 ? (samples[i - 4] as number) : 0;
    residual[i] =
      order === 0
        ? a
        : order === 1
          ? a - b
          : order === 2
            ? a - 2 * b + c
            : order === 3
              ? a - 3 * b + 3 * c - d
              : a - 4 * b + 6 * c - 4 * d + e;
  }
}

/** The fixed order whose residuals are smallest, and the sum of their magnitudes; one pass over the block. */
export function bestFixedOrder(
  samples: Float64Array,
  length: number,
): { readonly order: number; readonly sum: number } {
  let [d1, d2, d3] = [0, 0, 0];
  let [before, s0, s1, s2, s3, s4] = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i < length; i++) {
    const now = samples[i] as number;
    const e1 = now - before;
    const e2 = e1 - d1;
    const e3 = e2 - d2;
    const e4 = e3 - d3;
    before = now;
    d1 = e1;
    d2 = e2;
    d3 = e3;
    if (i < 4) continue;
    s0 += Math.abs(now);
    s1 += Math.abs(e1);
    s2 += Math.abs(e2);
    s3 += Math.abs(e3);
    s4 += Math.abs(e4);
  }
  const sum = Math.min(s0, s1, s2, s3, s4);
  return { order: [s0, s1, s2, s3, s4].indexOf(sum), sum };
}

/** A window that rises and falls over half its width (Tukey, 0.5), between two points of a block. */
function tukey(length: number, from: number, to: number): Window {
  const weights = new Float64Array(length);
  const width = to - from;
  const edge = Math.floor(width / 4);
  for (let i = 0; i < width; i++) {
    const near = Math.min(i, width - 1 - i);
    weights[from + i] = near >= edge ? 1 : 0.5 - 0.5 * Math.cos((Math.PI * (near + 0.5)) / edge);
  }
  return { weights, from, to };
}
