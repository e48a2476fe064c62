import type { Hertz, Seconds } from '@bnc/contracts';

interface Point {
  readonly time: Seconds;
  readonly value: number;
  readonly shape: 'step' | 'linear' | 'exponential';
}

/**
 * The course of an `AudioParam`, or of several alike, over time, made of steps and ramps only, in order of time. It knows its value at any
 * time, so that a scheduled note can be cut off when another one needs the voice. (`setTargetAtTime` is not used:
 * the Rust engine extrapolates a future one backwards.)
 */
export class Line {
  readonly #params: readonly AudioParam[];
  #points: Point[] = [];

  /** @param params What follows the line. Default: nothing; the line is for `writeTo`. */
  constructor(...params: readonly AudioParam[]) {
    this.#params = params;
  }

  /** Jumps to a value. `valueAt` forgets everything before it. */
  step(value: number, time: Seconds): this {
    for (const param of this.#params) param.setValueAtTime(value, time);
    this.#points = [{ time, value, shape: 'step' }];
    return this;
  }

  /** Goes straight to a value, from the last point on. */
  linear(value: number, time: Seconds): this {
    for (const param of this.#params) param.linearRampToValueAtTime(value, time);
    this.#points.push({ time, value, shape: 'linear' });
    return this;
  }

  /** Goes to a value > 0 in equal ratios, from the last point (> 0) on. */
  exponential(value: number, time: Seconds): this {
    for (const param of this.#params) param.exponentialRampToValueAtTime(value, time);
    this.#points.push({ time, value, shape: 'exponential' });
    return this;
  }

  /** Stays where it is until a time. */
  hold(time: Seconds): this {
    const last = this.#points.at(-1);
    if (!last || time <= last.time) return this;
    // A step, not a flat ramp: the engine computes ramps sample by sample.
    for (const param of this.#params) param.setValueAtTime(last.value, time);
    this.#points.push({ time, value: last.value, shape: 'step' });
    return this;
  }

  /** Finds the value at a time; 0 before the first point. */
  valueAt(time: Seconds): number {
    const next = this.#points.findIndex((point) => point.time > time);
    const before = this.#points.at(next === -1 ? -1 : next - 1);
    if (next === 0 || !before) return 0;
    const after = this.#points[next];
    if (!after || after.shape === 'step') return before.value;
    const share = (time - before.time) / (after.time - before.time);
    return after.shape === 'linear'
      ? before.value + (after.value - before.value) * share
      : before.value * (after.value / before.value) ** share;
  }

  /** Counts the frames from the last step to the end of the line. */
  frames(sampleRate: Hertz): number {
    const [first, last] = [this.#points[0], this.#points.at(-1)];
    return first && last ? framesOf(last.time - first.time, sampleRate) : 0;
  }

  /**
   * Writes the values from the last step on, one for each frame, as many as there is room for; after the end of the line its last one.
   *
   * @param from Frames after the last step with which the values begin. Default 0.
   */
  writeTo(values: Float32Array, sampleRate: Hertz, from: number = 0): void {
    const start = this.#points[0]?.time ?? 0;
    let frame = from;
    for (const [index, point] of this.#points.entries()) {
      const before = this.#points[index - 1];
      const end = Math.min(from + values.length, framesOf(point.time - start, sampleRate));
      if (!before || end <= frame) continue;
      const length = (point.time - before.time) * sampleRate;
      const at = frame - (before.time - start) * sampleRate;
      if (point.shape === 'exponential') {
        const ratio = (point.value / before.value) ** (1 / length);
        let value = before.value * ratio ** at;
        for (; frame < end; frame++, value *= ratio) values[frame - from] = value;
      } else if (point.shape === 'linear') {
        const slope = (point.value - before.value) / length;
        const first = frame;
        for (; frame < end; frame++) values[frame - from] = before.value + slope * (at + frame - first);
      } else {
        values.fill(before.value, frame - from, end - from);
        frame = end;
      }
    }
    values.fill(this.#points.at(-1)?.value ?? 0, frame - from);
  }

  /** Removes everything after a time and ends there, at the value that the line has at that time. */
  cut(time: Seconds): this {
    const next = this.#points.findIndex((point) => point.time >= time);
    const cut = this.#points[next];
    if (!cut) return this;
    const value = this.valueAt(time);
    for (const param of this.#params) param.cancelScheduledValues(time);
    this.#points = this.#points.slice(0, next);
    if (next === 0) return this;
    if (cut.shape === 'exponential') return this.exponential(value, time);
    return this.linear(value, time);
  }
}

function framesOf(time: Seconds, sampleRate: Hertz): number {
  return Math.ceil(time * sampleRate - 1e-6);
}
