import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { EventBus } from '../src/index.ts';
import { type SqliteOptions, sqlite } from '../src/sqlite.ts';
import { atEnd } from './cleanup.ts';
import { eventually } from './eventually.ts';
import { killWriters } from './kill-writers.ts';
import { startProcess } from './processes.ts';

interface Events {
  [topic: `job:${string}`]: { readonly n: number; readonly text?: string };
}

const folder = mkdtempSync(join(tmpdir(), 'event-bus-'));
atEnd(() => rmSync(folder, { recursive: true, force: true }));
/** Bytes of one page of a file. */
const pageBytes = 16_384;
let files = 0;

function newFile(): string {
  return join(folder, `faults-${++files}.db`);
}

async function open(options: SqliteOptions, failures: unknown[] = []): Promise<EventBus<Events>> {
  const bus = new EventBus<Events>({
    transport: await sqlite({ durability: 'normal', ...options }),
    retry: { attempts: 3, minDelayMs: 5 },
    onHandlerError: (error) => failures.push(error),
  });
  atEnd(() => bus.close({ drainMs: 100 }));
  return bus;
}

function edit(file: string, sql: string): void {
  const db = new DatabaseSync(file);
  db.exec(sql);
  db.close();
}

function codeOf(opening: Promise<unknown>): Promise<unknown> {
  return opening.then(
    () => 'opened',
    (error: { code: unknown }) => error.code,
  );
}

