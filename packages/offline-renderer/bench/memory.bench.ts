import { readFileSync } from 'node:fs';
import type { Benchmark } from '@bnc/bench';
import { OfflineRenderer } from '../src/index.ts';
import { createPiece } from '../test/score.ts';

const finish = new URL('../test/fixtures/finish.ts', import.meta.url);

const residentMiB = (pid: number): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

/** What one process holds after many renders; by default it is replaced after 200. */
export const benchmark: Benchmark = {
  name: 'offline-renderer/memory',
  async run(bench) {
    await using renderer = new OfflineRenderer({ workers: 1, spares: 0, maxRendersPerProcess: 1000 });
    const score = createPiece(2);
    const { pid } = await renderer.render<{ pid: number }>(score, { finish });
    let early = 0;
    for (let i = 2; i <= 300; i++) {
      await renderer.render(score);
      if (i === 30) early = residentMiB(pid);
    }
    bench.record({
      name: 'resident after 300 renders',
      unit: 'MiB',
      value: residentMiB(pid),
      peers: { 'after 30': early },
      goal: { peer: 'after 30', atMost: 1.2 },
    });
  },
};
