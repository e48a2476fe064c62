import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type BusEvent, EventBus } from '../src/index.ts';
import { type SqliteOptions, sqlite } from '../src/sqlite.ts';
import { atEnd } from './cleanup.ts';
import { eventually } from './eventually.ts';
import { startProcess } from './processes.ts';

interface Events {
  [topic: `job:${string}`]: { readonly n: number };
  [topic: `out:${string}`]: { readonly of: readonly number[] };
}

const folder = mkdtempSync(join(tmpdir(), 'event-bus-'));
atEnd(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

function newFile(): string {
  return join(folder, `owned-${++files}.db`);
}

async function open(options: SqliteOptions): Promise<EventBus<Events>> {
  const bus = new EventBus<Events>({ transport: await sqlite({ durability: 'normal', ...options }) });
  atEnd(() => bus.close({ drainMs: 100 }));
  return bus;
}

describe.concurrent('owned keys in a file', () => {
  it('come back with their burst and state after kill -9, and no fence from before holds', async () => {
    const file = newFile();
    const before = await open({ file });
    let fence = '';
    const take = (event: BusEvent): void => {
      fence = event.fence ?? '';
    };
    await before.subscribe('job:*', take, { group: 'g', keys: 'owned' }).ready;
    await before.publish('job:a', { n: 0 }, { key: 'k' });
    await eventually(async () => expect((await before.stats()).groups[0]).toMatchObject({ lag: 0, pending: 0 }));
    await before.commit({ fence, state: { key: 'k', value: { spoken: 1 } } });
    await before.close();
    // The next owner also receives what comes while there is no owner.
    const writer = await open({ file });
    for (const n of [1, 2, 3]) {
      await writer.publish('job:a', { n }, { key: 'k' });
    }
    await writer.close();
    const child = startProcess({
      store: { file },
      role: 'consume',
      keys: 'owned',
      handler: { wait: 60_000 },
      concurrency: 8,
    });
    await eventually(() => expect(child.started()).toEqual(['1.1', '2.1', '3.1']));
    await child.kill();

    const after = await open({ file });
    const states: unknown[] = [];
    const burst: BusEvent[] = [];
    const hold = (event: BusEvent): Promise<void> => {
      burst.push(event);
      return new Promise(() => {});
    };
    const options = {
      group: 'g',
      keys: 'owned',
      onOwn: (_: string, state: unknown) => void states.push(state),
    } as const;
    await after.subscribe('job:*', hold, options).ready;
    await eventually(() => expect(burst.map(({ attempt }) => attempt)).toEqual([2, 2, 2]));
    expect(states).toEqual([{ spoken: 1 }]);
    await expect(after.commit({ fence, settle: burst })).rejects.toMatchObject({ code: 'BUS_FENCED' });
    await after.commit({ settle: burst, publish: [{ topic: 'out:a', payload: { of: [1, 2, 3] }, key: 'k' }] });
    await after.close();
    const last = await open({ file });
    expect((await last.stats()).groups[0]).toMatchObject({ lag: 0, pending: 0 });
    expect((await last.read({ key: 'k', pattern: 'out:*' })).events).toHaveLength(1);
  });

  it('refuse a commit as a whole when the file is full', async () => {
    const bus = await open({ file: newFile(), maxBytes: 200_000 });
    const burst: BusEvent[] = [];
    const hold = (event: BusEvent): Promise<void> => {
      burst.push(event);
      return new Promise(() => {});
    };
    await bus.subscribe('job:*', hold, { group: 'g', keys: 'owned' }).ready;
    await bus.publish('job:a', { n: 1 }, { key: 'k' });
    await eventually(() => expect(burst).toHaveLength(1));
    const payload = { of: Array.from({ length: 100_000 }, (_, n) => n) };
    await expect(
      bus.commit({
        settle: burst,
        publish: [
          { topic: 'out:a', payload: { of: [] } },
          { topic: 'out:a', payload },
        ],
      }),
    ).rejects.toMatchObject({ code: 'BUS_STORAGE_FULL' });
    expect((await bus.stats()).groups[0]).toMatchObject({ pending: 1 });
    expect((await bus.read(undefined, { pattern: 'out:*' })).events).toEqual([]);
    await bus.commit({ settle: burst, publish: [{ topic: 'out:a', payload: { of: [] } }] });
    expect((await bus.stats()).groups[0]).toMatchObject({ lag: 0, pending: 0 });
  });
});
