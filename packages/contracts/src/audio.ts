import type { FlatScore } from './music.ts';
import type { Hertz, Seconds, Sha256 } from './units.ts';

/**
 * Planar audio: one array of samples per channel. A Web Audio `AudioBuffer` fits.
 * @see https://webaudio.github.io/web-audio-api/#AudioBuffer
 */
export interface AudioBufferLike {
  /** Number of channels, ≥ 1. */
  readonly numberOfChannels: number;
  /** Frames per channel. */
  readonly length: number;
  /** Frames a second. */
  readonly sampleRate: Hertz;
  /** `length / sampleRate`. */
  readonly duration: Seconds;
  /** Samples of one channel (0-based): `length` floats, nominally [-1, 1]. The array may be a view of shared memory. */
  getChannelData(channel: number): Float32Array;
}

/** Encodings of samples on the wire. */
export type Encoding = 'pcm-f32le' | 'pcm-s16le' | 'f32-shuffle-deflate' | 'flac' | 'opus';

/** Version 1: the buffer as plain JSON, one array of samples per channel. */
export interface SerializedBufferV1 {
  /** Frames a second. */
  readonly sampleRate: Hertz;
  /** Frames per channel. */
  readonly length: number;
  /** `length / sampleRate`. */
  readonly duration: Seconds;
  /** Number of channels, 1-32. */
  readonly numberOfChannels: number;
  /** One array of `length` samples per channel, nominally [-1, 1]. */
  readonly channels: readonly (readonly number[])[];
}

/** What every version 2 buffer has. */
export interface SerializedBufferV2Header {
  /** Format version. */
  readonly v: 2;
  /** `sha256-` followed by the hash of the rendered samples. */
  readonly id?: string;
  /** Frames a second. */
  readonly sampleRate: Hertz;
  /** Frames per channel. */
  readonly length: number;
  /** `length / sampleRate`. */
  readonly duration: Seconds;
  /** Number of channels, 1-32. */
  readonly numberOfChannels: number;
  /** Power of two that decoded samples are multiplied by, so that peaks beyond ±1 survive integer codecs. Default 1. */
  readonly gain?: number;
}

/** Version 2 with its samples inline. */
export interface SerializedBufferV2Inline extends SerializedBufferV2Header {
  /** How `data` is encoded. */
  readonly encoding: Encoding;
  /** Bits per sample, where the encoding leaves a choice. */
  readonly bitDepth?: number;
  /** The encoded bytes in base64 (RFC 4648 section 4). */
  readonly data: string;
}

/** One encoded form of a clip, kept under its own hash. */
export interface Rendition {
  /** How the bytes are encoded. */
  readonly encoding: Encoding | 'wav';
  /** Media type, such as `audio/flac`. */
  readonly mediaType: string;
  /** Frames a second of the encoded form. */
  readonly sampleRate: Hertz;
  /** Frames per channel after decoding at `sampleRate`. */
  readonly length: number;
  /** Bits per sample, where the encoding leaves a choice. */
  readonly bitDepth?: number;
  /** Bits a second, for lossy encodings. */
  readonly bitrate?: number;
  /** Power of two that decoded samples are multiplied by, in place of the header's. */
  readonly gain?: number;
  /** True when decoding gives back the samples at `bitDepth` exactly. */
  readonly lossless: boolean;
  /** Size in bytes. */
  readonly bytes: number;
  /** Hash of the bytes. */
  readonly sha256: Sha256;
  /** Where the bytes are: a path on the origin that sent the message, or any URL that the reader chooses to allow. */
  readonly url: string;
}

/** Version 2 with its samples elsewhere, in one or more forms. */
export interface SerializedBufferV2ByUrl extends SerializedBufferV2Header {
  /** Forms to choose from, best first. */
  readonly renditions: readonly Rendition[];
}

/** Version 2 as a score: the shortest description of a buffer, for readers that have the instruments. */
export interface SerializedBufferV2Score extends SerializedBufferV2Header {
  /** Tells a score from encoded samples. */
  readonly encoding: 'score';
  /**
   * Factor > 0 that brings the played score to the loudness of its master; it need not be a power of two. Default 1.
   */
  readonly gain?: number;
  /** The score. */
  readonly score: FlatScore;
}

/** A buffer on the wire, any version. */
export type SerializedBuffer =
  | SerializedBufferV1
  | SerializedBufferV2Inline
  | SerializedBufferV2ByUrl
  | SerializedBufferV2Score;
