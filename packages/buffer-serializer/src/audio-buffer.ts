import type { AudioBufferLike } from '@bnc/contracts';
import { SerializerError } from './errors.ts';
import { kindOf, maxSampleRate, maxWrittenChannels, minSampleRate } from './limits.ts';

/**
 * Wraps planar samples as an `AudioBufferLike`, without copying: the buffer and the caller share the arrays.
 *
 * @param channels One `Float32Array` per channel, all of the same length; at least one.
 * @param sampleRate Frames a second, finite and > 0.
 * @throws {TypeError} when a channel is not a `Float32Array`, or is detached.
 * @throws {RangeError} without channels, with unequal lengths, or with a sample rate that is not finite and above 0.
 * @example
 * createAudioBufferLike([new Float32Array(48_000)], 48_000).duration // 1
 */
export function createAudioBufferLike(channels: readonly Float32Array[], sampleRate: number): AudioBufferLike {
  const length = channels[0]?.length;
  if (length === undefined) throw new RangeError('channels must hold at least one Float32Array, got none');
  for (const [channel, samples] of channels.entries()) checkSamples(samples, length, `channels[${channel}]`);
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
 * Takes the channels of a buffer for writing. Checks that their layout can be read back and that every sample is
 * finite; copies a channel only to silence samples in it.
 *
 * @throws {SerializerError} `SERIALIZER_NON_FINITE`, `SERIALIZER_UNSUPPORTED_LAYOUT`.
 * @throws {TypeError} when `buffer` is not an `AudioBuffer`, or a channel is detached.
 * @throws {RangeError} when `numberOfChannels` or `length` is not a valid count, or a channel is not as long as the
 * buffer.
 */
export function finiteChannels(buffer: AudioBufferLike, nonFinite?: 'zero'): Float32Array[] {
  if (typeof buffer !== 'object' || buffer === null || typeof buffer.getChannelData !== 'function') {
    throw new TypeError(`buffer must be an AudioBuffer, got ${kindOf(buffer)}`);
  }
  const { numberOfChannels, length, sampleRate } = buffer;
  if (!(Number.isInteger(numberOfChannels) && numberOfChannels > 0)) {
    throw new RangeError(`numberOfChannels of buffer must be an integer above 0, got ${numberOfChannels}`);
  }
  if (!(Number.isInteger(length) && length >= 0)) {
    throw new RangeError(`length of buffer must be an integer, got ${length}`);
  }
  checkWritableLayout(numberOfChannels, sampleRate);
  return Array.from({ length: numberOfChannels }, (_, channel) => {
    const samples = buffer.getChannelData(channel);
    checkSamples(samples, length, `channel ${channel} of buffer`);
    return finiteSamples(samples, channel, nonFinite);
  });
}

/** Checks that a reader accepts a layout before it is written. */
export function checkWritableLayout(numberOfChannels: number, sampleRate: number): void {
  const isRate = sampleRate >= minSampleRate && sampleRate <= maxSampleRate;
  if (numberOfChannels <= maxWrittenChannels && isRate) return;
  throw new SerializerError(
    'SERIALIZER_UNSUPPORTED_LAYOUT',
    `1-${maxWrittenChannels} channels at ${minSampleRate}-${maxSampleRate} Hz can be written, got ${numberOfChannels} at ${sampleRate} Hz.`,
  );
}

/**
 * Keeps a buffer alive until a promise settles: node-web-audio-api frees the samples when the buffer is
 * garbage-collected.
 */
export function holding<Result>(buffer: AudioBufferLike, result: Promise<Result>): Promise<Result> {
  return result.finally(() => buffer);
}

/** Checks again, after a wait, that no channel of a buffer has been detached. */
export function checkAttached(channels: readonly Float32Array[]): void {
  for (const [channel, samples] of channels.entries()) refuseDetached(samples, `channel ${channel} of buffer`);
}

function refuseDetached(samples: Float32Array, name: string): void {
  if ((samples.buffer as ArrayBuffer).detached) {
    throw new TypeError(`${name} must not be detached: its memory was transferred elsewhere`);
  }
}

/** Checks samples that come from a caller. */
export function checkSamples(samples: Float32Array, length: number, name: string): void {
  if (kindOf(samples) !== 'Float32Array') throw new TypeError(`${name} must be a Float32Array, got ${kindOf(samples)}`);
  refuseDetached(samples, name);
  if (samples.length !== length) throw new RangeError(`${name} must hold ${length} samples, got ${samples.length}`);
}

/** Refuses or silences samples that are not finite. */
export function finiteSamples(samples: Float32Array, channel: number, nonFinite?: 'zero'): Float32Array {
  if (nonFinite !== undefined && nonFinite !== 'zero') {
    throw new TypeError(`nonFinite must be 'zero' or left out, got ${String(nonFinite)}`);
  }
  const at = firstNonFinite(samples);
  if (at === -1) return samples;
  if (nonFinite === 'zero') return samples.map((sample) => (Number.isFinite(sample) ? sample : 0));
  throw new SerializerError(
    'SERIALIZER_NON_FINITE',
    `Sample ${at} of channel ${channel} is ${samples[at]}. Fix the source, or pass nonFinite: 'zero'.`,
  );
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

/** Refuses decoded channels in which a sample is not finite. */
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

/** The largest gain that leaves every 16-bit value finite; peaks above it clip. */
const maxGain = 2 ** 127;

/**
 * Finds the smallest power of two ≥ 1 that brings a peak to at most 1 when the peak is divided by it; at most 2^127.
 */
export function gainFor(peak: number): number {
  let gain = 1;
  while (peak > gain && gain < maxGain) gain *= 2;
  return gain;
}

/** Multiplies in place; skips the work for 1. */
export function applyGain(channels: readonly Float32Array[], gain: number): void {
  if (gain === 1) return;
  for (const samples of channels) for (let i = 0; i < samples.length; i++) samples[i] = (samples[i] as number) * gain;
}
