import { powerSpectrum, spectrum } from '@bnc/testing/sound';
import { type Stereo, sampleRate } from './mix.ts';

/** Average of both channels. */
export function monoOf([left, right]: Stereo): Float32Array {
  return left.map((sample, i) => (sample + (right[i] ?? 0)) / 2);
}

/** Level of what differs between the speakers against what they have in common, in dB. */
export function sideLevel([left, right]: Stereo): number {
  let [middle, side] = [0, 0];
  for (let i = 0; i < left.length; i++) {
    middle += ((left[i] ?? 0) + (right[i] ?? 0)) ** 2;
    side += ((left[i] ?? 0) - (right[i] ?? 0)) ** 2;
  }
  return 10 * Math.log10((side + 1e-12) / (middle + 1e-12));
}

/** Frequency below which 95 % of the energy lies, in Hz. */
export function spectralEdge(mono: Float32Array): number {
  const power = powerSpectrum(mono, sampleRate, {}, 4096);
  const total = power.reduce((sum, each) => sum + each, 0);
  let bin = 0;
  for (let sum = power[0] ?? 0; sum < 0.95 * total && bin < power.length; sum += power[bin] ?? 0) bin++;
  return (bin * sampleRate) / 4096;
}

/** Centre of gravity of the spectrum, in Hz. */
export function centroidOf(mono: Float32Array): number {
  const power = powerSpectrum(mono, sampleRate, {}, 2048);
  let [weighted, total] = [0, 0];
  power.forEach((each, bin) => {
    weighted += (each * bin * sampleRate) / 2048;
    total += each;
  });
  return weighted / (total + 1e-20);
}

/** Edges of third-octave bands from 50 Hz to 12.5 kHz, in Hz. */
const thirds = Array.from({ length: 25 }, (_, i) => 50 * 2 ** (i / 3));

/** Levels of a sound in third-octave bands, in dB around their mean: its colour, without its loudness. */
export function colourOf(mono: Float32Array): readonly number[] {
  const power = powerSpectrum(mono, sampleRate, {}, 4096);
  const levels = thirds.slice(1).map((to, i) => {
    const bins = power.slice(
      Math.floor(((thirds[i] ?? 0) * 4096) / sampleRate),
      Math.max(1, Math.ceil((to * 4096) / sampleRate)),
    );
    return 10 * Math.log10(bins.reduce((sum, each) => sum + each, 0) / bins.length + 1e-12);
  });
  // What is 60 dB below the loudest band is not heard.
  const floor = Math.max(...levels) - 60;
  const heard = levels.map((level) => Math.max(level, floor));
  const mean = heard.reduce((sum, level) => sum + level, 0) / heard.length;
  return heard.map((level) => level - mean);
}

interface Partial {
  readonly hertz: number;
  readonly amplitude: number;
}

/** Loudest peaks of a spectrum, at most so many. */
function partialsOf(magnitudes: Float64Array, size: number, most: number): Partial[] {
  const loudest = magnitudes.reduce((top, each) => Math.max(top, each), 0);
  const peaks: Partial[] = [];
  for (let bin = 2; bin < magnitudes.length - 1; bin++) {
    const here = magnitudes[bin] ?? 0;
    if (here < loudest / 100 || here < (magnitudes[bin - 1] ?? 0) || here <= (magnitudes[bin + 1] ?? 0)) continue;
    peaks.push({ hertz: (bin * sampleRate) / size, amplitude: here / loudest });
  }
  return peaks.toSorted((a, b) => b.amplitude - a.amplitude).slice(0, most);
}

/**
 * Roughness of two partials (Vassilakis 2001, "Perceptual and physical properties of amplitude fluctuation and their musical
 * significance", model of 2005): 0 where they do not beat.
 */
function roughnessOfPair(one: Partial, other: Partial): number {
  const [low, high] = one.hertz < other.hertz ? [one, other] : [other, one];
  const least = Math.min(low.amplitude, high.amplitude);
  const apart = (0.24 / (0.0207 * low.hertz + 18.96)) * (high.hertz - low.hertz);
  const beating = Math.exp(-3.5 * apart) - Math.exp(-5.75 * apart);
  return (
    (low.amplitude * high.amplitude) ** 0.1 * 0.5 * ((2 * least) / (low.amplitude + high.amplitude)) ** 3.11 * beating
  );
}

/** Frames in which a phrase is looked at, and partials that count. */
const frameSize = 8192;
const mostPartials = 24;
/** Brings the median of the first edition's phrases to the 0.55 that its judges found. */
const scale = 1.22;

/**
 * Roughness of a sound: the median over its louder frames of the sum over all pairs of partials. Beating within one vibrating
 * voice counts too: compare sounds with each other, not with zero.
 */
export function roughnessOf(mono: Float32Array): number {
  const frames: { energy: number; roughness: number }[] = [];
  for (let at = 0; at + frameSize <= mono.length; at += frameSize) {
    const magnitudes = spectrum(mono, frameSize, at);
    const energy = magnitudes.reduce((sum, each) => sum + each * each, 0);
    const partials = partialsOf(magnitudes, frameSize, mostPartials);
    const roughness = partials.reduce(
      (sum, one, i) => sum + partials.slice(i + 1).reduce((rough, other) => rough + roughnessOfPair(one, other), 0),
      0,
    );
    frames.push({ energy, roughness });
  }
  const loudest = Math.max(...frames.map(({ energy }) => energy), 1e-20);
  const heard = frames.flatMap(({ energy, roughness }) => (energy > loudest / 300 ? [roughness] : []));
  return scale * (heard.toSorted((a, b) => a - b)[Math.floor(heard.length / 2)] ?? 0);
}
