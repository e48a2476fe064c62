import { resolve } from 'node:path';
import { assertCount, assertOptions, nameOf } from '../check.ts';
import type { StoreOptions } from './store.ts';

/** Settings of `sqlite`. */
export interface SqliteOptions {
  /**
   * Path of the database file. Its folder must exist. While the file is open, `<file>-wal` lies next to it. `:memory:`
   * keeps nothing after `close`.
   */
  readonly file: string;
  /**
   * `full`: stored events survive a power cut. `normal`: they survive a crash of the process, but the last moments
   * before a power cut may be missing; a single publish is faster. Default `full`.
   */
  readonly durability?: 'full' | 'normal' | undefined;
  /** Most events to keep. Default 1,000,000; at least 1. */
  readonly maxEvents?: number | undefined;
  /**
   * Bytes of the file that events may take. Beyond that, the oldest events are cut, also those that a group has not
   * read yet. Events that a group has read and not acknowledged are not cut: at twice this size, publishing is refused
   * with `BUS_STORAGE_FULL`. Dedupe ids and the empty tables (less than 400 KiB) do not count. Default 256 MiB; at
   * least 64 KiB.
   */
  readonly maxBytes?: number | undefined;
  /** Age at which events are cut, in milliseconds. Default 30 days; at least 1. */
  readonly maxAgeMs?: number | undefined;
  /** How long a `dedupeId` is remembered, in milliseconds, and up to 1/64 longer. Default 30 days; at least 1. */
  readonly dedupeWindowMs?: number | undefined;
  /**
   * Most dedupe ids to remember, which take up to 40 bytes of the file each. Beyond that, the oldest are forgotten
   * before `dedupeWindowMs`, and `onWarning` is called once with `BUS_DEDUPE_FULL`. Default 5,000,000; at least 1.
   */
  readonly maxDedupeIds?: number | undefined;
  /**
   * Most dead letters to keep. Beyond that, the oldest are dropped, and `onWarning` is called for each with
   * `BUS_DEAD_LETTERED`. Default 1,000; at least 1.
   */
  readonly maxDeadLetters?: number | undefined;
  /**
   * Most events that wait for their `notBefore`; beyond that, `publish` rejects with `BUS_STORAGE_FULL`. Default
   * 100,000; at least 1.
   */
  readonly maxDelayed?: number | undefined;
  /**
   * How long a group may be unused before it ends, together with what it had not handled, in milliseconds. After a file
   * was closed for longer than that, its groups have up to an hour to come back. Default 14 days; at least 1.
   */
  readonly groupTtlMs?: number | undefined;
  /**
   * Flags of Node for the thread, in place of those of the process, such as `--disable-warning=ExperimentalWarning` on
   * Node 22. Default: those of the process.
   */
  readonly execArgv?: readonly string[] | undefined;
}

const day = 86_400_000;
const minBytes = 65_536;

/**
 * Checks the options and fills in the defaults.
 * @throws {TypeError} when an option has the wrong type.
 * @throws {RangeError} when a number is not whole, or too small.
 */
export function settingsOf(options: SqliteOptions): StoreOptions {
  assertOptions('options', options);
  return {
    file: pathOf(options.file),
    durability: durabilityOf(options.durability),
    maxEvents: count('maxEvents', options.maxEvents, 1_000_000),
    maxBytes: bytesOf(options.maxBytes),
    maxAgeMs: count('maxAgeMs', options.maxAgeMs, 30 * day),
    dedupeWindowMs: count('dedupeWindowMs', options.dedupeWindowMs, 30 * day),
    maxDedupeIds: count('maxDedupeIds', options.maxDedupeIds, 5_000_000),
    maxDeadLetters: count('maxDeadLetters', options.maxDeadLetters, 1_000),
    maxDelayed: count('maxDelayed', options.maxDelayed, 100_000),
    groupTtlMs: count('groupTtlMs', options.groupTtlMs, 14 * day),
  };
}

/**
 * Returns the flags for the thread; undefined for those of the process.
 * @throws {TypeError} when they are not a list of texts.
 */
export function flagsOf({ execArgv }: SqliteOptions): string[] | undefined {
  if (execArgv === undefined) return undefined;
  const flags: unknown = execArgv;
  if (!Array.isArray(flags) || !flags.every((flag): flag is string => typeof flag === 'string')) {
    throw new TypeError(`execArgv must be a list of flags such as ['--trace-warnings'], got ${nameOf(flags)}`);
  }
  return [...flags];
}

/**
 * Makes the path absolute, so that SQLite does not take it for a `file:` URL and a later `chdir` does no harm.
 * @throws {TypeError} when it is not a path.
 */
export function pathOf(file: unknown): string {
  if (typeof file !== 'string' || file === '' || file.includes('\0')) {
    throw new TypeError(
      `file must be the path of a file, got ${quoted(file)}; turn a URL into a path with fileURLToPath`,
    );
  }
  return file === ':memory:' ? file : resolve(file);
}

function durabilityOf(value: unknown): 'full' | 'normal' {
  if (value === undefined || value === 'full' || value === 'normal') return value ?? 'full';
  throw new TypeError(`durability must be 'full' or 'normal', got ${quoted(value)}`);
}

function count(name: string, value: unknown, standard: number): number {
  if (value === undefined) return standard;
  assertCount(name, value);
  return value;
}

function bytesOf(value: unknown): number {
  const bytes = count('maxBytes', value, 256 * 2 ** 20);
  if (bytes < minBytes) throw new RangeError(`maxBytes must be at least ${minBytes}, got ${bytes}`);
  return bytes;
}

/** Returns a text with quotes, and the type of anything else. */
function quoted(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 120)) : nameOf(value);
}
