import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, vi } from 'vitest';
import { settingsOf } from '../src/sqlite/options.ts';
import { SqliteStore } from '../src/sqlite/store.ts';
import type { Entry } from '../src/transport.ts';
import { atEnd } from './cleanup.ts';

const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'event-bus-'));
atEnd(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

type Options = Omit<Parameters<typeof settingsOf>[0], 'file'>;

function make(options: Options = {}): SqliteStore {
  return new SqliteStore(settingsOf({ file: join(folder, `${++files}.db`), durability: 'normal', ...options }));
}

function open(options: Options = {}): SqliteStore {
  const made = make(options);
  atEnd(() => made.close());
  return made;
}

/** Does work in a transaction of its own. */
function run<T>(made: SqliteStore, work: () => T): T {
  const results: T[] = [];
  made.run(true, () => results.push(work()));
  return results[0] as T;
}

function entry(more: Partial<Entry> = {}): Entry {
  return { topic: 'job', key: undefined, payload: '{"n":1}', dedupeIds: [], publishedAt: Date.now(), ...more };
}

function fill(made: SqliteStore, count: number, more: Partial<Entry> = {}): void {
  run(made, () => {
    for (let n = 0; n < count; n++) made.append(entry(more));
  });
}

describe('the statements for a file', () => {
  it('find their rows by an index, and by the one that fits', () => {
    const prepare = vi.spyOn(DatabaseSync.prototype, 'prepare');
    const { db } = open();
    const all = new Set(prepare.mock.calls.map(([sql]) => sql).filter((sql) => !sql.startsWith('PRAGMA')));
    prepare.mockRestore();
    const planOf = (sql: string): string[] =>
      db
        .prepare(`EXPLAIN QUERY PLAN ${sql}`)
        .all()
        .map(({ detail }) => String(detail));
    // Small tables, what is counted once when the file is opened, and a scan that ends after its first rows.
    const mayScan = /FROM (id_slots|groups|sqlite_schema)|^SELECT count|ORDER BY id LIMIT|WITH RECURSIVE chain/;
    expect(all.size).toBeGreaterThan(60);
    for (const sql of all) {
      if (!mayScan.test(sql)) expect(planOf(sql).join(), sql).not.toMatch(/SCAN/);
    }
    for (const [part, plan] of [
      ['WHERE grp = ? AND state = 1 ORDER', 'SEARCH pending USING INDEX pending_ready (grp=?)'],
      ['AND due <= ? ORDER', 'SEARCH pending USING INDEX pending_due (grp=? AND due<?)'],
      [
        'SELECT 1 FROM pending WHERE grp = ? AND lane',
        'SEARCH pending USING COVERING INDEX pending_lane (grp=? AND lane=?)',
      ],
      ['consumer = NULL\n    WHERE consumer = ?', 'SEARCH pending USING INDEX pending_running (consumer=?)'],
      ['DELETE FROM dead WHERE key', 'SEARCH dead USING INDEX dead_key (key=?)'],
      ['FROM delayed WHERE due', 'SEARCH delayed USING INDEX delayed_due (due<?)'],
      ['DELETE FROM delayed WHERE key', 'SEARCH delayed USING INDEX delayed_key (key=?)'],
      ['UNION SELECT seq, grp FROM events', 'SEARCH events USING INTEGER PRIMARY KEY (rowid<?)'],
    ] as const) {
      const found = [...all].filter((sql) => sql.includes(part));
      expect(found, part).toHaveLength(1);
      expect(planOf(found[0] ?? '')).toContain(plan);
    }
  });
});

describe('a group in a file', () => {
  /** Lets one key, or no key, have `count` events that wait, and returns how long a take needs, in milliseconds. */
  function take(count: number, key: string | undefined): number {
    const made = make();
    fill(made, count, { key });
    const group = run(made, () => made.groups.join('g', 'job', false, 0, 1));
    const find = (most: number) => run(made, () => made.groups.take(group, 1, most, 'others'));
    if (key === undefined) {
      while (find(1_000)?.length !== 0);
      run(made, () => made.groups.leave(1, []));
      run(made, () => made.groups.join('g', 'job', false, 0, 1));
    }
    let [held] = find(1) ?? [];
    if (key !== undefined) while (find(1) === null);
    const times = Array.from({ length: 60 }, () => {
      const start = performance.now();
      run(made, () => {
        made.groups.done(group, 1, held?.event.seq ?? 0);
        [held] = made.groups.take(group, 1, 1, 'others') ?? [];
      });
      expect(held).toBeDefined();
      return performance.now() - start;
    });
    made.close();
    return times.toSorted((a, b) => a - b)[20] ?? 0;
  }

  it.each([
    ['behind a busy key', 'hot'],
    ['in a long queue', undefined],
  ])('hands out one of 100,000 that wait %s as fast as one of 100', (_, key) => {
    // By the primary key, it takes 100 times as long.
    expect(take(100_000, key) / take(100, key)).toBeLessThan(10);
  });

  it('reads a long log in steps, so that other requests wait for a few hundred rows and not for all', () => {
    const made = open();
    fill(made, 20_000, { key: 'hot' });
    const group = run(made, () => made.groups.join('g', 'job', false, 0, 1));
    const pending = (): number => run(made, () => made.groups.stats()[0]?.pending ?? 0);
    let before = 0;
    let found: readonly unknown[] | null;
    do {
      found = run(made, () => made.groups.take(group, 1, 2, 'others'));
      expect(pending() - before).toBeLessThanOrEqual(600);
      before = pending();
    } while (found?.length !== 0);
    expect(before).toBe(20_000);
  });

  it('ends with what it holds bit by bit, and a new group of the name begins at once', () => {
    const made = open({ groupTtlMs: 1 });
    fill(made, 5_000);
    const join = () => run(made, () => made.groups.join('g', 'job', false, 0, 1));
    const first = join();
    while (run(made, () => made.groups.take(first, 1, 1_000, 'others'))?.length !== 0);
    run(made, () => made.groups.dead(first, 1, 1, 'poison', undefined));
    run(made, () => made.groups.leave(1, []));
    run(made, () => made.groups.endUnused(Date.now() + 1_000, Date.now() + 1_000));
    expect(run(made, () => made.groups.stats())).toEqual([]);
    const second = join();
    expect(second).not.toBe(first);
    const rows = (group: number): unknown =>
      made.db.prepare('SELECT count(*) AS n FROM pending WHERE grp = ?').get(group)?.n;
    expect(rows(first)).toBe(4_999);
    // Its dead letter stays, but there is no group to give it back to.
    expect(run(made, () => made.groups.letters.retry('1'))).toBe(false);
    expect(made.stats()).toMatchObject({ deadLetters: 1 });
    run(made, () => made.groups.endSome());
    expect(rows(first)).toBe(3_999);
    while (run(made, () => made.groups.endSome()));
    expect(rows(first)).toBe(0);
    expect(run(made, () => made.groups.take(second, 1, 1, 'others'))).toHaveLength(1);
  });

  it('lets the file forget an event that was cut while it was held, as soon as it is done', () => {
    const made = open({ maxEvents: 10 });
    fill(made, 100);
    const group = run(made, () => made.groups.join('g', 'job', false, 0, 1));
    const held = run(made, () => made.groups.take(group, 1, 3, 'others')) ?? [];
    made.clean();
    const places = (): unknown[] =>
      made.db
        .prepare('SELECT seq FROM events WHERE seq <= 90')
        .all()
        .map(({ seq }) => seq);
    expect(places()).toEqual([1, 2, 3]);
    expect(made.stats()).toMatchObject({ depth: 10 });
    for (const { event } of held.slice(1)) run(made, () => made.groups.done(group, 1, event.seq));
    expect(places()).toEqual([1]);
  });

  it('ends a take of large events by their bytes, and goes on with the next', () => {
    const made = open();
    fill(made, 20, { payload: JSON.stringify('x'.repeat(2 ** 21)) });
    const group = run(made, () => made.groups.join('g', 'job', false, 0, 1));
    const take = () => run(made, () => made.groups.take(group, 1, 100, 'retries'))?.length;
    expect([take(), take(), take(), take()]).toEqual([8, 8, 4, 0]);
    run(made, () => made.groups.leave(1, []));
    run(made, () => made.groups.join('g', 'job', false, 0, 1));
    expect([take(), take(), take(), take()]).toEqual([8, 8, 4, 0]);
  });

  it('counts what was cut before it had read it, and says so', () => {
    const made = open({ maxEvents: 10 });
    const group = run(made, () => made.groups.join('g', 'job', false, 0, 1));
    fill(made, 100);
    made.clean();
    expect(run(made, () => made.groups.take(group, 1, 100, 'others'))).toHaveLength(10);
    expect(made.stats().groups).toMatchObject([{ lost: 90, pending: 10 }]);
    const late = run(made, () => made.groups.join('late', 'job', false, 0, 2));
    expect(run(made, () => made.groups.take(late, 2, 100, 'others'))).toHaveLength(10);
    expect(made.stats().groups).toMatchObject([{ lost: 90 }, { lost: 0 }]);
    expect(made.takeWarnings()).toMatchObject([
      { code: 'BUS_HISTORY_CUT', message: expect.stringContaining('90 events were cut') as string },
    ]);
  });

  it('cuts a long history in steps', () => {
    const made = open({ maxEvents: 1 });
    fill(made, 12_000);
    const depths: number[] = [];
    for (let depth = 12_000; depth > 1; depths.push(depth)) {
      made.cleanWhenDue();
      depth = made.stats().depth;
    }
    expect(depths).toEqual([7_000, 2_000, 1]);
  });
});

describe('dedupe ids in a file', () => {
  const bytesOf = (made: SqliteStore): number =>
    Number(made.db.prepare("SELECT sum(pgsize) AS bytes FROM dbstat WHERE name = 'ids'").get()?.bytes);
  const rowsOf = (made: SqliteStore): number => Number(made.db.prepare('SELECT count(*) AS n FROM ids').get()?.n);

  it('take at most 40 bytes each, also when they are at their limit, and the oldest go first', () => {
    const made = open({ maxDedupeIds: 10_000, maxEvents: 100 });
    const publish = (dedupeId: string): boolean =>
      run(made, () => made.append(entry({ dedupeIds: [dedupeId] }))).duplicate;
    const list = Array.from({ length: 30_000 }, () => randomUUID());
    for (let n = 0; n < list.length; n += 250) {
      run(made, () => {
        for (const id of list.slice(n, n + 250)) made.append(entry({ dedupeIds: [id] }));
      });
      made.cleanWhenDue();
    }
    expect(rowsOf(made)).toBeLessThan(13_000);
    expect(bytesOf(made)).toBeLessThan(10_000 * 40 + 16_384);
    expect(bytesOf(made) / rowsOf(made)).toBeLessThan(40);
    expect(made.takeWarnings()).toMatchObject([
      { code: 'BUS_DEDUPE_FULL', message: expect.stringContaining('more than 10000 dedupe ids') as string },
    ]);
    expect(list.slice(-9_800).every(publish)).toBe(true);
    expect(publish(list[100] ?? '')).toBe(false);
    expect(made.takeWarnings()).toEqual([]);
  });

  it('neither push out history nor stop publishing, however many there are', () => {
    const [without, having] = [false, true].map((hasIds) => {
      const made = open({ maxBytes: 524_288 });
      for (let n = 0; n < 20_000; n += 250) {
        run(made, () => {
          for (let more = 0; more < 250; more++) made.append(entry({ dedupeIds: hasIds ? [randomUUID()] : [] }));
        });
        made.cleanWhenDue();
      }
      return made;
    });
    expect(bytesOf(having as SqliteStore)).toBeGreaterThan(524_288);
    expect(having?.stats().depth).toBeGreaterThan(Number(without?.stats().depth) * 0.8);
    expect(rowsOf(having as SqliteStore)).toBe(20_000);
  });

  it('of a transaction that failed are not remembered, nor are its places and letters', () => {
    const made = open();
    run(made, () => made.append(entry({ dedupeIds: ['a'] })));
    expect(() =>
      made.run(true, () => {
        for (let n = 0; n < 100; n++) made.append(entry({ dedupeIds: ['b', `b${n}`] }));
        made.append(entry({ dedupeIds: ['c'] }));
        made.keys.forget('none');
        throw new Error('the disk is gone');
      }),
    ).toThrow('the disk is gone');
    expect(made.stats()).toMatchObject({ depth: 1, delayed: 0, deadLetters: 0 });
    expect(run(made, () => made.append(entry({ dedupeIds: ['b'] })))).toMatchObject({ seq: 2, duplicate: false });
    expect(run(made, () => made.append(entry({ dedupeIds: ['a', 'd'] })))).toMatchObject({ seq: 1, duplicate: true });
    expect(run(made, () => made.append(entry({ dedupeIds: ['d'] })))).toMatchObject({ duplicate: false });
  });

  it('of any text are told apart', () => {
    const made = open();
    for (const id of ['', ' ', '\0', 'a\ud800', 'a\ud801', 'ünï', 'u\u0308ni\u0308', 'x'.repeat(100_000)]) {
      expect(run(made, () => made.append(entry({ dedupeIds: [id] }))).duplicate).toBe(false);
      expect(run(made, () => made.append(entry({ dedupeIds: [id] }))).duplicate).toBe(true);
    }
  });
});
