import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { EventBus } from '../src/index.ts';
import { type SqliteOptions, sqlite } from '../src/sqlite.ts';
import { atEnd } from './cleanup.ts';
import { eventually } from './eventually.ts';

const folder = mkdtempSync(join(tmpdir(), 'event-bus-'));
atEnd(() => rmSync(folder, { recursive: true, force: true }));
chmodSync(folder, 0o755);
const source = new URL('../src/sqlite.ts', import.meta.url).pathname;

/** Runs a program in a process of its own, and returns its last line. */
async function lastLine(args: readonly string[], as?: number): Promise<string> {
  const options = { cwd: folder, ...(as !== undefined && { uid: as, gid: as }) };
  const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', ...args], options);
  return stdout.trim().split('\n').at(-1) ?? '';
}

/** A program that opens a file and prints what happened. */
function opening(from: string, file: string): string {
  return `import { sqlite } from ${JSON.stringify(from)};
    await sqlite({ file: ${JSON.stringify(file)} }).then(
      async (transport) => { await transport.close(); console.log('opened'); },
      (error) => console.log(error.code, error.message),
    );`;
}

describe('the options of a file', () => {
  it.each<[string, object, ErrorConstructor, string]>([
    ['file', { file: undefined }, TypeError, 'file must be the path of a file, got undefined'],
    ['execArgv', { execArgv: '--no-warnings' }, TypeError, 'execArgv must be a list of flags'],
    ['execArgv', { execArgv: [1] }, TypeError, 'execArgv must be a list of flags'],
    ['file', { file: '' }, TypeError, 'file must be the path of a file, got ""'],
    ['file', { file: 'a\0b' }, TypeError, 'file must be the path of a file'],
    ['file', { file: pathToFileURL(folder) }, TypeError, 'fileURLToPath'],
    ['durability', { durability: 'FULL' }, TypeError, "durability must be 'full' or 'normal', got \"FULL\""],
    ['durability', { durability: null }, TypeError, "durability must be 'full' or 'normal', got null"],
    ['maxEvents', { maxEvents: Number.POSITIVE_INFINITY }, RangeError, 'maxEvents must be a whole number'],
    ['maxEvents', { maxEvents: 0 }, RangeError, 'at least 1, got 0'],
    ['maxBytes', { maxBytes: 65_535 }, RangeError, 'maxBytes must be at least 65536, got 65535'],
    ['maxAgeMs', { maxAgeMs: 1.5 }, RangeError, 'maxAgeMs must be a whole number of at least 1, got 1.5'],
    ['dedupeWindowMs', { dedupeWindowMs: '30d' }, TypeError, 'dedupeWindowMs must be a number, got string'],
    ['maxDedupeIds', { maxDedupeIds: Number.NaN }, RangeError, 'maxDedupeIds must be a whole number'],
    ['maxDeadLetters', { maxDeadLetters: -1 }, RangeError, 'maxDeadLetters must be a whole number'],
    ['maxDelayed', { maxDelayed: 2 ** 60 }, RangeError, 'maxDelayed must be a whole number'],
    ['groupTtlMs', { groupTtlMs: {} }, TypeError, 'groupTtlMs must be a number, got object'],
  ])('refuse a wrong %s: %j', async (_, options, error, message) => {
    const wrong = { file: join(folder, 'none.db'), ...options } as SqliteOptions;
    await expect(sqlite(wrong)).rejects.toThrow(error);
    await expect(sqlite(wrong)).rejects.toThrow(message);
  });

  it('have their defaults when they are undefined, which for durability is the safe one', async () => {
    const file = join(folder, 'defaults.db');
    const transport = await sqlite({
      file,
      durability: undefined,
      maxEvents: undefined,
      maxBytes: undefined,
      maxAgeMs: undefined,
      dedupeWindowMs: undefined,
      maxDedupeIds: undefined,
      maxDeadLetters: undefined,
      maxDelayed: undefined,
      groupTtlMs: undefined,
    });
    const bus = new EventBus({ transport });
    expect(await bus.publish('a', 1)).toMatchObject({ duplicate: false });
    await bus.close();
    const { settingsOf } = await import('../src/sqlite/options.ts');
    expect(settingsOf({ file, durability: undefined })).toEqual(settingsOf({ file, durability: 'full' }));
  });
});

