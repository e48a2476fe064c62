import { extname } from 'node:path';
import { encodeWav } from '@bnc/buffer-serializer';
import type { AudioBufferLike, Score } from '@bnc/contracts';
import { CliError } from './cli-error.ts';

/** Formats in which music can be written. */
export const soundEncodings = ['wav', 'flac', 'opus', 'mid'] as const;

export type SoundEncoding = (typeof soundEncodings)[number];

/**
 * Returns the format of a file: the given one, or else by the extension of its name.
 * @throws {CliError} `CLI_USAGE` for a name without a known extension.
 */
export function encodingOf(file: string, given: SoundEncoding | undefined): SoundEncoding {
  const extension = extname(file).slice(1).toLowerCase();
  const encoding = given ?? soundEncodings.find((one) => one === (extension === 'midi' ? 'mid' : extension));
  if (encoding === undefined) {
    throw new CliError(
      'CLI_USAGE',
      file === '-'
        ? 'Standard output has no name that says what to write: add --format wav, flac, opus or mid.'
        : `'${file}' does not say what to write: end it in .wav, .flac, .opus or .mid, or add --format.`,
    );
  }
  return encoding;
}

/** Renders a score and returns the bytes of its file. */
export async function soundOf(
  score: Score,
  {
    encoding,
    sampleRate,
    title,
    signal,
    onProgress,
  }: {
    readonly encoding: SoundEncoding;
    readonly sampleRate: number;
    readonly title: string;
    readonly signal: AbortSignal;
    readonly onProgress: (share: number) => void;
  },
): Promise<Uint8Array> {
  const engine: typeof import('@bnc/offline-renderer') = await import('@bnc/offline-renderer');
  if (encoding === 'mid') {
    engine.validateScore(score);
    const { toMidi } = await import('@bnc/music-engine/midi');
    return toMidi(score, { title });
  }
  await using renderer = new engine.OfflineRenderer({ workers: 1, spares: 0, sampleRate });
  return encodeAs(encoding, await renderer.render(score, { signal, onProgress }));
}

async function encodeAs(encoding: Exclude<SoundEncoding, 'mid'>, buffer: AudioBufferLike): Promise<Uint8Array> {
  if (encoding === 'wav') return encodeWav(buffer);
  if (encoding === 'flac') return (await import('@bnc/buffer-serializer/flac')).encodeFlac(buffer);
  return (await import('@bnc/buffer-serializer/opus')).encodeOpus(buffer);
}
