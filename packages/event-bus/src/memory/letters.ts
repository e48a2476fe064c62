import type { StoredDeadLetter } from '../transport.ts';

interface Kept {
  readonly letter: StoredDeadLetter;
  /** Gives the event back to its group, unless the group has ended. */
  readonly giveBack: () => boolean;
}

/** The dead letters in memory, the oldest first. */
export class MemoryLetters {
  readonly #max: number;
  readonly #kept = new Map<string, Kept>();
  #count = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#kept.size;
  }

  /** Keeps a letter, and returns its id, with the ids of the oldest letters that were dropped for it. */
  add(letter: Omit<StoredDeadLetter, 'id'>, giveBack: () => boolean): { id: string; dropped: readonly string[] } {
    const id = String(++this.#count);
    this.#kept.set(id, { letter: { ...letter, id }, giveBack });
    const dropped: string[] = [];
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= this.#max) {
        break;
      }
      this.#kept.delete(oldest);
      dropped.push(oldest);
    }
    return { id, dropped };
  }

  get(id: string): StoredDeadLetter | undefined {
    return this.#kept.get(id)?.letter;
  }

  list(limit: number, after: string | undefined): readonly StoredDeadLetter[] {
    const letters = [...this.#kept.values()].map(({ letter }) => letter);
    return letters.filter(({ id }) => Number(id) > Number(after ?? 0)).slice(0, limit);
  }

  delete(id: string): boolean {
    return this.#kept.delete(id);
  }

  /** Gives an event back to its group. Returns false when there is no such letter, or no such group any more. */
  retry(id: string): boolean {
    const given = this.#kept.get(id)?.giveBack() ?? false;
    if (given) {
      this.#kept.delete(id);
    }
    return given;
  }

  forget(key: string): void {
    for (const [id, { letter }] of this.#kept) {
      if (letter.event.key === key) {
        this.#kept.delete(id);
      }
    }
  }

  clear(): void {
    this.#kept.clear();
  }
}
