/**
 * Runs in the render process: turns a finished buffer into the bytes that listeners get. So only encoded bytes cross to
 * the server, and the server's main thread never encodes.
 */
import { createHash, hash } from 'node:crypto';
import { type EncodeOptions, encode, type OpusOptions, stringifyV1 } from '@bnc/buffer-serializer';
import type { AudioBufferLike, Rendition, SerializedBufferV2Header, Sha256 } from '@bnc/contracts';
import type { WireEncoding } from '../delivery/delivery.ts';

/** One encoding of a clip, and the name of its bytes in the store. */
export interface ClipRendition extends Omit<Rendition, 'encoding' | 'url'> {
  readonly encoding: WireEncoding;
  /** `<sha256>.<extension>`. */
  readonly name: string;
}

/** A rendered clip as it crosses from the render process. */
export interface EncodedClip {
  /** Header of every version 2 message of this clip. */
  readonly header: SerializedBufferV2Header & { readonly id: string };
  readonly renditions: readonly { readonly rendition: ClipRendition; readonly data: Uint8Array }[];
}

/**
 * How each encoding is written. FLAC has 16 bits with dither, as the loudspeakers of a page get them: half the bytes of
 * 24. Level 2 is written by WebAssembly: a sixth of the time of the default of 5, for 4 % more bytes.
 */
const encodeOptions: Readonly<Record<Exclude<WireEncoding, 'json'>, EncodeOptions>> = {
  'pcm-s16le': { encoding: 'pcm-s16le' },
  'pcm-f32le': { encoding: 'pcm-f32le' },
  'f32-shuffle-deflate': { encoding: 'f32-shuffle-deflate' },
  flac: { encoding: 'flac', bitDepth: 16, compressionLevel: 2 },
  opus: { encoding: 'opus' },
};

/** How Opus is written, if not in the usual way. */
export type OpusSettings = Pick<OpusOptions, 'bitrate' | 'compressionLevel'>;

/** Writes a buffer in every encoding that is wanted. */
export async function finish(
  buffer: AudioBufferLike,
  { encodings, opus }: { readonly encodings: readonly WireEncoding[]; readonly opus?: OpusSettings | undefined },
): Promise<EncodedClip> {
  const { sampleRate, length, duration, numberOfChannels } = buffer;
  const samples = createHash('sha256');
  for (let channel = 0; channel < numberOfChannels; channel++) {
    const { buffer: memory, byteOffset, byteLength } = buffer.getChannelData(channel);
    samples.update(new Uint8Array(memory, byteOffset, byteLength));
  }
  const id = `sha256-${samples.digest('hex')}`;
  const renditions: EncodedClip['renditions'][number][] = [];
  for (const encoding of encodings) renditions.push(await encodeAs(encoding, buffer, opus));
  return { header: { v: 2, id, sampleRate, length, duration, numberOfChannels }, renditions };
}

async function encodeAs(
  encoding: WireEncoding,
  buffer: AudioBufferLike,
  opus: OpusSettings | undefined,
): Promise<EncodedClip['renditions'][number]> {
  if (encoding === 'json') {
    const data = Buffer.from(stringifyV1(buffer));
    const { sampleRate, length } = buffer;
    const facts = { mediaType: 'application/json', sampleRate, length, lossless: true, bytes: data.length };
    return { rendition: { encoding, ...facts, ...named(data, 'json') }, data };
  }
  const {
    data,
    extension,
    source: _,
    gain,
    ...facts
  } = await encode(buffer, {
    ...encodeOptions[encoding],
    ...(encoding === 'opus' && opus),
  });
  const rendition = {
    ...facts,
    ...(gain !== undefined && gain !== 1 && { gain }),
    encoding,
    ...named(data, extension),
  };
  return { rendition, data };
}

function named(data: Uint8Array, extension: string): { readonly sha256: Sha256; readonly name: string } {
  const sha256 = hash('sha256', data);
  return { sha256, name: `${sha256}.${extension}` };
}
