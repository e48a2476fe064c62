import type { InstrumentContext } from './context.ts';
import type { Recording } from './sounds/recording.ts';

/** A recording in the engine's memory. */
export interface LoadedRecording {
  readonly buffer: AudioBuffer;
  readonly loop?: readonly [start: number, end: number];
}

const mebibyte = 2 ** 20;

/**
 * Computed recordings that were used last, within a budget of bytes. A renderer and a player each keep one, because a recording
 * takes 1-8 ms to compute and its buffer may be played by any context.
 */
export class Recordings {
  readonly #loaded = new Map<string, LoadedRecording>();
  readonly #maxBytes: number;
  #bytes = 0;

  /**
   * @param maxBytes What all recordings may take, 0 or more. The one that was used longest ago goes first; buffers that still play
   * stay in memory until they end. Default 48 MiB.
   * @throws {RangeError} when `maxBytes` is not a number of 0 or more.
   */
  constructor(maxBytes: number = 48 * mebibyte) {
    if (!(maxBytes >= 0)) throw new RangeError(`maxBytes must be a number of 0 or more, not ${maxBytes}`);
    this.#maxBytes = maxBytes;
  }

  /** Bytes of the recordings that are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Returns the recording of a key, computed by `record` unless it is kept. The key names everything that it depends on. */
  get(
    key: string,
    context: Pick<InstrumentContext, 'createBuffer' | 'sampleRate'>,
    record: () => Recording,
  ): LoadedRecording {
    const known = this.#loaded.get(key);
    const loaded = known ?? load(record(), context);
    this.#loaded.delete(key);
    this.#loaded.set(key, loaded);
    if (known) return known;
    this.#bytes += bytesOf(loaded);
    for (const [oldest, { buffer }] of this.#loaded) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#loaded.delete(oldest);
      this.#bytes -= bytesOf({ buffer });
    }
    return loaded;
  }
}

function bytesOf({ buffer }: LoadedRecording): number {
  return buffer.length * buffer.numberOfChannels * Float32Array.BYTES_PER_ELEMENT;
}

function load(
  { channels, loop }: Recording,
  context: Pick<InstrumentContext, 'createBuffer' | 'sampleRate'>,
): LoadedRecording {
  const buffer = context.createBuffer(channels.length, channels[0]?.length ?? 1, context.sampleRate);
  for (const [channel, samples] of channels.entries()) buffer.copyToChannel(samples, channel);
  return { buffer, ...(loop && { loop }) };
}
