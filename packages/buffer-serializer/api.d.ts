// @bnc/buffer-serializer

import { AudioBufferLike, Encoding, Hertz, Rendition, Score, ScoreLimits, Seconds, SerializedBuffer, SerializedBufferV1, SerializedBufferV2Header, SerializedBufferV2Inline, SerializedBufferV2Score } from "@bnc/contracts";
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
export declare function createAudioBufferLike(channels: readonly Float32Array[], sampleRate: number): AudioBufferLike;
/** How writers treat NaN and infinity. */
interface NonFiniteOption {
  /** `'zero'` writes NaN and infinity as silence. Default: they are refused with `SERIALIZER_NON_FINITE`. */
  readonly nonFinite?: "zero";
}
/** How to write PCM, bare or deflated. `pcm-s16le` is dithered, the others are bit-exact. */
interface PcmOptions extends NonFiniteOption {
  /** Interleaved PCM, or byte-shuffled float32 under zlib. */
  readonly encoding: "pcm-f32le" | "pcm-s16le" | "f32-shuffle-deflate";
}
/** How to write WAV. */
interface WavOptions extends NonFiniteOption {
  /** A WAV file. */
  readonly encoding: "wav";
  /** 32 (default) is float32, bit for bit; 16 is dithered PCM that clips at ±1. */
  readonly bitDepth?: 16 | 32;
}
/** How to write FLAC. */
interface FlacOptions extends NonFiniteOption {
  /** FLAC (RFC 9639), 1-8 channels. */
  readonly encoding: "flac";
  /** 24 (default) rounds to 24 bits; 16 dithers. */
  readonly bitDepth?: 16 | 24;
  /** Effort, 0-8: higher is smaller and slower. Default 5. */
  readonly compressionLevel?: number;
}
/** How to write Opus. */
interface OpusOptions extends NonFiniteOption {
  /** Opus in Ogg (RFC 7845), 1-2 channels. */
  readonly encoding: "opus";
  /** Bits a second on average, 6,000-510,000. Default 128,000. */
  readonly bitrate?: number;
  /** Effort, 0-10, the complexity of libopus: 5 takes about 0.65 of the time of 9. Default 9. */
  readonly compressionLevel?: number;
}
/** Options of `encode`. */
type EncodeOptions = PcmOptions | WavOptions | FlacOptions | OpusOptions;
/** A buffer as bytes, with everything that a version 2 message states about them. */
interface EncodedAudio extends Omit<Rendition, "sha256" | "url"> {
  /** The bytes, alone in their `ArrayBuffer`: the caller owns them and may transfer it. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** File name extension, without a dot. */
  readonly extension: string;
  /** Facts about the encoded buffer: the header of the message. */
  readonly source: Omit<SerializedBufferV2Header, "v" | "id" | "gain">;
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
export declare function encode(buffer: AudioBufferLike, options: EncodeOptions): Promise<EncodedAudio>;
/** Names what went wrong; stable across releases. */
type SerializerErrorCode = "SERIALIZER_BY_URL" | "SERIALIZER_CORRUPT" | "SERIALIZER_EMPTY" | "SERIALIZER_FETCH" | "SERIALIZER_HASH_MISMATCH" | "SERIALIZER_INVALID" | "SERIALIZER_LENGTH_MISMATCH" | "SERIALIZER_LIMIT" | "SERIALIZER_NON_FINITE" | "SERIALIZER_UNSUPPORTED_ENCODING" | "SERIALIZER_UNSUPPORTED_LAYOUT" | "SERIALIZER_UNSUPPORTED_VERSION" | "SERIALIZER_URL_REFUSED";
/** Reports audio that cannot be written or must not be read. Test `code`, never `instanceof`. */
export declare class SerializerError extends Error {
  override readonly name = "SerializerError";
  /** What went wrong. */
  readonly code: SerializerErrorCode;
  /** Takes a code, and a message that says what happened, to what, and what to do. */
  constructor(code: SerializerErrorCode, message: string, options?: ErrorOptions);
}
/** Bounds on input. All are checked before memory is taken for the result. */
interface SerializerLimits {
  /** Samples of all channels together. Default 2^26 (256 MiB of float32, almost 12 minutes of stereo at 48 kHz). */
  readonly maxSamples?: number;
  /** Encoded bytes, once base64 is decoded. Default 2^26 (64 MiB). */
  readonly maxInputBytes?: number;
  /** Channels. Default 255, the most that is written. Web Audio, and so `toAudioBuffer`, holds 32. */
  readonly maxChannels?: number;
  /** Bounds on a score. Default: `defaultScoreLimits` of `@bnc/buffer-serializer/score`. */
  readonly score?: Partial<ScoreLimits>;
}
/** The limits that apply by default. */
export declare const defaultLimits: Readonly<Required<SerializerLimits>>;
/** Writes a score in place of samples. */
interface ScoreOptions {
  /** The shortest description of a buffer: 0.8 kB for a phrase of a few bars. */
  readonly encoding: "score";
  /** Factor that brings the played score to the loudness of its master, 0.0001-10,000. Default 1. */
  readonly gain?: number;
  /** Frames a second of the buffer that the score describes, 3,000-768,000. Default 44,100. */
  readonly sampleRate?: Hertz;
  /** Length of the buffer in seconds, tail included: at least that of the score, which is the default. */
  readonly duration?: Seconds;
  /** Bounds on the score. Default: `defaultScoreLimits` of `@bnc/buffer-serializer/score`. */
  readonly limits?: Partial<ScoreLimits>;
}
/** A buffer that has not been played yet: its checked score. `getChannelData` throws `SERIALIZER_UNSUPPORTED_ENCODING`. */
interface DeserializedScore extends AudioBufferLike {
  /** The score. */
  readonly score: Score;
  /** Factor that brings the played score to the loudness of its master. */
  readonly gain: number;
}
/** Plays a score into a buffer: `renderScore` of `@bnc/offline-renderer/instruments`, or a function of the caller's choice. */
type RenderScore = (described: DeserializedScore) => AudioBufferLike | Promise<AudioBufferLike>;
/** Encodings that need no codec: written and read synchronously. */
type PcmEncoding = "pcm-f32le" | "pcm-s16le";
/** Writes version 1, the default. */
interface JsonOptions extends NonFiniteOption {
  /** Plain JSON, one array of shortest decimals per channel. */
  readonly encoding?: "json";
}
/** Writes version 2 with uncompressed samples. */
interface InlinePcmOptions extends NonFiniteOption {
  /** Interleaved samples in base64: `pcm-f32le` is bit-exact, `pcm-s16le` is dithered. */
  readonly encoding: PcmEncoding;
}
/** Writes version 2 through a codec. */
type CompressedOptions = (PcmOptions & {
  readonly encoding: "f32-shuffle-deflate";
}) | FlacOptions | OpusOptions;
/** Options of `serialize` for samples. */
type SerializeOptions = JsonOptions | InlinePcmOptions | CompressedOptions;
/** A version 2 message of PCM, which `deserialize` reads synchronously. */
type SerializedPcm = SerializedBufferV2Inline & {
  readonly encoding: PcmEncoding;
};
/**
 * Turns a buffer into an object for `JSON.stringify` or any other transport. Returns the object itself for JSON
 * (version 1, the default) and PCM, and a promise for `'f32-shuffle-deflate'`, `'flac'` and `'opus'`. Keeps no
 * reference to the buffer. With `'score'` it takes a score in place of a buffer: notes come back bit for bit where they
 * lie on 96 ticks a quarter, and within 2 µs elsewhere, velocities within 0.00005.
 *
 * @throws {SerializerError} `SERIALIZER_NON_FINITE` for NaN or infinity, unless `nonFinite` is `'zero'`;
 * `SERIALIZER_UNSUPPORTED_LAYOUT` when the encoding cannot hold the channels or the sample rate; `SERIALIZER_INVALID`
 * and `SERIALIZER_LIMIT` for a value that is not a score, or a score beyond the limits.
 * @throws {TypeError} when `encoding` is not a documented name, or `buffer` is not an `AudioBuffer` or has a detached
 * channel.
 * @throws {RangeError} when `bitDepth`, `compressionLevel`, `bitrate`, `gain`, `sampleRate` or `duration` is out of its
 * range.
 * @example
 * serialize(createAudioBufferLike([Float32Array.of(0.1, -0.5)], 8000)).channels // [[0.1, -0.5]]
 */
export declare function serialize(buffer: AudioBufferLike, options?: JsonOptions): SerializedBufferV1;
export declare function serialize(buffer: AudioBufferLike, options: InlinePcmOptions): SerializedPcm;
export declare function serialize(buffer: AudioBufferLike, options: CompressedOptions): Promise<SerializedBufferV2Inline>;
export declare function serialize(score: Score, options: ScoreOptions): SerializedBufferV2Score;
export declare function serialize(buffer: AudioBufferLike, options?: SerializeOptions): SerializedBuffer | Promise<SerializedBuffer>;
/**
 * Turns a serialized buffer back into planar audio. It checks every field, so `serialized` may come straight from a
 * network. Returns a buffer for version 1 and PCM, a promise for the other encodings, and the checked score for
 * `'score'`. `duration` is computed, not read; unknown fields are ignored. The caller owns the result.
 *
 * @throws {SerializerError} `SERIALIZER_INVALID` for a malformed header, `SERIALIZER_LIMIT` beyond a limit,
 * `SERIALIZER_LENGTH_MISMATCH` and `SERIALIZER_CORRUPT` when the data are not what the header says,
 * `SERIALIZER_NON_FINITE` for NaN or infinity in the samples, `SERIALIZER_UNSUPPORTED_VERSION`,
 * `SERIALIZER_UNSUPPORTED_ENCODING`, `SERIALIZER_UNSUPPORTED_LAYOUT` for Opus that is neither mono nor stereo, and
 * `SERIALIZER_BY_URL` when the samples are at a URL (see `toAudioBuffer`).
 * @throws {RangeError} when a limit is not a number ≥ 0.
 * @example
 * deserialize(serialize(buffer)).getChannelData(0) // the same samples, bit for bit
 */
export declare function deserialize(serialized: SerializedBufferV1 | SerializedPcm, limits?: SerializerLimits): AudioBufferLike;
export declare function deserialize(serialized: SerializedBufferV2Score, limits?: SerializerLimits): DeserializedScore;
export declare function deserialize(serialized: SerializedBufferV2Inline, limits?: SerializerLimits): AudioBufferLike | Promise<AudioBufferLike>;
export declare function deserialize(serialized: unknown, limits?: SerializerLimits): AudioBufferLike | Promise<AudioBufferLike>;
/**
 * Turns the result of `encode`, or a rendition and its fetched bytes, back into planar audio at the sample rate and the
 * length of `source`. The caller owns the result.
 *
 * @throws {SerializerError} All codes of `deserialize` except `SERIALIZER_BY_URL` and `SERIALIZER_UNSUPPORTED_VERSION`.
 * @throws {RangeError} when a limit is not a number ≥ 0.
 */
export declare function decode(encoded: Pick<EncodedAudio, "encoding" | "data" | "source" | "gain">, limits?: SerializerLimits): Promise<AudioBufferLike>;
/**
 * Writes version 1 as JSON text, in less than half the time of `JSON.stringify(serialize(buffer))`. The text is the
 * same, except that -0 is written as `-0`, not `0`. `JSON.parse` and a `Float32Array` give every sample back bit for
 * bit.
 *
 * @throws {SerializerError} `SERIALIZER_NON_FINITE` for NaN or infinity, unless `nonFinite` is `'zero'`;
 * `SERIALIZER_UNSUPPORTED_LAYOUT` beyond 255 channels, or for a rate outside 3,000-768,000 Hz.
 * @throws {TypeError} when `buffer` is not an `AudioBuffer`, or a channel is detached.
 * @example
 * stringifyV1(createAudioBufferLike([Float32Array.of(0.1, -0.5)], 48_000))
 * // {"sampleRate":48000,"length":2,"duration":0.000041666666666666665,"numberOfChannels":1,"channels":[[0.1,-0.5]]}
 */
export declare function stringifyV1(buffer: AudioBufferLike, options?: NonFiniteOption): string;
/** Where the bytes of a rendition are fetched from, and how. */
interface FetchOptions {
  /**
   * Decides which URL is fetched for a rendition; it throws to refuse. Bytes from any URL are checked against the size
   * and the hash of the rendition. Default: the URL itself if it is a normalised path on the same origin, such as
   * `/music/clip.flac`; a URL with a host, a scheme, `//`, a backslash, dot segments, a query or a fragment is refused.
   */
  readonly resolveUrl?: (url: string, rendition: Pick<Rendition, "bytes" | "sha256"> & {
    readonly encoding: Encoding;
  }) => string | URL;
  /** Fetches what `resolveUrl` allowed. Default: `fetch(url)` of the page, with its cookies on the same origin. */
  readonly fetch?: (url: string) => Promise<Response>;
}
/** Options of `toAudioBuffer`. */
interface ToAudioBufferOptions extends FetchOptions {
  /** Encodings to choose from, best first. Default: every known one, in the order of the message. */
  readonly encodings?: readonly Encoding[];
  /** Plays a score; without it, scores are refused. Its buffer must have the stated channels and sample rate. */
  readonly renderScore?: RenderScore;
  /** Bounds on input. Default: `defaultLimits`. */
  readonly limits?: SerializerLimits;
}
/**
 * Turns a serialized buffer of any version into a native `AudioBuffer` at its own sample rate, exactly `length` frames
 * long. Fetches a rendition if the samples are at a URL. The browser decodes FLAC and Opus off the main thread, or a
 * worker where the browser cannot. A score is checked, then played by `renderScore`, whose errors pass through. The
 * caller owns the result.
 *
 * @throws {SerializerError} All codes of `deserialize` except `SERIALIZER_BY_URL`; `SERIALIZER_URL_REFUSED` for a URL
 * that `resolveUrl`, or the default in its place, does not allow; `SERIALIZER_FETCH` when the clip cannot be fetched;
 * `SERIALIZER_LENGTH_MISMATCH` and `SERIALIZER_HASH_MISMATCH` when it is not the clip that the rendition states;
 * `SERIALIZER_LENGTH_MISMATCH` also when `renderScore` returns other channels or another sample rate;
 * `SERIALIZER_EMPTY` for a buffer of 0 frames and `SERIALIZER_UNSUPPORTED_LAYOUT` for more than 32 channels, which Web
 * Audio cannot hold.
 * @throws {RangeError} when a limit is not a number ≥ 0.
 */
export declare function toAudioBuffer(serialized: unknown, context: Pick<BaseAudioContext, "createBuffer">, options?: ToAudioBufferOptions): Promise<AudioBuffer>;
/**
 * Reads a WAV file: PCM of 8 to 32 bits, float of 32 or 64 bits, A-law or µ-law, of up to `maxChannels` channels, as
 * RIFF, RF64 or BW64, with a plain or an extensible header. Where the header does not state the size, as in a file from
 * a pipe, it reads to the end. The result shares nothing with `bytes`.
 *
 * @throws {SerializerError} `SERIALIZER_CORRUPT` when a chunk is missing, cut short or contradicts itself;
 * `SERIALIZER_UNSUPPORTED_ENCODING` for other sample formats; `SERIALIZER_LIMIT`, `SERIALIZER_INVALID` and
 * `SERIALIZER_NON_FINITE` as in `deserialize`.
 * @throws {TypeError} when `bytes` is not a `Uint8Array`, or is detached.
 * @throws {RangeError} when a limit is not a number ≥ 0.
 */
export declare function decodeWav(bytes: Uint8Array, limits?: SerializerLimits): AudioBufferLike;
/** Options of `encodeWav`. */
interface EncodeWavOptions extends NonFiniteOption {
  /**
   * `'float32'` (default) keeps every sample bit for bit. `'pcm16'` dithers to 16 bits and clips at ±1: WAV has no
   * gain.
   */
  readonly format?: "pcm16" | "float32";
}
/**
 * Writes a WAV file: RIFF, WAVE_FORMAT_EXTENSIBLE beyond two channels (no speaker positions), a `fact` chunk for
 * float32. The caller owns the bytes.
 *
 * @throws {SerializerError} `SERIALIZER_NON_FINITE` for NaN or infinity, unless `nonFinite` is `'zero'`;
 * `SERIALIZER_UNSUPPORTED_LAYOUT` for a sample rate that is not an integer of 3,000-768,000, more than 255 channels, or
 * data beyond 4 GiB.
 * @throws {TypeError} when `format` is not `'pcm16'` or `'float32'`, `buffer` is not an `AudioBuffer`, or a channel is
 * detached.
 */
export declare function encodeWav(buffer: AudioBufferLike, options?: EncodeWavOptions): Uint8Array<ArrayBuffer>;
export type { CompressedOptions, DeserializedScore, EncodeOptions, EncodeWavOptions, EncodedAudio, FetchOptions, FlacOptions, InlinePcmOptions, JsonOptions, NonFiniteOption, OpusOptions, PcmOptions, RenderScore, ScoreOptions, SerializeOptions, SerializedPcm, SerializerErrorCode, SerializerLimits, ToAudioBufferOptions, WavOptions };

// @bnc/buffer-serializer/flac

import { AudioBufferLike, ScoreLimits } from "@bnc/contracts";
/** How writers treat NaN and infinity. */
interface NonFiniteOption {
  /** `'zero'` writes NaN and infinity as silence. Default: they are refused with `SERIALIZER_NON_FINITE`. */
  readonly nonFinite?: "zero";
}
/** How to write FLAC. */
interface FlacOptions extends NonFiniteOption {
  /** FLAC (RFC 9639), 1-8 channels. */
  readonly encoding: "flac";
  /** 24 (default) rounds to 24 bits; 16 dithers. */
  readonly bitDepth?: 16 | 24;
  /** Effort, 0-8: higher is smaller and slower. Default 5. */
  readonly compressionLevel?: number;
}
/** Names what went wrong; stable across releases. */
type SerializerErrorCode = "SERIALIZER_BY_URL" | "SERIALIZER_CORRUPT" | "SERIALIZER_EMPTY" | "SERIALIZER_FETCH" | "SERIALIZER_HASH_MISMATCH" | "SERIALIZER_INVALID" | "SERIALIZER_LENGTH_MISMATCH" | "SERIALIZER_LIMIT" | "SERIALIZER_NON_FINITE" | "SERIALIZER_UNSUPPORTED_ENCODING" | "SERIALIZER_UNSUPPORTED_LAYOUT" | "SERIALIZER_UNSUPPORTED_VERSION" | "SERIALIZER_URL_REFUSED";
/** Reports audio that cannot be written or must not be read. Test `code`, never `instanceof`. */
declare class SerializerError extends Error {
  override readonly name = "SerializerError";
  /** What went wrong. */
  readonly code: SerializerErrorCode;
  /** Takes a code, and a message that says what happened, to what, and what to do. */
  constructor(code: SerializerErrorCode, message: string, options?: ErrorOptions);
}
/** Bounds on input. All are checked before memory is taken for the result. */
interface SerializerLimits {
  /** Samples of all channels together. Default 2^26 (256 MiB of float32, almost 12 minutes of stereo at 48 kHz). */
  readonly maxSamples?: number;
  /** Encoded bytes, once base64 is decoded. Default 2^26 (64 MiB). */
  readonly maxInputBytes?: number;
  /** Channels. Default 255, the most that is written. Web Audio, and so `toAudioBuffer`, holds 32. */
  readonly maxChannels?: number;
  /** Bounds on a score. Default: `defaultScoreLimits` of `@bnc/buffer-serializer/score`. */
  readonly score?: Partial<ScoreLimits>;
}
/** The sound that an encoder stream takes. */
interface EncoderStreamOptions extends NonFiniteOption {
  /** Frames a second, 3,000-768,000. */
  readonly sampleRate: number;
  /** Channels in each chunk: 1-8 for FLAC, 1-2 for Opus. */
  readonly numberOfChannels: number;
}
/**
 * Facts about a piece by name, such as `{ TITLE: 'Monday' }`: up to 4,096 bytes in all, as they are written. A name
 * holds printable ASCII without `=` and `~`.
 */
type Comments = Readonly<Record<string, string>>;
/** Options of `FlacEncoderStream`. */
interface FlacEncoderStreamOptions extends EncoderStreamOptions, Omit<FlacOptions, "encoding"> {
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
export declare class FlacEncoderStream {
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
  constructor(options: FlacEncoderStreamOptions);
}
/** Options of `decodeFlac`. */
export interface DecodeFlacOptions extends SerializerLimits {
  /**
   * Called when the samples do not match the MD5 of the file, which is then read all the same. Default: the file is
   * refused with `SERIALIZER_HASH_MISMATCH`.
   */
  readonly onHashMismatch?: (error: SerializerError) => void;
}
/**
 * Writes a FLAC file (RFC 9639). Samples beyond ±1 clip, because a FLAC file states no gain; those that `serialize` and
 * `encode` write do not clip. The caller owns the bytes.
 *
 * @throws {SerializerError} `SERIALIZER_UNSUPPORTED_LAYOUT` beyond 8 channels or for a rate that is not an integer of
 * 3,000-768,000; `SERIALIZER_NON_FINITE` for NaN or infinity, unless `nonFinite` is `'zero'`.
 * @throws {TypeError} when `buffer` is not an `AudioBuffer`, or a channel is detached.
 * @throws {RangeError} when `bitDepth` is not 16 or 24, or `compressionLevel` is not an integer 0-8.
 */
export declare function encodeFlac(buffer: AudioBufferLike, options?: Omit<FlacOptions, "encoding">): Uint8Array<ArrayBuffer>;
/**
 * Reads a FLAC file of up to 8 channels and 32 bits (float32 keeps 24 of them). It skips ID3 and APE tags, and reads to
 * the end where the file does not state its length. It verifies the checksums of every frame, and the MD5 of the
 * samples where the file states one. The caller owns the result.
 *
 * @throws {SerializerError} `SERIALIZER_CORRUPT`, `SERIALIZER_LENGTH_MISMATCH`, `SERIALIZER_LIMIT` and
 * `SERIALIZER_INVALID`, as in `deserialize`; `SERIALIZER_HASH_MISMATCH` when the samples do not match their MD5, unless
 * `onHashMismatch` is given.
 * @throws {TypeError} when `bytes` is not a `Uint8Array`, or is detached.
 * @throws {RangeError} when a limit is not a number ≥ 0.
 */
export declare function decodeFlac(bytes: Uint8Array, options?: DecodeFlacOptions): AudioBufferLike;
export type { FlacEncoderStreamOptions };

// @bnc/buffer-serializer/opus

import { AudioBufferLike, ScoreLimits } from "@bnc/contracts";
/** How writers treat NaN and infinity. */
interface NonFiniteOption {
  /** `'zero'` writes NaN and infinity as silence. Default: they are refused with `SERIALIZER_NON_FINITE`. */
  readonly nonFinite?: "zero";
}
/** How to write Opus. */
interface OpusOptions extends NonFiniteOption {
  /** Opus in Ogg (RFC 7845), 1-2 channels. */
  readonly encoding: "opus";
  /** Bits a second on average, 6,000-510,000. Default 128,000. */
  readonly bitrate?: number;
  /** Effort, 0-10, the complexity of libopus: 5 takes about 0.65 of the time of 9. Default 9. */
  readonly compressionLevel?: number;
}
/** Bounds on input. All are checked before memory is taken for the result. */
interface SerializerLimits {
  /** Samples of all channels together. Default 2^26 (256 MiB of float32, almost 12 minutes of stereo at 48 kHz). */
  readonly maxSamples?: number;
  /** Encoded bytes, once base64 is decoded. Default 2^26 (64 MiB). */
  readonly maxInputBytes?: number;
  /** Channels. Default 255, the most that is written. Web Audio, and so `toAudioBuffer`, holds 32. */
  readonly maxChannels?: number;
  /** Bounds on a score. Default: `defaultScoreLimits` of `@bnc/buffer-serializer/score`. */
  readonly score?: Partial<ScoreLimits>;
}
/** The sound that an encoder stream takes. */
interface EncoderStreamOptions extends NonFiniteOption {
  /** Frames a second, 3,000-768,000. */
  readonly sampleRate: number;
  /** Channels in each chunk: 1-8 for FLAC, 1-2 for Opus. */
  readonly numberOfChannels: number;
}
/**
 * Facts about a piece by name, such as `{ TITLE: 'Monday' }`: up to 4,096 bytes in all, as they are written. A name
 * holds printable ASCII without `=` and `~`.
 */
type Comments = Readonly<Record<string, string>>;
/** Options of `OpusEncoderStream`. */
interface OpusEncoderStreamOptions extends EncoderStreamOptions, Omit<OpusOptions, "encoding"> {
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
export declare class OpusEncoderStream {
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
  constructor(options: OpusEncoderStreamOptions);
}
/**
 * Writes an Ogg Opus file (RFC 7845). Sample rates other than 48 kHz are resampled. The caller owns the bytes.
 *
 * @param options `bitrate` in bits a second, default 128,000; `compressionLevel` 0-10, default 9.
 * @throws {SerializerError} `SERIALIZER_UNSUPPORTED_LAYOUT` beyond 2 channels, or for a rate outside 3,000-768,000 Hz;
 * `SERIALIZER_NON_FINITE` for NaN or infinity, unless `nonFinite` is `'zero'`.
 * @throws {TypeError} when `buffer` is not an `AudioBuffer`, or a channel is detached.
 * @throws {RangeError} when `bitrate` is not 6,000-510,000, or `compressionLevel` is not an integer 0-10.
 */
export declare function encodeOpus(buffer: AudioBufferLike, options?: Omit<OpusOptions, "encoding">): Promise<Uint8Array<ArrayBuffer>>;
/**
 * Reads an Ogg Opus file of 1 or 2 channels at 48 kHz, trimmed to its exact length. Also reads a file whose end is not
 * marked, a recording that starts in the middle of a live stream, and several files in a row, as radio stations send
 * them. The caller owns the result.
 *
 * @throws {SerializerError} `SERIALIZER_CORRUPT` for a damaged file, `SERIALIZER_LENGTH_MISMATCH` when its packets hold
 * less than it states, `SERIALIZER_LIMIT` beyond a limit, `SERIALIZER_UNSUPPORTED_LAYOUT` for more channels,
 * `SERIALIZER_NON_FINITE` for NaN or infinity in the samples.
 * @throws {TypeError} when `bytes` is not a `Uint8Array`, or is detached.
 * @throws {RangeError} when a limit is not a number ≥ 0.
 */
export declare function decodeOpus(bytes: Uint8Array, limits?: SerializerLimits): Promise<AudioBufferLike>;
export type { OpusEncoderStreamOptions };

// @bnc/buffer-serializer/score

import { AudioBufferLike, Score, ScoreLimits } from "@bnc/contracts";
/** The limits of scores that apply by default: 120 s, 32 tracks, 10,000 notes, 128 of them at a time. */
export declare const defaultScoreLimits: Readonly<ScoreLimits>;
/**
 * Checks that a value is a score within the limits: every number in its range, every name known. It allocates nothing
 * that the value could make large.
 *
 * @throws {SerializerError} `SERIALIZER_LIMIT` when the score is too long, or has too many tracks, notes or notes at a
 * time; `SERIALIZER_INVALID` for everything else. The message names the first part that is wrong, its range and its
 * value.
 * @example
 * checkScore({ tempo: 120, duration: 2, prngSeed: 1, tracks: [] }) // returns; the value is a Score
 */
export declare function checkScore(value: unknown, limits?: Partial<ScoreLimits>): asserts value is Score;
/** Bounds on input. All are checked before memory is taken for the result. */
interface SerializerLimits {
  /** Samples of all channels together. Default 2^26 (256 MiB of float32, almost 12 minutes of stereo at 48 kHz). */
  readonly maxSamples?: number;
  /** Encoded bytes, once base64 is decoded. Default 2^26 (64 MiB). */
  readonly maxInputBytes?: number;
  /** Channels. Default 255, the most that is written. Web Audio, and so `toAudioBuffer`, holds 32. */
  readonly maxChannels?: number;
  /** Bounds on a score. Default: `defaultScoreLimits` of `@bnc/buffer-serializer/score`. */
  readonly score?: Partial<ScoreLimits>;
}
/** A buffer that has not been played yet: its checked score. `getChannelData` throws `SERIALIZER_UNSUPPORTED_ENCODING`. */
interface DeserializedScore extends AudioBufferLike {
  /** The score. */
  readonly score: Score;
  /** Factor that brings the played score to the loudness of its master. */
  readonly gain: number;
}
/**
 * Reads a serialized score and nothing else: `deserialize` without the codecs, for pages that only play scores.
 *
 * @throws {SerializerError} `SERIALIZER_INVALID`, `SERIALIZER_LIMIT`, `SERIALIZER_UNSUPPORTED_VERSION`;
 * `SERIALIZER_UNSUPPORTED_ENCODING` when it is not a score.
 * @throws {RangeError} when a limit is not a number ≥ 0.
 * @example
 * deserializeScore(JSON.parse(text)).score.tempo // 90
 */
export declare function deserializeScore(serialized: unknown, limits?: SerializerLimits): DeserializedScore;
export {};
