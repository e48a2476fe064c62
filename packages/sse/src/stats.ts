import type { SSEErrorCode } from './errors.ts';

/** Counters since the manager was made; `connections`, `channels` and `historyBytes` are of now. */
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
  /** Calls of `broadcast`. */
  readonly broadcasts: number;
  /** Messages written at once to a listener. */
  readonly sent: number;
  /** Messages that had to wait for a slow listener. */
  readonly deferred: number;
  /** Messages left out for slow listeners. */
  readonly skipped: number;
  /** Messages of `send` dropped at the byte limit. */
  readonly dropped: number;
  /** Streams that went on without a gap. */
  readonly replayed: number;
  /** Streams whose past was gone, or not known. */
  readonly truncated: number;
  /** Heartbeats written. */
  readonly heartbeats: number;
  /** Bytes written. */
  readonly bytes: number;
  /** Exceptions of hooks and message functions. */
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
