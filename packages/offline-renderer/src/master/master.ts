import type { Decibels, Hertz, Lufs, Seconds } from '@bnc/contracts';
import { integratedLoudness } from './loudness.ts';
import { eachPeakAbove, samplePeak, truePeak } from './true-peak.ts';

/** Targets of a master. */
export interface MasterOptions {
  readonly sampleRate: Hertz;
  /** Integrated loudness to reach. */
  readonly loudness: Lufs;
  /** Frames that are never trimmed: the bars of the music. */
  readonly minLength: number;
}

/** Highest true peak of a master. */
export const ceiling: Decibels = -1;
/** The limiter aims a little lower: its gain moves between the points that were measured. */
const aim = 10 ** ((ceiling - 0.1) / 20);
const attack: Seconds = 0.0015;
const release: Seconds = 0.06;
const fadeOut: Seconds = 0.03;
/** Tails end where they stay this far below the peak. */
const inaudible = 10 ** (-72 / 20);
/** Quiet music is not raised by more than this. */
export const maxGain = 10 ** (40 / 20);

/**
 * Masters a mix: no offset, no silence after the tail, no click at either end, the wanted loudness within about 0.1 LU (with
 * at most 40 dB of gain), true peak at most -1 dBTP. Takes about 0.1 µs per frame of stereo. Changes the given arrays.
 * @returns new arrays, one per channel, of equal length.
 */
export function master(
  mix: readonly Float32Array[],
  { sampleRate, loudness, minLength }: MasterOptions,
): Float32Array<ArrayBuffer>[] {
  for (const samples of mix) removeOffset(samples, sampleRate);
  const audible = lastAudible(mix, samplePeak(mix) * inaudible) + 1 + Math.round(fadeOut * sampleRate);
  const length = Math.min(mix[0]?.length ?? 0, Math.max(minLength, audible));
  const channels = mix.map((samples) => samples.subarray(0, length));
  for (const samples of channels) fade(samples, sampleRate);
  let measured = integratedLoudness(channels, sampleRate);
  if (!Number.isFinite(measured)) return channels.map((samples) => new Float32Array(samples));
  let gain = 1;
  for (let round = 0; ; round++) {
    gain = Math.min(maxGain, gain * 10 ** ((loudness - measured) / 20));
    const curve = limiterCurve(channels, gain, sampleRate);
    const result = channels.map((samples) => amplify(samples, gain, curve));
    if (!curve) return result;
    measured = integratedLoudness(result, sampleRate);
    if (round < 4 && Math.abs(measured - loudness) > 0.2 && gain < maxGain) continue;
    const over = truePeak(result) / 10 ** (ceiling / 20);
    return over > 1 ? result.map((samples) => amplify(samples, 1 / over, undefined)) : result;
  }
}

/** Removes what is below hearing: a first-order high-pass at 5 Hz, run from the first sample on. */
function removeOffset(samples: Float32Array, sampleRate: Hertz): void {
  const keep = 1 - (2 * Math.PI * 5) / sampleRate;
  let before = 0;
  let out = 0;
  for (let i = 0; i < samples.length; i++) {
    const sample = samples[i] ?? 0;
    out = sample - before + keep * out;
    before = sample;
    samples[i] = out;
  }
}

function lastAudible(channels: readonly Float32Array[], threshold: number): number {
  let last = -1;
  for (const samples of channels) {
    let i = samples.length - 1;
    while (i > last && Math.abs(samples[i] ?? 0) <= threshold) i--;
    last = Math.max(last, i);
  }
  return last;
}

/** Fades the end out along half a cosine, to 0 in the last sample, and the first 32 samples in. */
function fade(samples: Float32Array, sampleRate: Hertz): void {
  const out = Math.min(samples.length, Math.round(fadeOut * sampleRate));
  for (let i = 0; i < out; i++) {
    const at = samples.length - 1 - i;
    samples[at] = (samples[at] ?? 0) * (0.5 - 0.5 * Math.cos((Math.PI * i) / out));
  }
  for (let i = 0; i < Math.min(32, samples.length); i++) samples[i] = ((samples[i] ?? 0) * i) / 32;
}

/**
 * Gain over time that keeps true peaks of `samples x gain` under the limiter's aim; undefined where nothing is above. The
 * gain falls ahead of a peak and comes back after it, both exponentially: one pass each way, and never above what a peak needs.
 */
function limiterCurve(channels: readonly Float32Array[], gain: number, sampleRate: Hertz): Float32Array | undefined {
  let curve: Float32Array | undefined;
  const length = channels[0]?.length ?? 0;
  for (const samples of channels) {
    eachPeakAbove(samples, aim / gain, (index, peak) => {
      curve ??= new Float32Array(length).fill(1);
      const need = aim / (gain * peak);
      curve[index] = Math.min(curve[index] ?? 1, need);
      if (index + 1 < length) curve[index + 1] = Math.min(curve[index + 1] ?? 1, need);
    });
  }
  if (!curve) return undefined;
  const open = 1 - Math.exp(-1 / (release * sampleRate));
  const close = 1 - Math.exp(-1 / (attack * sampleRate));
  for (let i = 1; i < length; i++) {
    const before = curve[i - 1] ?? 1;
    curve[i] = Math.min(curve[i] ?? 1, before + (1 - before) * open);
  }
  for (let i = length - 2; i >= 0; i--) {
    const after = curve[i + 1] ?? 1;
    curve[i] = Math.min(curve[i] ?? 1, after + (1 - after) * close);
  }
  return curve;
}

function amplify(samples: Float32Array, gain: number, curve: Float32Array | undefined): Float32Array<ArrayBuffer> {
  const result = new Float32Array(samples.length);
  if (curve) for (let i = 0; i < result.length; i++) result[i] = (samples[i] ?? 0) * gain * (curve[i] ?? 1);
  else for (let i = 0; i < result.length; i++) result[i] = (samples[i] ?? 0) * gain;
  return result;
}
