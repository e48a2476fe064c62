import { accessSync, constants, realpathSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { BusError, type BusErrorCode } from '../errors.ts';

/**
 * Result codes of SQLite that have an error code here.
 * @see https://sqlite.org/rescode.html
 */
const codes: Readonly<Record<number, readonly [BusErrorCode, string]>> = {
  5: ['BUS_LOCKED', 'another process has it open: stop that process, or use another file'],
  6: ['BUS_LOCKED', 'another connection has it open: close it, or use another file'],
  8: ['BUS_REFUSED', 'it is read-only: give this process write access'],
  10: ['BUS_UNAVAILABLE', 'the disk reports an error: check the disk, then open the file again'],
  11: ['BUS_CORRUPT_FILE', 'it is damaged: move it away, or restore a copy; it was left as it is'],
  13: [
    'BUS_STORAGE_FULL',
    'the disk is full, or twice maxBytes are in use: make space, or let groups finish, then publish again',
  ],
  14: ['BUS_REFUSED', 'it cannot be opened: check that its folder exists and that this process may write there'],
  26: ['BUS_CORRUPT_FILE', 'it is not an SQLite database: use another path; it was left as it is'],
};

/** Turns an error of SQLite that came while a file was opened or copied into a `BusError`. */
export function asOpenError(cause: unknown, file: string): BusError {
  const error = asBusError(cause, file);
  if (error.code !== 'BUS_STORAGE_FULL') return error;
  return new BusError(error.code, `${file}: the disk is full: make space, then try again`, { cause });
}

/** Turns an error of SQLite into a `BusError`. */
export function asBusError(cause: unknown, file: string): BusError {
  if (cause instanceof BusError) return cause;
  const { errcode, message } = cause as { errcode?: unknown; message?: unknown };
  const [code, words] = (typeof errcode === 'number' ? codes[errcode % 256] : undefined) ?? [
    'BUS_UNAVAILABLE' as const,
    String(message),
  ];
  return new BusError(code, `${file}: ${words}`, { cause });
}

/** Makes the error for a damaged file. */
export function damaged(file: string, found: string): BusError {
  return new BusError('BUS_CORRUPT_FILE', `${file}: ${codes[11]?.[1] ?? ''} (${found})`);
}

/** Returns an error in a form that crosses to another thread. */
export function plainError(error: unknown): { readonly code: BusError['code']; readonly message: string } {
  const known = error instanceof BusError ? error : new BusError('BUS_UNAVAILABLE', String(error));
  return { code: known.code, message: known.message };
}

/**
 * Checks that a file can be read and written, or made, because SQLite reports most of this as an error of the disk.
 * @throws {BusError} `BUS_REFUSED`.
 */
export function assertWritable(file: string): void {
  const refuse = (words: string): never => {
    throw new BusError('BUS_REFUSED', `${file}: ${words}`);
  };
  const found = statOf(file);
  if (found?.isDirectory()) refuse('it is a folder: name a file in it');
  if (found && !found.isFile()) refuse('it is not a file: use another path');
  // SQLite writes next to the file itself, not next to a link.
  const folder = dirname(found ? realpathSync(file) : file);
  const outer = statOf(folder);
  if (!outer) refuse(`its folder does not exist: make ${folder}`);
  if (!outer?.isDirectory()) refuse(`${folder} is not a folder: use another path`);
  if (found && !isAllowed(file, constants.R_OK | constants.W_OK)) {
    refuse('it is read-only: give this process the right to read and write it');
  }
  if (!isAllowed(folder, constants.W_OK | constants.X_OK)) {
    refuse(`its folder is read-only: give this process the right to write in ${folder}`);
  }
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

function isAllowed(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}
