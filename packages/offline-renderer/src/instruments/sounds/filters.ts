import type { Hertz } from '@bnc/contracts';
import { mulberry32 } from '@bnc/music-engine/mulberry32';

/** A resonance of a width, 0 dB at its middle. @see Smith, "Introduction to Digital Filters" (2007), B.1.3 */
export class Resonance {
  #a = 0;
  #b = 0;
  #gain = 0;
  #one = 0;
  #two = 0;
  #before = 0;
  #beforeThat = 0;
  readonly #sampleRate: Hertz;

  constructor(sampleRate: Hertz, hertz: Hertz, width: Hertz) {
    this.#sampleRate = sampleRate;
    this.tune(hertz, width);
  }

  /** Moves it to another frequency and width. */
  tune(hertz: Hertz, width: Hertz): void {
    const radius = Math.exp((-Math.PI * width) / this.#sampleRate);
    const turn = (2 * Math.PI * Math.min(hertz, 0.45 * this.#sampleRate)) / this.#sampleRate;
    this.#a = 2 * radius * Math.cos(turn);
    this.#b = radius * radius;
    this.#gain = (1 - radius * radius) / 2;
  }

  /** Filters the next samples, and adds them to a sum, at a level. */
  addTo(sum: Float64Array, samples: Float64Array, level: number): void {
    const [a, b, gain] = [this.#a, this.#b, this.#gain];
    let [one, two, before, beforeThat] = [this.#one, this.#two, this.#before, this.#beforeThat];
    for (let i = 0; i < samples.length; i++) {
      const sample = samples[i] ?? 0;
      const out = gain * (sample - beforeThat) + a * one - b * two;
      beforeThat = before;
      before = sample;
      two = one;
      one = out;
      sum[i] = (sum[i] ?? 0) + level * out;
    }
    this.#one = one;
    this.#two = two;
    this.#before = before;
    this.#beforeThat = beforeThat;
  }
}

/** Filters samples in place: a low-pass of 6 dB per octave. */
export function lowpass(samples: Float64Array, hertz: Hertz, sampleRate: Hertz): void {
  const share = 1 - Math.exp((-2 * Math.PI * hertz) / sampleRate);
  let out = 0;
  for (let i = 0; i < samples.length; i++) {
    out += share * ((samples[i] ?? 0) - out);
    samples[i] = out;
  }
}

/** Filters samples in place: a high-pass of 6 dB per octave. */
export function highpass(samples: Float64Array, hertz: Hertz, sampleRate: Hertz): void {
  const share = 1 - Math.exp((-2 * Math.PI * hertz) / sampleRate);
  let out = 0;
  for (let i = 0; i < samples.length; i++) {
    const sample = samples[i] ?? 0;
    out += share * (sample - out);
    samples[i] = sample - out;
  }
}

/** White noise whose level in a band does not depend on the sample rate. */
export function whiteNoise(length: number, seed: number, sampleRate: Hertz): Float64Array<ArrayBuffer> {
  const random = mulberry32(seed);
  const scale = Math.sqrt(sampleRate / 44_100);
  const noise = new Float64Array(length);
  for (let i = 0; i < length; i++) noise[i] = scale * (2 * random() - 1);
  return noise;
}

/** Adds to samples what the modes of a body, `[hertz, width, level]` each, make of what excites them. */
export function addModes(
  sum: Float64Array,
  source: Float64Array,
  modes: readonly (readonly [Hertz, Hertz, number])[],
  sampleRate: Hertz,
): void {
  for (const [hertz, width, level] of modes) new Resonance(sampleRate, hertz, width).addTo(sum, source, level);
}