describe('a place for a file', () => {
  it('is refused with a sentence when nothing can be a file there', async () => {
    const text = join(folder, 'text.txt');
    writeFileSync(text, 'no folder');
    for (const [file, words] of [
      [join(folder, 'missing', 'a.db'), `its folder does not exist: make ${join(folder, 'missing')}`],
      [folder, 'it is a folder: name a file in it'],
      [join(text, 'a.db'), `${text} is not a folder: use another path`],
      ['/dev/null', 'it is not a file: use another path'],
    ] as const) {
      await expect(sqlite({ file })).rejects.toMatchObject({ code: 'BUS_REFUSED', message: `${file}: ${words}` });
    }
  });

  it('is refused with a sentence when this process may not write there, and is left as it is', async () => {
    const nobody = process.getuid?.() === 0 ? 65_534 : undefined;
    const made = async (path: string): Promise<string> => {
      mkdirSync(path);
      await (await sqlite({ file: join(path, 'a.db') })).close();
      return path;
    };
    const readOnlyFile = await made(join(folder, 'file'));
    chmodSync(join(readOnlyFile, 'a.db'), 0o444);
    chmodSync(readOnlyFile, 0o777);
    const readOnlyFolder = await made(join(folder, 'folder'));
    chmodSync(join(readOnlyFolder, 'a.db'), 0o666);
    chmodSync(readOnlyFolder, 0o555);
    // SQLite writes next to the file, wherever the link is.
    mkdirSync(join(folder, 'links'));
    chmodSync(join(folder, 'links'), 0o777);
    symlinkSync(join(readOnlyFolder, 'a.db'), join(folder, 'links', 'a.db'));
    atEnd(() => chmodSync(readOnlyFolder, 0o755));
    for (const [file, words] of [
      [join(readOnlyFile, 'a.db'), 'it is read-only: give this process the right to read and write it'],
      [
        join(readOnlyFolder, 'a.db'),
        `its folder is read-only: give this process the right to write in ${readOnlyFolder}`,
      ],
      [
        join(readOnlyFolder, 'new.db'),
        `its folder is read-only: give this process the right to write in ${readOnlyFolder}`,
      ],
      [
        join(folder, 'links', 'a.db'),
        `its folder is read-only: give this process the right to write in ${readOnlyFolder}`,
      ],
    ] as const) {
      expect(await lastLine(['--input-type=module', '-e', opening(source, file)], nobody)).toBe(
        `BUS_REFUSED ${file}: ${words}`,
      );
    }
    expect(readdirSync(readOnlyFolder)).toEqual(['a.db']);
  });
});

describe('the thread of a file', () => {
  it('is refused with a sentence by a Node without SQLite', async () => {
    const program = opening(source, join(folder, 'a.db'));
    expect(await lastLine(['--no-experimental-sqlite', '--input-type=module', '-e', program])).toMatch(
      /^BUS_REFUSED Node v\S+ has no node:sqlite: use Node \^22/,
    );
  });

  it.each([
    ['esm', 'mjs'],
    ['cjs', 'cjs'],
  ] as const)('is refused with a sentence in a bundle (%s) that left it behind', async (format, ending) => {
    const outfile = join(folder, `bundle.${ending}`);
    const contents = opening(source, join(folder, 'bundled.db')).replace('await ', 'void ');
    await build({
      stdin: { contents, resolveDir: folder },
      outfile,
      format,
      bundle: true,
      platform: 'node',
      logLevel: 'silent',
    });
    expect(await lastLine([outfile])).toMatch(
      /^BUS_REFUSED \S*sqlite-worker\.js does not exist, as a bundler moved this code: keep @bnc\/event-bus out of the bundle/,
    );
  });
});

describe('a backup of a file in use', () => {
  interface Events {
    readonly job: { readonly n: number; readonly text: string };
  }
  const text = 'x'.repeat(1_000);

  it('is a whole copy, made while events are stored, and the beginning of another log', async () => {
    const transport = await sqlite({ file: join(folder, 'used.db'), durability: 'normal' });
    const bus = new EventBus<Events>({ transport });
    await bus.subscribe('job', () => {}, { group: 'g' }).close();
    const publish = (count: number): Promise<unknown> =>
      Promise.all(Array.from({ length: count }, (_, n) => bus.publish('job', { n, text }, { dedupeId: `${n}` })));
    await publish(3_000);
    const { id } = await bus.publish('job', { n: -1, text });
    const file = join(folder, 'copy.db');
    const copied = new AbortController();
    let during = 0;
    const copying = transport.backup(file).finally(() => copied.abort());
    while (!copied.signal.aborted) {
      await bus.publish('job', { n: during++, text });
    }
    await copying;
    expect(during).toBeGreaterThan(1);
    await bus.close();

    const look = new DatabaseSync(file);
    expect(look.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
    look.close();
    const again = new EventBus<Events>({ transport: await sqlite({ file, durability: 'normal' }) });
    const { events, gap } = await again.read(id, { limit: 10_000 });
    expect(gap).toBe('restarted');
    expect(events.length).toBeGreaterThanOrEqual(3_001);
    expect(events.length).toBeLessThanOrEqual(3_001 + during);
    expect(await again.publish('job', { n: 7, text }, { dedupeId: '7' })).toMatchObject({ duplicate: true });
    let handled = 0;
    await again.subscribe('job', () => void handled++, { group: 'g' }).ready;
    await eventually(() => expect(handled).toBe(events.length));
    await again.close();
  });

  it('leaves nothing behind when it is refused, or when the bus closes in its midst', async () => {
    mkdirSync(join(folder, 'backups'));
    const transport = await sqlite({ file: join(folder, 'backups', 'a.db'), durability: 'normal' });
    const bus = new EventBus<Events>({ transport });
    for (let n = 0; n < 10_000; n += 1_000) {
      await Promise.all(Array.from({ length: 1_000 }, () => bus.publish('job', { n, text })));
    }
    await expect(transport.backup(join(folder, 'backups', 'a.db'))).rejects.toMatchObject({
      code: 'BUS_REFUSED',
      message: expect.stringContaining('it exists already') as string,
    });
    await expect(transport.backup(join(folder, 'none', 'b.db'))).rejects.toMatchObject({ code: 'BUS_REFUSED' });
    await expect(transport.backup('')).rejects.toThrow(TypeError);
    const refused = transport.backup(join(folder, 'backups', 'b.db')).catch((error: { code: string }) => error.code);
    // The backup has begun when the next request has its result.
    await bus.stats();
    await bus.close();
    expect(await refused).toBe('BUS_CLOSED');
    expect(readdirSync(join(folder, 'backups'))).toEqual(['a.db']);
    await expect(transport.backup(join(folder, 'backups', 'c.db'))).rejects.toMatchObject({ code: 'BUS_CLOSED' });
  });
});
