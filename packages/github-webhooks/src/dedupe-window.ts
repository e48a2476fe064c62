import { NewestMap } from './newest-map.ts';

/** GitHub redelivers what it sent in the last few days; thirty days cover that. */
const windowMs = 30 * 24 * 3_600_000;

/** Remembers the newest keys in memory: finds duplicates for a receiver without `publish`. */
export class DedupeWindow {
  readonly #seenAt: NewestMap<string, number>;

  constructor(maxKeys: number) {
    this.#seenAt = new NewestMap(maxKeys);
  }

  /** Claims the keys of one delivery. Returns false, and claims none of them, when one of them is taken already. */
  claim(keys: readonly string[], now: number): boolean {
    for (const key of keys) {
      const seenAt = this.#seenAt.get(key);
      if (seenAt !== undefined && now - seenAt < windowMs) return false;
    }
    for (const key of keys) this.#seenAt.set(key, now);
    return true;
  }
}
