import type { RoomDelivery } from './room-house.ts';
import type { KnownFacts } from './room-state.ts';

interface Open {
  readonly event: RoomDelivery;
  /** Facts before the delivery; undefined once a phrase speaks for it. */
  readonly before: KnownFacts | undefined;
  readonly done: () => void;
  readonly fail: (error: unknown) => void;
}

/** Deliveries that a room has taken and is not done with, oldest first. */
export class OpenDeliveries {
  readonly #open = new Map<string, Open>();

  /** Adds a delivery; settles when the room is done with it. */
  add(event: RoomDelivery, before: KnownFacts | undefined): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#open.set(event.payload.deliveryId, { event, before, done: resolve, fail: reject });
    return promise;
  }

  has(deliveryId: string): boolean {
    return this.#open.has(deliveryId);
  }

  event(deliveryId: string): RoomDelivery | undefined {
    return this.#open.get(deliveryId)?.event;
  }

  /** The newest open delivery. */
  get newest(): RoomDelivery | undefined {
    return [...this.#open.values()].at(-1)?.event;
  }

  /** Returns the facts before each delivery that no phrase speaks for yet, except for the given ones. */
  factsBefore(spokenFor: ReadonlySet<string>): readonly KnownFacts[] {
    return [...this.#open].flatMap(([deliveryId, { before }]) =>
      before && !spokenFor.has(deliveryId) ? [before] : [],
    );
  }

  /** Notes that a phrase speaks for a delivery which stays open until the phrase sounds. */
  tell(deliveryId: string): void {
    const open = this.#open.get(deliveryId);
    if (open) this.#open.set(deliveryId, { ...open, before: undefined });
  }

  /** Settles a delivery that the room is done with; returns it. */
  settle(deliveryId: string): RoomDelivery | undefined {
    const open = this.#open.get(deliveryId);
    this.#open.delete(deliveryId);
    open?.done();
    return open?.event;
  }

  fail(deliveryId: string, error: unknown): void {
    const open = this.#open.get(deliveryId);
    this.#open.delete(deliveryId);
    open?.fail(error);
  }

  failAll(error: unknown): void {
    for (const { fail } of this.#open.values()) fail(error);
    this.#open.clear();
  }
}
