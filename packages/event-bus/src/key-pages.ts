import type { Page, Stored } from './transport.ts';

/**
 * A page of one key's events, and the places of the events after it. When there are none, `upTo` is the end of the log.
 */
export interface KeyPage extends Page {
  readonly rest: readonly number[];
}

/** Reads the events of a key from a store. */
export interface KeySource {
  /** Walks back from the key's newest event to a place, and reads the oldest events found. */
  first(key: string, after: number, limit: number, maxBytes: number): Promise<KeyPage>;
  /**
   * Reads the events at known places. Some may be gone. The page ends once its payloads have `maxBytes`; `upTo` is the
   * last of the places that it reaches.
   */
  at(places: readonly number[], maxBytes: number): Promise<Page>;
}

/** Most readers whose next places are known, and most places that are known for each. */
const maxReaders = 16;
const maxKnown = 100_000;

interface Known {
  readonly epoch: string;
  readonly places: readonly number[];
}

/**
 * Pages through the events of a key. The events of a key are a chain from the newest back, so finding a page means
 * walking over all events after it. The places that one walk found are remembered for the next pages.
 */
export class KeyPages {
  readonly #source: KeySource;
  /** By key and the place to read after. The entry that was used last is at the end. */
  readonly #known = new Map<string, Known>();

  constructor(source: KeySource) {
    this.#source = source;
  }

  async read(key: string, after: number, limit: number, maxBytes: number): Promise<Page> {
    const name = `${after}:${key}`;
    const known = this.#known.get(name);
    this.#known.delete(name);
    if (known) {
      const wanted = known.places.slice(0, limit);
      const page = await this.#source.at(wanted, maxBytes);
      if (page.epoch === known.epoch) {
        const reached = wanted.filter((place) => place <= page.upTo).length;
        const isCut = page.events.length < reached;
        return this.#page(key, { ...page, isCut }, wanted[reached - 1], known.places.slice(reached));
      }
    }
    const page = await this.#source.first(key, after, limit, maxBytes);
    return this.#page(key, page, page.upTo, page.rest);
  }

  #page(key: string, page: Page, upTo: number = page.last, rest: readonly number[] = []): Page {
    const { epoch, events, first, last, isCut } = page;
    if (rest.length > 0) {
      this.#known.set(`${upTo}:${key}`, { epoch, places: rest.slice(0, maxKnown) });
      const [oldest] = this.#known.keys();
      if (this.#known.size > maxReaders && oldest !== undefined) {
        this.#known.delete(oldest);
      }
    }
    return { epoch, events: events.filter(isOfAll), first, last, upTo, ...(isCut !== undefined && { isCut }) };
  }
}

/** An event that was given back to a group belongs to that group alone. */
function isOfAll(stored: Stored & { readonly only?: string }): boolean {
  return stored.only === undefined;
}
