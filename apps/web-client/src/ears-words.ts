import type { StreamMessage } from '@bnc/contracts';
import type { LineState } from './rooms-stream.ts';

/** What a tab says to the worker that holds the connection. */
export type FromTab =
  | { readonly say: 'listen'; readonly room: string; readonly format: string; readonly bed: boolean }
  | { readonly say: 'reopen' | 'bye' };

/** What the worker says to a tab. */
export type ToTab =
  | { readonly say: 'state'; readonly state: LineState }
  | { readonly say: 'message'; readonly message: StreamMessage };

/** Tells whether what comes through a port is a message of a tab. */
export function isFromTab(data: unknown): data is FromTab {
  const { say, room, format, bed } = (data ?? {}) as Readonly<Record<string, unknown>>;
  if (say === 'listen') return typeof room === 'string' && typeof format === 'string' && typeof bed === 'boolean';
  return say === 'reopen' || say === 'bye';
}
