import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { kernels } from '../kernel/compile.ts';
import { Line } from '../src/instruments/line.ts';
import { KeptRecording } from '../src/instruments/recordings.ts';
import { amplify, amplifyBelow } from '../src/master/limiter.ts';
import { truePeak } from '../src/master/true-peak.ts';
import { mixNote } from '../src/process/mix-kernel.ts';

const sampleRate = 44_100;

function wave(length: number, frames: number, level = 0.5): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length }, (_, i) => level * Math.sin((2 * Math.PI * i) / frames));
}

/** A note as `mixNote` adds it, one frame after the other. */
function mixPlainly(
  mixed: Float32Array,
  samples: Float32Array,
  levels: Float32Array,
  { rate, loop }: { readonly rate: number; readonly loop?: readonly [number, number] | undefined },
): void {
  const [start, end] = loop ?? [samples.length, samples.length];
  for (let i = 0, place = 0; i < Math.min(levels.length, mixed.length) && place < end; i++) {
    const index = Math.floor(place);
    const next = index + 1 < end ? index + 1 : start;
    const sample = (samples[index] ?? 0) * (1 - place + index) + (samples[next] ?? 0) * (place - index);
    mixed[i] = (mixed[i] ?? 0) + (levels[i] ?? 0) * sample;
    place += rate;
    if (loop && place >= end) place -= end - start;
  }
}

it.each(kernels)('$target is compiled from its sources as they are', ({ kernel, target }) => {
  expect(readFileSync(new URL(`../src/${target}`, import.meta.url), 'utf8')).toContain(kernel.sourceHash);
});

it.each([
  { name: 'at their own pitch', rate: 1 },
  { name: 'at their own pitch, repeated', rate: 1, loop: [700, 5001] as const },
  { name: 'higher', rate: 2 ** (1 / 12) },
  { name: 'lower, repeated', rate: 2 ** (-1 / 12), loop: [701, 5000] as const },
  { name: 'higher, with a loop of three frames', rate: 2 ** (1 / 12), loop: [4000, 4003] as const },
])('notes of recordings are mixed $name, in mono and stereo, to the last bit', ({ rate, loop }) => {
  const line = () => new Line().step(0, 0).linear(0.8, 0.01).exponential(0.3, 0.1).hold(0.25).linear(0, 0.3);
  const levels = new Float32Array(line().frames(sampleRate));
  line().writeTo(levels, sampleRate);
  for (const channels of [[wave(5003, 90)], [wave(5003, 90), wave(5003, 71)]]) {
    for (const length of [20_000, 5001, 1]) {
      const [here, there] = [0, 1].map(() => channels.map(() => wave(length, 33)));
      mixNote(here ?? [], new KeptRecording({ channels, ...(loop && { loop }) }), { level: line(), rate, sampleRate });
      for (const [channel, samples] of channels.entries()) {
        mixPlainly(there?.[channel] ?? samples, samples, levels, { rate, loop });
      }
      expect(here).toEqual(there);
    }
  }
});

it('a peak is found and limited alike wherever it lies, at the borders of blocks too', () => {
  // Between two samples that are equal, the wave of a quarter of the sample rate rises above both.
  const shape = (length: number, at: number) =>
    Float32Array.from({ length }, (_, i) =>
      i < at ? 0 : Math.SQRT1_2 * Math.sin((Math.PI / 2) * (i - at) + Math.PI / 4) * Math.exp(-(i - at) / 50),
    );
  const results = [20, 4075, 4080, 4081, 4095, 4096, 4097, 8191].map((at) => {
    const channels = [shape(12_000, at), new Float32Array(12_000)];
    const limited = amplifyBelow(channels, 1, { aim: 0.5, sampleRate });
    return {
      peak: truePeak(channels).toFixed(9),
      limited: truePeak(limited?.channels ?? []).toFixed(9),
      sound: [...(limited?.channels[0]?.subarray(at - 15, at + 3000) ?? [])],
    };
  });
  expect(Number(results[0]?.peak)).toBeGreaterThan(0.65);
  expect(Number(results[0]?.limited)).toBeLessThan(0.53);
  for (const result of results) expect(result).toEqual(results[0]);
});

it('a sound below the aim is not limited, and one channel is treated as two are', () => {
  const quiet = wave(9000, 100, 0.2);
  expect(amplifyBelow([quiet, quiet], 2, { aim: 0.5, sampleRate })).toBeUndefined();
  expect(amplify([quiet], 2)).toEqual([quiet.map((sample) => sample * 2)]);
  const loud = wave(9000, 100);
  const [alone, both] = [[loud], [loud, loud]].map((channels) => amplifyBelow(channels, 1.9, { aim: 0.8, sampleRate }));
  expect(both?.channels).toEqual([alone?.channels[0], alone?.channels[0]]);
  expect(both?.peak).toBe(alone?.peak);
});
