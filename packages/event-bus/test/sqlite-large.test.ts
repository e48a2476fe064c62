import { closeSync, copyFileSync, mkdtempSync, openSync, rmSync, statSync, truncateSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type BusError, EventBus } from '../src/index.ts';
import { sqlite } from '../src/sqlite.ts';
import { atEnd } from './cleanup.ts';
import { eventually } from './eventually.ts';
import { startProcess } from './processes.ts';

interface Events {
  [topic: `job:${string}`]: { readonly n: number; readonly text?: string };
}

const folder = mkdtempSync(join(tmpdir(), 'event-bus-'));
atEnd(() => rmSync(folder, { recursive: true, force: true }));
const whole = join(folder, 'whole.db');
const count = 25_000;
/** Bytes of one page of a file. */
const pageBytes = 16_384;
let files = 0;

function copy(): string {
  const file = join(folder, `${++files}.db`);
  copyFileSync(whole, file);
  return file;
}

async function open(file: string, warnings: BusError[] = []): Promise<EventBus<Events>> {
  const bus = new EventBus<Events>({
    transport: await sqlite({ file, durability: 'normal' }),
    onWarning: (error) => warnings.push(error),
  });
  atEnd(() => bus.close({ drainMs: 100 }));
  return bus;
}

function damage(file: string, at: number): void {
  const handle = openSync(file, 'r+');
  writeSync(handle, Buffer.alloc(pageBytes, 0xa5), 0, pageBytes, at);
  closeSync(handle);
}

function codeOf(opening: Promise<unknown>): Promise<unknown> {
  return opening.then(
    () => 'opened',
    (error: { code: unknown }) => error.code,
  );
}

describe('a large file of SQLite', () => {
  beforeAll(async () => {
    const bus = await open(whole);
    const text = 'x'.repeat(800);
    for (let n = 0; n < count; n += 1_000) {
      await Promise.all(
        Array.from({ length: 1_000 }, (_, more) => bus.publish('job:a', { n: n + more, text }, { key: `k${more}` })),
      );
    }
    await bus.close();
    // Larger than what is checked before it is used.
    expect(statSync(whole).size).toBeGreaterThan(20 * 2 ** 20);
  });

  it('is used at once while it is checked, by one process, and written into only afterwards', async () => {
    const file = copy();
    const { size, mtimeMs } = statSync(file);
    const warnings: BusError[] = [];
    const bus = await open(file, warnings);
    const { id } = await bus.publish('job:b', { n: -1 }, { key: 'k1' });
    expect(Number(id.split('-').at(-1))).toBe(count + 1);
    expect(statSync(file)).toMatchObject({ size, mtimeMs });
    // Writes move from the `-wal` file into the file once the check has ended.
    await eventually(async () => {
      await Promise.all(Array.from({ length: 1_000 }, (_, n) => bus.publish('job:b', { n })));
      expect(statSync(file).mtimeMs).toBeGreaterThan(mtimeMs);
    });
    const child = startProcess({ store: { file }, role: 'consume' });
    await eventually(() => expect(child.told).toMatchObject([{ say: 'failed', code: 'BUS_LOCKED' }]));
    expect(warnings).toEqual([]);
    expect((await bus.stats()).warnings).toEqual([]);
    await bus.close();
    const again = await open(file);
    expect((await again.read({ key: 'k1', pattern: 'job:b' })).events).toHaveLength(1);
  });

  it('says so when damage is found while it is used', async () => {
    const file = copy();
    damage(file, pageBytes * Math.floor(statSync(file).size / pageBytes / 2));
    const warnings: BusError[] = [];
    const bus = await open(file, warnings);
    await eventually(async () => expect((await bus.stats()).warnings).toMatchObject([{ code: 'BUS_CORRUPT_FILE' }]));
    expect(warnings).toMatchObject([{ code: 'BUS_CORRUPT_FILE', message: expect.stringContaining(file) as string }]);
  });

  it('is refused and left alone when its beginning, its tables or its newest events are damaged, or its end is missing', async () => {
    const pages = statSync(whole).size / pageBytes;
    for (const harm of [
      (file: string) => damage(file, 0),
      (file: string) => damage(file, pageBytes),
      (file: string) => damage(file, 2 * pageBytes),
      (file: string) => {
        for (let page = pages - 8; page < pages; page++) damage(file, page * pageBytes);
      },
      (file: string) => truncateSync(file, pageBytes * Math.floor(pages / 2)),
    ]) {
      const file = copy();
      harm(file);
      const { size, mtimeMs } = statSync(file);
      expect(await codeOf(sqlite({ file }))).toBe('BUS_CORRUPT_FILE');
      expect(statSync(file)).toMatchObject({ size, mtimeMs });
    }
  });

  it.each(['ordered', 'owned'] as const)(
    'brings what lies behind many events that a group does not want (%s)',
    async (keys) => {
      const bus = await open(copy());
      const group = bus.subscribe('job:rare', () => {}, { group: 'g', keys, from: 'earliest' });
      await group.ready;
      await group.close();
      const got: number[] = [];
      await bus.publish('job:rare', { n: 1 });
      await bus.subscribe('job:rare', ({ payload }) => void got.push(payload.n), { group: 'g', keys }).ready;
      await eventually(() => expect(got).toEqual([1]));
      await eventually(async () => expect((await bus.stats()).groups).toMatchObject([{ lag: 0, pending: 0, lost: 0 }]));
    },
  );
});
