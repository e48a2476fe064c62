import { readFileSync } from 'node:fs';
import { encodeFlac } from '@bnc/buffer-serializer/flac';
import type { AudioBufferLike } from '@bnc/contracts';

/** What a render process reports with a clip. */
export interface Finished {
  /** The clip: FLAC of 16 bits, as the server encodes it. */
  readonly clip: Uint8Array;
  /** Memory of the process now, and the most that it has held, in MiB. */
  readonly resident: number;
  readonly most: number;
}

/** Encodes what has been mastered, in the render process. */
export function finish(buffer: AudioBufferLike): Finished {
  const clip = encodeFlac(buffer, { bitDepth: 16, compressionLevel: 2 });
  return { clip, resident: mebibytes('VmRSS'), most: mebibytes('VmHWM') };
}

function mebibytes(name: string): number {
  const status = readFileSync('/proc/self/status', 'utf8');
  return Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024;
}
