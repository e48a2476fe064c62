import { checkChunk, checkStreamOptions, type EncoderStreamOptions } from '../chunks.ts';
import { type Comments, writeComments } from '../comments.ts';
import type { FlacOptions } from '../encode.ts';
import { checkFlacFormat, FlacWriter } from './encoder.ts';

/** Options of `FlacEncoderStream`. */
export interface FlacEncoderStreamOptions extends EncoderStreamOptions, Omit<FlacOptions, 'encoding'> {
  /**
   * Samples of each channel in the whole piece, 0 to 2^36 - 1, for the header, so that players show a duration.
   * Default: not stated.
   */
  readonly length?: number;
  /** Facts about the piece by name, up to 4,096 bytes. Default: none. */
  readonly comments?: Comments;
}

/**
 * Encodes a piece of any length as FLAC, with one chunk in memory at a time: takes planar chunks, one `Float32Array`
 * per channel, and gives bytes. The frames are those of `encodeFlac`. The header comes first, so it has no MD5, and no
 * length unless `length` is given. Samples beyond ±1 clip.
 *
 * A wrong chunk or length fails the stream with a `TypeError` or `RangeError`, NaN and infinity with a
 * `SerializerError` of code `SERIALIZER_NON_FINITE`.
 *
 * @example
 * chunks.pipeThrough(new FlacEncoderStream({ sampleRate: 48_000, numberOfChannels: 2 })).pipeTo(file)
 */
export class FlacEncoderStream {
  /** The bytes. */
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Takes the chunks. */
  readonly writable: WritableStream<readonly Float32Array[]>;

  /**
   * Checks the options.
   *
   * @throws {SerializerError} `SERIALIZER_UNSUPPORTED_LAYOUT` for channels or a rate that FLAC does not hold.
   * @throws {TypeError} when an option is of the wrong type, or the name of a comment is not allowed.
   * @throws {RangeError} when `bitDepth`, `compressionLevel`, `numberOfChannels`, `length` or `comments` is out of its
   * range.
   */
  constructor(options: FlacEncoderStreamOptions) {
    checkStreamOptions(options);
    const { sampleRate, numberOfChannels, bitDepth = 24, compressionLevel, length, comments } = options;
    if (length !== undefined && !(Number.isInteger(length) && length >= 0 && length < 2 ** 36)) {
      throw new RangeError(`length must be an integer of 0 to 2^36 - 1, got ${String(length)}`);
    }
    const facts = comments && writeComments(comments);
    const settings = { bitDepth, compressionLevel, gain: 1 };
    const writer = new FlacWriter(checkFlacFormat(numberOfChannels, sampleRate, settings));
    const checkLength = (isEnd: boolean): void => {
      if (length === undefined || (isEnd ? writer.length === length : writer.length <= length)) return;
      throw new RangeError(`the chunks must hold ${length} samples of each channel, got ${writer.length}`);
    };
    ({ readable: this.readable, writable: this.writable } = new TransformStream<
      readonly Float32Array[],
      Uint8Array<ArrayBuffer>
    >({
      start: (controller) => controller.enqueue(writer.header(length ?? 0, undefined, facts)),
      transform: (chunk, controller) => {
        for (const frame of writer.push(checkChunk(chunk, options))) controller.enqueue(frame);
        checkLength(false);
      },
      flush: (controller) => {
        checkLength(true);
        for (const frame of writer.end()) controller.enqueue(frame);
      },
    }));
  }
}
