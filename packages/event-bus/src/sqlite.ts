import { Worker } from 'node:worker_threads';
import { BusError } from './errors.ts';
import type { StoreOptions } from './sqlite/store.ts';
import { FileTransport } from './sqlite/transport.ts';
import type { Reply } from './sqlite-worker.ts';
import type { Transport } from './transport.ts';

/** Settings of `sqlite`. */
export interface SqliteOptions {
  /** Path of the database file. Its folder must exist. While the file is open, `<file>-wal` lies next to it. */
  readonly file: string;
  /**
   * `full`: stored events survive a power cut. `normal`: they survive a crash of the process, but the last moments
   * before a power cut may be missing; a single publish is faster. Default `full`.
   */
  readonly durability?: 'full' | 'normal';
  /** Most events to keep. Default 1,000,000. */
  readonly maxEvents?: number;
  /**
   * Size of the file in bytes. Beyond it, the oldest events are cut. Events that a group has not acknowledged are not
   * cut: at twice this size, publishing is refused. Default 256 MiB.
   */
  readonly maxBytes?: number;
  /** Age at which events are cut, in milliseconds. Default 30 days. */
  readonly maxAgeMs?: number;
  /** How long a `dedupeId` is remembered, in milliseconds. Default 30 days. */
  readonly dedupeWindowMs?: number;
  /** Most dead letters to keep; beyond that, the oldest are dropped. Default 1,000. */
  readonly maxDeadLetters?: number;
  /** Most events that wait for their `notBefore`; beyond that, they are refused. Default 100,000. */
  readonly maxDelayed?: number;
  /**
   * How long a group may be unused before it ends, together with what it had not handled, in milliseconds. When a file
   * was closed for longer, its groups have an hour to come back. Default 14 days.
   */
  readonly groupTtlMs?: number;
}

const month = 30 * 86_400_000;

/**
 * Opens one SQLite file as the store of a bus, in a thread of its own. One process at a time can have a file open.
 *
 * Checks a file of up to 16 MiB in full first. Of a larger file, reads the beginning of every table and the newest
 * events first, and checks all of it in another thread while it is used. If that check finds damage, `onWarning` is
 * called with `BUS_CORRUPT_FILE`, which stays in `stats().warnings`.
 * @throws {BusError} `BUS_LOCKED`, `BUS_CORRUPT_FILE`, `BUS_NEWER_FILE`, `BUS_REFUSED` or `BUS_STORAGE_FULL`: nothing
 * was changed or deleted.
 * @throws {RangeError} when a limit is below 1.
 */
export async function sqlite(options: SqliteOptions): Promise<Transport> {
  const settings: StoreOptions = {
    durability: 'full',
    maxEvents: 1_000_000,
    maxBytes: 256 * 2 ** 20,
    maxAgeMs: month,
    dedupeWindowMs: month,
    maxDeadLetters: 1_000,
    maxDelayed: 100_000,
    groupTtlMs: 14 * 86_400_000,
    ...options,
  };
  const limits = [
    'maxEvents',
    'maxBytes',
    'maxAgeMs',
    'dedupeWindowMs',
    'maxDeadLetters',
    'maxDelayed',
    'groupTtlMs',
  ] as const;
  for (const name of limits) {
    if (!(settings[name] >= 1)) throw new RangeError(`${name} must be at least 1, got ${settings[name]}`);
  }
  const worker = new Worker(threadUrl('sqlite-worker'), { workerData: settings, name: 'event-bus' });
  const opened = await new Promise<Reply>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  if ('error' in opened) {
    await worker.terminate();
    throw new BusError(opened.error.code, opened.error.message);
  }
  const [epoch, times, isUnchecked] = 'answers' in opened ? opened.answers : [];
  const transport = new FileTransport(worker, String(epoch), String(times));
  if (isUnchecked === true) {
    transport.checkSoon(
      () => new Worker(threadUrl('sqlite-check'), { workerData: settings.file, name: 'event-bus-check' }),
    );
  }
  return transport;
}

function threadUrl(name: 'sqlite-worker' | 'sqlite-check'): URL {
  return new URL(`./${name}.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url);
}
