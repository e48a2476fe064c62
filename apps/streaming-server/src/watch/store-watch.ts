import type { BusStats, EventBus } from '@bnc/event-bus';
import type { ServerEvents } from '../rooms/events.ts';

/** Time in ms for which a response of the store counts: those who ask more often share it. */
const freshMs = 1000;

/** Time in ms that the store has to respond. */
const patienceMs = 2000;

/** Asks the store how it is, once for everyone who wants to know at the same time. */
export class StoreWatch {
  readonly #bus: EventBus<ServerEvents>;
  #asked: { readonly at: number; readonly answer: Promise<BusStats | undefined> } | undefined;

  constructor(bus: EventBus<ServerEvents>) {
    this.#bus = bus;
  }

  /** Returns the counters of the bus, at most one second old; undefined when the store does not respond within two. */
  stats(): Promise<BusStats | undefined> {
    const now = performance.now();
    if (!this.#asked || now - this.#asked.at > freshMs) this.#asked = { at: now, answer: this.#ask() };
    return this.#asked.answer;
  }

  async #ask(): Promise<BusStats | undefined> {
    const late = Promise.withResolvers<undefined>();
    const timer = setTimeout(late.resolve, patienceMs, undefined);
    try {
      return await Promise.race([this.#bus.stats(), late.promise]);
    } catch {
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }
}
