import { bytesOf } from '../envelope.ts';
import { type Entry, envelopeVersion, type Page, type Stored } from '../transport.ts';

/** The log in memory: the newest events, and the places of each key's events. */
export class MemoryLog {
  readonly epoch = newEpoch();
  readonly maxEvents: number;
  readonly #ring: (Stored | undefined)[] = [];
  readonly #keys = new Map<string, number[]>();
  #last = 0;
  #depth = 0;

  constructor(maxEvents: number) {
    this.maxEvents = maxEvents;
  }

  /** Lowest place that is kept. */
  get first(): number {
    return Math.max(1, this.#last - this.maxEvents + 1);
  }

  get last(): number {
    return this.#last;
  }

  /** Number of events that are kept. */
  get depth(): number {
    return this.#depth;
  }

  at(seq: number): Stored | undefined {
    const stored = this.#ring[seq % this.maxEvents];
    return stored?.seq === seq ? stored : undefined;
  }

  /** Stores an entry; once the log is full, in the place of the oldest one. */
  add({ topic, key, payload, publishedAt }: Entry): Stored {
    const seq = ++this.#last;
    const stored = { seq, topic, key, payload, publishedAt, version: envelopeVersion };
    const cut = this.#ring[seq % this.maxEvents];
    if (cut?.key !== undefined) {
      this.#unlink(cut.key);
    }
    this.#depth += cut ? 0 : 1;
    this.#ring[seq % this.maxEvents] = stored;
    if (key !== undefined) {
      const places = this.#keys.get(key);
      if (places) {
        places.push(seq);
      } else {
        this.#keys.set(key, [seq]);
      }
    }
    return stored;
  }

  read(after: number, limit: number, maxBytes: number): Page {
    const { epoch, first, last } = this;
    const events: Stored[] = [];
    let upTo = Math.max(after, first - 1);
    for (let bytes = 0; upTo < last && events.length < limit && bytes < maxBytes; ) {
      const stored = this.at(++upTo);
      if (stored) {
        events.push(stored);
        bytes += bytesOf(stored);
      }
    }
    return { epoch, events, first, last, upTo };
  }

  readKey(key: string, after: number, limit: number, maxBytes: number): Page {
    const { epoch, first, last } = this;
    const places = (this.#keys.get(key) ?? []).filter((seq) => seq > after);
    const events: Stored[] = [];
    for (let bytes = 0; events.length < Math.min(places.length, limit) && bytes < maxBytes; ) {
      const stored = this.at(places[events.length] ?? 0);
      if (!stored) {
        break;
      }
      events.push(stored);
      bytes += bytesOf(stored);
    }
    const upTo = places.length > events.length ? (events.at(-1)?.seq ?? last) : last;
    return { epoch, events, first, last, upTo };
  }

  /** Erases a key. Returns the number of events. */
  forget(key: string): number {
    const places = this.#keys.get(key) ?? [];
    for (const seq of places) {
      this.#ring[seq % this.maxEvents] = undefined;
    }
    this.#depth -= places.length;
    this.#keys.delete(key);
    return places.length;
  }

  clear(): void {
    this.#ring.length = 0;
    this.#keys.clear();
  }

  /** Forgets the oldest place of a key, which was cut from the log. */
  #unlink(key: string): void {
    const places = this.#keys.get(key);
    places?.shift();
    if (places?.length === 0) {
      this.#keys.delete(key);
    }
  }
}

/** Makes a name for a log that no other log has. */
export function newEpoch(): string {
  return crypto.randomUUID().slice(0, 8);
}
