/**
 * Half the kernel's width in zero crossings. With the window below: 90 dB down in the stop band, flat to 18 kHz at 44.1
 * kHz.
 */
const zeroCrossings = 32;
const kaiserBeta = 9;
/** Rates without a small common ratio use the nearest of this many phases: errors stay 55 dB down at 5 kHz. */
const maxPhases = 4096;

/** Counts the frames at `to` hertz that hold `length` frames at `from` hertz. */
export function resampledLength(length: number, from: number, to: number): number {
  return Math.ceil((length * to) / from);
}

/** Resamples a whole channel. @param length Frames of the result; what lies beyond the source is silence. */
export function resample(samples: Float32Array, from: number, to: number, length: number): Float32Array {
  const resampler = new Resampler(from, to);
  const result = new Float32Array(length);
  let at = 0;
  for (const part of [resampler.push(samples), resampler.end()]) {
    result.set(part.subarray(0, length - at), at);
    at = Math.min(length, at + part.length);
  }
  return result;
}

/**
 * Resamples one channel, piece by piece, with a windowed sinc (Smith, "Digital Audio Resampling"), without delay: frame k of
 * the result stands at k / `to` seconds. Takes about 64 multiplications a frame.
 */
export class Resampler {
  readonly #from: number;
  readonly #to: number;
  readonly #phases: number;
  readonly #cutoff: number;
  readonly #half: number;
  /** Rows are computed when first needed: a short clip needs few. */
  readonly #kernel: Float64Array[] = [];
  /** What later frames need; zeros around the source spare the inner loop every bounds check. */
  #input: Float32Array;
  /** Where `#input` starts, in samples of the source. */
  #start: number;
  #received = 0;
  #given = 0;

  constructor(from: number, to: number) {
    this.#from = from;
    this.#to = to;
    const common = Number.isInteger(from) && Number.isInteger(to) ? gcd(from, to) : 1;
    this.#phases = Math.min(maxPhases, Math.ceil(to / common));
    // Below half the lower of both rates, with room for the transition.
    this.#cutoff = Math.min(1, to / from) * 0.97;
    this.#half = Math.ceil(zeroCrossings / Math.min(1, to / from));
    this.#start = -this.#half;
    this.#input = new Float32Array(this.#half);
  }

  /** Takes more of the source. @returns the frames that it completes. */
  push(samples: Float32Array): Float32Array {
    this.#received += samples.length;
    return this.#next(samples);
  }

  /** Ends the source with silence. @returns the last frames; all together they are `resampledLength`. */
  end(): Float32Array {
    return this.#next(new Float32Array(this.#half + 1));
  }

  #next(more: Float32Array): Float32Array {
    const taps = this.#half * 2;
    const input = new Float32Array(this.#input.length + more.length);
    input.set(this.#input);
    input.set(more, this.#input.length);
    const most = resampledLength(this.#received, this.#from, this.#to);
    const result = new Float32Array(most - this.#given);
    let count = 0;
    let first = 0;
    for (; this.#given < most; this.#given++, count++) {
      const position = (this.#given * this.#from) / this.#to;
      let whole = Math.floor(position);
      let phase = Math.round((position - whole) * this.#phases);
      if (phase === this.#phases) {
        phase = 0;
        whole++;
      }
      first = whole - this.#half + 1 - this.#start;
      if (first + taps > input.length) break;
      let row = this.#kernel[phase];
      if (!row) {
        row = tapsFor(phase / this.#phases, this.#cutoff, this.#half);
        this.#kernel[phase] = row;
      }
      let sum = 0;
      for (let tap = 0; tap < taps; tap++) sum += (row[tap] as number) * (input[first + tap] as number);
      result[count] = sum;
    }
    const spent = Math.min(first, input.length);
    this.#input = input.slice(spent);
    this.#start += spent;
    return result.subarray(0, count);
  }
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

/** Modified Bessel function of order 0, by its power series. */
function bessel0(x: number): number {
  let sum = 1;
  for (let k = 1, term = 1; term > sum * 1e-12; k++) {
    term *= (x / 2 / k) ** 2;
    sum += term;
  }
  return sum;
}

/** The kernel's taps for one phase (0 to 1): a Kaiser-windowed sinc, normalised to pass DC unchanged. */
function tapsFor(phase: number, cutoff: number, half: number): Float64Array {
  const taps = Float64Array.from({ length: half * 2 }, (_, tap) => {
    const x = tap - half + 1 - phase;
    const position = x / half;
    const window = Math.abs(position) >= 1 ? 0 : bessel0(kaiserBeta * Math.sqrt(1 - position * position));
    return window * (x === 0 ? cutoff : Math.sin(Math.PI * cutoff * x) / (Math.PI * x));
  });
  const sum = taps.reduce((total, tap) => total + tap, 0);
  return taps.map((tap) => tap / sum);
}
