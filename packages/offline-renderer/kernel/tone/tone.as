/**
 * Computes the tones of oscillators, in WebAssembly with SIMD (AssemblyScript). The caller writes the courses of a tone, one value for each frame
 * of a block, calls `modulate` if its pitch is modulated, then `play` for each of its oscillators, `shape`, `filter` if it has one, and
 * `add`, which adds SOUND to MIX. Doubles in a fixed order and no function of the platform: the samples are the same on every machine.
 *
 * The waves are those of the engine (web-audio-api-rs), so that a tone sounds the same as a node: a sine, saws and squares whose edges
 * are rounded over two frames (polyBLEP; Välimäki and Huovilainen 2007), a plain triangle.
 */

/** Most frames of a block. */
const blockLength: i32 = 4096;

const PITCH: usize = 0x400; // float32, in Hz
const SPEED: usize = PITCH + blockLength * 4; // float32, the frequency of the modulator in Hz
const DEPTH: usize = SPEED + blockLength * 4; // float32, its deviation in Hz
const LEVEL: usize = DEPTH + blockLength * 4; // float32
const SOUND: usize = LEVEL + blockLength * 4; // float32
const MIX: usize = SOUND + blockLength * 4; // float32

export function pitch(): usize {
  return PITCH;
}

export function speed(): usize {
  return SPEED;
}

export function depth(): usize {
  return DEPTH;
}

export function level(): usize {
  return LEVEL;
}

export function sound(): usize {
  return SOUND;
}

export function mix(): usize {
  return MIX;
}

export function capacity(): i32 {
  return blockLength;
}

/** (2π)^n / n!, with its sign. */
const S1: f64 = 6.283185307179586;
const S3: f64 = -41.341702240399755;
const S5: f64 = 81.60524927607504;
const S7: f64 = -76.70585975306136;
const S9: f64 = 42.058693944897634;
const S11: f64 = -15.094642576822984;

const SINE: i32 = 0;
const TRIANGLE: i32 = 1;
const SAWTOOTH: i32 = 2;

/**
 * Bends PITCH by a sine, which is silent where its frequency is half the sample rate or more.
 *
 * @param phase Where in its turn the sine is, 0-1.
 * @param period Length of a frame in seconds.
 * @returns the phase after the block
 */
export function modulate(count: i32, phase: f64, period: f64): f64 {
  for (let i: i32 = 0; i < count; i += 2) {
    const at = <usize>i << 2;
    const steps = stepsAt(SPEED + at, period);
    const next = phase + f64x2.extract_lane(steps, 0);
    const bends = f64x2.mul(promote(DEPTH + at), sines(quarters(phase, next)));
    addTwo(PITCH + at, heard(bends, steps));
    phase = next + (i + 1 < count ? f64x2.extract_lane(steps, 1) : 0);
  }
  return turn(phase);
}

/**
 * Adds an oscillator to SOUND. It is silent where its pitch is half the sample rate or more.
 *
 * @param wave 0 for a sine, 1 for a triangle, 2 for a saw, 3 for a square.
 * @param phase Where in its turn the oscillator is, 0-1.
 * @param period Length of a frame in seconds, times the factor on PITCH.
 * @returns the phase after the block
 */
export function play(wave: i32, count: i32, phase: f64, period: f64): f64 {
  return wave <= TRIANGLE ? playSmooth(wave, count, phase, period) : playEdged(wave, count, phase, period);
}

function playSmooth(wave: i32, count: i32, phase: f64, period: f64): f64 {
  for (let i: i32 = 0; i < count; i += 2) {
    const at = <usize>i << 2;
    const steps = stepsAt(PITCH + at, period);
    const next = phase + f64x2.extract_lane(steps, 0);
    const places = quarters(phase, next);
    const samples = wave == SINE ? sines(places) : f64x2.mul(places, f64x2.splat(4));
    addTwo(SOUND + at, heard(samples, steps));
    phase = next + (i + 1 < count ? f64x2.extract_lane(steps, 1) : 0);
  }
  return turn(phase);
}

function playEdged(wave: i32, count: i32, phase: f64, period: f64): f64 {
  for (let i: i32 = 0; i < count; i++) {
    const at = <usize>i << 2;
    const step = max(-0.5, min(0.5, <f64>load<f32>(PITCH + at) * period));
    if (abs(step) < 0.5) {
      const place = turn(phase);
      const sample = wave == SAWTOOTH ? saw(turn(place + 0.5), step) : square(place, step);
      store<f32>(SOUND + at, <f32>(<f64>load<f32>(SOUND + at) + sample));
    }
    phase += step;
  }
  return turn(phase);
}

