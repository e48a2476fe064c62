import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { kernel } from '../../kernel/compile.ts';
import { createAudioBufferLike } from '../audio-buffer.ts';
import { decodeFlac, encodeFlac } from '../flac.ts';
import { PlainBlockCoder } from './block-coder.ts';
import type { FlacFormat } from './format.ts';
import { KernelBlockCoder } from './kernel.ts';

const sounds: Readonly<Record<string, (i: number, channel: number) => number>> = {
  tones: (i, channel) => 0.5 * Math.sin(i / (20 + channel)),
  'the same on both sides': (i) => 0.4 * Math.sin(i / 50),
  noise: (i, channel) => ((Math.imul(i * 31 + channel + 1, 2_654_435_761) >>> 0) / 2 ** 31 - 1) * 0.9,
  'noise beyond full scale': (i, channel) => ((Math.imul(i * 31 + channel + 1, 2_654_435_761) >>> 0) / 2 ** 31 - 1) * 3,
  'full scale back and forth': (i) => (i % 2) * 2 - 1,
  silence: () => 0,
  'silence on one side': (i, channel) => channel * 0.25 * Math.sin(i / 30),
  'single clicks': (i) => (i % 1777 === 0 ? 1 : 0),
  '16-bit values': (i, channel) => Math.round(3000 * Math.sin(i / (7 + channel))) / 32_768,
  'halves of a step': (i) => ((i % 9) - 4.5) / 32_768,
};

it('is compiled from the source as it is', () => {
  expect(readFileSync(new URL('kernel-wasm.ts', import.meta.url), 'utf8')).toContain(kernel.sourceHash);
});

it.each(Object.entries(sounds))('codes %s as the samples that JavaScript codes, sound by flac --test', (_, sound) => {
  for (const numberOfChannels of [1, 2]) {
    const format: FlacFormat = { numberOfChannels, sampleRate: 44_100, bitDepth: 16, compressionLevel: 2, gain: 1 };
    const coders = [KernelBlockCoder.open(format), new PlainBlockCoder(format)];
    for (const size of [2048, 1000, 5, 4, 1]) {
      const [kernel, plain] = coders.map((coder) => {
        for (const [channel, plane] of (coder?.planes ?? []).entries()) {
          for (let i = 0; i < size; i++) plane[i] = sound(i, channel);
        }
        return coder?.encode(size, 70_000);
      });
      expect(kernel?.pcm).toEqual(plain?.pcm);
    }
    const buffer = createAudioBufferLike(
      Array.from({ length: numberOfChannels }, (__, c) => Float32Array.from({ length: 9001 }, (___, i) => sound(i, c))),
      44_100,
    );
    const [fast, slow] = [2, 3].map((compressionLevel) => encodeFlac(buffer, { bitDepth: 16, compressionLevel }));
    if (!fast || !slow) throw new Error('no files');
    execFileSync('flac', ['--test', '--silent', '--warnings-as-errors', '-'], { input: fast });
    expect(decodeFlac(fast).getChannelData(0)).toEqual(decodeFlac(slow).getChannelData(0));
  }
});

it('leaves what it cannot code to JavaScript', () => {
  const format: FlacFormat = { numberOfChannels: 2, sampleRate: 44_100, bitDepth: 16, compressionLevel: 2, gain: 1 };
  expect(KernelBlockCoder.open(format)).toBeDefined();
  for (const change of [{ numberOfChannels: 3 }, { bitDepth: 24 }, { compressionLevel: 3 }] as const) {
    expect(KernelBlockCoder.open({ ...format, ...change })).toBeUndefined();
  }
});
