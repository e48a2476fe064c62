/** A map that keeps its newest entries: a key that is set becomes the newest, and the oldest beyond `max` goes. */
export class NewestMap<K, V> {
  readonly #max: number;
  readonly #entries = new Map<K, V>();

  constructor(max: number) {
    this.#max = max;
  }

  get(key: K): V | undefined {
    return this.#entries.get(key);
  }

  /** Sets the value of a key. Returns the entry that was dropped to make room, if any. */
  set(key: K, value: V): readonly [key: K, value: V] | undefined {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    const [oldest] = this.#entries;
    if (this.#entries.size <= this.#max || !oldest) return undefined;
    this.#entries.delete(oldest[0]);
    return oldest;
  }

  values(): Iterable<V> {
    return this.#entries.values();
  }

  clear(): void {
    this.#entries.clear();
  }
}
