import { NewestMap } from './newest-map.ts';

/** GitHub offers deliveries of the last days for redelivery; thirty days are more than that. */
const windowMs = 30 * 24 * 3_600_000;

/** Remembers keys in memory, the newest of them: what dedupes where no `publish` does. */
export class DedupeWindow {
  readonly #seenAt: NewestMap<string, number>;

  constructor(maxKeys: number) {
    this.#seenAt = new NewestMap(maxKeys);
  }

  /** Claims keys for a happening. Answers false, and claims none, when one of them is taken already. */
  claim(keys: readonly string[], now: number): boolean {
    for (const key of keys) {
      const seenAt = this.#seenAt.get(key);
      if (seenAt !== undefined && now - seenAt < windowMs) return false;
    }
    for (const key of keys) this.#seenAt.set(key, now);
    return true;
  }
}
