import type { EpochMs, GitHubDelivery } from '@bnc/contracts';
import type { RepositoryFacts } from './facts/facts.ts';
import { type Heard, hear } from './facts/hear.ts';
import { NewestMap } from './newest-map.ts';

/** Settings of a {@link Storyteller}. */
export interface StorytellerOptions {
  /** Called with what came of each delivery, and of time that passed. */
  onHeard(heard: Heard, repositoryId: number): void;
  /** Repositories whose facts are kept in memory; the one that has been quiet longest is forgotten. Default 1,000. */
  readonly maxRepositories?: number;
  /** The clock. Default `Date.now`. */
  now?(): EpochMs;
}

interface Kept {
  readonly facts: RepositoryFacts;
  readonly timer?: NodeJS.Timeout;
}

/** Longest time that a timer takes. */
const maxTimerMs = 2 ** 31 - 1;

/** Keeps the facts of many repositories in memory, and hears what time brings when it is due. */
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
   * Hears a delivery.
   * @param at - when it came. Default: now
   */
  hear(delivery: GitHubDelivery, at: EpochMs = this.#now()): Heard {
    return this.#hear(delivery.repositoryId, delivery, at);
  }

  /** Forgets everything, and tells no more. */
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
    // Facts of the past, as a log tells them again, are due as soon as the log has been read.
    const waitMs = due === undefined ? undefined : Math.min(Math.max(0, due - this.#now()), maxTimerMs);
    const timer =
      waitMs === undefined
        ? undefined
        : setTimeout(() => this.#hear(repositoryId, undefined, this.#now()), waitMs).unref();
    const quietest = this.#repositories.set(repositoryId, { facts, ...(timer && { timer }) });
    if (!quietest) return;
    const [forgotten, { facts: last, timer: waits }] = quietest;
    clearTimeout(waits);
    // What it waited for does not get lost.
    if (last.due !== undefined) this.#options.onHeard(hear(last, undefined, Number.MAX_SAFE_INTEGER), forgotten);
  }
}
