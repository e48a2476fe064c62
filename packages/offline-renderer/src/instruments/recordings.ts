import type { InstrumentContext } from './context.ts';
import type { Recording } from './sounds/recording.ts';

const mebibyte = 2 ** 20;

/**
 * Computed recordings that were used last, within a budget of bytes. A renderer and a player each keep one, because a recording
 * takes 0.5-20 ms to compute.
 */
export class Recordings {
  readonly #kept = new Map<string, KeptRecording>();
  readonly #maxBytes: number;
  #bytes = 0;

  /**
   * @param maxBytes Bytes that all recordings may take, 0 or more. The one that was used longest ago goes first;
   * buffers that still play stay in memory until they end. Default 48 MiB.
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
  get(key: string, record: () => Recording): KeptRecording {
    const known = this.#kept.get(key);
    const kept = known ?? new KeptRecording(record());
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    if (known) return known;
    this.#bytes += kept.bytes;
    for (const [oldest, { bytes }] of this.#kept) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#kept.delete(oldest);
      this.#bytes -= bytes;
    }
    return kept;
  }
}

/** A recording as samples, and as a buffer of the engine once a source has asked for it. */
export class KeptRecording {
  /** Frames that a held note repeats. */
  readonly loop: Recording['loop'];
  /** Length in frames. */
  readonly length: number;
  #channels: Recording['channels'];
  #buffer: AudioBuffer | undefined;

  constructor({ channels, loop }: Recording) {
    this.#channels = channels;
    this.loop = loop;
    this.length = channels[0]?.length ?? 0;
  }

  get channels(): Recording['channels'] {
    return this.#channels;
  }

  get bytes(): number {
    return this.length * this.#channels.length * Float32Array.BYTES_PER_ELEMENT;
  }

  /** Returns the buffer for sources of any context. */
  toBuffer(context: InstrumentContext): AudioBuffer {
    if (this.#buffer) return this.#buffer;
    const buffer = context.createBuffer(this.#channels.length, this.length, context.sampleRate);
    for (const [channel, samples] of this.#channels.entries()) buffer.copyToChannel(samples, channel);
    // The buffer's own memory from now on: none is held twice.
    this.#channels = this.#channels.map((_, channel) => buffer.getChannelData(channel));
    this.#buffer = buffer;
    return buffer;
  }
}
