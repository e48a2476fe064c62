/** Half the kernel's width in zero crossings. With the window below: 90 dB of stop band, 18 kHz flat at 44.1 kHz. */
const zeroCrossings = 32;
const kaiserBeta = 9;
/** Rates without a small common ratio use the nearest of so many phases, which is good for 55 dB at 5 kHz. */
const maxPhases = 4096;

/** Counts the frames at `to` hertz that hold `length` frames at `from` hertz. */
export function resampledLength(length: number, from: number, to: number): number {
  return Math.ceil((length * to) / from);
}

/**
 * Resamples one channel with a windowed sinc (Smith, "Digital Audio Resampling"), without delay: frame k of the result
 * stands at k / `to` seconds. Takes about 64 multiplications a frame.
 *
 * @param length Frames of the result; what lies beyond the source is silence.
 */
export function resample(samples: Float32Array, from: number, to: number, length: number): Float32Array {
  const common = Number.isInteger(from) && Number.isInteger(to) ? gcd(from, to) : 1;
  const phases = Math.min(maxPhases, Math.ceil(to / common));
  // Below half the lower of both rates, with room for the transition.
  const cutoff = Math.min(1, to / from) * 0.97;
  const half = Math.ceil(zeroCrossings / Math.min(1, to / from));
  const taps = half * 2;
  const kernel: Float64Array[] = []; // rows are worked out when first needed: a short clip needs few
  // Zeros around the source spare the inner loop every bounds check.
  const padded = new Float32Array(samples.length + taps * 2);
  padded.set(samples, taps);
  const result = new Float32Array(length);
  for (let k = 0; k < length; k++) {
    const position = (k * from) / to;
    let whole = Math.floor(position);
    let phase = Math.round((position - whole) * phases);
    if (phase === phases) {
      phase = 0;
      whole++;
    }
    const first = whole - half + 1 + taps;
    if (first + taps > padded.length) break;
    const row = kernel[phase] ?? tapsFor(phase / phases, cutoff, half);
    kernel[phase] = row;
    let sum = 0;
    for (let tap = 0; tap < taps; tap++) sum += (row[tap] as number) * (padded[first + tap] as number);
    result[k] = sum;
  }
  return result;
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
