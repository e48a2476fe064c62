import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { OfflineRenderer } from '../src/index.ts';
import { judge } from './judge.ts';
import { createPiece } from './score.ts';
import { variedScores } from './varied-scores.ts';

const module = new URL('fixtures/graphs.ts', import.meta.url);
const finish = new URL('fixtures/finish.ts', import.meta.url);

function residentMiB(pid: number, which: 'VmRSS' | 'VmHWM' = 'VmRSS'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`${which}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024;
}

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
      await renderer.render({ tempo: 120, duration: 0.1, prngSeed: 1, tracks: [] });
      waits.push(performance.now() - start);
    }
    expect(renderer.stats()).toMatchObject({ rendered: 100, failed: 100, running: 0, queued: 0 });
    process.stdout.write(`slot back after a kill: median ${waits.toSorted((a, b) => a - b)[50]?.toFixed(0)} ms\n`);
  });

  it('needs less than 500 MiB for two minutes with twelve reverbs', { timeout: 120_000 }, async () => {
    await using renderer = new OfflineRenderer({ workers: 1, spares: 0, timeoutMs: 120_000 });
    const tracks = Array.from({ length: 12 }, (_, index) => ({
      instrument: (['synth', 'fmSynth', 'kick'] as const)[index % 3] ?? 'synth',
      effects: { reverb: { wet: 0.5, decay: 0.5 + index / 2 } },
      notes: Array.from({ length: 120 }, (__, time) => ({ time, duration: 1, midi: 36, velocity: 0.5 })),
    }));
    const score = { tempo: 60, duration: 120, prngSeed: 1, tracks };
    const { pid } = await renderer.render<{ pid: number }>(score, { finish });
    const most = residentMiB(pid, 'VmHWM');
    process.stdout.write(`two minutes with twelve reverbs: ${most.toFixed(0)} MiB\n`);
    expect(most).toBeLessThan(500);
  });

  it('holds at most 15 % more after 300 renders in one process than after 30', { timeout: 600_000 }, async () => {
    await using renderer = new OfflineRenderer({ workers: 1, spares: 0, maxRendersPerProcess: 1000 });
    const score = createPiece(2);
    const { pid } = await renderer.render<{ pid: number }>(score, { finish });
    let early = 0;
    for (let i = 2; i <= 300; i++) {
      await renderer.render(score);
      if (i === 30) early = residentMiB(pid);
    }
    const late = residentMiB(pid);
    process.stdout.write(`resident after 30 renders ${early.toFixed(0)} MiB, after 300 ${late.toFixed(0)} MiB\n`);
    expect(late / early).toBeLessThanOrEqual(1.15);
  });
});
