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

/** The frame of a message whose data is a promise that has not settled. */
export class PendingFrame {
  /** Settles, never rejects: false when the data could not be made. */
  readonly settled: Promise<boolean>;
  /** Why it could not be made; taken by the first who reports it. */
  error: unknown;

  constructor(data: Promise<unknown>, onData: (data: unknown) => void, onFailed: () => void) {
    this.settled = data.then(onData).then(
      () => true,
      (error: unknown) => {
        this.error = error ?? new Error('The data of a message could not be made.');
        onFailed();
        return false;
      },
    );
  }
}

/** What an entry has for a variant: its bytes, nothing, or bytes that are being made. */
type Frame = Buffer | PendingFrame | undefined;

/** One message of a channel: encoded once per variant, the same bytes for everyone. */
export class Entry {
  readonly seq: number;
  /** Absent for a message that is not replayed. */
  readonly id: string | undefined;
  /** Monotonic ms. */
  readonly at: number;
  readonly #message: AnyMessage;
  readonly #frames = new Map<string, Frame>();
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

  /** The frame of a variant; `undefined` when the variant gets nothing. */
  frame(variant: string): Frame {
    const { data } = this.#message;
    const key = typeof data === 'function' ? variant : '';
    const known = this.#frames.get(key);
    if (known !== undefined || this.#frames.has(key)) return known;
    const made: unknown = typeof data === 'function' ? (data as (variant: string) => unknown)(variant) : data;
    if (!(made instanceof Promise)) return this.#keep(key, made);
    const pending: PendingFrame = new PendingFrame(
      made,
      (settled) => {
        if (this.#frames.get(key) === pending) this.#keep(key, settled);
      },
      // The next connection that needs the frame tries again.
      () => {
        if (this.#frames.get(key) === pending) this.#frames.delete(key);
      },
    );
    this.#frames.set(key, pending);
    return pending;
  }

  /** Lets go of the frame of a variant where it can be made again. */
  drop(variant: string): void {
    if (typeof this.#message.data !== 'function') return;
    const frame = this.#frames.get(variant);
    this.#frames.delete(variant);
    if (frame instanceof Buffer) this.#count(-frame.length);
  }

  #keep(key: string, data: unknown): Buffer | undefined {
    const { event, retry } = this.#message;
    const frame = data === undefined ? undefined : encodeEvent({ data, event, id: this.id, retry });
    this.#frames.set(key, frame);
    this.#count(frame?.length ?? 0);
    return frame;
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    this.#onEncoded(bytes);
  }
}

/** The last messages of a channel, numbered without holes. */
export class History {
  readonly #limits: HistoryLimits;
  readonly #entries = new Map<number, Entry>();
  readonly #seqOfId = new Map<string, number>();
  /** The newest id is kept longer than its message: a client that missed nothing resumes without a gap. */
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

  /** Number of the newest message that has an id; `end` when none is kept. */
  get newest(): number {
    const seq = this.#last?.seq ?? this.#end;
    return seq >= this.#first ? seq : this.#end;
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

  /** Lets go of a message that nobody needs any more: every listener has it, and it is not replayed. */
  release(entry: Entry): void {
    if (this.#entries.delete(entry.seq)) this.#bytes -= entry.bytes;
  }

  /** Lets go of the frames of a variant that nobody listens to, where they can be made again. */
  drop(variant: string): void {
    for (const entry of this.#entries.values()) entry.drop(variant);
  }

  /** Drops every message. A client that is behind gets a reset. */
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
