/**
 * Measurements of sound for tests. Pure functions over samples in [-1, 1]; no audio engine, no files.
 * @module
 */

/** What `toMono` needs of a buffer. */
export interface PlanarSamples {
  readonly numberOfChannels: number;
  readonly length: number;
  getChannelData(channel: number): Float32Array;
}

/** Part of a signal in seconds. Default: all of it. */
export interface Span {
  readonly from?: number;
  readonly to?: number;
}

/** Samples of a span, as a view. */
export function slice(samples: Float32Array, sampleRate: number, { from = 0, to }: Span = {}): Float32Array {
  return samples.subarray(
    Math.max(0, Math.round(from * sampleRate)),
    to === undefined ? samples.length : Math.round(to * sampleRate),
  );
}

/** Root mean square. 0 for no samples. */
export function rms(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return samples.length === 0 ? 0 : Math.sqrt(sum / samples.length);
}

/** Largest magnitude of any sample. */
export function peak(samples: Float32Array): number {
  let largest = 0;
  for (const sample of samples) largest = Math.max(largest, Math.abs(sample));
  return largest;
}

/** Mean of the samples: the DC offset. */
export function mean(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample;
  return samples.length === 0 ? 0 : sum / samples.length;
}

/** Largest step from one sample to the next: a click shows as a step far above the signal's own. */
export function largestStep(samples: Float32Array): number {
  let largest = 0;
  for (let i = 1; i < samples.length; i++) {
    largest = Math.max(largest, Math.abs((samples[i] ?? 0) - (samples[i - 1] ?? 0)));
  }
  return largest;
}

/** True when no sample is NaN or infinite. */
export function isFiniteSound(samples: Float32Array): boolean {
  return samples.every(Number.isFinite);
}

/** Level in dB relative to full scale. */
export function decibels(amplitude: number): number {
  return 20 * Math.log10(Math.max(amplitude, 1e-12));
}

/** Distance of two frequencies in cents. */
export function cents(hertz: number, reference: number): number {
  return 1200 * Math.log2(hertz / reference);
}

/** Frequency of a MIDI note, A4 = 440 Hz. */
export function midiToHertz(midi: number): number {
  return 440 * 2 ** ((midi - 69) / 12);
}

/** Average of all channels. */
export function toMono(buffer: PlanarSamples): Float32Array {
  const mono = new Float32Array(buffer.length);
  for (let channel = 0; channel < buffer.numberOfChannels; channel++) {
    const samples = buffer.getChannelData(channel);
    for (let i = 0; i < mono.length; i++) mono[i] = (mono[i] ?? 0) + (samples[i] ?? 0) / buffer.numberOfChannels;
  }
  return mono;
}

/** Cosines and sines of the first half of a circle in `size / 2` parts, by size. */
const circles = new Map<number, readonly [Float64Array, Float64Array]>();

function circleOf(size: number): readonly [Float64Array, Float64Array] {
  const known = circles.get(size);
  if (known) return known;
  const part = (of: (angle: number) => number): Float64Array =>
    Float64Array.from({ length: size / 2 }, (_, k) => of((-2 * Math.PI * k) / size));
  const circle = [part(Math.cos), part(Math.sin)] as const;
  circles.set(size, circle);
  return circle;
}

function transform(re: Float64Array, im: Float64Array): void {
  const n = re.length;
  const [cosines, sines] = circleOf(n);
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [re[i], re[j]] = [re[j] ?? 0, re[i] ?? 0];
      [im[i], im[j]] = [im[j] ?? 0, im[i] ?? 0];
    }
  }
  for (let size = 2; size <= n; size <<= 1) {
    const half = size >> 1;
    const turn = n / size;
    for (let k = 0; k < half; k++) {
      const wr = cosines[k * turn] ?? 0;
      const wi = sines[k * turn] ?? 0;
      for (let start = k; start < n; start += size) {
        const end = start + half;
        const er = re[end] ?? 0;
        const ei = im[end] ?? 0;
        const tr = er * wr - ei * wi;
        const ti = er * wi + ei * wr;
        re[end] = (re[start] ?? 0) - tr;
        im[end] = (im[start] ?? 0) - ti;
        re[start] = (re[start] ?? 0) + tr;
        im[start] = (im[start] ?? 0) + ti;
      }
    }
  }
}

/** Magnitudes of `size / 2` bins (0 Hz first, `sampleRate / size` apart) of the Hann-windowed samples at `offset`. `size` is a power of two. */
export function spectrum(samples: Float32Array, size: number, offset = 0): Float64Array {
  const re = new Float64Array(size);
  const im = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    re[i] = (samples[offset + i] ?? 0) * (0.5 - 0.5 * Math.cos((2 * Math.PI * i) / size));
  }
  transform(re, im);
  return Float64Array.from({ length: size / 2 }, (_, bin) => Math.hypot(re[bin] ?? 0, im[bin] ?? 0) / (size / 4));
}

