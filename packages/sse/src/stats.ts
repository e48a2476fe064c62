import type { SSEErrorCode } from './errors.ts';

/** Counters since the manager was made; `connections`, `channels` and `historyBytes` are the current numbers. */
export interface SSEStats {
  /** Open streams. */
  readonly connections: number;
  /** Channels with listeners or history. */
  readonly channels: number;
  /** Encoded bytes kept for replay. */
  readonly historyBytes: number;
  /** Streams opened. */
  readonly opened: number;
  /** Streams refused, by code. */
  readonly refused: Readonly<Partial<Record<SSEErrorCode, number>>>;
  /** Streams that are over, by reason. */
  readonly closed: Readonly<Record<string, number>>;
  /** Messages broadcast. */
  readonly broadcasts: number;
  /** Messages written to a listener at once, counted per listener. */
  readonly sent: number;
  /** Messages that had to wait for a slow listener or for their data, counted per listener. */
  readonly deferred: number;
  /**
   * Messages left out of open streams, counted per listener: for slow clients, trimmed from the history, or without
   * data.
   */
  readonly skipped: number;
  /** Messages to one client, of `send` or a hook, that were dropped at the byte limit. */
  readonly dropped: number;
  /** Streams that resumed without a gap. */
  readonly replayed: number;
  /** Streams that asked for a past that was gone, or not known. */
  readonly truncated: number;
  /** Heartbeats written. */
  readonly heartbeats: number;
  /** Bytes written. */
  readonly bytes: number;
  /** Errors of hooks and message functions, as `onError` receives them. */
  readonly errors: number;
}

type Count = {
  -readonly [Name in keyof SSEStats as SSEStats[Name] extends number ? Name : never]: number;
};

/** The counters of a manager. */
export class Counters {
  readonly refused: Partial<Record<SSEErrorCode, number>> = {};
  readonly closed: Record<string, number> = {};
  readonly of: Omit<Count, 'connections' | 'channels' | 'historyBytes'> = {
    opened: 0,
    broadcasts: 0,
    sent: 0,
    deferred: 0,
    skipped: 0,
    dropped: 0,
    replayed: 0,
    truncated: 0,
    heartbeats: 0,
    bytes: 0,
    errors: 0,
  };

  refuse(code: SSEErrorCode): void {
    this.refused[code] = (this.refused[code] ?? 0) + 1;
  }

  close(reason: string): void {
    this.closed[reason] = (this.closed[reason] ?? 0) + 1;
  }
}
