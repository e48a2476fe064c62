/**
 * Runs in the render process: turns a finished buffer into the bytes that listeners get, so that only
 * finished forms cross to the server and its main thread never encodes what is known beforehand.
 */
import { createHash } from 'node:crypto';
import type { AudioBufferLike } from '@bnc/contracts';
import { encodeForm, type StreamFormat } from './stream-format.ts';

/** What the server asks for. */
export interface EncodeOptions {
  readonly formats: readonly StreamFormat[];
}

/** A rendered clip as it crosses from the render process. */
export interface EncodedClip {
  /** Hash of the samples: channel by channel, little-endian float32. */
  readonly sha256: string;
  readonly sampleRate: number;
  readonly length: number;
  /** One array of `length` samples per channel. */
  readonly channels: readonly Float32Array[];
  /** JSON text of the serialized buffer, by format. */
  readonly forms: Readonly<Partial<Record<StreamFormat, string>>>;
}

/** Encodes a buffer in every format asked for. */
export const finish = (buffer: AudioBufferLike, { formats }: EncodeOptions): EncodedClip => {
  const channels = Array.from({ length: buffer.numberOfChannels }, (_, channel) =>
    buffer.getChannelData(channel).slice(),
  );
  const hash = createHash('sha256');
  for (const samples of channels) hash.update(new Uint8Array(samples.buffer));
  return {
    sha256: hash.digest('hex'),
    sampleRate: buffer.sampleRate,
    length: buffer.length,
    channels,
    forms: Object.fromEntries(formats.map((format) => [format, encodeForm(buffer, format)])),
  };
};
