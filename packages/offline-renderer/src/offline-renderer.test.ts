import { createHash } from 'node:crypto';
import type { AudioBufferLike } from '@bnc/contracts';
import { isFiniteSound, peak, rms, toMono } from '@bnc/testing/sound';
import { afterAll, describe, expect, it } from 'vitest';
import { createPiece } from '../test/score.ts';
import { OfflineRenderer } from './offline-renderer.ts';

const renderer = new OfflineRenderer({ workers: 2, spares: 0 });
afterAll(() => renderer.close());

function hash(buffer: AudioBufferLike): string {
  return Array.from({ length: buffer.numberOfChannels }, (_, c) => buffer.getChannelData(c))
    .reduce((sum, samples) => sum.update(samples), createHash('sha256'))
    .digest('hex');
}

describe('OfflineRenderer', () => {
  it('renders a score to a mastered stereo buffer that is at least as long as the music', async () => {
    const buffer = await renderer.render(createPiece());
    expect(buffer).toMatchObject({ numberOfChannels: 2, sampleRate: 44100 });
    expect(buffer.duration).toBe(buffer.length / 44100);
    expect(buffer.duration).toBeGreaterThan(4);
    const mono = toMono(buffer);
    expect(isFiniteSound(mono)).toBe(true);
    expect(rms(mono)).toBeGreaterThan(0.05);
    expect(peak(buffer.getChannelData(0))).toBeLessThan(0.9);
  });

  it('gives the same samples in five renders, three processes, beside other renders and after garbage collections', async () => {
    const same = createPiece(1, 1);
    const hashes = new Set<string>();
    for (let process = 0; process < 3; process++) {
      // Collects garbage between renders, as every process does.
      await using fresh = new OfflineRenderer({ workers: 1, spares: 0 });
      const other = renderer.render(createPiece(1, 2 + process));
      for (let time = 0; time < 5; time++) hashes.add(hash(await fresh.render(same)));
      expect(hash(await other)).not.toBe([...hashes][0]);
    }
    expect(hashes.size).toBe(1);
  });

  it('renders at the sample rate asked for', async () => {
    const buffer = await renderer.render(createPiece(1), { sampleRate: 48_000 });
    expect(buffer.sampleRate).toBe(48_000);
    expect(buffer.length).toBeGreaterThanOrEqual(2 * 48_000);
  });

  it('hands the buffer to a finishing module in the render process', async () => {
    const finish = new URL('../test/fixtures/finish.ts', import.meta.url);
    const result = await renderer.render(createPiece(1), { finish, finishOptions: { word: 'hello' } });
    expect(result).toMatchObject({ word: 'hello', channels: 2, bytes: new Uint8Array([1, 2, 3]) });
  });

  it('renders a test tone', async () => {
    const tone = await renderer.renderTestTone();
    expect(tone.duration).toBeCloseTo(1, 1);
    expect(rms(toMono(tone))).toBeGreaterThan(0.06);
    expect(rms(toMono(tone))).toBeLessThan(0.09);
  });
});
