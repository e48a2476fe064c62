import type { AudioBufferLike } from '@bnc/contracts';
import { describe, expect, it } from 'vitest';
import { createAudioBufferLike } from '../audio-buffer.ts';
import { deserialize } from '../deserialize.ts';
import { encodeOpus } from '../opus.ts';
import { serialize } from '../serialize.ts';

function sweep(sampleRate: number): AudioBufferLike {
  return createAudioBufferLike(
    [
      Float32Array.from(
        { length: Math.round(sampleRate / 7) },
        (_, i) => 0.5 * Math.sin((i / sampleRate) * (900 + (i / sampleRate) * 9000)),
      ),
    ],
    sampleRate,
  );
}

/** Samples by which `b` lags behind `a` where they correlate best, to fractions of one. */
function lagOf(a: Float32Array, b: Float32Array): number {
  const scores = Array.from({ length: 21 }, (_, i) => {
    let sum = 0;
    for (let at = 10; at < a.length - 10; at++) sum += (a[at] ?? 0) * (b[at + i - 10] ?? 0);
    return sum;
  });
  const best = scores.indexOf(Math.max(...scores));
  const [before = 0, top = 0, after = 0] = [scores[best - 1], scores[best], scores[best + 1]];
  return best - 10 + (before - after) / (2 * (before - 2 * top + after));
}

describe('Opus', () => {
  it.each([8000, 22_050, 44_100, 48_000, 96_000])(
    'of a %d Hz buffer comes back without lag, to the frame',
    async (sampleRate) => {
      const buffer = sweep(sampleRate);
      const back = await deserialize(await serialize(buffer, { encoding: 'opus' }));
      expect(back.length).toBe(buffer.length);
      expect(Math.abs(lagOf(buffer.getChannelData(0), back.getChannelData(0)))).toBeLessThan(
        Math.max(0.1, sampleRate / 96_000),
      );
    },
  );

  it('holds one or two channels and says so of more', async () => {
    const three = createAudioBufferLike(
      Array.from({ length: 3 }, () => new Float32Array(10)),
      48_000,
    );
    await expect(serialize(three, { encoding: 'opus' })).rejects.toMatchObject({
      code: 'SERIALIZER_UNSUPPORTED_LAYOUT',
    });
  });

  it('takes as much effort as it is told: 9 by itself, and other bytes with less', async () => {
    const [usual, nine, five] = await Promise.all(
      [undefined, 9, 5].map((compressionLevel) =>
        encodeOpus(sweep(48_000), compressionLevel === undefined ? {} : { compressionLevel }),
      ),
    );
    expect(nine).toEqual(usual);
    expect(five).not.toEqual(usual);
    for (const compressionLevel of [-1, 11, 2.5, Number.NaN]) {
      await expect(encodeOpus(sweep(8000), { compressionLevel })).rejects.toThrow(/compressionLevel must be/);
    }
  });

  it('refuses a bitrate that is no bitrate', async () => {
    await expect(serialize(sweep(8000), { encoding: 'opus', bitrate: 5999 })).rejects.toThrow(RangeError);
    await expect(serialize(sweep(8000), { encoding: 'opus', bitrate: Number.NaN })).rejects.toThrow(RangeError);
  });
});
