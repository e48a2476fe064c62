import type { FastifyBaseLogger } from 'fastify';

/** A phrase, and the deliveries that it speaks for. */
export interface JournalPhrase {
  readonly phraseId: string;
  readonly deliveryIds: readonly string[];
}

/**
 * One line for each step of a delivery from the webhook to its listeners. Each names the delivery, so that looking for
 * one id in the logs of all servers tells what became of it. Lines hold ids, event names and numbers only.
 */
export class Journal {
  readonly #log: FastifyBaseLogger;

  constructor(log: FastifyBaseLogger) {
    this.#log = log;
  }

  /** The sender is verified. */
  received(deliveryId: string, event: string): void {
    this.#log.info({ deliveryId, event }, 'delivery received');
  }

  /** The delivery is on disk or in Redis, or was there already. */
  stored(deliveryId: string, { id, duplicate }: { readonly id: string; readonly duplicate: boolean }): void {
    this.#log.info({ deliveryId, eventId: id, duplicate }, 'delivery stored');
  }

  /** The room has decided what it plays, or that it plays nothing. */
  composed({ phraseId, deliveryIds }: JournalPhrase, isPlayed: boolean): void {
    this.#log.info({ phraseId, deliveryIds, isPlayed }, 'phrase composed');
  }

  /** What the room decided is in the log, and its deliveries are done. */
  published({ phraseId, deliveryIds }: JournalPhrase, eventId: string): void {
    this.#log.info({ phraseId, deliveryIds, eventId }, 'phrase published');
  }

  /** The clips of a phrase are ready. */
  rendered({ phraseId, deliveryIds }: JournalPhrase, ms: number): void {
    this.#log.info({ phraseId, deliveryIds, ms: Math.round(ms) }, 'phrase rendered');
  }

  /** A phrase was handed to the streams of this server. */
  delivered(
    { phraseId, deliveryIds }: JournalPhrase,
    sent: { readonly listeners: number; readonly leadMs: number },
  ): void {
    this.#log.info({ phraseId, deliveryIds, ...sent }, 'phrase delivered');
  }
}