/** Mean power spectrum of a span, in frames of `size`. */
export function powerSpectrum(samples: Float32Array, sampleRate: number, span: Span = {}, size = 2048): Float64Array {
  const part = slice(samples, sampleRate, span);
  const power = new Float64Array(size / 2);
  const frames = Math.max(1, Math.floor((part.length - size) / (size / 2)) + 1);
  for (let frame = 0; frame < frames; frame++) {
    spectrum(part, size, (frame * size) / 2).forEach((magnitude, bin) => {
      power[bin] = (power[bin] ?? 0) + magnitude ** 2 / frames;
    });
  }
  return power;
}

/** Centre of gravity of the power spectrum, in Hz. */
export function spectralCentroid(samples: Float32Array, sampleRate: number, span: Span = {}): number {
  const power = powerSpectrum(samples, sampleRate, span);
  let weighted = 0;
  let total = 0;
  power.forEach((value, bin) => {
    weighted += (value * bin * sampleRate) / (power.length * 2);
    total += value;
  });
  return total === 0 ? 0 : weighted / total;
}

/** RMS over windows of `window` seconds, one value every `hop` seconds. */
export function envelope(samples: Float32Array, sampleRate: number, window = 0.01, hop = 0.005): Float32Array {
  const size = Math.round(window * sampleRate);
  const step = hop * sampleRate;
  return Float32Array.from({ length: Math.max(0, Math.floor((samples.length - size) / step) + 1) }, (_, i) =>
    rms(samples.subarray(Math.round(i * step), Math.round(i * step) + size)),
  );
}

/**
 * Times in seconds at which notes start: peaks of the spectral flux over log-compressed frames of 1024 samples,
 * then moved to where the short-time energy begins to rise. Notes closer than `minGap` seconds count as one.
 */
export function onsets(samples: Float32Array, sampleRate: number, { minGap = 0.05, threshold = 0.12 } = {}): number[] {
  const size = 1024;
  const hop = Math.round(sampleRate * 0.004);
  const padded = new Float32Array(samples.length + size);
  padded.set(samples, size);
  const level = Math.max(peak(samples), 1e-9);
  let before: Float64Array[] = [];
  const flux: number[] = [];
  for (let at = 0; at + size <= padded.length; at += hop) {
    const frame = spectrum(padded, size, at).map((magnitude) => Math.log1p((200 * magnitude) / level));
    const old = before[0];
    let rise = 0;
    if (old) {
      frame.forEach((value, bin) => {
        rise += Math.max(0, value - (old[bin] ?? 0));
      });
    }
    flux.push(rise / (size / 2));
    before = [...before, frame].slice(-3);
  }
  const strongest = Math.max(...flux, 1e-9);
  const reach = Math.max(1, Math.round((minGap * sampleRate) / hop));
  const found: number[] = [];
  flux.forEach((value, i) => {
    const near = flux.slice(Math.max(0, i - reach), i + reach + 1);
    const wide = flux.slice(Math.max(0, i - 25), i + 26);
    const floor = wide.reduce((sum, each) => sum + each, 0) / wide.length;
    if (value < Math.max(...near) || value < threshold * strongest || value < 1.4 * floor) return;
    const time = refineOnset(samples, sampleRate, (i * hop - size / 2) / sampleRate);
    if (time === undefined) return;
    if (time - (found.at(-1) ?? Number.NEGATIVE_INFINITY) >= minGap) found.push(time);
  });
  return found;
}

/** Where the energy begins to rise near a time; undefined where it does not rise, as at the end of a note. */
function refineOnset(samples: Float32Array, sampleRate: number, near: number): number | undefined {
  const step = Math.round(sampleRate * 0.001);
  const first = Math.round((near - 0.03) * sampleRate);
  const levels: number[] = [];
  for (let at = first; at < first + 0.055 * sampleRate; at += step) {
    const end = Math.max(0, at);
    levels.push(rms(samples.subarray(Math.max(0, end - 3 * step), end)));
  }
  let best = 0;
  let steepest = 0;
  for (let i = 4; i < levels.length; i++) {
    const rise = (levels[i] ?? 0) - (levels[i - 4] ?? 0);
    if (rise > steepest) [steepest, best] = [rise, i];
  }
  const top = levels[best] ?? 0;
  if (steepest < 0.1 * top || top === 0) return undefined;
  let start = best;
  while (start > 0 && (levels[start - 1] ?? 0) < (levels[start] ?? 0)) start--;
  const base = levels[start] ?? 0;
  while (start < best && (levels[start] ?? 0) < base + 0.15 * (top - base)) start++;
  return Math.max(0, (first + (start - 2) * step) / sampleRate);
}

