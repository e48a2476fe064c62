import { encodeEvent } from './encode.ts';
import type { AnyMessage } from './message.ts';

/** Bounds of what a channel keeps for replay. The newest message is kept whatever its size. */
export interface HistoryLimits {
  /** Encoded bytes a channel keeps. Default 16 MiB. */
  readonly maxBytes: number;
  /** Messages a channel keeps. Default 1,000. */
  readonly maxMessages: number;
  /** Age in ms after which a message is gone. Default 300,000 (5 minutes). */
  readonly maxAgeMs: number;
}

/** One message of a channel: encoded once per variant, the same bytes for everyone. */
export class Entry {
  readonly seq: number;
  /** Absent for a message that is not replayed. */
  readonly id: string | undefined;
  /** Monotonic ms. */
  readonly at: number;
  readonly #message: AnyMessage;
  readonly #frames = new Map<string, Buffer | undefined>();
  readonly #onEncoded: (bytes: number) => void;
  #bytes = 0;

  constructor(
    seq: number,
    id: string | undefined,
    message: AnyMessage,
    at: number,
    onEncoded: (bytes: number) => void,
  ) {
    this.seq = seq;
    this.id = id;
    this.at = at;
    this.#message = message;
    this.#onEncoded = onEncoded;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The bytes for a variant; `undefined` when it gets nothing. */
  frame(variant: string): Buffer | undefined {
    const { data, event, retry } = this.#message;
    const key = typeof data === 'function' ? variant : '';
    const known = this.#frames.get(key);
    if (known !== undefined || this.#frames.has(key)) return known;
    const made: unknown = typeof data === 'function' ? (data as (variant: string) => unknown)(variant) : data;
    const frame = made === undefined ? undefined : encodeEvent({ data: made, event, id: this.id, retry });
    this.#frames.set(key, frame);
    this.#bytes += frame?.length ?? 0;
    this.#onEncoded(frame?.length ?? 0);
    return frame;
  }
}

/** The last messages of a channel, numbered without holes. */
export class History {
  readonly #limits: HistoryLimits;
  readonly #entries = new Map<number, Entry>();
  readonly #seqOfId = new Map<string, number>();
  /** The newest id outlives its message, so that a client that missed nothing is told so. */
  #last: { readonly id: string; readonly seq: number } | undefined;
  #bytes = 0;
  #first = 1;
  #end = 1;
  #isEncoding = false;

  constructor(limits: HistoryLimits) {
    this.#limits = limits;
  }

  /** Number of the oldest message kept; `end` when there is none. */
  get first(): number {
    return this.#first;
  }

  /** Number that the next message will get. */
  get end(): number {
    return this.#end;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(seq: number): Entry | undefined {
    return this.#entries.get(seq);
  }

  /** Number of the message with this id, if it is kept or was the last one. */
  seqOf(id: string): number | undefined {
    return this.#seqOfId.get(id) ?? (this.#last?.id === id ? this.#last.seq : undefined);
  }

  /** Adds a message. Nothing changes when encoding throws. */
  append(message: AnyMessage, id: string | undefined, variants: Iterable<string>, now: number): Entry {
    const entry: Entry = new Entry(this.#end, id, message, now, (bytes) => {
      if (this.#entries.get(entry.seq) === entry) this.#bytes += bytes;
    });
    if (this.#isEncoding) throw new TypeError('A message function must not broadcast to its own channel.');
    this.#isEncoding = true;
    try {
      for (const variant of variants) entry.frame(variant);
    } finally {
      this.#isEncoding = false;
    }
    this.#entries.set(entry.seq, entry);
    if (id !== undefined) {
      this.#seqOfId.set(id, entry.seq);
      this.#last = { id, seq: entry.seq };
    }
    this.#end++;
    this.#bytes += entry.bytes;
    this.trim(now);
    return entry;
  }

  /** Drops all of it. Who is behind is told that something is missing. */
  clear(): void {
    this.#entries.clear();
    this.#seqOfId.clear();
    this.#last = undefined;
    this.#bytes = 0;
    this.#first = this.#end;
  }

  /** Drops what is over the limits, oldest first. */
  trim(now: number): void {
    for (const [seq, entry] of this.#entries) {
      const over = this.#bytes > this.#limits.maxBytes || this.#entries.size > this.#limits.maxMessages;
      const old = now - entry.at > this.#limits.maxAgeMs;
      if (!old && (!over || seq === this.#end - 1)) return;
      this.#entries.delete(seq);
      if (entry.id !== undefined) this.#seqOfId.delete(entry.id);
      this.#bytes -= entry.bytes;
      this.#first = seq + 1;
    }
  }
}
