import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
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

/** What the release before wrote. */
const layout1 = `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE events (
    seq INTEGER PRIMARY KEY, version INTEGER NOT NULL, topic TEXT NOT NULL, key TEXT, payload TEXT NOT NULL,
    published_at INTEGER NOT NULL, grp INTEGER, origin INTEGER
  );
  CREATE TABLE dedupe (id TEXT PRIMARY KEY, seq INTEGER NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
  CREATE INDEX dedupe_at ON dedupe (at);
  CREATE TABLE groups (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, pattern TEXT NOT NULL, cursor INTEGER NOT NULL,
    redeliveries INTEGER NOT NULL DEFAULT 0, dead INTEGER NOT NULL DEFAULT 0, lost INTEGER NOT NULL DEFAULT 0,
    UNIQUE (name, pattern)
  );
  CREATE TABLE pending (
    grp INTEGER NOT NULL, seq INTEGER NOT NULL, attempt INTEGER NOT NULL, state INTEGER NOT NULL, consumer INTEGER,
    lane TEXT, PRIMARY KEY (grp, seq)
  ) WITHOUT ROWID;
  CREATE INDEX pending_ready ON pending (grp, seq) WHERE state = 1;
  CREATE INDEX pending_lane ON pending (grp, lane, seq) WHERE lane IS NOT NULL;
  CREATE INDEX pending_seq ON pending (seq);
  CREATE TABLE dead (
    id INTEGER PRIMARY KEY AUTOINCREMENT, grp INTEGER NOT NULL, seq INTEGER NOT NULL, version INTEGER NOT NULL,
    topic TEXT NOT NULL, key TEXT, payload TEXT NOT NULL, published_at INTEGER NOT NULL, origin INTEGER,
    attempts INTEGER NOT NULL, reason TEXT NOT NULL, at INTEGER NOT NULL
  );
  INSERT INTO meta VALUES ('epoch', 'abcd1234'), ('floor', '0');
  INSERT INTO events VALUES
    (1, 1, 'job:a', 'k', '{"n":1}', 4102444800000, NULL, NULL), (2, 1, 'job:a', 'l', '{"n":2}', 4102444800000, NULL, NULL),
    (3, 1, 'job:b', 'k', '{"n":3}', 4102444800000, NULL, NULL), (4, 1, 'job:a', NULL, '{"n":4}', 4102444800000, NULL, NULL);
  INSERT INTO groups VALUES (7, 'g', 'job:*', 2, 0, 1, 0);
  INSERT INTO pending VALUES (7, 2, 1, 2, 1, 'job:a' || char(0) || 'l');
  INSERT INTO dead VALUES (5, 7, 1, 1, 'job:a', 'k', '{"n":1}', 4102444800000, NULL, 3, 'Error: poison', 1);
  PRAGMA application_id = 1112425282;
  PRAGMA user_version = 1;
`;

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

  it('are there in a file of the release before, with its groups, dead letters and keys', async () => {
    const file = newFile();
    const db = new DatabaseSync(file);
    db.exec(layout1);
    db.close();
    const bus = await open({ file });
    expect(await bus.listDeadLetters()).toMatchObject([{ id: '5', group: 'g', pattern: 'job:*', payload: { n: 1 } }]);
    const got: string[] = [];
    await bus.subscribe('job:*', ({ payload, attempt }) => void got.push(`${payload.n}.${attempt}`), { group: 'g' })
      .ready;
    await eventually(() => expect(got).toEqual(['2.2', '3.1', '4.1']));
    expect(await bus.retryDeadLetter('5')).toBe(true);
    await eventually(() => expect(got.at(-1)).toBe('1.1'));
    await bus.publish('job:a', { n: 5 }, { key: 'k' });
    const { events } = await bus.read({ key: 'k', pattern: 'job:*' });
    expect(events.map(({ payload }) => payload.n)).toEqual([1, 3, 5]);
    const owned: number[] = [];
    await bus.subscribe('job:*', ({ payload }) => void owned.push(payload.n), {
      group: 'g',
      keys: 'owned',
      from: 'earliest',
    }).ready;
    await eventually(() => expect(owned.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5]));
  });
});
