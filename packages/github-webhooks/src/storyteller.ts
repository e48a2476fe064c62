import type { EpochMs, GitHubDelivery } from '@bnc/contracts';
import type { RepositoryFacts } from './facts/facts.ts';
import { type Heard, hear } from './facts/hear.ts';
import { NewestMap } from './newest-map.ts';

/** Settings of a {@link Storyteller}. */
export interface StorytellerOptions {
  /** Called with the result of each delivery, and with what becomes certain later. */
  onHeard(heard: Heard, repositoryId: number): void;
  /** Most repositories whose facts are kept in memory; the one quiet for longest goes first. Default 1,000. */
  readonly maxRepositories?: number;
  /** Returns the time in epoch milliseconds. Default `Date.now`. */
  now?(): EpochMs;
}

interface Kept {
  readonly facts: RepositoryFacts;
  readonly timer?: NodeJS.Timeout;
}

/** Longest delay that a timer accepts. */
const maxTimerMs = 2 ** 31 - 1;

/** Keeps the facts of many repositories in memory, and calls {@link hear} with each delivery and when facts are due. */
export class Storyteller {
  readonly #options: StorytellerOptions;
  readonly #now: () => EpochMs;
  readonly #repositories: NewestMap<number, Kept>;

  constructor(options: StorytellerOptions) {
    this.#options = options;
    this.#repositories = new NewestMap(options.maxRepositories ?? 1000);
    this.#now = options.now ?? Date.now;
  }

  /**
   * Turns a delivery into activities.
   * @param at - when the delivery arrived, in epoch milliseconds. Default: now
   */
  hear(delivery: GitHubDelivery, at: EpochMs = this.#now()): Heard {
    return this.#hear(delivery.repositoryId, delivery, at);
  }

  /** Forgets everything and stops calling `onHeard`. */
  close(): void {
    for (const { timer } of this.#repositories.values()) clearTimeout(timer);
    this.#repositories.clear();
  }

  #hear(repositoryId: number, delivery: GitHubDelivery | undefined, at: EpochMs): Heard {
    const kept = this.#repositories.get(repositoryId);
    clearTimeout(kept?.timer);
    const heard = hear(kept?.facts, delivery, at);
    this.#keep(repositoryId, heard.facts);
    this.#options.onHeard(heard, repositoryId);
    return heard;
  }

  #keep(repositoryId: number, facts: RepositoryFacts): void {
    const { due } = facts;
    // Facts of the past, from a log that is read again, are due as soon as the log has been read.
    const waitMs = due === undefined ? undefined : Math.min(Math.max(0, due - this.#now()), maxTimerMs);
    const timer =
      waitMs === undefined
        ? undefined
        : setTimeout(() => this.#hear(repositoryId, undefined, this.#now()), waitMs).unref();
    const quietest = this.#repositories.set(repositoryId, { facts, ...(timer && { timer }) });
    if (!quietest) return;
    const [forgotten, { facts: last, timer: waits }] = quietest;
    clearTimeout(waits);
    // Report what it was waiting for, so that nothing gets lost.
    if (last.due !== undefined) this.#options.onHeard(hear(last, undefined, Number.MAX_SAFE_INTEGER), forgotten);
  }
}
