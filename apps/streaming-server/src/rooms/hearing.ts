import type { EpochMs, GitHubActivity, GitHubDelivery } from '@bnc/contracts';
import type { BusEvent } from '@bnc/event-bus';
import { hear, openFacts, type RepositoryFacts } from '@bnc/github-webhooks';
import { idBefore, isAfter } from './event-order.ts';
import { NewestMap } from './newest-map.ts';
import type { KnownFacts } from './room-state.ts';

/** A delivery as the bus brings it. */
export type DeliveryEvent = Pick<BusEvent<string, GitHubDelivery>, 'id' | 'payload' | 'publishedAt'>;

/** What has become certain about deliveries. */
export interface Certain {
  /** What gets a phrase. */
  readonly activities: readonly GitHubActivity[];
  /** Ids of deliveries that say nothing new, or become part of another's activity. */
  readonly silent: readonly string[];
}

/** Most deliveries whose activities are remembered until a phrase speaks for them. */
const maxTold = 5_000;

/**
 * Most bytes of facts in a state, as JSON: the bus takes 1 MiB, and a room of many repositories knows more than that.
 */
const maxFactsBytes = 640 * 1024;

const sizes = new WeakMap<RepositoryFacts, number>();

/**
 * Hears the deliveries of a room's repositories, each once, and knows what each delivery means. For most deliveries
 * that is certain at once; for some, only later deliveries or time make it certain.
 */
export class Hearing {
  /** The facts that this owner began with. */
  readonly #former: ReadonlyMap<number, KnownFacts>;
  readonly #known: Map<number, KnownFacts>;
  /** Id of the newest delivery, of any repository. */
  #newest: string | undefined;
  /** Id of the last delivery that was recalled, while recalled deliveries may still arrive again. */
  #recalled: string | undefined;
  readonly #told = new NewestMap<string, GitHubActivity>(maxTold);
  /** Ids of deliveries that were heard and are not certain yet, by repository. */
  readonly #uncertain = new Map<number, Set<string>>();

  constructor(known: readonly KnownFacts[]) {
    this.#former = new Map(known.map((one) => [one.repositoryId, one]));
    this.#known = new Map(this.#former);
  }

  /** When time alone makes something certain; undefined for never. */
  get due(): EpochMs | undefined {
    let first: EpochMs | undefined;
    for (const { facts } of this.#known.values()) {
      if (facts.due !== undefined) first = Math.min(first ?? facts.due, facts.due);
    }
    return first;
  }

  /** Returns the current name of a repository. */
  nameOf({ repositoryId, repoId }: Pick<GitHubDelivery, 'repositoryId' | 'repoId'>): string {
    return this.#known.get(repositoryId)?.facts.name || repoId;
  }

  /** Returns the facts before a delivery: the next owner begins with them while the delivery is open. */
  before({ id, payload: { repositoryId } }: DeliveryEvent): KnownFacts {
    const known = this.#known.get(repositoryId);
    if (known && isAfter(id, known.heardUpTo)) return known;
    return this.#former.get(repositoryId) ?? { repositoryId, heardUpTo: idBefore(id), facts: openFacts() };
  }

  /** Hears a past delivery. It arrives again if it is still open. */
  recall(event: DeliveryEvent): void {
    this.#recalled = event.id;
    this.#listen(event);
  }

