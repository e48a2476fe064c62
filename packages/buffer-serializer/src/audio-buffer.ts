import type { AudioBufferLike } from '@bnc/contracts';
import { SerializerError } from './errors.ts';

/**
 * Wraps planar samples as an `AudioBufferLike`, without copying: the buffer and the caller share the arrays.
 *
 * @param channels One `Float32Array` per channel, all of the same length; at least one.
 * @param sampleRate Frames a second, > 0.
 * @throws {RangeError} without channels, with unequal lengths or a sample rate that is not above 0.
 * @example
 * createAudioBufferLike([new Float32Array(48_000)], 48_000).duration // 1
 */
export function createAudioBufferLike(channels: readonly Float32Array[], sampleRate: number): AudioBufferLike {
  const length = channels[0]?.length;
  if (length === undefined) throw new RangeError('channels must hold at least one Float32Array, got none');
  const odd = channels.find((samples) => samples.length !== length);
  if (odd) throw new RangeError(`channels must be of equal length, got ${length} and ${odd.length}`);
  if (!(sampleRate > 0 && sampleRate < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`sampleRate must be > 0, got ${sampleRate}`);
  }
  return {
    numberOfChannels: channels.length,
    length,
    sampleRate,
    duration: length / sampleRate,
    getChannelData: (channel) => {
      const samples = channels[channel];
      if (!samples) throw new RangeError(`channel must be 0-${channels.length - 1}, got ${channel}`);
      return samples;
    },
  };
}

/** How writers treat NaN and infinity. */
export interface NonFiniteOption {
  /** `'zero'` writes NaN and infinity as silence. Default: they are refused with `SERIALIZER_NON_FINITE`. */
  readonly nonFinite?: 'zero';
}

/**
 * Takes the channels of a buffer to write them, every sample finite. Copies a channel only to silence samples in it.
 *
 * @throws {SerializerError} `SERIALIZER_NON_FINITE`.
 */
export function finiteChannels(buffer: AudioBufferLike, nonFinite?: 'zero'): Float32Array[] {
  return Array.from({ length: buffer.numberOfChannels }, (_, channel) => {
    const samples = buffer.getChannelData(channel);
    if (samples.length !== buffer.length) {
      throw new RangeError(`channel ${channel} must hold ${buffer.length} samples, got ${samples.length}`);
    }
    const at = firstNonFinite(samples);
    if (at === -1) return samples;
    if (nonFinite === 'zero') return samples.map((sample) => (Number.isFinite(sample) ? sample : 0));
    throw new SerializerError(
      'SERIALIZER_NON_FINITE',
      `Sample ${at} of channel ${channel} is ${samples[at]}. Fix the source, or pass nonFinite: 'zero'.`,
    );
  });
}

/** Finds the first sample that is NaN or infinite; -1 when there is none. */
export function firstNonFinite(samples: Float32Array): number {
  // x - x is 0 for every finite x and NaN otherwise: one subtraction and comparison a sample.
  for (let i = 0; i < samples.length; i++) {
    const sample = samples[i] as number;
    if (sample - sample !== 0) return i;
  }
  return -1;
}

/** Lets decoded channels through only when every sample is finite. */
export function checkFinite(channels: readonly Float32Array[]): void {
  for (const [channel, samples] of channels.entries()) {
    const at = firstNonFinite(samples);
    if (at !== -1) {
      throw new SerializerError('SERIALIZER_NON_FINITE', `Sample ${at} of channel ${channel} is ${samples[at]}.`);
    }
  }
}

/** Finds the largest magnitude in all channels. */
export function peakOf(channels: readonly Float32Array[]): number {
  let peak = 0;
  for (const samples of channels) {
    for (let i = 0; i < samples.length; i++) {
      const magnitude = Math.abs(samples[i] as number);
      if (magnitude > peak) peak = magnitude;
    }
  }
  return peak;
}

/** Finds the least power of two ≥ 1 that a peak divided by is ≤ 1. */
export function gainFor(peak: number): number {
  let gain = 1;
  while (peak > gain) gain *= 2;
  return gain;
}

/** Multiplies in place; skips the work for 1. */
export function applyGain(channels: readonly Float32Array[], gain: number): void {
  if (gain === 1) return;
  for (const samples of channels) for (let i = 0; i < samples.length; i++) samples[i] = (samples[i] as number) * gain;
}
