import type { Decibels, Hertz, Lufs, Seconds } from '@bnc/contracts';
import { blocksOf, kernel, pairsOf, readBlock, writeBlock } from './kernel.ts';
import { amplify, amplifyBelow } from './limiter.ts';
import { integratedLoudness } from './loudness.ts';
import { truePeak } from './true-peak.ts';

/** Targets of a master. */
export interface MasterOptions {
  readonly sampleRate: Hertz;
  /** Integrated loudness to reach. */
  readonly loudness: Lufs;
  /** Frames that are never trimmed: the bars of the music. */
  readonly minLength: number;
}

/** A mastered sound. */
export interface Mastered {
  /** One array per channel, of equal length. */
  readonly channels: Float32Array<ArrayBuffer>[];
  /** Integrated loudness that it has; -Infinity where nothing is above -70 LUFS. */
  readonly loudness: Lufs;
}

/** Highest true peak of a master, in dBTP. */
export const ceiling: Decibels = -1;
/** The limiter aims a little lower: its gain moves between the points that were measured. */
const aim = 10 ** ((ceiling - 0.15) / 20);
/** What is left above this after the limiter is turned down. On noise up to the Nyquist frequency, meters differ by a tenth. */
const top = 10 ** ((ceiling - 0.12) / 20);
const fadeOut: Seconds = 0.03;
/** Tails end where they stay this far below the peak. */
const inaudible = 10 ** (-72 / 20);
/** Loudness that is near enough, in LU. */
const tolerance = 0.1;
/** Gains that are tried, each with a limiter. */
const maxRounds = 16;
/** Most that one round adds: where much is limited, more gain adds little loudness. */
const maxStep: Decibels = 12;

/**
 * Masters a mix: no offset, no silence after the tail, no click at either end, the wanted loudness where the limiter
 * can reach it, and a true peak of at most -1 dBTP. Takes about 0.1 µs per frame of stereo, and as much again for each
 * round of the limiter. Changes the given arrays.
 */
export function master(mix: readonly Float32Array[], { sampleRate, loudness, minLength }: MasterOptions): Mastered {
  const peak = removeOffset(mix, sampleRate);
  const audible = lastAudible(mix, peak * inaudible) + 1 + Math.round(fadeOut * sampleRate);
  const length = Math.min(mix[0]?.length ?? 0, Math.max(minLength, audible));
  const channels = mix.map((samples) => samples.subarray(0, length));
  for (const samples of channels) fade(samples, sampleRate);
  const before = integratedLoudness(channels, sampleRate);
  if (!Number.isFinite(before)) {
    return { channels: channels.map((samples) => new Float32Array(samples)), loudness: before };
  }
  let gain = loudness - before;
  let best = limit(channels, gain, sampleRate, before);
  let last = { gain, loudness: best.loudness };
  let slope = 1;
  for (let round = 1; round < maxRounds && Math.abs(loudness - best.loudness) > tolerance; round++) {
    gain += Math.max(-maxStep, Math.min(maxStep, (loudness - last.loudness) * slope));
    const next = limit(channels, gain, sampleRate, before);
    const louder = next.loudness - last.loudness;
    // Where more gain makes nothing louder any more, there is no more to have.
    if (Math.abs(louder) < 0.01 * Math.abs(gain - last.gain)) break;
    slope = Math.max(1, Math.min(20, (gain - last.gain) / louder));
    last = { gain, loudness: next.loudness };
    if (Math.abs(loudness - next.loudness) < Math.abs(loudness - best.loudness)) best = next;
  }
  return best;
}

/** Amplifies a sound of known loudness by a gain in dB, and keeps it under the highest true peak. */
function limit(channels: readonly Float32Array[], decibels: Decibels, sampleRate: Hertz, before: Lufs): Mastered {
  const level = 10 ** (decibels / 20);
  const limited = amplifyBelow(channels, level, { aim, sampleRate });
  // Where nothing was limited, both are known.
  if (!limited) return { channels: amplify(channels, level), loudness: before + decibels };
  const over = truePeak(limited.channels, limited.peak) / top;
  const result = over > 1 ? amplify(limited.channels, 1 / over) : limited.channels;
  return { channels: result, loudness: integratedLoudness(result, sampleRate) };
}

/** Removes what is below hearing: a first-order high-pass at 5 Hz, run from the first sample on. @returns the largest magnitude. */
function removeOffset(channels: readonly Float32Array[], sampleRate: Hertz): number {
  const keep = 1 - (2 * Math.PI * 5) / sampleRate;
  let largest = 0;
  for (const pair of pairsOf(channels)) {
    kernel.openOffset();
    for (const [from, count] of blocksOf(pair[0].length)) {
      writeBlock(pair, from, count);
      largest = Math.max(largest, kernel.removeOffset(count, keep));
      readBlock(pair, from, count);
    }
  }
  return largest;
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
