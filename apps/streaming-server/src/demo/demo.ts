import { signWebhook } from '@bnc/github-webhooks';
import type { FastifyInstance } from 'fastify';
import { lower } from '../rooms/names.ts';
import { type DemoDelivery, RecordedDeliveries } from './recorded-deliveries.ts';
import { demoRepoId, type SceneName } from './scenes.ts';

/** Sends a delivery through the webhook route; settles when it has been accepted. */
export type SendDelivery = (delivery: DemoDelivery) => Promise<unknown>;

/** Sends deliveries to the app's own webhook route, signed as GitHub does. */
export function sendTo(app: FastifyInstance, secret: string): SendDelivery {
  return async ({ event, deliveryId, body }) => {
    const response = await app.inject({
      method: 'POST',
      url: '/webhooks/github',
      headers: {
        'content-type': 'application/json',
        'x-github-event': event,
        'x-github-delivery': deliveryId,
        'x-hub-signature-256': signWebhook(secret, body),
      },
      payload: body,
    });
    if (response.statusCode !== 202) throw new Error(`the demo's ${event} was refused: ${response.body}`);
  };
}

/** Plays the demo while its room has a listener: the first delivery at once, then one every `intervalMs` (9,000). */
export class Demo {
  readonly #send: SendDelivery;
  readonly #intervalMs: number;
  readonly #onError: (error: unknown) => void;
  readonly #deliveries = new RecordedDeliveries();
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(
    send: SendDelivery,
    { intervalMs = 9000, onError }: { intervalMs?: number; onError(error: unknown): void },
  ) {
    this.#send = send;
    this.#intervalMs = intervalMs;
    this.#onError = onError;
  }

  /** Starts when its room has a listener, and stops when it has none; ignores other rooms. */
  hear(channel: string, isHeard: boolean): void {
    if (channel !== lower(demoRepoId)) return;
    if (isHeard) this.start();
    else this.stop();
  }

  /** Starts the clock; does nothing while it runs. */
  start(): void {
    if (this.#timer) return;
    this.#timer = setInterval(() => this.#next(), this.#intervalMs);
    this.#next();
  }

  /** Stops the clock; the next start goes on with the next delivery. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Makes one thing happen now; returns the id of its delivery. */
  async play(name: SceneName): Promise<string> {
    const delivery = this.#deliveries.make(name);
    await this.#send(delivery);
    return delivery.deliveryId;
  }

  #next(): void {
    this.#send(this.#deliveries.next()).catch((error: unknown) => this.#onError(error));
  }
}