/**
 * Fundamental frequency of a span in Hz by normalised autocorrelation (McLeod's MPM), refined on the furthest multiple
 * of the period that still repeats; 0 when nothing repeats. Within about 1 cent for steady tones of 30-4000 Hz.
 */
export function fundamental(
  samples: Float32Array,
  sampleRate: number,
  { from, to, min = 40, max = 4500 }: Span & { readonly min?: number; readonly max?: number } = {},
): number {
  const part = slice(samples, sampleRate, { ...(from !== undefined && { from }), ...(to !== undefined && { to }) });
  const longest = Math.min(Math.ceil(sampleRate / min), Math.floor(part.length / 2));
  const shortest = Math.max(2, Math.floor(sampleRate / max));
  const likeness = (lag: number): number => {
    let product = 0;
    let energy = 0;
    for (let i = 0; i + lag < part.length; i++) {
      const a = part[i] ?? 0;
      const b = part[i + lag] ?? 0;
      product += a * b;
      energy += a * a + b * b;
    }
    return energy === 0 ? 0 : (2 * product) / energy;
  };
  const curve = Array.from({ length: longest + 2 }, (_, lag) => (lag < shortest - 1 ? 1 : likeness(lag)));
  const peaks: number[] = [];
  let dipped = false;
  for (let lag = shortest; lag <= longest; lag++) {
    const here = curve[lag] ?? 0;
    if (here < 0.3) dipped = true;
    if (dipped && here > (curve[lag - 1] ?? 0) && here >= (curve[lag + 1] ?? 0)) peaks.push(lag);
  }
  const best = Math.max(...peaks.map((lag) => curve[lag] ?? 0), 0);
  const lag = peaks.find((each) => (curve[each] ?? 0) >= 0.9 * best);
  if (lag === undefined || best < 0.3) return 0;
  let period = vertex(lag, curve[lag - 1] ?? 0, curve[lag] ?? 0, curve[lag + 1] ?? 0);
  for (let times = 2; times * period < Math.min(part.length / 2, sampleRate / 10); times *= 2) {
    const guess = Math.round(times * period);
    const around = [guess - 2, guess - 1, guess, guess + 1, guess + 2].map(likeness);
    const top = around.indexOf(Math.max(...around.slice(1, 4)), 1);
    if ((around[top] ?? 0) < 0.5) break;
    period = vertex(guess - 2 + top, around[top - 1] ?? 0, around[top] ?? 0, around[top + 1] ?? 0) / times;
  }
  return sampleRate / period;
}

function vertex(at: number, left: number, middle: number, right: number): number {
  const bend = left - 2 * middle + right;
  return bend === 0 ? at : at + (left - right) / (2 * bend);
}

/** How strongly each of the twelve pitch classes sounds, C first, from 100 Hz to 1500 Hz; sums to 1. */
export function pitchClasses(samples: Float32Array, sampleRate: number): number[] {
  const size = 16_384;
  const classes = Array.from({ length: 12 }, () => 0);
  powerSpectrum(samples, sampleRate, {}, size).forEach((power, bin) => {
    const hertz = (bin * sampleRate) / size;
    if (hertz < 100 || hertz > 1500) return;
    const pitch = Math.round(69 + 12 * Math.log2(hertz / 440)) % 12;
    classes[pitch] = (classes[pitch] ?? 0) + Math.sqrt(power);
  });
  const sum = classes.reduce((total, strength) => total + strength, 0);
  return classes.map((strength) => strength / sum);
}

/**
 * How much of a sound's rhythm lies on a pulse: the Fourier component at `hertz` of its spectral flux, taken every 10 ms.
 * Compare it between pulses of one sound; alone it says nothing.
 */
export function pulseStrength(samples: Float32Array, sampleRate: number): (hertz: number) => number {
  const size = 512;
  const hop = Math.round(sampleRate / 100);
  const level = Math.max(peak(samples), 1e-9);
  const flux: number[] = [];
  let before: Float64Array | undefined;
  for (let at = 0; at + size <= samples.length; at += hop) {
    const frame = spectrum(samples, size, at).map((magnitude) => Math.log1p((200 * magnitude) / level));
    const old = before;
    if (old) flux.push(frame.reduce((rise, value, bin) => rise + Math.max(0, value - (old[bin] ?? 0)), 0));
    before = frame;
  }
  const middle = flux.reduce((sum, value) => sum + value, 0) / flux.length;
  return (hertz) => {
    let re = 0;
    let im = 0;
    flux.forEach((value, i) => {
      const phase = (2 * Math.PI * hertz * i * hop) / sampleRate;
      re += (value - middle) * Math.cos(phase);
      im += (value - middle) * Math.sin(phase);
    });
    return Math.hypot(re, im) / flux.length;
  };
}
