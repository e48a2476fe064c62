import { createEncoder, Signal } from 'libopus-wasm';
import { checkAttached } from '../audio-buffer.ts';
import { type Comments, writeComments } from '../comments.ts';
import { concatenate } from '../pcm/pcm.ts';
import { Resampler } from '../resample.ts';
import { channelCount, opusRate } from './file.ts';
import { OggWriter } from './ogg.ts';

/** 20 ms at 48 kHz. */
const frameLength = 960;
/** The default of libopus where samples are floats. */
const defaultLevel = 9;
/** The largest magnitude of a sample in a file without gain; libopus turns far louder samples into silence. */
const maxOvershoot = 16;

const text = new TextEncoder();

/** What is encoded, and how. */
export interface OpusFormat {
  readonly numberOfChannels: number;
  readonly sampleRate: number;
  /** Bits a second. Default 128,000. */
  readonly bitrate?: number | undefined;
  /** Effort, 0-10. Default 9. */
  readonly compressionLevel?: number | undefined;
  /** Samples are divided by it. */
  readonly gain: number;
  /** Facts about the piece. */
  readonly comments?: Comments | undefined;
}

/** Checks a format before anything is loaded. */
export function checkOpusFormat(format: OpusFormat): void {
  const { numberOfChannels, bitrate = 128_000, compressionLevel = defaultLevel, comments } = format;
  channelCount(numberOfChannels);
  writeComments(comments);
  if (!(bitrate >= 6000 && bitrate <= 510_000)) {
    throw new RangeError(`bitrate must be 6,000-510,000 bits a second, got ${bitrate}`);
  }
  if (!(Number.isInteger(compressionLevel) && compressionLevel >= 0 && compressionLevel <= 10)) {
    throw new RangeError(`compressionLevel must be an integer 0-10, got ${compressionLevel}`);
  }
}

/** Encodes checked channels. @returns the file and the number of its frames at 48 kHz. */
export async function encodeOpusSamples(
  channels: readonly Float32Array[],
  format: OpusFormat,
): Promise<{ readonly data: Uint8Array<ArrayBuffer>; readonly length: number }> {
  checkOpusFormat(format);
  using writer = await openOpusWriter(format);
  checkAttached(channels);
  const data = concatenate([...writer.start(), ...writer.push(channels), ...writer.end()]);
  return { data, length: writer.length };
}

/** Loads libopus and starts a writer. */
export async function openOpusWriter(format: OpusFormat): Promise<OpusWriter> {
  const { numberOfChannels, bitrate = 128_000, compressionLevel: complexity = defaultLevel } = format;
  const channels = channelCount(numberOfChannels);
  const encoder = await createEncoder({ channels, sampleRate: opusRate, bitrate, complexity, signal: Signal.Music });
  return new OpusWriter(format, encoder);
}

/** Writes Opus in Ogg, piece by piece. */
export class OpusWriter {
  readonly #format: OpusFormat;
  readonly #encoder: Awaited<ReturnType<typeof createEncoder>>;
  readonly #preSkip: number;
  readonly #comments: Uint8Array;
  readonly #resamplers: readonly Resampler[];
  readonly #ogg = new OggWriter();
  /** The frames of the next packet, interleaved. */
  readonly #pending: Float32Array;
  #filled = 0;
  #packets = 0;
  #length = 0;

  constructor(format: OpusFormat, encoder: Awaited<ReturnType<typeof createEncoder>>) {
    const { numberOfChannels, sampleRate, comments } = format;
    this.#format = format;
    this.#comments = writeComments(comments);
    this.#encoder = encoder;
    this.#preSkip = encoder.getLookahead();
    const isResampled = sampleRate !== opusRate;
    this.#resamplers = Array.from(
      { length: isResampled ? numberOfChannels : 0 },
      () => new Resampler(sampleRate, opusRate),
    );
    this.#pending = new Float32Array(frameLength * numberOfChannels);
  }

  /** Frames at 48 kHz so far. */
  get length(): number {
    return this.#length;
  }

  /** Writes the header pages. */
  start(): Uint8Array<ArrayBuffer>[] {
    const { numberOfChannels, sampleRate } = this.#format;
    return this.#ogg.headers([opusHead(numberOfChannels, this.#preSkip, sampleRate), opusTags(this.#comments)]);
  }

  /** Takes channels of equal length. @returns the pages that they complete. */
  push(channels: readonly Float32Array[]): Uint8Array<ArrayBuffer>[] {
    return this.#encode(channels.map((samples, channel) => this.#resamplers[channel]?.push(samples) ?? samples));
  }

  /** Ends the sound. @returns the last pages. */
  end(): Uint8Array<ArrayBuffer>[] {
    const pages = this.#encode(this.#resamplers.map((resampler) => resampler.end()));
    // The last granule position says where the sound ends (RFC 7845 section 4.4).
    const end = this.#preSkip + this.#length;
    do {
      this.#pending.fill(0, this.#filled * this.#format.numberOfChannels);
      pages.push(...this.#writePacket(end));
    } while (this.#packets * frameLength < end);
    pages.push(this.#ogg.end());
    return pages;
  }

  /** Frees the encoder's memory. */
  [Symbol.dispose](): void {
    this.#encoder[Symbol.dispose]();
  }

  #encode(channels: readonly Float32Array[]): Uint8Array<ArrayBuffer>[] {
    const { numberOfChannels, gain } = this.#format;
    const length = channels[0]?.length ?? 0;
    const limit = gain > 1 ? 1 : maxOvershoot;
    const pages: Uint8Array<ArrayBuffer>[] = [];
    this.#length += length;
    for (let at = 0; at < length; ) {
      const count = Math.min(frameLength - this.#filled, length - at);
      for (const [channel, samples] of channels.entries()) {
        for (let i = 0, to = this.#filled * numberOfChannels + channel; i < count; i++, to += numberOfChannels) {
          const sample = (samples[at + i] as number) / gain;
          this.#pending[to] = sample > limit ? limit : sample < -limit ? -limit : sample;
        }
      }
      at += count;
      this.#filled += count;
      if (this.#filled === frameLength) pages.push(...this.#writePacket(Number.POSITIVE_INFINITY));
    }
    return pages;
  }

  #writePacket(end: number): Uint8Array<ArrayBuffer>[] {
    this.#packets++;
    this.#filled = 0;
    const granule = Math.min(this.#packets * frameLength, end);
    const page = this.#ogg.push({ data: this.#encoder.encodeFloat(this.#pending), granule });
    return page ? [page] : [];
  }
}

function opusHead(numberOfChannels: number, preSkip: number, sampleRate: number): Uint8Array {
  const head = new Uint8Array(19);
  const view = new DataView(head.buffer);
  text.encodeInto('OpusHead', head);
  head[8] = 1;
  head[9] = numberOfChannels;
  view.setUint16(10, preSkip, true);
  view.setUint32(12, Math.round(sampleRate), true);
  return head;
}

function opusTags(comments: Uint8Array): Uint8Array {
  return concatenate([text.encode('OpusTags'), comments]);
}
