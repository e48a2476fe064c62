import type { Hertz, Seconds } from '@bnc/contracts';

/** One sine of a struck body. */
export interface Partial {
  readonly hertz: Hertz;
  readonly level: number;
  /** Time to fall by 60 dB. */
  readonly decay: Seconds;
}

/**
 * Adds sines that die away, each a resonator of two multiplications a sample. It starts at phase 0, so that nothing
 * clicks. Sines are computed twice per partial, never per sample: engines whose `Math.sin` differs in the last bit of a
 * double give the same 32-bit samples, except for a rounding now and then.
 */
export function addPartials(samples: Float32Array, sampleRate: Hertz, partials: readonly Partial[]): void {
  for (const { hertz, level, decay } of partials) {
    if (hertz >= 0.45 * sampleRate || hertz <= 0) continue;
    const turn = (2 * Math.PI * hertz) / sampleRate;
    const fall = 0.001 ** (1 / (decay * sampleRate));
    const [a, b] = [2 * fall * Math.cos(turn), fall * fall];
    let before = 0;
    let now = level * fall * Math.sin(turn);
    // 80 dB down is below everything else.
    const end = Math.min(samples.length, Math.round(1.34 * decay * sampleRate));
    for (let i = 1; i < end; i++) {
      samples[i] = (samples[i] ?? 0) + now;
      const next = a * now - b * before;
      before = now;
      now = next;
    }
  }
}

/** Points of a wave's cycle. */
const points = 2048;

/** One cycle of a wave, with its first point again at the end. */
export type Cycle = Float64Array;

/** The cycle of a sine. */
export const sine: Cycle = Float64Array.from({ length: points + 1 }, (_, i) => Math.sin((2 * Math.PI * i) / points));

/**
 * Makes one cycle of a wave from the levels of its partials, the first one first. Phases advance by the square of the number, which
 * keeps peaks low (Schroeder 1970).
 */
export function cycleOf(levels: readonly number[]): Cycle {
  const cycle = new Float64Array(points + 1);
  levels.forEach((each, index) => {
    if (each === 0) return;
    const number = index + 1;
    const phase = Math.round((points * index * number) / (2 * levels.length));
    // As many points as a power of two.
    for (let i = 0; i <= points; i++) {
      cycle[i] = (cycle[i] ?? 0) + each * (sine[(number * i + phase) & (points - 1)] ?? 0);
    }
  });
  return cycle;
}

/** Reads a cycle at a phase of 0 or more, in turns. */
export function read(cycle: Cycle, phase: number): number {
  const place = (phase - Math.floor(phase)) * points;
  const index = Math.floor(place);
  const before = cycle[index] ?? 0;
  return before + (place - index) * ((cycle[index + 1] ?? 0) - before);
}

/** Adds a wave to samples: a cycle from a phase of 0 or more on, which turns by less than 1 with each sample. */
export function addCycles(samples: Float32Array, cycle: Cycle, phase: number, turn: number): void {
  let place = (phase - Math.floor(phase)) * points;
  for (let i = 0; i < samples.length; i++) {
    // Faster than Math.floor, and the same from 0 on.
    const index = place | 0;
    const before = cycle[index] ?? 0;
    samples[i] = (samples[i] ?? 0) + before + (place - index) * ((cycle[index + 1] ?? 0) - before);
    place += turn * points;
    if (place >= points) place -= points;
  }
}

/** How many partials of a tone are below 16 kHz and the sample rate's limit; at most 64. */
export function partialsBelow(hertz: Hertz, sampleRate: Hertz): number {
  return Math.max(1, Math.min(64, Math.floor(Math.min(16_000, 0.45 * sampleRate) / hertz)));
}
