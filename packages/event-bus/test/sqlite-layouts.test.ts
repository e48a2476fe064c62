import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { EventBus } from '../src/index.ts';
import { sqlite } from '../src/sqlite.ts';
import { atEnd } from './cleanup.ts';
import { eventually } from './eventually.ts';
import { layout1, layout2, layout3 } from './sqlite-layouts.ts';

interface Events {
  [topic: `job:${string}`]: { readonly n: number };
}

const folder = mkdtempSync(join(tmpdir(), 'event-bus-'));
atEnd(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

/** Makes a file with SQL, closes it, and opens it as the store of a bus. */
async function open(sql: string): Promise<{ readonly bus: EventBus<Events>; readonly file: string }> {
  const file = join(folder, `layout-${++files}.db`);
  const db = new DatabaseSync(file);
  db.exec(sql);
  db.close();
  const bus = new EventBus<Events>({ transport: await sqlite({ file, durability: 'normal' }) });
  atEnd(() => bus.close({ drainMs: 100 }));
  return { bus, file };
}

describe('a file of an earlier release', () => {
  it.each([
    ['1', layout1],
    ['2', layout2],
    ['3', layout3],
  ])('of layout %s keeps its events, groups, dead letters and keys', async (_, layout) => {
    const { bus } = await open(layout);
    expect(await bus.stats()).toMatchObject({ depth: 4, deadLetters: 1 });
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
    expect(await bus.stats()).toMatchObject({ depth: 5, deadLetters: 0 });
  });

  it('of layout 3 keeps the states of keys', async () => {
    const { bus } = await open(layout3);
    const owned: unknown[] = [];
    await bus.subscribe('job:*', () => {}, {
      group: 'rooms',
      keys: 'owned',
      onOwn: (key, state) => void owned.push([key, state]),
    }).ready;
    await bus.publish('job:a', { n: 5 }, { key: 'k' });
    await eventually(() => expect(owned).toEqual([['k', { heard: 3 }]]));
  });

  it('keeps its dedupe ids with the places of their events, and forgets them after the window', async () => {
    const now = Date.now();
    const ids = Array.from({ length: 2_000 }, (_, n) => `('id ${n}', ${n + 1}, ${now - (2_000 - n) * 1_000_000})`);
    // The oldest of them are 23 days old.
    const { bus, file } = await open(`${layout2}; INSERT INTO dedupe VALUES ${ids.join(', ')}`);
    expect(await bus.publish('job:a', { n: 9 }, { dedupeId: 'id 3' })).toEqual({ id: 'abcd1234-4', duplicate: true });
    expect(await bus.publish('job:a', { n: 9 }, { dedupeId: 'id 1999' })).toMatchObject({ duplicate: true });
    expect(await bus.publish('job:a', { n: 9 }, { dedupeId: 'id 2000' })).toEqual({
      id: 'abcd1234-5',
      duplicate: false,
    });
    await bus.close();
    const week = new EventBus<Events>({ transport: await sqlite({ file, dedupeWindowMs: 7 * 86_400_000 }) });
    atEnd(() => week.close());
    for (const [id, duplicate] of [
      ['id 100', false],
      ['id 1900', true],
      ['id 2000', true],
    ] as const) {
      expect(await week.publish('job:a', { n: 9 }, { dedupeId: id })).toMatchObject({ duplicate });
    }
  });

  it('counts neither what was erased nor what was stored again for one group as history', async () => {
    const { bus } = await open(`${layout2};
      DELETE FROM events WHERE seq = 2;
      DELETE FROM pending;
      INSERT INTO events VALUES (5, 1, 'job:a', 'k', '{"n":1}', 4102444800000, 7, 1, 3);
      UPDATE heads SET seq = 5 WHERE key = 'k'`);
    expect(await bus.stats()).toMatchObject({ depth: 3 });
    expect((await bus.read()).events).toHaveLength(3);
    expect(await bus.forget('k')).toBe(2);
    expect(await bus.stats()).toMatchObject({ depth: 1 });
    await bus.publish('job:a', { n: 6 });
    expect((await bus.read()).events).toHaveLength(2);
    expect(await bus.stats()).toMatchObject({ depth: 2 });
  });
});
