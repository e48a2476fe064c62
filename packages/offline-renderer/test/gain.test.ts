import { OfflineRenderer } from '@bnc/offline-renderer';
import { afterAll, describe, expect, it } from 'vitest';
import { gainErrors } from './gain-errors.ts';
import { phraseOf } from './phrases.ts';
import { createPiece, scoreOf } from './score.ts';

const renderer = new OfflineRenderer({ workers: 1, spares: 0 });
afterAll(() => renderer.close());

describe('gainOf', () => {
  it('brings what a page plays to the loudness of the master, within 1 LU', { timeout: 120_000 }, async () => {
    for (const error of await gainErrors([1, 2, 3, 4, 6, 9])) expect(Math.abs(error)).toBeLessThan(1);
  });

  it('measures once, in the pool, and takes parameters too', async () => {
    const params = { tempo: 120, scale: ['C4', 'E4', 'G4'], instrumentType: 'synth', duration: 2 } as const;
    const first = await renderer.gainOf(params);
    const { rendered } = renderer.stats();
    expect(await renderer.gainOf({ ...params })).toBe(first);
    expect(renderer.stats().rendered).toBe(rendered);
    expect(await renderer.gainOf({ ...params, tempo: 60 })).not.toBe(first);
    expect(renderer.stats().rendered).toBe(rendered + 1);
  });

  it('does not wait for the renders that run or wait', { timeout: 120_000 }, async () => {
    await using busy = new OfflineRenderer({ workers: 1, spares: 1 });
    await busy.render(phraseOf(1));
    await expect.poll(() => busy.stats().idle).toBe(2);
    const order: string[] = [];
    const renders = [32, 8, 8].map(async (bars) => {
      await busy.render(createPiece(bars));
      order.push('render');
    });
    await busy.gainOf(phraseOf(2));
    order.push('gain');
    await Promise.all(renders);
    expect(order[0]).toBe('gain');
  });

  it('follows the loudness that a score asks for', async () => {
    const score = phraseOf(1);
    const [soft, loud] = [
      await renderer.gainOf({ ...score, loudness: -26 }),
      await renderer.gainOf({ ...score, loudness: -16 }),
    ];
    expect(20 * Math.log10(loud / soft)).toBeCloseTo(10, 1);
  });

  it('is 1 for silence, at most 40 dB, and a typed error for what is not a score', async () => {
    expect(await renderer.gainOf(scoreOf('synth', []))).toBe(1);
    const quiet = scoreOf('synth', [{ time: 0, duration: 1, midi: 60, velocity: 1e-4 }]);
    expect(await renderer.gainOf(quiet)).toBeLessThanOrEqual(100);
    await expect(renderer.gainOf({ ...quiet, duration: -1 })).rejects.toMatchObject({ code: 'RENDER_INVALID_SCORE' });
    await expect(renderer.gainOf(quiet, { signal: AbortSignal.abort(), key: 'a' })).resolves.toBeLessThanOrEqual(100);
    await expect(renderer.gainOf(phraseOf(7), { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'RENDER_ABORTED',
    });
  });
});
