import type { Encoding } from '@bnc/contracts';
import { applyGain, checkFinite } from './audio-buffer.ts';
import type { Layout } from './limits.ts';
import { decodePcm } from './pcm/pcm.ts';
import { decodeShuffled } from './pcm/shuffle.ts';

/** Encodings that need no codec: written and read synchronously. */
export type PcmEncoding = 'pcm-f32le' | 'pcm-s16le';

/** Encodings whose codec works in the background or loads first. */
export type CompressedEncoding = Exclude<Encoding, PcmEncoding>;

/** Every encoding of version 2. */
export const encodings: readonly Encoding[] = ['pcm-f32le', 'pcm-s16le', 'f32-shuffle-deflate', 'flac', 'opus'];

/** True for an encoding that is read synchronously. */
export function isPcm(encoding: Encoding): encoding is PcmEncoding {
  return encoding === 'pcm-f32le' || encoding === 'pcm-s16le';
}

function finish(channels: Float32Array[], gain: number): Float32Array[] {
  applyGain(channels, gain);
  checkFinite(channels);
  return channels;
}

/** Decodes PCM of a checked layout. */
export function decodePcmSamples(bytes: Uint8Array, encoding: PcmEncoding, layout: Layout): Float32Array[] {
  return finish(decodePcm(bytes, encoding, layout), layout.gain);
}

/** Decodes the other encodings; loads a codec on first use. */
export async function decodeCompressed(
  bytes: Uint8Array<ArrayBuffer>,
  encoding: CompressedEncoding,
  layout: Layout,
): Promise<Float32Array[]> {
  if (encoding === 'f32-shuffle-deflate') return finish(await decodeShuffled(bytes, layout), layout.gain);
  if (encoding === 'flac') {
    const { decodeFlacAs } = await import('./flac/decoder.ts');
    return finish(decodeFlacAs(bytes, layout), layout.gain);
  }
  const { decodeOpusAs } = await import('./opus/decoder.ts');
  return finish(await decodeOpusAs(bytes, layout), layout.gain);
}