/** Multiplies SOUND by LEVEL. */
export function shape(count: i32): void {
  for (let at = SOUND; at < SOUND + (<usize>count << 2); at += 16) {
    v128.store(at, f32x4.mul(v128.load(at), v128.load(at - SOUND + LEVEL)));
  }
}

/** Adds SOUND to MIX. */
export function add(count: i32): void {
  for (let at = SOUND; at < SOUND + (<usize>count << 2); at += 16) {
    v128.store(at, f32x4.add(v128.load(at, MIX - SOUND), v128.load(at)), MIX - SOUND);
  }
}

let x1: f64 = 0;
let x2: f64 = 0;
let y1: f64 = 0;
let y2: f64 = 0;

/** Begins with a filter that has heard nothing. */
export function openFilter(): void {
  x1 = x2 = y1 = y2 = 0;
}

/** Filters some frames of SOUND: a biquad in its direct form, whose coefficients are divided by a0. */
export function filter(from: i32, count: i32, b0: f64, b1: f64, b2: f64, a1: f64, a2: f64): void {
  for (let i: i32 = from; i < from + count; i++) {
    const at = SOUND + (<usize>i << 2);
    const x = <f64>load<f32>(at);
    const y = b0 * x + b1 * x1 + b2 * x2 - a1 * y1 - a2 * y2;
    x2 = x1;
    x1 = x;
    y2 = y1;
    y1 = y;
    store<f32>(at, <f32>y);
  }
}

// @ts-ignore: decorator
@inline
function turn(phase: f64): f64 {
  return phase - floor(phase);
}

// @ts-ignore: decorator
@inline
function promote(at: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(at));
}

// @ts-ignore: decorator
@inline
function addTwo(at: usize, samples: v128): void {
  v128.store_lane<u64>(at, f32x4.demote_f64x2_zero(f64x2.add(promote(at), samples)), 0);
}

/** Reads how far an oscillator turns in each of two frames: half a turn at most. */
// @ts-ignore: decorator
@inline
function stepsAt(at: usize, period: f64): v128 {
  const steps = f64x2.mul(promote(at), f64x2.splat(period));
  return f64x2.pmax(f64x2.splat(-0.5), f64x2.pmin(f64x2.splat(0.5), steps));
}

/** Silences what turns by half a turn. */
// @ts-ignore: decorator
@inline
function heard(samples: v128, steps: v128): v128 {
  return v128.and(samples, f64x2.lt(f64x2.abs(steps), f64x2.splat(0.5)));
}

/** Folds two phases to the quarters of a turn, up or down, that have the same sine. */
// @ts-ignore: decorator
@inline
function quarters(phase: f64, next: f64): v128 {
  const phases = f64x2.add(f64x2.replace_lane(f64x2.splat(phase), 1, next), f64x2.splat(0.25));
  const turns = f64x2.sub(phases, f64x2.floor(phases));
  return f64x2.sub(f64x2.splat(0.25), f64x2.abs(f64x2.sub(turns, f64x2.splat(0.5))));
}

/** The sine's series up to the 11th power: within 6e-8. */
// @ts-ignore: decorator
@inline
function sines(x: v128): v128 {
  const y = f64x2.mul(x, x);
  let sum = f64x2.splat(S11);
  sum = f64x2.add(f64x2.splat(S9), f64x2.mul(y, sum));
  sum = f64x2.add(f64x2.splat(S7), f64x2.mul(y, sum));
  sum = f64x2.add(f64x2.splat(S5), f64x2.mul(y, sum));
  sum = f64x2.add(f64x2.splat(S3), f64x2.mul(y, sum));
  sum = f64x2.add(f64x2.splat(S1), f64x2.mul(y, sum));
  return f64x2.mul(x, sum);
}

// @ts-ignore: decorator
@inline
function saw(phase: f64, step: f64): f64 {
  return 2 * phase - 1 - edge(phase, step);
}

// @ts-ignore: decorator
@inline
function square(phase: f64, step: f64): f64 {
  return select<f64>(1, -1, phase < 0.5) + edge(phase, step) - edge(turn(phase + 0.5), step);
}

/** What rounds an edge at the start of a turn. */
// @ts-ignore: decorator
@inline
function edge(phase: f64, step: f64): f64 {
  if (phase < step) {
    const before = phase / step;
    return before + before - before * before - 1;
  }
  if (phase > 1 - step) {
    const after = (phase - 1) / step;
    return after * after + after + after + 1;
  }
  return 0;
}
