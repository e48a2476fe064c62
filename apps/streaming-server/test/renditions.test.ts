import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode, deserialize } from '@bnc/buffer-serializer';
import type { AudioBufferLike } from '@bnc/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { wireEncodings } from '../src/delivery/delivery.ts';
import { byUrl, ClipStage, clipEncodings } from './clip-stage.ts';

let stage: ClipStage;
let exact: AudioBufferLike;
beforeAll(async () => {
  stage = await ClipStage.open();
  exact = await deserialize(stage.heard.get('format=pcm-f32le'));
}, 60_000);
afterAll(() => stage.close());

function largestDifference(a: AudioBufferLike, b: AudioBufferLike): number {
  let largest = 0;
  for (let channel = 0; channel < a.numberOfChannels; channel++) {
    const other = b.getChannelData(channel);
    for (const [index, sample] of a.getChannelData(channel).entries()) {
      largest = Math.max(largest, Math.abs(sample - (other[index] ?? Number.NaN)));
    }
  }
  return largest;
}

/** Root mean square of the difference, as a share of that of the sound. */
function noise(a: AudioBufferLike, b: AudioBufferLike): number {
  let [difference, energy] = [0, 0];
  const other = b.getChannelData(0);
  for (const [index, sample] of a.getChannelData(0).entries()) {
    difference += (sample - (other[index] ?? 0)) ** 2;
    energy += sample ** 2;
  }
  return Math.sqrt(difference / energy);
}

/** How far a format may be from the samples: nothing, or rounding and dither of 16 bits. */
const atMost: Readonly<Record<string, number>> = { 'pcm-s16le': 2 / 32_768, flac: 2 / 32_768 };

describe('a phrase', () => {
  test('is rendered once for listeners of every format and delivery', async () => {
    expect(await stage.rendered()).toBe(1);
  });

  test.each(wireEncodings)('comes inline as %s', async (format) => {
    const buffer = stage.heard.get(`format=${format}`);
    expect(buffer && 'encoding' in buffer ? buffer.encoding : 'json').toBe(format);
    const decoded = await deserialize(buffer);
    expect(decoded).toMatchObject({ length: exact.length, sampleRate: exact.sampleRate, numberOfChannels: 2 });
    if (format === 'opus') expect(noise(exact, decoded)).toBeLessThan(0.2);
    else expect(largestDifference(exact, decoded)).toBeLessThanOrEqual(atMost[format] ?? 0);
  });

  test.each(clipEncodings)('comes by url as %s, the same bytes as inline', async (format) => {
    const message = byUrl(stage.heard.get(`delivery=url&format=${format}`));
    const rendition = stage.renditionOf(format);
    const { sha256, bytes } = rendition;
    expect(message).toMatchObject({ v: 2, id: expect.stringMatching(/^sha256-[0-9a-f]{64}$/), length: exact.length });
    expect(message.renditions).toHaveLength(1);
    expect(rendition.url).toMatch(new RegExp(`^/clips/${sha256}\\.[a-z]+$`));
    const data = await stage.fetched(rendition);
    expect(data.length).toBe(bytes);
    const inline = stage.heard.get(`format=${format}`);
    expect(inline && 'data' in inline && inline.data === Buffer.from(data).toString('base64')).toBe(true);
    const { sampleRate, length, duration, numberOfChannels } = message;
    const source = { sampleRate, length, duration, numberOfChannels };
    const decoded = await decode({ ...rendition, encoding: format, source, data });
    expect(decoded.length).toBe(exact.length);
    if (format === 'opus') expect(noise(exact, decoded)).toBeLessThan(0.2);
    else expect(largestDifference(exact, decoded)).toBeLessThanOrEqual(atMost[format] ?? 0);
  });

  test('comes in several renditions, in the order asked for, and as FLAC and Opus unless told otherwise', () => {
    const encodingsOf = (query: string): string[] =>
      byUrl(stage.heard.get(query)).renditions.map(({ encoding }) => encoding);
    expect(encodingsOf('delivery=url')).toEqual(['flac', 'opus']);
    expect(encodingsOf('delivery=url&format=opus,pcm-s16le')).toEqual(['opus', 'pcm-s16le']);
  });

  test('is what flac and opusinfo take it for', async () => {
    const [flac, opus] = [join(stage.folder, 'clip.flac'), join(stage.folder, 'clip.opus')];
    writeFileSync(flac, await stage.fetched(stage.renditionOf('flac')));
    writeFileSync(opus, await stage.fetched(stage.renditionOf('opus')));
    execFileSync('flac', ['-t', '-s', flac]);
    const info = execFileSync('opusinfo', [opus], { encoding: 'utf8' });
    expect(info).toContain('Channels: 2');
    expect(info).not.toMatch(/WARNING/i);
  });
});
