import type { Stored } from '../transport.ts';

/** Makes an expression for zeros of the same length as a text, so that SQLite writes them in the same place. */
export function zerosAs(column: string): string {
  return `printf('%.*c', length(CAST(${column} AS BLOB)), '0')`;
}

/** A row of `events`, without the columns that only groups need. */
export interface EventRow {
  readonly seq: number;
  readonly version: number;
  readonly topic: string;
  readonly key: string | null;
  readonly payload: string;
  readonly published_at: number;
  readonly origin: number | null;
}

export function storedOf(row: EventRow): Stored {
  return {
    seq: row.seq,
    version: row.version,
    topic: row.topic,
    key: row.key ?? undefined,
    payload: row.payload,
    publishedAt: row.published_at,
    ...(row.origin !== null && { origin: row.origin }),
  };
}
