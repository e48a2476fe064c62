import { checkSamples, checkWritableLayout, finiteSamples, type NonFiniteOption } from './audio-buffer.ts';
import { kindOf } from './limits.ts';

/** The sound that an encoder stream takes. */
export interface EncoderStreamOptions extends NonFiniteOption {
  /** Frames a second, 3,000-768,000. */
  readonly sampleRate: number;
  /** Channels in each chunk: 1-8 for FLAC, 1-2 for Opus. */
  readonly numberOfChannels: number;
}

/** Checks the options that every encoder stream has. */
export function checkStreamOptions({ sampleRate, numberOfChannels, nonFinite }: EncoderStreamOptions): void {
  if (typeof sampleRate !== 'number') throw new TypeError(`sampleRate must be a number, got ${kindOf(sampleRate)}`);
  if (!(Number.isInteger(numberOfChannels) && numberOfChannels > 0)) {
    throw new RangeError(`numberOfChannels must be an integer above 0, got ${String(numberOfChannels)}`);
  }
  if (nonFinite !== undefined && nonFinite !== 'zero') {
    throw new TypeError(`nonFinite must be 'zero' or left out, got ${String(nonFinite)}`);
  }
  checkWritableLayout(numberOfChannels, sampleRate);
}

/** Checks a chunk: one `Float32Array` per channel, all of the same length, every sample finite. */
export function checkChunk(chunk: readonly Float32Array[], options: EncoderStreamOptions): Float32Array[] {
  const { numberOfChannels, nonFinite } = options;
  if (!Array.isArray(chunk)) throw new TypeError(`chunk must be an array of Float32Arrays, got ${kindOf(chunk)}`);
  if (chunk.length !== numberOfChannels) {
    throw new RangeError(`chunk must have ${numberOfChannels} channels, got ${chunk.length}`);
  }
  return chunk.map((samples: Float32Array, channel) => {
    checkSamples(samples, (chunk[0] as Float32Array).length, `chunk[${channel}]`);
    return finiteSamples(samples, channel, nonFinite);
  });
}
