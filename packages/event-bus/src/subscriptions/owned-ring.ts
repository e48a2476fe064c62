import type { Reference } from '../transport.ts';
import type { KeptKeys } from './kept-keys.ts';
import { type Lane, laneIn, type Part } from './owned-parts.ts';

/** An event that takes a place, which means that it may run now. */
export interface Start {
  readonly lane: Lane;
  readonly reference: Reference;
}

/** Most events to start with one message to the store. */
const maxStarts = 256;
/** Most references to hold for each partition; the rest is read later. */
const maxHeld = 10_000;
/** Share of the places that one key may take, so that a busy key leaves some for the others. */
const keyShare = 3 / 4;

/** The waiting events of an owner's partitions, and which of them starts next: key by key, in the order of the log. */
export class OwnedRing {
  readonly #concurrency: number;
  readonly #maxOfKey: number;
  readonly #keys: KeptKeys;
  /** Keys with waiting events, the next one first. */
  readonly #ring = new Set<Lane>();
  #running = 0;

  constructor(concurrency: number, keys: KeptKeys) {
    this.#concurrency = concurrency;
    this.#maxOfKey = Math.max(1, Math.floor(concurrency * keyShare));
    this.#keys = keys;
  }

  /** Takes references that have come. */
  came(part: Part, references: readonly Reference[]): void {
    for (const reference of references) {
      const lane = laneIn(part, reference);
      lane.waiting.push(reference);
      this.queue(lane);
    }
    part.held += references.length;
    part.isFull ||= part.held >= maxHeld;
  }

  /** How many more references a partition takes. */
  room(part: Part): number {
    const room = maxHeld - part.held;
    part.isFull ||= room <= 0;
    return Math.max(0, room);
  }

  /** Puts a key with waiting events at the end. */
  queue(lane: Lane): void {
    this.#keys.busy(lane);
    if (!lane.losing) {
      this.#ring.add(lane);
    }
  }

  /** Makes an event wait again, before the others of its key. */
  putBack(lane: Lane, reference: Reference): void {
    if (lane.part.state !== 'own') {
      return;
    }
    lane.waiting.unshift(reference);
    lane.part.held++;
    this.queue(lane);
  }

  /**
   * Gives free places to waiting events.
   * @param onRoom - called when a partition that was full takes references again
   */
  take(onRoom: () => void): readonly Start[] {
    const batch: Start[] = [];
    let passed = 0;
    for (const lane of this.#ring) {
      if (this.#running >= this.#concurrency || batch.length >= maxStarts || passed >= this.#ring.size) {
        break;
      }
      this.#ring.delete(lane);
      const isNew = lane.key !== undefined && !lane.owned;
      if (lane.running >= this.#maxOfKey || (isNew && this.#keys.isFull)) {
        this.#ring.add(lane);
        passed++;
        continue;
      }
      const reference = lane.waiting.shift();
      if (!reference) {
        continue;
      }
      passed = 0;
      if (lane.waiting.length > 0) {
        this.#ring.add(lane);
      }
      this.#running++;
      lane.running++;
      lane.open++;
      lane.part.open.add(reference.seq);
      lane.part.held--;
      if (lane.part.isFull && lane.part.held <= maxHeld / 2) {
        lane.part.isFull = false;
        onRoom();
      }
      batch.push({ lane, reference });
    }
    return batch;
  }

  /** Frees a place. */
  free(lane: Lane): void {
    this.#running--;
    lane.running--;
  }

  /** Frees all places of a partition. */
  freeAll(part: Part): void {
    for (const lane of part.lanes.values()) {
      this.#running -= lane.running;
      lane.running = 0;
    }
  }

  /** Forgets what waits in a partition. */
  clear(part: Part): void {
    for (const lane of part.lanes.values()) {
      lane.waiting.length = 0;
      this.#ring.delete(lane);
      this.#keys.delete(lane);
    }
    part.held = 0;
  }
}
