import type { GitHubActivity, GitHubDelivery } from '@bnc/contracts';
import type { BusEvent } from '@bnc/event-bus';
import { type Heard, Storyteller } from '@bnc/github-webhooks';

/** Repositories whose facts are kept. */
const maxRepositories = 2000;

/** Deliveries of which is remembered what they tell: each is asked for soon, and again where telling it failed or another server held it. */
const maxTold = 20_000;

/** Longest time between taking a delivery and hearing it: both come from one log. */
const maxLagMs = 30_000;

type Told = GitHubActivity | undefined;

/**
 * Hears every delivery of the log in its order, on every server, so that each knows all facts of a repository; and knows
 * of each delivery what it tells. Most tell at once. Some wait for others, and tell with them, or nothing.
 */
export class Stories {
  readonly #storyteller: Storyteller;
  /** What deliveries tell, newest last; undefined for those that are told with another, or are no news. */
  readonly #told = new Map<string, Told>();
  /** Those who ask for what is not certain yet. */
  readonly #asked = new Map<string, (told: Told) => void>();
  /** Deliveries that have been heard and are not certain yet, by repository. */
  readonly #open = new Map<number, Set<string>>();

  constructor(now: () => number = Date.now) {
    this.#storyteller = new Storyteller({
      maxRepositories,
      now,
      onHeard: (heard, repositoryId) => this.#settle(heard, repositoryId),
    });
  }

  /** Hears a delivery: each once, in the order of the log. */
  hear({ payload, publishedAt }: Pick<BusEvent<string, GitHubDelivery>, 'payload' | 'publishedAt'>): void {
    const { deliveryId, repositoryId } = payload;
    const open = this.#open.get(repositoryId) ?? new Set();
    this.#open.set(repositoryId, open.add(deliveryId));
    this.#storyteller.hear(payload, publishedAt);
  }

  /** Says what a delivery tells, when it is certain. Rejects when the delivery is not heard within 30 s. */
  async of({ deliveryId, repositoryId }: Pick<GitHubDelivery, 'deliveryId' | 'repositoryId'>): Promise<Told> {
    if (this.#told.has(deliveryId)) return this.#told.get(deliveryId);
    const { promise, resolve, reject } = Promise.withResolvers<Told>();
    this.#asked.set(deliveryId, resolve);
    const late = setTimeout(() => {
      if (this.#open.get(repositoryId)?.has(deliveryId)) return;
      this.#asked.delete(deliveryId);
      reject(new Error(`Delivery ${deliveryId} is in the log and was not heard within ${maxLagMs / 1000} s.`));
    }, maxLagMs).unref();
    try {
      return await promise;
    } finally {
      clearTimeout(late);
    }
  }

  /** Forgets everything. */
  close(): void {
    this.#storyteller.close();
  }

  #settle({ activities, facts }: Heard, repositoryId: number): void {
    for (const activity of activities) this.#tell(repositoryId, activity.deliveryId, activity);
    const waiting = new Set([
      ...facts.waiting.map(({ delivery }) => delivery.deliveryId),
      ...facts.commits.flatMap(([, { last }]) => (last ? [last.deliveryId] : [])),
    ]);
    for (const deliveryId of this.#open.get(repositoryId) ?? []) {
      if (!waiting.has(deliveryId)) this.#tell(repositoryId, deliveryId, undefined);
    }
  }

  #tell(repositoryId: number, deliveryId: string, told: Told): void {
    this.#told.set(deliveryId, told);
    const [oldest] = this.#told.keys();
    if (this.#told.size > maxTold && oldest !== undefined) this.#told.delete(oldest);
    this.#asked.get(deliveryId)?.(told);
    this.#asked.delete(deliveryId);
    const open = this.#open.get(repositoryId);
    open?.delete(deliveryId);
    if (open?.size === 0) this.#open.delete(repositoryId);
  }
}
