import type { Entry } from './entry.ts';
import type { History } from './history.ts';

/** What all channels keep together, in the order in which it was stored. */
export class HistoryBudget {
  readonly #maxBytes: number;
  readonly #kept = new Map<Entry, History>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(entry: Entry, history: History): void {
    this.#kept.set(entry, history);
    this.count(entry.bytes);
  }

  delete(entry: Entry): void {
    if (this.#kept.delete(entry)) this.#bytes -= entry.bytes;
  }

  /** Counts bytes, and drops the oldest messages where they are too many. The newest stays whatever its size. */
  count(bytes: number): void {
    this.#bytes += bytes;
    for (const history of this.#kept.values()) {
      if (this.#bytes <= this.#maxBytes || this.#kept.size === 1) return;
      history.shift();
    }
  }
}
