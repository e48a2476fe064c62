/** Places for work that takes long: a few for all, and fewer for each client. */
export class Slots {
  readonly #max: number;
  readonly #maxEach: number;
  readonly #taken = new Map<string, number>();
  #count = 0;

  constructor({ max, maxEach }: { readonly max: number; readonly maxEach: number }) {
    this.#max = max;
    this.#maxEach = maxEach;
  }

  /**
   * Takes a place for a client; returns a function that gives it back (twice is harmless), or undefined if none is
   * free.
   */
  take(client: string): (() => void) | undefined {
    const own = this.#taken.get(client) ?? 0;
    if (this.#count >= this.#max || own >= this.#maxEach) return undefined;
    this.#count++;
    this.#taken.set(client, own + 1);
    let isTaken = true;
    return () => {
      if (!isTaken) return;
      isTaken = false;
      this.#count--;
      const left = (this.#taken.get(client) ?? 1) - 1;
      if (left > 0) this.#taken.set(client, left);
      else this.#taken.delete(client);
    };
  }
}
