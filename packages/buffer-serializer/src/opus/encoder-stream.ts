import { checkChunk, checkStreamOptions, type EncoderStreamOptions } from '../chunks.ts';
import type { Comments } from '../comments.ts';
import type { OpusOptions } from '../encode.ts';
import { checkOpusFormat, type OpusWriter, openOpusWriter } from './encoder.ts';

/** Options of `OpusEncoderStream`. */
export interface OpusEncoderStreamOptions extends EncoderStreamOptions, Omit<OpusOptions, 'encoding'> {
  /** Facts about the piece by name, up to 4,096 bytes. Default: none. */
  readonly comments?: Comments;
}

/**
 * Encodes a piece of any length as Ogg Opus, with one chunk in memory at a time: takes planar chunks, one
 * `Float32Array` per channel, and gives pages of a second. The bytes are those of `encodeOpus`.
 *
 * A wrong chunk fails the stream with a `TypeError` or `RangeError`, NaN and infinity with a `SerializerError` of code
 * `SERIALIZER_NON_FINITE`.
 *
 * @example
 * chunks.pipeThrough(new OpusEncoderStream({ sampleRate: 44_100, numberOfChannels: 1 })).pipeTo(file)
 */
export class OpusEncoderStream {
  /** The bytes. */
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Takes the chunks. */
  readonly writable: WritableStream<readonly Float32Array[]>;

  /**
   * Checks the options; libopus loads when the stream starts.
   *
   * @throws {SerializerError} `SERIALIZER_UNSUPPORTED_LAYOUT` beyond 2 channels, or for a rate outside 3,000-768,000
   * Hz.
   * @throws {TypeError} when an option is of the wrong type, or the name of a comment is not allowed.
   * @throws {RangeError} when `bitrate`, `compressionLevel`, `numberOfChannels` or `comments` is out of its range.
   */
  constructor(options: OpusEncoderStreamOptions) {
    checkStreamOptions(options);
    const format = { ...options, gain: 1 };
    checkOpusFormat(format);
    let writer: OpusWriter | undefined;
    // The DOM library does not know `cancel` yet. Where the platform does not either, the memory is freed with the writer.
    const transformer: Transformer<readonly Float32Array[], Uint8Array<ArrayBuffer>> & { cancel(): void } = {
      start: async (controller) => {
        writer = await openOpusWriter(format);
        for (const page of writer.start()) controller.enqueue(page);
      },
      transform: (chunk, controller) => {
        try {
          for (const page of writer?.push(checkChunk(chunk, options)) ?? []) controller.enqueue(page);
        } catch (error) {
          writer?.[Symbol.dispose]();
          throw error;
        }
      },
      flush: (controller) => {
        for (const page of writer?.end() ?? []) controller.enqueue(page);
        writer?.[Symbol.dispose]();
      },
      cancel: () => {
        writer?.[Symbol.dispose]();
      },
    };
    ({ readable: this.readable, writable: this.writable } = new TransformStream(transformer));
  }
}
