import { startTimer, type Timer } from '../timer.ts';
import type { RedisLog } from './log.ts';
import type { RedisPublisher } from './publisher.ts';

/** Processes that wait for the same time look at different moments within this, in milliseconds. */
const spreadMs = 50;
const retryMs = 1_000;

/**
 * Gives delayed entries in Redis their place in the log when they are due. Any process may do it, and one of them does.
 * Processes that listen learn of the entries of others from what they read anyway, and nothing is sent while nothing
 * waits.
 */
export class RedisDelayed {
  readonly #log: RedisLog;
  readonly #publisher: RedisPublisher;
  #timer: Timer | undefined;
  #lookAt = Number.POSITIVE_INFINITY;
  #isStopped = false;

  constructor(log: RedisLog, publisher: RedisPublisher) {
    this.#log = log;
    this.#publisher = publisher;
    this.#wait(Math.random() * spreadMs);
  }

  /** Looks again when an entry is due. */
  lookAt(dueAt: number): void {
    this.#wait(dueAt - Date.now() + Math.random() * spreadMs);
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.stop();
  }

  #wait(ms: number): void {
    const at = performance.now() + Math.max(0, ms);
    if (this.#isStopped || at >= this.#lookAt) return;
    this.#timer?.stop();
    this.#lookAt = at;
    this.#timer = startTimer(Math.max(0, ms), () => void this.#look());
  }

  async #look(): Promise<void> {
    this.#lookAt = Number.POSITIVE_INFINITY;
    try {
      // Time until the next one is due, 0 when more are due now, or nothing.
      const left = (await this.#log.script('release', this.#publisher.releaseArgs())) as number | null;
      if (left !== null) this.#wait(left === 0 ? 0 : left + Math.random() * spreadMs);
    } catch {
      // Requests of the bus itself report a lost connection.
      this.#wait(retryMs);
    }
  }
}