describe.concurrent('a file of SQLite', () => {
  it('keeps events, groups, dead letters and ids when the process ends well', async () => {
    const file = newFile();
    const first = await open({ file });
    const handled: number[] = [];
    const group = first.subscribe(
      'job:*',
      ({ payload }) => {
        handled.push(payload.n);
        if (payload.n === 2) throw new Error('poison');
      },
      { group: 'g' },
    );
    await group.ready;
    await first.publish('job:a', { n: 1 }, { dedupeId: 'one' });
    const { id } = await first.publish('job:a', { n: 2 });
    await eventually(async () => expect(await first.listDeadLetters()).toHaveLength(1));
    await group.close();
    await first.publish('job:a', { n: 3 });
    await first.close();

    const second = await open({ file });
    expect(await second.publish('job:a', { n: 1 }, { dedupeId: 'one' })).toMatchObject({ duplicate: true });
    expect((await second.read(id)).events.map(({ payload }) => payload.n)).toEqual([3]);
    expect(await second.listDeadLetters()).toMatchObject([{ eventId: id, reason: 'Error: poison' }]);
    const rest: number[] = [];
    await second.subscribe('job:*', ({ payload }) => void rest.push(payload.n), { group: 'g' }).ready;
    await eventually(() => expect(rest).toEqual([3]));
  });

  it('brings a job again, counted as an attempt, after kill -9 in its midst', async () => {
    const file = newFile();
    const before = await open({ file });
    await before.subscribe('job:*', () => {}, { group: 'g' }).close();
    for (const n of [1, 2]) await before.publish('job:a', { n }, { key: 'k' });
    await before.publish('job:a', { n: 3 });
    await before.close();
    const child = startProcess({ store: { file }, role: 'consume', handler: { wait: 60_000 }, concurrency: 2 });
    await eventually(() => expect(child.started().toSorted()).toEqual(['1.1', '3.1']));
    await child.kill();

    const after = await open({ file });
    const got: string[] = [];
    const consumer = after.subscribe('job:*', ({ payload, attempt }) => void got.push(`${payload.n}.${attempt}`), {
      group: 'g',
    });
    await consumer.ready;
    await eventually(() => expect(got.toSorted()).toEqual(['1.2', '2.1', '3.2']));
    await eventually(async () =>
      expect((await after.stats()).groups[0]).toMatchObject({ pending: 0, redeliveries: 2 }),
    );
  });

  it('makes a dead letter of a job that ends its process three times, and goes on', async () => {
    const file = newFile();
    const before = await open({ file });
    await before.subscribe('job:*', () => {}, { group: 'g' }).close();
    await before.publish('job:a', { n: 1 });
    await before.publish('job:a', { n: 2 });
    await before.close();
    for (const attempt of [1, 2, 3]) {
      const child = startProcess({ store: { file }, role: 'consume', handler: 'die' });
      await eventually(() => expect(child.started()).toEqual([`1.${attempt}`]));
      await eventually(() => expect(child.child.signalCode).toBe('SIGKILL'));
    }
    const failures: unknown[] = [];
    const after = await open({ file }, failures);
    const got: string[] = [];
    await after.subscribe('job:*', ({ payload, attempt }) => void got.push(`${payload.n}.${attempt}`), { group: 'g' })
      .ready;
    await eventually(() => expect(got).toEqual(['2.1']));
    expect(await after.listDeadLetters()).toMatchObject([
      { payload: { n: 1 }, attempts: 4, reason: expect.stringContaining('no attempt ended') as string },
    ]);
    expect(failures).toMatchObject([{ code: 'BUS_DEAD_LETTERED' }]);
  });

  it('refuses a second process, and a second bus of the same process, and says why', async () => {
    const file = newFile();
    await open({ file });
    const child = startProcess({ store: { file }, role: 'consume' });
    await eventually(() => expect(child.told).toHaveLength(1));
    expect(child.told).toEqual([
      {
        say: 'failed',
        code: 'BUS_LOCKED',
        message: `${file}: another process has it open: stop that process, or use another file`,
      },
    ]);
    expect(await codeOf(sqlite({ file }))).toBe('BUS_LOCKED');
  });

  it('has every acknowledged event, once, after kills of the writer', () => killWriters(newFile(), 3));

  it('is refused and left alone when it is damaged, newer, of another program, or cannot be opened', async () => {
    const damaged = newFile();
    const bus = await open({ file: damaged });
    for (let n = 0; n < 50; n++) await bus.publish('job:a', { n, text: 'x'.repeat(500) });
    await bus.close();
    const handle = openSync(damaged, 'r+');
    // The second page: that of the first table.
    writeSync(handle, Buffer.alloc(pageBytes, 0xa5), 0, pageBytes, pageBytes);
    closeSync(handle);
    const size = statSync(damaged).size;
    expect(await codeOf(sqlite({ file: damaged }))).toBe('BUS_CORRUPT_FILE');
    expect(statSync(damaged).size).toBe(size);

    const newer = newFile();
    await (await open({ file: newer })).close();
    edit(newer, 'PRAGMA user_version = 99');
    await expect(sqlite({ file: newer })).rejects.toMatchObject({
      code: 'BUS_NEWER_FILE',
      message: expect.stringContaining('layout 99') as string,
    });

    const foreign = newFile();
    edit(foreign, 'CREATE TABLE users (name TEXT)');
    expect(await codeOf(sqlite({ file: foreign }))).toBe('BUS_REFUSED');
    const text = newFile();
    writeFileSync(text, 'dear diary, '.repeat(1000));
    expect(await codeOf(sqlite({ file: text }))).toBe('BUS_CORRUPT_FILE');
    expect(readFileSync(text, 'utf8')).toBe('dear diary, '.repeat(1000));
    await expect(sqlite({ file: join(folder, 'missing', 'bus.db') })).rejects.toMatchObject({
      code: 'BUS_REFUSED',
      message: expect.stringContaining(join(folder, 'missing', 'bus.db')) as string,
    });
    await expect(sqlite({ file: newFile(), maxEvents: 0 })).rejects.toThrow(RangeError);
  });

  it('moves events of a newer version and damaged ones to the dead letters, and goes on', async () => {
    const file = newFile();
    const first = await open({ file });
    await first.subscribe('job:*', () => {}, { group: 'g' }).close();
    for (const n of [1, 2, 3]) await first.publish('job:a', { n }, { key: 'k' });
    await first.close();
    edit(file, `UPDATE events SET version = 99 WHERE seq = 1; UPDATE events SET payload = '{"n":' WHERE seq = 2`);
    const failures: unknown[] = [];
    const bus = await open({ file }, failures);
    const got: number[] = [];
    await bus.subscribe('job:*', ({ payload }) => void got.push(payload.n), { group: 'g' }).ready;
    await eventually(() => expect(got).toEqual([3]));
    const letters = await bus.listDeadLetters();
    expect(letters.map(({ reason }) => reason.split(':')[1]?.trim().split(' ')[0])).toEqual(['an', 'the']);
    expect(letters[0]?.payload).toBe('{"n":1}');
    expect(await bus.read()).toMatchObject({ events: [{ payload: { n: 3 } }], unreadable: 2 });
  });

  it('cuts history by age and by bytes, never what a group has not acknowledged', async () => {
    const file = newFile();
    const bus = await open({ file, maxBytes: 400_000 });
    let release: () => void = () => {};
    await bus.subscribe('job:a', () => new Promise<void>((resolve) => (release = resolve)), { group: 'g' }).ready;
    await bus.publish('job:a', { n: 0 });
    for (let n = 1; n <= 2_000; n++) void bus.publish('job:b', { n, text: 'x'.repeat(1_000) });
    const { id } = await bus.publish('job:b', { n: 2_001 });
    const { depth } = await bus.stats();
    expect(depth).toBeLessThan(700);
    expect(statSync(file).size).toBeLessThan(4_000_000);
    release();
    await eventually(async () => expect((await bus.stats()).groups[0]?.pending).toBe(0));
    await bus.close();

    const old = await open({ file, maxAgeMs: 1 });
    for (let n = 0; n < 300; n++) await old.publish('job:b', { n });
    await eventually(async () => expect((await old.stats()).depth).toBeLessThan(300));
    expect((await old.read(id)).gap).toBe('cut');
  });

  it('refuses when it is full, reads on, and goes on when there is room again', async () => {
    const file = newFile();
    await (await open({ file })).close();
    const emptyBytes = statSync(file).size;
    const failures: unknown[] = [];
    const bus = await open({ file, maxBytes: 200_000 }, failures);
    let release: () => void = () => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    const handled: number[] = [];
    const handler = async ({ payload }: { payload: { n: number } }): Promise<void> => {
      await released;
      handled.push(payload.n);
    };
    await bus.subscribe('job:*', handler, { group: 'g', concurrency: 2 }).ready;
    // One key: what waits behind the first is the group's, and is not cut.
    const acked: number[] = [];
    const fill = async (): Promise<void> => {
      for (let n = 0; n < 2_000; n++) {
        await bus.publish('job:a', { n, text: 'x'.repeat(1_000) }, { key: 'k', dedupeId: `n${n}` });
        acked.push(n);
      }
    };
    expect(await codeOf(fill())).toBe('BUS_STORAGE_FULL');
    expect(acked.length).toBeGreaterThan(100);
    expect((await bus.read(undefined, { limit: 1_000 })).events.length).toBeGreaterThan(0);
    release();
    await eventually(() => bus.publish('job:a', { n: -1 }, { key: 'k' }));
    await eventually(() => expect(handled.at(-1)).toBe(-1));
    await eventually(async () => expect((await bus.stats()).groups[0]?.pending).toBe(0));
    // One that the group had not looked at yet may have been cut; that is counted.
    const lost = (await bus.stats()).groups[0]?.lost ?? 0;
    expect(handled).toEqual([...acked, -1].filter((n) => handled.includes(n)));
    expect(handled.length + lost).toBe(acked.length + 1);
    expect(await bus.publish('job:a', { n: 0 }, { dedupeId: 'n0' })).toMatchObject({ duplicate: true });
    await bus.close();
    expect(statSync(file).size).toBeLessThanOrEqual(emptyBytes + 400_000 + 2 * pageBytes);
    const db = new DatabaseSync(file);
    expect(db.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
    db.close();
  });

  it('warns about each dead letter that it drops, the oldest first, and keeps as many as it may', async () => {
    const warnings: { readonly code: string; readonly message: string }[] = [];
    const bus = new EventBus<Events>({
      transport: await sqlite({ file: newFile(), durability: 'normal', maxDeadLetters: 2 }),
      retry: { attempts: 1 },
      onHandlerError: () => {},
      onWarning: (error) => warnings.push(error),
    });
    atEnd(() => bus.close({ drainMs: 100 }));
    await bus.subscribe('job:*', () => Promise.reject(new Error('poison')), { group: 'g' }).ready;
    for (const n of [1, 2, 3]) await bus.publish('job:a', { n });
    await eventually(async () => expect((await bus.stats()).groups[0]?.deadLettered).toBe(3));
    // One that was deleted leaves room.
    expect((await bus.listDeadLetters()).map(({ id }) => id)).toEqual(['2', '3']);
    expect(await bus.deleteDeadLetter('3')).toBe(true);
    for (const n of [4, 5]) await bus.publish('job:a', { n });
    await eventually(async () => expect((await bus.stats()).groups[0]?.deadLettered).toBe(5));
    expect((await bus.listDeadLetters()).map(({ id }) => id)).toEqual(['4', '5']);
    expect(await bus.stats()).toMatchObject({ deadLetters: 2 });
    expect(warnings).toMatchObject([
      { code: 'BUS_DEAD_LETTERED', message: expect.stringContaining('dead letter 1 was dropped') as string },
      { code: 'BUS_DEAD_LETTERED', message: expect.stringContaining('dead letter 2 was dropped') as string },
    ]);
  });

  it('has no byte left of the events of a key that was forgotten', async () => {
    const file = newFile();
    const failures: unknown[] = [];
    const bus = await open({ file }, failures);
    const group = bus.subscribe('job:*', ({ key }) => (key === 'cat' ? Promise.reject(new Error('no')) : undefined), {
      group: 'g',
    });
    await group.ready;
    for (let n = 0; n < 200; n++) {
      await bus.publish(
        'job:a',
        { n, text: n % 5 === 0 ? `secret of ${n} ${'s'.repeat(n * 40)}` : 'plain' },
        { key: n % 5 === 0 ? 'cat' : 'dog' },
      );
    }
    await eventually(async () => expect((await bus.stats()).groups[0]).toMatchObject({ deadLettered: 40, pending: 0 }));
    expect(await bus.forget('cat')).toBe(80);
    // While the bus runs, newest writes are in the `-wal` file.
    for (const one of [file, `${file}-wal`]) expect(readFileSync(one).includes('secret'), one).toBe(false);
    await bus.close();
    expect(readFileSync(file).includes('plain')).toBe(true);
    expect(readFileSync(file).includes('secret')).toBe(false);
    const again = await open({ file });
    expect((await again.read(undefined, { pattern: 'job:*', limit: 1_000 })).events).toHaveLength(160);
    // The newest one was erased too: its place is not given out again.
    expect((await again.publish('job:a', { n: 1 })).id.split('-').at(-1)).toBe('241');
  });

  it('measures a payload in bytes and refuses a payload that is not JSON', async () => {
    const bus = new EventBus<{ a: unknown }>({
      transport: await sqlite({ file: newFile() }),
      limits: { maxPayloadBytes: 100 },
    });
    atEnd(() => bus.close());
    await bus.publish('a', 'x'.repeat(98));
    await expect(bus.publish('a', 'ü'.repeat(50))).rejects.toMatchObject({
      code: 'BUS_PAYLOAD_TOO_LARGE',
      message: 'payload for a has 102 bytes, the limit is 100: send a reference to the data instead',
    });
    await expect(bus.publish('a', undefined)).rejects.toThrow(TypeError);
    await expect(bus.publish('a', 1n)).rejects.toThrow(TypeError);
  });

  it('refuses more publishes than may wait', async () => {
    const bus = new EventBus<Events>({ transport: await sqlite({ file: newFile() }), limits: { maxPending: 10 } });
    atEnd(() => bus.close());
    const answers = await Promise.allSettled(Array.from({ length: 12 }, (_, n) => bus.publish('job:a', { n })));
    const refused = answers.filter(({ status }) => status === 'rejected');
    expect(refused).toMatchObject([{ reason: { code: 'BUS_OVERLOADED' } }, { reason: { code: 'BUS_OVERLOADED' } }]);
    expect(await bus.publish('job:a', { n: 12 })).toMatchObject({ duplicate: false });
  });
});
