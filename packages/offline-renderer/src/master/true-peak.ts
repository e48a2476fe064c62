/**
 * A polyphase interpolator for 4x oversampling (BS.1770-5 annex 2): phases at 1/4, 1/2 and 3/4 of a sample, 32 taps each.
 * With the annex's 12 taps, noise reads up to 0.9 dB lower than in ffmpeg.
 */
const half = 16;
/** The third phase is the first one backwards, and the second one is its own mirror image: halves are enough. */
const quarter = phase(1);
const near = quarter.slice(0, half);
const far = quarter.slice(half).toReversed();
const middle = phase(2).slice(0, half);

/** In practice, interpolated signals exceed their samples by less than this factor. Samples further below a threshold are skipped. */
const headroom = 0.5;

/** Calls back with every place, right after a sample, whose true peak is above a threshold. */
export function eachPeakAbove(
  samples: Float32Array,
  threshold: number,
  found: (index: number, peak: number) => void,
): void {
  const worth = threshold * headroom;
  let here = samples[0] ?? 0;
  let before = 0;
  for (let i = 0; i < samples.length; i++) {
    const next = samples[i + 1] ?? 0;
    if (here > worth || here < -worth || next > worth || next < -worth) {
      interpolate(samples, i);
      const peak = Math.max(
        summit(before, here, between[0]),
        summit(here, between[0], between[1]),
        summit(between[0], between[1], between[2]),
        summit(between[1], between[2], next),
      );
      if (peak > threshold) found(i, peak);
      before = between[2];
    } else before = here;
    here = next;
  }
}

/** Largest magnitude of the samples themselves. */
export function samplePeak(channels: readonly Float32Array[]): number {
  let largest = 0;
  for (const samples of channels) {
    for (let i = 0; i < samples.length; i++) {
      const magnitude = Math.abs(samples[i] ?? 0);
      if (magnitude > largest) largest = magnitude;
    }
  }
  return largest;
}

/**
 * True peak of all channels as an amplitude, by 4x oversampling (ITU-R BS.1770-5 annex 2) and a parabola through each summit, which
 * is within 0.07 dB of the peak of a sine up to the Nyquist frequency; without it, 0.7 dB may be missed.
 */
export function truePeak(channels: readonly Float32Array[]): number {
  let largest = samplePeak(channels);
  for (const samples of channels) {
    eachPeakAbove(samples, largest, (_, peak) => {
      if (peak > largest) largest = peak;
    });
  }
  return largest;
}

function phase(part: number): Float64Array {
  const filter = Float64Array.from({ length: 2 * half }, (_, tap) => {
    const x = tap - (half - 1) - part / 4;
    const window = Math.cos((Math.PI * x) / (2 * half + 1));
    return (window * Math.sin(Math.PI * x)) / (Math.PI * x);
  });
  const sum = filter.reduce((total, each) => total + each, 0);
  return filter.map((each) => each / sum);
}

/** The sound at 1/4, 1/2 and 3/4 of the way from a sample to the next. */
const between: [number, number, number] = [0, 0, 0];

function interpolate(samples: Float32Array, i: number): void {
  let [first, second, third] = [0, 0, 0];
  for (let tap = 0, before = i - half + 1, after = i + half; tap < half; tap++, before++, after--) {
    const a = samples[before] ?? 0;
    const b = samples[after] ?? 0;
    const n = near[tap] ?? 0;
    const f = far[tap] ?? 0;
    first += n * a + f * b;
    second += (middle[tap] ?? 0) * (a + b);
    third += f * a + n * b;
  }
  between[0] = first;
  between[1] = second;
  between[2] = third;
}

/** Magnitude at the top of a parabola through three points, where the middle one is the largest; else the magnitude of that. */
function summit(left: number, middlePoint: number, right: number): number {
  const top = Math.abs(middlePoint);
  const [rise, fall] = middlePoint < 0 ? [-left, -right] : [left, right];
  if (rise > top || fall > top) return top;
  const bend = rise - 2 * top + fall;
  return bend < 0 ? top - (fall - rise) ** 2 / (8 * bend) : top;
}
