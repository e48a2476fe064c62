import { BusError } from '../errors.ts';
import type { BusEvent } from '../event.ts';
import type { Subscription } from './subscription.ts';

/** Events to loop over. */
export interface EventStream<Event> extends AsyncIterableIterator<Event, undefined>, AsyncDisposable {
  /** As in {@link Subscription}. */
  readonly ready: Promise<void>;
  /** Acknowledges the event before, and returns the next one. */
  next(): Promise<IteratorResult<Event, undefined>>;
  /** Ends the loop: its last event goes back to its group, and the subscription closes. */
  return(): Promise<IteratorResult<Event, undefined>>;
  [Symbol.asyncIterator](): EventStream<Event>;
}

interface Offer {
  readonly event: BusEvent;
  readonly accept: () => void;
  readonly giveBack: (error: BusError) => void;
}

/** Turns a handler into a loop: the loop asks for events, and asking for the next event acknowledges the one before. */
export class LoopedEvents implements EventStream<BusEvent> {
  readonly ready: Promise<void>;
  readonly #subscription: Subscription;
  /** At most `concurrency` offers of the subscription, as each waits for the loop. */
  readonly #offers: Offer[] = [];
  readonly #waiting: ((result: IteratorResult<BusEvent, undefined>) => void)[] = [];
  #current: Offer | undefined;
  #isEnded = false;

  /** `subscribe` connects a handler, and the function to call when the subscription has ended. */
  constructor(subscribe: (handler: (event: BusEvent) => Promise<void>, onEnd: () => void) => Subscription) {
    this.#subscription = subscribe(
      (event) => this.#offer(event),
      () => this.#end(),
    );
    this.ready = this.#subscription.ready;
  }

  async next(): Promise<IteratorResult<BusEvent, undefined>> {
    this.#current?.accept();
    this.#current = undefined;
    const offer = this.#offers.shift();
    if (offer) {
      this.#current = offer;
      return { done: false, value: offer.event };
    }
    if (this.#isEnded) {
      return { done: true, value: undefined };
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Ends the loop. The event that the loop had last is given back. */
  async return(): Promise<IteratorResult<BusEvent, undefined>> {
    const current = this.#current;
    this.#current = undefined;
    const closing = this.#subscription.close();
    current?.giveBack(left());
    this.#end();
    await closing;
    return { done: true, value: undefined };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #offer(event: BusEvent): Promise<void> {
    return new Promise((accept, giveBack) => {
      const offer = { event, accept, giveBack };
      const waiting = this.#waiting.shift();
      if (waiting) {
        this.#current?.accept();
        this.#current = offer;
        waiting({ done: false, value: event });
      } else if (this.#isEnded) {
        giveBack(left());
      } else {
        this.#offers.push(offer);
      }
    });
  }

  /** Gives back the events that the loop has not asked for. The loop may still acknowledge the one that it has. */
  #end(): void {
    this.#isEnded = true;
    for (const { giveBack } of this.#offers.splice(0)) {
      giveBack(left());
    }
    for (const resolve of this.#waiting.splice(0)) {
      resolve({ done: true, value: undefined });
    }
  }
}

function left(): BusError {
  return new BusError('BUS_RETURNED', 'the loop ended before it was done with this event');
}
