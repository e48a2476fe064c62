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
  readonly #onFull: () => void;
  #isFull = false;
  readonly #seen = new Map<string, Seen>();

  /** `onFull` is called once, when an id is forgotten before the window has passed. */
  constructor(windowMs: number, max: number, onFull: () => void) {
    this.#windowMs = windowMs;
    this.#max = max;
    this.#onFull = onFull;
  }

  /** Returns the place of the event that had one of the ids; undefined when none is remembered. */
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
      const isOld = at - seen.at >= this.#windowMs;
      if (this.#seen.size <= this.#max && !isOld) {
        break;
      }
      this.#seen.delete(id);
      if (!isOld && !this.#isFull) {
        this.#isFull = true;
        this.#onFull();
      }
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
