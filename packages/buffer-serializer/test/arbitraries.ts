import { createAudioBufferLike } from '@bnc/buffer-serializer';
import type { AudioBufferLike } from '@bnc/contracts';
import fc from 'fast-check';

/** Fixed, so that a failure is the same failure tomorrow. */
export const seed = 20_261_122;

function sampleOf(peak: number): fc.Arbitrary<number> {
  return fc.oneof(
    {
      weight: 6,
      arbitrary: fc.float({ noNaN: true, noDefaultInfinity: true, min: Math.fround(-peak), max: Math.fround(peak) }),
    },
    { weight: 1, arbitrary: fc.constantFrom(0, -0, 1, -1, 0.5, 2 ** -149, 2 ** -126) },
  );
}

/** Buffers of any layout, samples within ±`peak`. */
export function buffers(
  options: { peak?: number; maxChannels?: number; rates?: fc.Arbitrary<number> } = {},
): fc.Arbitrary<AudioBufferLike> {
  return fc
    .record({
      channels: fc.integer({ min: 1, max: options.maxChannels ?? 32 }),
      length: fc.oneof(fc.constantFrom(0, 1, 2, 3, 255), fc.integer({ min: 0, max: 300 })),
      sampleRate: options.rates ?? fc.integer({ min: 3000, max: 192_000 }),
      kind: fc.constantFrom('any', 'silence', 'noise', 'tone'),
      pool: fc.array(sampleOf(options.peak ?? 4), { minLength: 40, maxLength: 80 }),
    })
    .map(({ channels, length, sampleRate, kind, pool }) =>
      createAudioBufferLike(
        Array.from({ length: channels }, (_, channel) =>
          Float32Array.from({ length }, (_, i) => {
            if (kind === 'silence') return 0;
            if (kind === 'tone') return 0.8 * Math.sin(i * 0.05 + channel);
            if (kind === 'noise') {
              return ((Math.imul(i * 31 + channel + 1, 2_654_435_761) >>> 0) / 2 ** 31 - 1) * (options.peak ?? 4);
            }
            return pool[(i + channel * 7) % pool.length] ?? 0;
          }),
        ),
        sampleRate,
      ),
    );
}

/** All samples as bit patterns, so that -0 and 0 differ. */
export function bitsOf(buffer: AudioBufferLike): number[][] {
  return Array.from({ length: buffer.numberOfChannels }, (_, channel) =>
    Array.from(new Uint32Array(Float32Array.from(buffer.getChannelData(channel)).buffer)),
  );
}

/** The largest distance between samples of two buffers. */
export function distance(a: AudioBufferLike, b: AudioBufferLike): number {
  let largest = 0;
  for (let channel = 0; channel < a.numberOfChannels; channel++) {
    const other = b.getChannelData(channel);
    for (const [i, sample] of a.getChannelData(channel).entries()) {
      largest = Math.max(largest, Math.abs(sample - (other[i] ?? Number.NaN)));
    }
  }
  return largest;
}

/** A decaying chord in stereo, `seconds` long. */
export function chord(seconds: number, sampleRate: number, channels = 2, peak = 0.8): AudioBufferLike {
  const length = Math.round(seconds * sampleRate);
  return createAudioBufferLike(
    Array.from({ length: channels }, (_, channel) =>
      Float32Array.from({ length }, (_, i) => {
        const time = i / sampleRate;
        const sum = [220, 277.2, 329.6].reduce(
          (mix, frequency, k) => mix + Math.sin(2 * Math.PI * frequency * time + channel * 0.3 * k),
          0,
        );
        return (sum / 3) * peak * Math.exp(-1.5 * time);
      }),
    ),
    sampleRate,
  );
}
