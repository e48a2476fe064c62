interface Seen {
  /** Place of the event; 0 while it waits for its time. */
  readonly seq: number;
  /** By the monotonic clock. */
  readonly at: number;
}

/** The dedupe ids that are remembered in memory, the oldest first. */
export class SeenIds {
  readonly #windowMs: number;
  readonly #max: number;
  readonly #seen = new Map<string, Seen>();

  constructor(windowMs: number, max: number) {
    this.#windowMs = windowMs;
    this.#max = max;
  }

  /** Returns the place of the event that had any of the ids. */
  find(ids: readonly string[]): number | undefined {
    for (const id of ids) {
      const seen = this.#seen.get(id);
      if (seen && performance.now() - seen.at < this.#windowMs) {
        return seen.seq;
      }
    }
    return undefined;
  }

  add(ids: readonly string[], seq: number): void {
    if (ids.length === 0) {
      return;
    }
    const at = performance.now();
    for (const id of ids) {
      this.#seen.delete(id);
      this.#seen.set(id, { seq, at });
    }
    for (const [id, seen] of this.#seen) {
      if (this.#seen.size <= this.#max && at - seen.at < this.#windowMs) {
        break;
      }
      this.#seen.delete(id);
    }
  }

  /** Notes the place of an event that has waited for its time. Its ids count from when it was published. */
  place(ids: readonly string[], seq: number): void {
    for (const id of ids) {
      const seen = this.#seen.get(id);
      if (seen) {
        this.#seen.set(id, { ...seen, seq });
      }
    }
  }

  clear(): void {
    this.#seen.clear();
  }
}
