import type { AudioBufferLike, Rendition, SerializedBufferV2Header } from '@bnc/contracts';
import { checkAttached, finiteChannels, gainFor, holding, type NonFiniteOption, peakOf } from './audio-buffer.ts';
import { kindOf } from './limits.ts';
import { encodeFloat32, encodeInt16 } from './pcm/pcm.ts';
import { encodeShuffled } from './pcm/shuffle.ts';
import { encodeWav } from './wav/encode-wav.ts';

/** How to write PCM, bare or deflated. `pcm-s16le` is dithered, the others are bit-exact. */
export interface PcmOptions extends NonFiniteOption {
  /** Interleaved PCM, or byte-shuffled float32 under zlib. */
  readonly encoding: 'pcm-f32le' | 'pcm-s16le' | 'f32-shuffle-deflate';
}

/** How to write WAV. */
export interface WavOptions extends NonFiniteOption {
  /** A WAV file. */
  readonly encoding: 'wav';
  /** 32 (default) is float32, bit for bit; 16 is dithered PCM that clips at ±1. */
  readonly bitDepth?: 16 | 32;
}

/** How to write FLAC. */
export interface FlacOptions extends NonFiniteOption {
  /** FLAC (RFC 9639), 1-8 channels. */
  readonly encoding: 'flac';
  /** 24 (default) rounds to 24 bits; 16 dithers. */
  readonly bitDepth?: 16 | 24;
  /** Effort, 0-8: higher is smaller and slower. Default 5. */
  readonly compressionLevel?: number;
}

/** How to write Opus. */
export interface OpusOptions extends NonFiniteOption {
  /** Opus in Ogg (RFC 7845), 1-2 channels. */
  readonly encoding: 'opus';
  /** Bits a second on average, 6,000-510,000. Default 128,000. */
  readonly bitrate?: number;
  /** Effort, 0-10, the complexity of libopus: 5 takes about 0.65 of the time of 9. Default 9. */
  readonly compressionLevel?: number;
}

/** Options of `encode`. */
export type EncodeOptions = PcmOptions | WavOptions | FlacOptions | OpusOptions;

/** A buffer as bytes, with everything that a version 2 message states about them. */
export interface EncodedAudio extends Omit<Rendition, 'sha256' | 'url'> {
  /** The bytes, alone in their `ArrayBuffer`: the caller owns them and may transfer it. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** File name extension, without a dot. */
  readonly extension: string;
  /** Facts about the encoded buffer: the header of the message. */
  readonly source: Omit<SerializedBufferV2Header, 'v' | 'id' | 'gain'>;
}

type Form = Pick<EncodedAudio, 'data' | 'mediaType' | 'extension' | 'lossless'> & Partial<EncodedAudio>;

/** Writes PCM, which needs no codec. */
export function encodePcm(channels: readonly Float32Array[], encoding: 'pcm-f32le' | 'pcm-s16le'): Form {
  const form = { mediaType: 'application/octet-stream', extension: 'pcm', lossless: true };
  if (encoding === 'pcm-f32le') return { ...form, data: encodeFloat32(channels), bitDepth: 32 };
  const gain = gainFor(peakOf(channels));
  return { ...form, data: encodeInt16(channels, gain), bitDepth: 16, gain };
}

async function encodeForm(buffer: AudioBufferLike, channels: Float32Array[], options: EncodeOptions): Promise<Form> {
  switch (options.encoding) {
    case 'pcm-f32le':
    case 'pcm-s16le':
      return encodePcm(channels, options.encoding);
    case 'f32-shuffle-deflate': {
      const data = await encodeShuffled(channels);
      return { data, mediaType: 'application/octet-stream', extension: 'bin', lossless: true, bitDepth: 32 };
    }
    case 'wav': {
      const { bitDepth = 32 } = options;
      if (bitDepth !== 16 && bitDepth !== 32) {
        throw new RangeError(`bitDepth must be 16 or 32, got ${String(bitDepth)}`);
      }
      const data = encodeWav(buffer, { ...options, format: bitDepth === 32 ? 'float32' : 'pcm16' });
      return { data, mediaType: 'audio/wav', extension: 'wav', lossless: true, bitDepth };
    }
    case 'flac': {
      const { encodeFlacSamples } = await import('./flac/encoder.ts');
      checkAttached(channels);
      const { bitDepth = 24, compressionLevel } = options;
      const gain = gainFor(peakOf(channels));
      const data = encodeFlacSamples(channels, buffer.sampleRate, { bitDepth, compressionLevel, gain });
      return { data, mediaType: 'audio/flac', extension: 'flac', lossless: true, bitDepth, gain };
    }
    case 'opus': {
      const { encodeOpusSamples } = await import('./opus/encoder.ts');
      const { bitrate = 128_000, compressionLevel } = options;
      const gain = gainFor(peakOf(channels));
      const { data, length } = await encodeOpusSamples(channels, {
        numberOfChannels: channels.length,
        sampleRate: buffer.sampleRate,
        bitrate,
        compressionLevel,
        gain,
      });
      const mediaType = 'audio/ogg; codecs=opus';
      return { data, mediaType, extension: 'opus', lossless: false, bitrate, gain, sampleRate: 48_000, length };
    }
    default:
      throw new TypeError(
        `encoding must be one of the documented names, got ${String(Reflect.get(options, 'encoding'))}`,
      );
  }
}

/**
 * Encodes a buffer as bytes, for a rendition that is served at a URL. Leave `buffer` as it is until the promise
 * settles; no reference to it is kept.
 *
 * @throws {SerializerError} `SERIALIZER_NON_FINITE` for NaN or infinity, unless `nonFinite` is `'zero'`;
 * `SERIALIZER_UNSUPPORTED_LAYOUT` when the encoding cannot hold the channels or the sample rate.
 * @throws {TypeError} when `encoding` is not a documented name, or `buffer` is not an `AudioBuffer` or has a detached
 * channel.
 * @throws {RangeError} when `bitDepth`, `compressionLevel` or `bitrate` is out of its range, or a channel is not as
 * long as the buffer.
 */
export async function encode(buffer: AudioBufferLike, options: EncodeOptions): Promise<EncodedAudio> {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`options must be an object with an encoding, got ${kindOf(options)}`);
  }
  const channels = finiteChannels(buffer, options.nonFinite);
  const { sampleRate, length, numberOfChannels } = buffer;
  const form = await holding(buffer, encodeForm(buffer, channels, options));
  const source = { sampleRate, length, duration: length / sampleRate, numberOfChannels };
  return { encoding: options.encoding, sampleRate, length, bytes: form.data.length, ...form, source };
}
