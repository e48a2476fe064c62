/** A queue that serves its keys in turn, and the items of each key in order of arrival. No key waits for all items of another one. */
export class FairQueue<Item> {
  readonly #lanes = new Map<string, Item[]>();
  #size = 0;

  /** Items that wait. */
  get size(): number {
    return this.#size;
  }

  /** Adds an item at the end of its key's lane. */
  push(key: string, item: Item): void {
    const lane = this.#lanes.get(key);
    if (lane) lane.push(item);
    else this.#lanes.set(key, [item]);
    this.#size++;
  }

  /** Takes the next item that may be taken; its key goes to the end of the round. */
  shift(mayTake: (item: Item) => boolean = () => true): Item | undefined {
    for (const [key, lane] of this.#lanes) {
      const place = lane.findIndex(mayTake);
      if (place === -1) continue;
      const [item] = lane.splice(place, 1);
      this.#lanes.delete(key);
      if (lane.length > 0) this.#lanes.set(key, lane);
      this.#size--;
      return item;
    }
    return undefined;
  }

  /** Takes an item out, wherever it waits. @returns false when it does not wait. */
  remove(key: string, item: Item): boolean {
    const lane = this.#lanes.get(key);
    const place = lane?.indexOf(item) ?? -1;
    if (!lane || place === -1) return false;
    lane.splice(place, 1);
    if (lane.length === 0) this.#lanes.delete(key);
    this.#size--;
    return true;
  }
}
