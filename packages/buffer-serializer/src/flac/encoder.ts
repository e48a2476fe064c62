import { SerializerError } from '../errors.ts';
import { concatenate } from '../pcm/pcm.ts';
import { type BlockCoder, PlainBlockCoder } from './block-coder.ts';
import { type FlacFormat, streamInfoEnd } from './format.ts';
import { KernelBlockCoder } from './kernel.ts';
import { createMd5 } from './md5.ts';

const maxChannels = 8;
const defaultLevel = 5;

/** How to encode; `gain` divides the samples. */
export interface FlacSettings {
  readonly bitDepth: 16 | 24;
  readonly compressionLevel?: number | undefined;
  readonly gain: number;
}

/** Checks a layout and settings, and fills in the default. */
export function checkFlacFormat(numberOfChannels: number, sampleRate: number, settings: FlacSettings): FlacFormat {
  const { bitDepth, compressionLevel = defaultLevel, gain } = settings;
  if (!(Number.isInteger(compressionLevel) && compressionLevel >= 0 && compressionLevel <= 8)) {
    throw new RangeError(`compressionLevel must be an integer 0-8, got ${compressionLevel}`);
  }
  if (bitDepth !== 16 && bitDepth !== 24) throw new RangeError(`bitDepth must be 16 or 24, got ${String(bitDepth)}`);
  if (numberOfChannels > maxChannels || !Number.isInteger(sampleRate)) {
    throw new SerializerError(
      'SERIALIZER_UNSUPPORTED_LAYOUT',
      `FLAC holds 1-8 channels at integer rates, got ${numberOfChannels} at ${sampleRate} Hz: use f32-shuffle-deflate.`,
    );
  }
  return { numberOfChannels, sampleRate, bitDepth, compressionLevel, gain };
}

/** Encodes checked channels as a FLAC file. */
export function encodeFlacSamples(
  channels: readonly Float32Array[],
  sampleRate: number,
  settings: FlacSettings,
): Uint8Array<ArrayBuffer> {
  const writer = new FlacWriter(checkFlacFormat(channels.length, sampleRate, settings));
  const frames = [...writer.push(channels), ...writer.end()];
  return concatenate([writer.header(writer.length, writer.digest()), ...frames]);
}

/** Writes FLAC, piece by piece. */
export class FlacWriter {
  readonly #format: FlacFormat;
  readonly #coder: BlockCoder;
  readonly #hash = createMd5();
  #filled = 0;
  #frames = 0;
  #length = 0;

  constructor(format: FlacFormat) {
    this.#format = format;
    this.#coder = KernelBlockCoder.open(format) ?? new PlainBlockCoder(format);
  }

  /** Samples of each channel so far. */
  get length(): number {
    return this.#length;
  }

  /** Takes channels of equal length. @returns the frames that they complete. */
  push(channels: readonly Float32Array[]): Uint8Array<ArrayBuffer>[] {
    const length = channels[0]?.length ?? 0;
    const { blockLength, planes } = this.#coder;
    const frames: Uint8Array<ArrayBuffer>[] = [];
    for (let at = 0; at < length; ) {
      const count = Math.min(blockLength - this.#filled, length - at);
      for (const [channel, samples] of channels.entries()) {
        planes[channel]?.set(samples.subarray(at, at + count), this.#filled);
      }
      at += count;
      this.#filled += count;
      this.#length += count;
      if (this.#filled === blockLength) frames.push(this.#encode());
    }
    return frames;
  }

  /** Ends the sound. @returns the last frame, if there is one. */
  end(): Uint8Array<ArrayBuffer>[] {
    return this.#filled > 0 ? [this.#encode()] : [];
  }

  /**
   * Writes what comes before the frames: the mark, STREAMINFO (RFC 9639 section 8.2) and the comments, if any.
   *
   * @param length Samples of each channel; 0 when not known.
   * @param hash MD5 of the samples; left out when not known.
   */
  header(length: number, hash?: Uint8Array, comments?: Uint8Array): Uint8Array<ArrayBuffer> {
    const { sampleRate, numberOfChannels, bitDepth } = this.#format;
    const bytes = new Uint8Array(streamInfoEnd + (comments ? 4 + comments.length : 0));
    const view = new DataView(bytes.buffer);
    view.setUint32(0, 0x664c6143); // fLaC
    view.setUint32(4, comments ? 0x22 : 0x80000022); // STREAMINFO, 34 bytes; the last metadata block without comments
    if (comments) {
      view.setUint32(streamInfoEnd, 0x84000000 + comments.length); // VORBIS_COMMENT, the last metadata block
      bytes.set(comments, streamInfoEnd + 4);
    }
    view.setUint16(8, this.#coder.blockLength);
    view.setUint16(10, this.#coder.blockLength);
    // Frame sizes at 12-17 stay 0: unknown.
    const high = Math.floor(length / 2 ** 32) & 15;
    view.setUint32(18, ((sampleRate << 12) | ((numberOfChannels - 1) << 9) | ((bitDepth - 1) << 4) | high) >>> 0);
    view.setUint32(22, length);
    if (hash) bytes.set(hash, 26);
    return bytes;
  }

  /** MD5 of all samples, after the end. */
  digest(): Uint8Array {
    return this.#hash.digest();
  }

  #encode(): Uint8Array<ArrayBuffer> {
    const { frame, pcm } = this.#coder.encode(this.#filled, this.#frames++);
    this.#filled = 0;
    this.#hash.update(pcm);
    return new Uint8Array(frame);
  }
}
