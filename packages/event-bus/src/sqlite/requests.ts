import type { Entry, Start, Stored } from '../transport.ts';
import type { plainError } from './errors.ts';
import type { FileCommit } from './owned.ts';

/** A request of the bus to the file. */
export type Request =
  | { readonly op: 'append'; readonly entry: Entry }
  | { readonly op: 'read'; readonly after: number; readonly limit: number; readonly maxBytes: number }
  | {
      readonly op: 'readKey';
      readonly key: string;
      readonly after: number;
      readonly limit: number;
      readonly maxBytes: number;
    }
  | {
      readonly op: 'join';
      readonly group: string;
      readonly pattern: string;
      readonly from: number | 'new';
      readonly owned: boolean;
      readonly consumer: number;
    }
  | { readonly op: 'readPlaces'; readonly places: readonly number[]; readonly maxBytes: number }
  | { readonly op: 'waiting'; readonly group: number }
  | { readonly op: 'pull'; readonly group: number; readonly count: number }
  | { readonly op: 'start'; readonly group: number; readonly wanted: readonly Start[] }
  | { readonly op: 'commit'; readonly commit: FileCommit }
  | {
      readonly op: 'take';
      readonly group: number;
      readonly consumer: number;
      readonly count: number;
      readonly first: 'retries' | 'others';
    }
  | { readonly op: 'done'; readonly group: number; readonly consumer: number; readonly seq: number }
  | {
      readonly op: 'later';
      readonly group: number;
      readonly consumer: number;
      readonly seq: number;
      readonly ms: number;
      readonly isUncounted: boolean;
    }
  | {
      readonly op: 'dead';
      readonly group: number;
      readonly consumer: number;
      readonly seq: number;
      readonly reason: string;
      readonly notice: Entry | undefined;
    }
  | { readonly op: 'giveBack'; readonly group: number; readonly places: readonly number[] }
  | { readonly op: 'leave'; readonly consumer: number; readonly unfinished: readonly number[] }
  | { readonly op: 'deadLetters'; readonly limit: number; readonly after: string | undefined }
  | { readonly op: 'deadLetter' | 'deleteDeadLetter' | 'retryDeadLetter'; readonly id: string }
  | { readonly op: 'forget'; readonly key: string }
  | { readonly op: 'stats' | 'checked' | 'listen' }
  | { readonly op: 'backup'; readonly backup: number; readonly file: string }
  | { readonly op: 'close' };

/**
 * The results of a batch of requests, in their order, or the error that ended all of them; or what the bus did not ask
 * for: warnings, the end of a backup, and the entries that have become due and have their place in the log now (retries
 * of groups may be due too).
 */
export type Reply =
  | { readonly due: readonly Stored[] }
  | { readonly warnings: readonly ReturnType<typeof plainError>[] }
  | { readonly backup: number; readonly failure: ReturnType<typeof plainError> | undefined }
  | { readonly answers: readonly unknown[] }
  | { readonly error: ReturnType<typeof plainError>; readonly count: number };
