import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { EventBus } from '../src/index.ts';
import { sqlite } from '../src/sqlite.ts';
import { atEnd } from './cleanup.ts';
import { eventually } from './eventually.ts';

interface Events {
  [topic: `job:${string}`]: { readonly n: number };
}

const folder = mkdtempSync(join(tmpdir(), 'event-bus-'));
atEnd(() => rmSync(folder, { recursive: true, force: true }));
const hour = 3_600_000;

async function open(file: string): Promise<EventBus<Events>> {
  const bus = new EventBus<Events>({ transport: await sqlite({ file, durability: 'normal' }) });
  atEnd(() => bus.close({ drainMs: 100 }));
  return bus;
}

/** Runs a program that has `bus` on a file until it prints a line, then kills it. Returns the line. */
async function killed(file: string, program: string): Promise<string> {
  const source = (name: string): string => JSON.stringify(new URL(`../src/${name}`, import.meta.url).href);
  const child = spawn(
    process.execPath,
    [
      '--no-warnings',
      '--input-type=module',
      '-e',
      `import { EventBus } from ${source('index.ts')};
      import { sqlite } from ${source('sqlite.ts')};
      const bus = new EventBus({
        transport: await sqlite({ file: ${JSON.stringify(file)} }),
        retry: { attempts: 3, minDelayMs: 1_500, maxDelayMs: 1_500 },
      });
      ${program}`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  atEnd(() => child.kill('SIGKILL'));
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  child.kill('SIGKILL');
  await once(child, 'exit');
  return String(line).trim();
}

describe.concurrent('what waits for its time in a file', () => {
  it('is there after kill -9, and comes when it is due and not earlier', async () => {
    const file = join(folder, 'killed.db');
    const failedAt = Number(
      await killed(
        file,
        `await bus.publish('job:soon', { n: 1 }, { key: 'k', notBefore: Date.now() + 1_500 });
        await bus.publish('job:later', { n: 2 }, { key: 'k', dedupeId: 'd', notBefore: Date.now() + ${hour} });
        const failed = new Promise((resolve) => {
          bus.subscribe('job:*', () => { resolve(Date.now()); throw new Error('down'); }, { group: 'g' });
        });
        await bus.publish('job:bad', { n: 3 });
        const at = await failed;
        // By then, the retry is stored.
        await new Promise((resolve) => setTimeout(resolve, 200));
        console.log(at);
        await new Promise(() => {});`,
      ),
    );
    const bus = await open(file);
    expect(await bus.stats()).toMatchObject({ depth: 1, delayed: 2, groups: [{ pending: 1 }] });
    const got: { readonly what: string; readonly at: number }[] = [];
    await bus.subscribe(
      'job:*',
      ({ payload, attempt }) => void got.push({ what: `${payload.n}.${attempt}`, at: Date.now() }),
      { group: 'g' },
    ).ready;
    await eventually(() => expect(got.map(({ what }) => what).toSorted()).toEqual(['1.1', '3.2']));
    // Two clocks may differ by some milliseconds.
    expect(got.find(({ what }) => what === '3.2')?.at).toBeGreaterThan(failedAt + 1_450);
    expect(await bus.stats()).toMatchObject({ depth: 2, delayed: 1 });
    await eventually(async () => expect((await bus.stats()).groups).toMatchObject([{ pending: 0 }]));
    expect(await bus.publish('job:later', { n: 2 }, { dedupeId: 'd' })).toEqual({ id: '', duplicate: true });
  });

  it('comes at once when it became due while the file was closed, in the order of its times', async () => {
    const file = join(folder, 'closed.db');
    const before = await open(file);
    const notBefore = Date.now() + hour;
    for (const n of [3, 1, 2]) await before.publish('job:a', { n }, { notBefore: notBefore + n, dedupeId: `d${n}` });
    await before.close();
    const db = new DatabaseSync(file);
    db.exec(`UPDATE delayed SET due = due - 2 * ${hour}`);
    db.close();
    const after = await open(file);
    const got: number[] = [];
    await after.subscribe('job:*', ({ payload }) => void got.push(payload.n), { from: 'earliest' }).ready;
    await eventually(() => expect(got).toEqual([1, 2, 3]));
    const { events } = await after.read();
    expect(events.map(({ payload }) => payload.n)).toEqual([1, 2, 3]);
    expect(await after.publish('job:a', { n: 2 }, { dedupeId: 'd2' })).toEqual({ id: events[1]?.id, duplicate: true });
  });

  it('comes when it is due, however much is due later', async () => {
    const bus = await open(join(folder, 'many.db'));
    const notBefore = Date.now() + hour;
    await Promise.all(
      Array.from({ length: 5_000 }, (_, n) => bus.publish('job:a', { n }, { notBefore: notBefore + n })),
    );
    await bus.publish('job:a', { n: -1 }, { notBefore: Date.now() + 50 });
    await eventually(async () => expect(await bus.stats()).toMatchObject({ depth: 1, delayed: 5_000 }));
  });
});
