import type { Hertz } from '@bnc/contracts';
import { mulberry32 } from '@bnc/music-engine/mulberry32';

/** A filter of one sample at a time. */
export type Filter = (sample: number) => number;

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

  /** Filters the next sample. */
  next(sample: number): number {
    const out = this.#gain * (sample - this.#beforeThat) + this.#a * this.#one - this.#b * this.#two;
    this.#beforeThat = this.#before;
    this.#before = sample;
    this.#two = this.#one;
    this.#one = out;
    return out;
  }
}

/** A low-pass of 6 dB per octave. */
export function lowpass(hertz: Hertz, sampleRate: Hertz): Filter {
  const share = 1 - Math.exp((-2 * Math.PI * hertz) / sampleRate);
  let out = 0;
  return (sample) => (out += share * (sample - out));
}

/** A high-pass of 6 dB per octave. */
export function highpass(hertz: Hertz, sampleRate: Hertz): Filter {
  const low = lowpass(hertz, sampleRate);
  return (sample) => sample - low(sample);
}

/** Sends a sample through filters, one after the other. */
export function through(filters: readonly Filter[], sample: number): number {
  let between = sample;
  for (const filter of filters) between = filter(between);
  return between;
}

/** A resonance of a body, and its share of the sound. */
export interface BodyMode {
  readonly level: number;
  readonly mode: Resonance;
}

/** Adds to a sum what the modes of a body make of the next sample. */
export function addModes(sum: number, modes: readonly BodyMode[], sample: number): number {
  let total = sum;
  for (const each of modes) total += each.level * each.mode.next(sample);
  return total;
}

/** White noise whose level in a band does not depend on the sample rate. */
export function whiteNoise(seed: number, sampleRate: Hertz): () => number {
  const random = mulberry32(seed);
  const scale = Math.sqrt(sampleRate / 44_100);
  return () => scale * (2 * random() - 1);
}
