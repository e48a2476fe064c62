import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAudioBufferLike, decodeWav, encode, encodeWav } from '@bnc/buffer-serializer';
import { decodeFlac, encodeFlac } from '@bnc/buffer-serializer/flac';
import { decodeOpus, encodeOpus } from '@bnc/buffer-serializer/opus';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bitsOf, chord, distance } from './arbitraries.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bnc-judges-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function write(name: string, bytes: Uint8Array): string {
  const file = join(folder, name);
  writeFileSync(file, bytes);
  return file;
}

function read(name: string): Uint8Array {
  return new Uint8Array(readFileSync(join(folder, name)));
}

/** Runs a program; throws with what it said on standard error when it fails. */
function run(program: string, ...args: string[]): string {
  return execFileSync(program, args, { encoding: 'utf8', cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** What ffprobe finds in the first stream. */
function probe(file: string): Record<string, string> {
  return Object.fromEntries(
    run(
      'ffprobe',
      '-v',
      'error',
      '-show_entries',
      'stream=codec_name,sample_rate,channels,sample_fmt',
      '-of',
      'default=nw=1',
      file,
    )
      .trim()
      .split('\n')
      .map((line) => line.split('=') as [string, string]),
  );
}

function noise(length: number, channels: number, sampleRate: number) {
  return createAudioBufferLike(
    Array.from({ length: channels }, (_, c) =>
      Float32Array.from({ length }, (_, i) => ((Math.imul(i * 7 + c + 1, 2_654_435_761) >>> 0) / 2 ** 31 - 1) * 0.9),
    ),
    sampleRate,
  );
}

describe('flac of Debian', () => {
  it.each([
    ['a chord in stereo', chord(0.4, 44_100), 44_100],
    ['five channels of noise', noise(5000, 5, 48_000), 48_000],
    ['a rate without a code', chord(0.1, 12_345), 12_345],
    ['192 kHz', chord(0.05, 192_000, 1), 192_000],
    ['silence', createAudioBufferLike([new Float32Array(9000), new Float32Array(9000)], 8000), 8000],
    ['130 blocks', createAudioBufferLike([new Float32Array(4096 * 130)], 48_000), 48_000],
    ['one frame', createAudioBufferLike([Float32Array.of(0.3)], 44_100), 44_100],
    ['no frames', createAudioBufferLike([new Float32Array(0)], 44_100), 44_100],
    ['full scale', createAudioBufferLike([Float32Array.from({ length: 300 }, (_, i) => (i % 2) * 2 - 1)], 8000), 8000],
  ])('finds %s sound and decodes our samples', (_, buffer, sampleRate) => {
    for (const [bitDepth, compressionLevel] of [
      [16, 5],
      [24, 8],
    ] as const) {
      const ours = encodeFlac(buffer, { bitDepth, compressionLevel });
      const file = write('ours.flac', ours);
      // --test decodes all and compares with the hash of our samples; warnings are errors, a missing hash would be one.
      if (buffer.length > 0) run('flac', '--test', '--silent', '--warnings-as-errors', file);
      if (bitDepth === 24) continue;
      run('flac', '--decode', '--silent', '--force', '--output-name=judged.wav', file);
      if (buffer.length === 0) continue;
      expect(distance(decodeWav(read('judged.wav')), decodeFlac(ours))).toBe(0);
      expect(probe(file)).toMatchObject({ codec_name: 'flac', sample_rate: String(sampleRate) });
    }
  });

  it('writes files at all its levels that we read sample for sample', () => {
    const pcm = encodeWav(chord(0.5, 44_100), { format: 'pcm16' });
    write('theirs.wav', pcm);
    const tries = [
      ['-0'],
      ['-5'],
      ['-8', '-e', '-p'],
      ['-8', '-b', '16384', '-l', '32', '--lax'],
      ['-5', '-b', '576'],
      ['-5', '--padding=4000'],
    ];
    for (const args of tries) {
      run('flac', '--silent', '--force', ...args, '--output-name=theirs.flac', 'theirs.wav');
      expect(bitsOf(decodeFlac(read('theirs.flac')))).toEqual(bitsOf(decodeWav(pcm)));
    }
  });

  it('agrees with us on samples that waste bits', () => {
    const coarse = createAudioBufferLike(
      [Float32Array.from({ length: 2000 }, (_, i) => Math.round(Math.sin(i / 9) * 100) / 128)],
      8000,
    );
    write('coarse.wav', encodeWav(coarse, { format: 'pcm16' }));
    run('flac', '--silent', '--force', '--output-name=coarse.flac', 'coarse.wav');
    expect(bitsOf(decodeFlac(read('coarse.flac')))).toEqual(bitsOf(decodeWav(read('coarse.wav'))));
  });
});

describe('opus-tools of Debian', () => {
  it.each([
    [48_000, 2, 0.5],
    [44_100, 2, 0.5],
    [44_100, 1, 0.333],
    [96_000, 1, 0.25],
    [8000, 1, 0.2],
  ])(
    'finds our Opus of %d Hz in %d channels sound, as long as ours, at the same level',
    async (sampleRate, channels, seconds) => {
      const buffer = chord(seconds, sampleRate, channels);
      const ours = await encodeOpus(buffer);
      const file = write('ours.opus', ours);
      const report = run('opusinfo', file);
      expect(report).not.toMatch(/warning|error|hole|illegal|invalid/i);
      run('opusdec', '--quiet', '--float', '--rate', '48000', file, 'judged.wav');
      const theirs = decodeWav(read('judged.wav'));
      const mine = await decodeOpus(ours);
      expect([theirs.numberOfChannels, theirs.length]).toEqual([channels, mine.length]);
      expect(theirs.length).toBe(Math.ceil((buffer.length * 48_000) / sampleRate));
      expect(distance(mine, theirs)).toBeLessThan(1e-3);
    },
  );

  it('writes files that we read as long as its own decoder does', async () => {
    write('theirs.wav', encodeWav(chord(0.41, 48_000), { format: 'pcm16' }));
    run('opusenc', '--quiet', '--bitrate', '96', 'theirs.wav', 'theirs.opus');
    run('opusdec', '--quiet', '--float', 'theirs.opus', 'judged.wav');
    const theirs = decodeWav(read('judged.wav'));
    const mine = await decodeOpus(read('theirs.opus'));
    expect(mine.length).toBe(theirs.length);
    expect(distance(theirs, mine)).toBeLessThan(1e-3);
  });

  it('hears a bitrate near the one asked for', async () => {
    for (const bitrate of [32_000, 128_000]) {
      const { bytes } = await encode(noise(48_000 * 2, 2, 48_000), { encoding: 'opus', bitrate });
      expect((bytes * 8) / 2 / bitrate).toBeGreaterThan(0.8);
      expect((bytes * 8) / 2 / bitrate).toBeLessThan(1.3);
    }
  });
});

describe('sox and ffprobe of Debian', () => {
  it.each([1, 6, 32])('read our WAV of %d channels, and write it back the same', (channels) => {
    const buffer = chord(0.02, 48_000, channels);
    for (const [format, sampleFormat, encoding] of [
      ['pcm16', 's16', 'signed-integer'],
      ['float32', 'flt', 'floating-point'],
    ] as const) {
      const bytes = encodeWav(buffer, { format });
      const file = write('ours.wav', bytes);
      expect(probe(file)).toEqual({
        codec_name: format === 'pcm16' ? 'pcm_s16le' : 'pcm_f32le',
        sample_fmt: sampleFormat,
        sample_rate: '48000',
        channels: String(channels),
      });
      run('sox', '-D', file, '-e', encoding, 'theirs.wav');
      // sox rounds on its way.
      expect(distance(decodeWav(read('theirs.wav')), decodeWav(bytes))).toBeLessThan(format === 'pcm16' ? 1e-12 : 1e-7);
    }
  });
});
