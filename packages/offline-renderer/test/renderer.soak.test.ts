import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { AudioBufferLike } from '@bnc/contracts';
import { describe, expect, it } from 'vitest';
import { OfflineRenderer } from '../src/index.ts';
import { judge } from './judge.ts';
import { createPiece } from './score.ts';
import { variedScores } from './varied-scores.ts';

const hash = (buffer: AudioBufferLike): string =>
  createHash('sha256').update(buffer.getChannelData(0)).update(buffer.getChannelData(1)).digest('hex');

const module = new URL('fixtures/graphs.ts', import.meta.url);
const finish = new URL('fixtures/finish.ts', import.meta.url);

const residentBytes = (pid: number): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;

describe('the renderer, for long', () => {
  it('masters 30 varied scores within 1 LU and under -1 dBTP, says ffmpeg', { timeout: 300_000 }, async () => {
    await using renderer = new OfflineRenderer({ workers: 1, spares: 0 });
    for (const score of variedScores) {
      const said = judge(await renderer.render(score));
      expect(Math.abs(said.loudness - (score.loudness ?? -16)), `score ${score.prngSeed}`).toBeLessThan(1);
      expect(said.truePeak, `score ${score.prngSeed}`).toBeLessThanOrEqual(-1);
    }
  });

  it('survives 100 kills in the middle of a render, with a process ready again each time', {
    timeout: 900_000,
  }, async () => {
    await using renderer = new OfflineRenderer({ workers: 1, spares: 1, timeoutMs: 600_000 });
    await renderer.ready();
    const waits: number[] = [];
    for (let i = 0; i < 100; i++) {
      const kill = new AbortController();
      const hung = renderer.render({ module, moduleOptions: { act: 'loop' }, duration: 1 }, { signal: kill.signal });
      while (renderer.stats().running === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      kill.abort();
      await expect(hung).rejects.toMatchObject({ code: 'RENDER_ABORTED' });
      const start = performance.now();
      await renderer.render({ module, moduleOptions: { act: 'tone' }, duration: 0.1 });
      waits.push(performance.now() - start);
    }
    expect(renderer.stats()).toMatchObject({ rendered: 100, failed: 100, running: 0, queued: 0 });
    process.stdout.write(`slot back after a kill: median ${waits.toSorted((a, b) => a - b)[50]?.toFixed(0)} ms\n`);
  });

  it('holds its memory over 300 renders of one process and gives the same samples all along', {
    timeout: 900_000,
  }, async () => {
    await using renderer = new OfflineRenderer({ workers: 1, spares: 0, maxRendersPerProcess: 1000 });
    const score = createPiece(2);
    const { pid } = await renderer.render<{ pid: number }>(score, { finish });
    const first = hash(await renderer.render(score));
    let early = 0;
    for (let i = 2; i <= 300; i++) {
      expect(hash(await renderer.render(score))).toBe(first);
      if (i === 30) early = residentBytes(pid);
    }
    const late = residentBytes(pid);
    process.stdout.write(
      `resident after 30 renders ${Math.round(early / 2 ** 20)} MiB, after 300 ${Math.round(late / 2 ** 20)} MiB\n`,
    );
    expect(late).toBeLessThan(1.2 * early);
  });
});
