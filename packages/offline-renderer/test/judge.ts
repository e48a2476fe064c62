import { spawnSync } from 'node:child_process';
import { encodeWav } from '@bnc/buffer-serializer';
import type { AudioBufferLike } from '@bnc/contracts';

/** What ffmpeg's `ebur128` says. */
export function judge(buffer: AudioBufferLike): { readonly loudness: number; readonly truePeak: number } {
  const args = ['-nostats', '-i', 'pipe:0', '-filter_complex', 'ebur128=peak=true', '-f', 'null', '-'];
  const { stderr } = spawnSync('ffmpeg', args, { input: encodeWav(buffer), encoding: 'utf8' });
  const summary = stderr.slice(stderr.lastIndexOf('Summary:'));
  return {
    loudness: Number(/I:\s+(-?[\d.]+) LUFS/.exec(summary)?.[1]),
    truePeak: Number(/Peak:\s+(-?[\d.]+) dBFS/.exec(summary)?.[1]),
  };
}
