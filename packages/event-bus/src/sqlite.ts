import { existsSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { BusError } from './errors.ts';
import { flagsOf, type SqliteOptions, settingsOf } from './sqlite/options.ts';
import type { Reply } from './sqlite/requests.ts';
import { FileThread } from './sqlite/thread.ts';
import { FileTransport, type SqliteTransport } from './sqlite/transport.ts';

export type { SqliteOptions } from './sqlite/options.ts';
export type { SqliteTransport } from './sqlite/transport.ts';

/**
 * Opens one SQLite file as the store of a bus, in a thread of its own. Only one process at a time can have a file open.
 *
 * A file of up to 16 MiB is checked in full first. Of a larger file, only the beginning of every table and the newest
 * events are read first; another thread checks all of it while it is used. If that check finds damage, `onWarning` is
 * called with `BUS_CORRUPT_FILE`, which stays in `stats().warnings`.
 * @throws {BusError} `BUS_LOCKED`, `BUS_CORRUPT_FILE`, `BUS_NEWER_FILE`, `BUS_REFUSED`, `BUS_STORAGE_FULL` or
 * `BUS_UNAVAILABLE`: nothing was changed or deleted.
 * @throws {TypeError} when an option has the wrong type.
 * @throws {RangeError} when a limit is not a whole number, or too small.
 */
export async function sqlite(options: SqliteOptions): Promise<SqliteTransport> {
  const settings = settingsOf(options);
  const flags = flagsOf(options);
  const worker = startThread('sqlite-worker', settings, flags);
  const opened = await new Promise<Reply>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', (cause) =>
      reject(new BusError('BUS_UNAVAILABLE', `the thread for ${settings.file} could not start`, { cause })),
    );
  });
  if ('error' in opened) {
    await worker.terminate();
    throw new BusError(opened.error.code, opened.error.message);
  }
  const [epoch, times, isUnchecked] = 'answers' in opened ? opened.answers : [];
  const transport = new FileTransport(new FileThread(worker, String(epoch)), String(times));
  if (isUnchecked === true) transport.checkSoon(() => startThread('sqlite-check', settings.file, flags));
  return transport;
}

/** @throws {BusError} `BUS_REFUSED` when this Node has no SQLite, or a bundler has left the thread behind. */
function startThread(name: 'sqlite-worker' | 'sqlite-check', workerData: unknown, flags: string[] | undefined): Worker {
  if (!isBuiltin('node:sqlite')) {
    throw new BusError(
      'BUS_REFUSED',
      `Node ${process.version} has no node:sqlite: use Node ^22.19.0, ^24.11.0 or >=26.0.0, without --no-experimental-sqlite`,
    );
  }
  // Bundlers to CommonJS leave it undefined.
  const here = import.meta.url as string | undefined;
  const file = here && fileURLToPath(new URL(`./${name}.${here.endsWith('.ts') ? 'ts' : 'js'}`, here));
  if (!file || !existsSync(file)) {
    throw new BusError(
      'BUS_REFUSED',
      `${file ?? `${name}.js`} does not exist, as a bundler moved this code: keep @bnc/event-bus out of the bundle (with esbuild: --external:@bnc/event-bus)`,
    );
  }
  // A thread has the flags of the process, and does not start with this one.
  const isFromText = process.execArgv.some((flag) => flag.startsWith('--input-type'));
  const execArgv = flags ?? (isFromText ? [] : undefined);
  return new Worker(file, {
    workerData,
    name: name === 'sqlite-worker' ? 'event-bus' : 'event-bus-check',
    ...(execArgv && { execArgv }),
  });
}
