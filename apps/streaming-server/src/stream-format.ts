import { serialize, stringifyV1 } from '@bnc/buffer-serializer';
import type { AudioBufferLike } from '@bnc/contracts';

/** Forms in which a stream carries its clips; `json` is the seed's and the default. */
export const streamFormats = ['json', 'pcm-s16le', 'pcm-f32le'] as const;

/** One of them. */
export type StreamFormat = (typeof streamFormats)[number];

/** Tells whether a word names a format. */
export const isStreamFormat = (word: string): word is StreamFormat =>
  (streamFormats as readonly string[]).includes(word);

/** Writes a buffer as the JSON text that goes into an `audio_buffer` message. */
export const encodeForm = (buffer: AudioBufferLike, format: StreamFormat): string =>
  format === 'json' ? stringifyV1(buffer) : JSON.stringify(serialize(buffer, { encoding: format }));