  /**
   * Hears a delivery, unless it has been heard; returns what has become certain with it, of itself too.
   * @param isOpen - tells whether a delivery has come and no phrase speaks for it yet
   */
  hear(event: DeliveryEvent, isOpen: (deliveryId: string) => boolean): Certain {
    // They come in the order of the log: nothing recalled is still to come, and a phrase speaks for what is not open.
    if (this.#recalled !== undefined && !isAfter(this.#recalled, event.id)) {
      this.#recalled = undefined;
      for (const deliveryId of this.#told.keys()) if (!isOpen(deliveryId)) this.#told.delete(deliveryId);
    }
    return this.#listen(event);
  }

  #listen(event: DeliveryEvent): Certain {
    const { id, payload: delivery, publishedAt } = event;
    const { deliveryId, repositoryId } = delivery;
    if (this.#newest === undefined || isAfter(id, this.#newest)) this.#newest = id;
    const known = this.#known.get(repositoryId);
    if (known && !isAfter(id, known.heardUpTo)) {
      const activity = this.#told.get(deliveryId);
      if (activity) return { activities: [activity], silent: [] };
      return { activities: [], silent: this.#uncertain.get(repositoryId)?.has(deliveryId) ? [] : [deliveryId] };
    }
    const uncertain = this.#uncertain.get(repositoryId) ?? new Set();
    this.#uncertain.set(repositoryId, uncertain.add(deliveryId));
    return this.#hear(repositoryId, delivery, publishedAt, id);
  }

  /** Lets time pass; returns what has become certain. */
  pass(now: EpochMs): Certain {
    const all = [...this.#known]
      .filter(([, { facts }]) => facts.due !== undefined && facts.due <= now)
      .map(([repositoryId, { heardUpTo }]) => this.#hear(repositoryId, undefined, now, heardUpTo));
    return {
      activities: all.flatMap(({ activities }) => activities),
      silent: all.flatMap(({ silent }) => silent),
    };
  }

  /** Forgets the activity of a delivery that a phrase speaks for. */
  settle(deliveryId: string): void {
    this.#told.delete(deliveryId);
  }

  /**
   * Returns the facts of all repositories, the one heard last at the end. Where `earlier` has older facts of a
   * repository, those count. Beyond 640 KiB, the facts of the repositories heard least recently are left out.
   */
  known(earlier: Iterable<KnownFacts>): readonly KnownFacts[] {
    // An owner who began with what is recalled would take those that are still to come for settled.
    const all = new Map(this.#recalled === undefined ? this.#known : this.#former);
    // All deliveries up to the newest were heard: a quiet repository does not make the next owner read the whole log.
    if (this.#recalled === undefined && this.#newest !== undefined) {
      for (const [repositoryId, one] of all) all.set(repositoryId, { ...one, heardUpTo: this.#newest });
    }
    for (const one of earlier) {
      const known = all.get(one.repositoryId);
      if (!known || isAfter(known.heardUpTo, one.heardUpTo)) all.set(one.repositoryId, one);
    }
    const fitting: KnownFacts[] = [];
    let bytes = 0;
    for (const one of [...all.values()].toReversed()) {
      bytes += sizeOf(one.facts);
      if (bytes > maxFactsBytes) break;
      fitting.push(one);
    }
    return fitting.toReversed();
  }

  #hear(repositoryId: number, delivery: GitHubDelivery | undefined, at: EpochMs, heardUpTo: string): Certain {
    const { facts, activities } = hear(this.#known.get(repositoryId)?.facts, delivery, at);
    if (delivery) this.#known.delete(repositoryId);
    this.#known.set(repositoryId, { repositoryId, heardUpTo, facts });
    const uncertain = this.#uncertain.get(repositoryId) ?? new Set();
    for (const activity of activities) {
      uncertain.delete(activity.deliveryId);
      this.#told.set(activity.deliveryId, activity);
    }
    const waiting = new Set([
      ...facts.waiting.map(({ delivery: { deliveryId } }) => deliveryId),
      ...facts.commits.flatMap(([, { last }]) => (last ? [last.deliveryId] : [])),
    ]);
    const silent = [...uncertain].filter((deliveryId) => !waiting.has(deliveryId));
    for (const deliveryId of silent) uncertain.delete(deliveryId);
    return { activities, silent };
  }
}

function sizeOf(facts: RepositoryFacts): number {
  const size = sizes.get(facts) ?? Buffer.byteLength(JSON.stringify(facts));
  sizes.set(facts, size);
  return size;
}
