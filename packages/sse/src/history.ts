import { Entry } from './entry.ts';
import type { HistoryBudget } from './history-budget.ts';
import type { AnyMessage } from './message.ts';
import type { Settings } from './settings.ts';

/** The last messages of a channel, numbered without holes. */
export class History {
  readonly #limits: Settings['history'];
  readonly #budget: HistoryBudget;
  readonly #entries = new Map<number, Entry>();
  readonly #seqOfId = new Map<string, number>();
  /** The newest id is kept longer than its message: a client that missed nothing resumes without a gap. */
  #last: { readonly id: string; readonly seq: number } | undefined;
  #bytes = 0;
  #first = 1;
  #end = 1;
  #isEncoding = false;

  constructor(limits: Settings['history'], budget: HistoryBudget) {
    this.#limits = limits;
    this.#budget = budget;
  }

  /** Number of the oldest message kept; `end` when there is none. */
  get first(): number {
    return this.#first;
  }

  /** Number that the next message will get. */
  get end(): number {
    return this.#end;
  }

  /** The newest message that has an id. */
  get last(): { readonly id: string; readonly seq: number } | undefined {
    return this.#last;
  }

  get(seq: number): Entry | undefined {
    return this.#entries.get(seq);
  }

  /** Number of the newest message with this id, if it is kept or was the last one. */
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
    if (this.#isEncoding) throw new TypeError('A message must not broadcast to its own channel while it is encoded.');
    this.#isEncoding = true;
    let entry: Entry;
    try {
      entry = new Entry(this.#end, id, message, now, (bytes) => this.#count(entry, bytes));
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
    this.#budget.add(entry, this);
    return entry;
  }

  /** Lets go of a message that nobody needs any more: every listener has it, and it is not replayed. */
  release(entry: Entry): void {
    if (this.#entries.get(entry.seq) === entry) this.#delete(entry);
  }

  /** Lets go of the frames of a variant that nobody listens to, where they can be made again. */
  drop(variant: string): void {
    for (const entry of this.#entries.values()) entry.drop(variant);
  }

  /** Drops every message. A client that is behind gets a reset. */
  clear(): void {
    for (const entry of this.#entries.values()) this.#budget.delete(entry);
    this.#entries.clear();
    this.#seqOfId.clear();
    this.#last = undefined;
    this.#bytes = 0;
    this.#first = this.#end;
  }

  /**
   * Drops what is over the limits, oldest first. The newest message with an id does not count: listeners may wait for
   * it.
   */
  trim(now: number): void {
    for (const [seq, entry] of this.#entries) {
      const newestBytes = seq === this.#last?.seq ? entry.bytes : 0;
      const over = this.#bytes - newestBytes > this.#limits.maxBytes || this.#entries.size > this.#limits.maxMessages;
      const old = now - entry.at > this.#limits.maxAgeMs;
      if (!old && (!over || seq === this.#end - 1)) return;
      this.#dropFirst(entry);
    }
  }

  /** Drops the oldest message. */
  shift(): void {
    const [entry] = this.#entries.values();
    if (entry) this.#dropFirst(entry);
  }

  #dropFirst(entry: Entry): void {
    this.#delete(entry);
    this.#first = entry.seq + 1;
  }

  #delete(entry: Entry): void {
    this.#entries.delete(entry.seq);
    // The caller may have given a newer message the same id.
    if (entry.id !== undefined && this.#seqOfId.get(entry.id) === entry.seq) this.#seqOfId.delete(entry.id);
    this.#bytes -= entry.bytes;
    this.#budget.delete(entry);
  }

  /** Counts bytes that were encoded, or let go, after the message was added. */
  #count(entry: Entry, bytes: number): void {
    if (this.#entries.get(entry.seq) !== entry) return;
    this.#bytes += bytes;
    this.#budget.count(bytes);
    if (bytes > 0) this.trim(entry.at);
  }
}
