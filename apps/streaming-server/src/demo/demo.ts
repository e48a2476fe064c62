import { type DemoDelivery, demoDeliveries } from './recorded-deliveries.ts';

/** Sends a delivery through the webhook route; answers when it has been taken. */
export type SendDelivery = (delivery: DemoDelivery) => Promise<void>;

/** Plays the demo while somebody listens: the first delivery at once, then one every `intervalMs`. */
export class Demo {
  readonly #send: SendDelivery;
  readonly #intervalMs: number;
  readonly #onError: (error: unknown) => void;
  readonly #deliveries = demoDeliveries();
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(
    send: SendDelivery,
    { intervalMs = 9000, onError }: { intervalMs?: number; onError(error: unknown): void },
  ) {
    this.#send = send;
    this.#intervalMs = intervalMs;
    this.#onError = onError;
  }

  /** Starts the clock; does nothing while it runs. */
  start(): void {
    if (this.#timer) return;
    this.#timer = setInterval(() => this.#next(), this.#intervalMs);
    this.#next();
  }

  /** Stops the clock; the next start goes on where the turn stands. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #next(): void {
    this.#send(this.#deliveries.next().value).catch((error: unknown) => this.#onError(error));
  }
}
