import type { Hertz, Seconds } from '@bnc/contracts';
import { blocksOf, curvePlane, kernel, pairsOf, readBlock, writeBlock } from './kernel.ts';
import { scanPeaks } from './true-peak.ts';

const attack: Seconds = 0.0015;
const release: Seconds = 0.06;

/** A sound that was limited. */
interface Limited {
  /** One array per channel, of equal length. */
  readonly channels: Float32Array<ArrayBuffer>[];
  /** Largest magnitude of its samples. */
  readonly peak: number;
}

/**
 * Amplifies a sound and keeps its true peaks under an aim. The gain falls ahead of a peak and comes back after it, both exponentially:
 * one pass each way, and never above what a peak needs.
 * @returns undefined where nothing is above the aim.
 */
export function amplifyBelow(
  channels: readonly Float32Array[],
  level: number,
  { aim, sampleRate }: { readonly aim: number; readonly sampleRate: Hertz },
): Limited | undefined {
  const curve = curveOf(channels, level, aim);
  if (!curve) return undefined;
  recover(curve, sampleRate);
  const share = 1 - Math.exp(-1 / (attack * sampleRate));
  const limited = channels.map((samples) => new Float32Array(samples.length));
  const results = pairsOf(limited);
  let peak = 0;
  for (const [index, pair] of pairsOf(channels).entries()) {
    kernel.openApproach();
    for (const [from, count] of [...blocksOf(curve.length)].toReversed()) {
      writeBlock(pair, from, count);
      curvePlane.set(curve.subarray(from, from + count));
      peak = Math.max(peak, kernel.approach(count, share, level));
      readBlock(results[index] ?? pair, from, count);
    }
  }
  return { channels: limited, peak };
}

/** Amplifies a sound. */
export function amplify(channels: readonly Float32Array[], level: number): Float32Array<ArrayBuffer>[] {
  const amplified = channels.map((samples) => new Float32Array(samples.length));
  const results = pairsOf(amplified);
  for (const [index, pair] of pairsOf(channels).entries()) {
    for (const [from, count] of blocksOf(pair[0].length)) {
      writeBlock(pair, from, count);
      kernel.amplify(count, level);
      readBlock(results[index] ?? pair, from, count);
    }
  }
  return amplified;
}

/** The gain that each frame needs for the peaks right next to it; undefined where none is above the aim. */
function curveOf(channels: readonly Float32Array[], level: number, aim: number): Float32Array | undefined {
  let curve: Float32Array | undefined;
  for (const { from, count, highest } of scanPeaks(channels, aim / level, { need: aim, level })) {
    if (highest > 0) curve ??= new Float32Array(channels[0]?.length ?? 0).fill(1);
    if (!curve) continue;
    for (let i = 0; i < count; i++) curve[from + i] = Math.min(curve[from + i] ?? 1, curvePlane[i] ?? 1);
  }
  return curve;
}

function recover(curve: Float32Array, sampleRate: Hertz): void {
  const share = 1 - Math.exp(-1 / (release * sampleRate));
  kernel.openRecovery();
  for (const [from, count] of blocksOf(curve.length)) {
    curvePlane.set(curve.subarray(from, from + count));
    kernel.recover(count, share);
    curve.set(curvePlane.subarray(0, count), from);
  }
}
