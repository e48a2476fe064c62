import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeWav } from '@bnc/buffer-serializer';
import type { AudioBufferLike } from '@bnc/contracts';

/** The JSON that this format began as: every sample as the double it widens to. */
export function seedJson(buffer: AudioBufferLike): string {
  return JSON.stringify({
    sampleRate: buffer.sampleRate,
    length: buffer.length,
    duration: buffer.duration,
    numberOfChannels: buffer.numberOfChannels,
    channels: Array.from({ length: buffer.numberOfChannels }, (_, channel) =>
      Array.from(buffer.getChannelData(channel)),
    ),
  });
}

/** Reads the seed's JSON. */
export function readSeedJson(text: string): Float32Array[] {
  return (JSON.parse(text) as { channels: number[][] }).channels.map((samples) => new Float32Array(samples));
}

/** Times one run in milliseconds. */
export async function timed(run: () => unknown): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}

/** A command-line encoder's output for a raw file, or undefined where it is not installed. */
export function encodeWith(
  program: 'flac' | 'opusenc',
  args: readonly string[],
  input: Uint8Array,
): { readonly bytes: number; readonly milliseconds: number } | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'bnc-bench-'));
  try {
    writeFileSync(join(folder, 'in'), input);
    const start = performance.now();
    execFileSync(program, [...args, ...(program === 'flac' ? ['-o', 'out', 'in'] : ['in', 'out'])], {
      cwd: folder,
      stdio: 'ignore',
    });
    const milliseconds = performance.now() - start;
    return { bytes: readFileSync(join(folder, 'out')).length, milliseconds };
  } catch {
    return undefined;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Arguments for `flac` to read what `rawOf` gives. */
export function rawArguments(buffer: AudioBufferLike, bitDepth: 16 | 24): string[] {
  return [
    '--force-raw-format',
    '--endian=little',
    '--sign=signed',
    `--channels=${buffer.numberOfChannels}`,
    `--bps=${bitDepth}`,
    `--sample-rate=${buffer.sampleRate}`,
    '--no-padding',
    '--silent',
  ];
}

/** Interleaved integers of a decoded buffer, exactly as many bits as it was encoded with. */
export function rawOf(buffer: AudioBufferLike, bitDepth: 16 | 24): Uint8Array {
  const bytes = Buffer.alloc((buffer.length * buffer.numberOfChannels * bitDepth) / 8);
  let at = 0;
  const channels = Array.from({ length: buffer.numberOfChannels }, (_, channel) => buffer.getChannelData(channel));
  for (let i = 0; i < buffer.length; i++) {
    for (const samples of channels) at = bytes.writeIntLE((samples[i] ?? 0) * 2 ** (bitDepth - 1), at, bitDepth / 8);
  }
  return bytes;
}

/** A 16-bit WAV for `opusenc`. */
export function wavOf(buffer: AudioBufferLike): Uint8Array {
  return encodeWav(buffer, { format: 'pcm16' });
}
