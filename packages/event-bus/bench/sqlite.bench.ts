import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Benchmark } from '@bnc/bench';
import { EventBus } from '../src/index.ts';
import { sqlite } from '../src/sqlite.ts';
import { latency, payload, rate } from './load.ts';

const count = 20_000;

/** Inserts 100 rows per transaction in the same thread, without a bus. */
function rawInserts(file: string, synchronous: string): () => number {
  const db = new DatabaseSync(file);
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}`);
  db.exec('CREATE TABLE events (seq INTEGER PRIMARY KEY, topic TEXT, payload TEXT, at INTEGER)');
  const insert = db.prepare('INSERT INTO events (topic, payload, at) VALUES (?, ?, ?)');
  return () => {
    const start = performance.now();
    for (let n = 0; n < count; n += 100) {
      db.exec('BEGIN');
      for (let row = 0; row < 100; row++) insert.run('webhook:github:push', JSON.stringify(payload), Date.now());
      db.exec('COMMIT');
    }
    return count / ((performance.now() - start) / 1000);
  };
}

/** Kills a consumer during a job and opens the file. Returns how long it takes until the job starts again. */
async function redelivery(folder: string, round: number): Promise<number> {
  const file = join(folder, `killed-${round}.db`);
  const before = new EventBus({ transport: await sqlite({ file }) });
  await before.subscribe('job:*', () => {}, { group: 'g' }).ready;
  await before.close();
  const again = new EventBus({ transport: await sqlite({ file }) });
  await again.publish('job:a', payload);
  await again.close();
  const child = fork(new URL('./worker.ts', import.meta.url), [JSON.stringify({ file })], {
    execArgv: ['--conditions=@bnc/source'],
  });
  while ((await once(child, 'message'))[0] !== 'started');
  child.kill('SIGKILL');
  await once(child, 'exit');
  const start = performance.now();
  const bus = new EventBus({ transport: await sqlite({ file }) });
  const time = await new Promise<number>((resolve) => {
    bus.subscribe('job:*', () => resolve(performance.now() - start), { group: 'g' });
  });
  await bus.close();
  return time / 1000;
}

export const benchmark: Benchmark = {
  name: 'event-bus/sqlite',
  async run(bench) {
    const folder = mkdtempSync(join(tmpdir(), 'event-bus-bench-'));
    for (const durability of ['normal', 'full'] as const) {
      const bus = new EventBus({ transport: await sqlite({ file: join(folder, `${durability}.db`), durability }) });
      const publish = (): Promise<unknown> => bus.publish('webhook:github:push', payload);
      const raw = rawInserts(join(folder, `raw-${durability}.db`), durability.toUpperCase());
      await bench.compare({
        name: `publish, ${durability}, 100 in flight`,
        unit: 'events/s',
        ours: () => rate(publish, count, 100),
        peers: { 'raw inserts, 100 per transaction': raw },
        goal: { peer: 'raw inserts, 100 per transaction', atLeast: durability === 'full' ? 0.5 : 0.4 },
      });
      await bench.compare({
        name: `p50 of a publish at 200/s, ${durability}`,
        unit: 'ms',
        ours: () => latency(publish, 0.5),
        rounds: 3,
        ...(durability === 'normal' && { goal: { atMost: 0.6 } }),
      });
      await bus.close();
    }
    let round = 0;
    await bench.compare({
      name: 'start to redelivery after kill -9',
      unit: 's',
      ours: () => redelivery(folder, round++),
      goal: { atMost: 0.5 },
    });
    const large = { file: join(folder, 'large.db'), durability: 'normal', maxBytes: 4 * 2 ** 30 } as const;
    const filled = new EventBus({ transport: await sqlite(large) });
    const text = 'x'.repeat(220);
    let n = 0;
    await rate(() => filled.publish(`job:${n % 7}`, { n: n++, text }, { key: `key-${n % 50_000}` }), 1_000_000, 2_000);
    await filled.close();
    await bench.compare({
      name: 'open a file of 1,000,000 events',
      unit: 'ms',
      ours: async () => {
        const start = performance.now();
        const transport = await sqlite(large);
        const time = performance.now() - start;
        await transport.close();
        return time;
      },
      goal: { atMost: 150 },
    });
    rmSync(folder, { recursive: true, force: true });
  },
};
