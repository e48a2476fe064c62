import type { EpochMs, GitHubActivity, GitHubDelivery } from '@bnc/contracts';
import { type Heard, hear, type RepositoryFacts } from '../src/index.ts';
import { readDelivery } from '../src/normalize-activity.ts';
import type { Example } from './deliveries.ts';

/** Reads a payload as a receiver does; nothing where it does not count. */
export function read({ event, payload }: Example, deliveryId: string, receivedAt: EpochMs): GitHubDelivery | undefined {
  const reading = readDelivery(event, payload, { deliveryId, receivedAt });
  return reading.counts ? { ...reading.delivery, bodyId: deliveryId } : undefined;
}

/** A repository that is heard, and time passes when something is due. */
export class Listener {
  facts: RepositoryFacts | undefined;
  readonly told: { readonly at: EpochMs; readonly activity: GitHubActivity }[] = [];
  readonly #hear: typeof hear;

  constructor(how: typeof hear = hear) {
    this.#hear = how;
  }

  hear(delivery: GitHubDelivery | undefined, at: EpochMs): Heard {
    const heard = this.#hear(this.facts, delivery, at);
    this.facts = heard.facts;
    this.told.push(...heard.activities.map((activity) => ({ at, activity })));
    return heard;
  }

  /** Lets time pass, and calls `hear` whenever something is due. Returns how often. */
  passUntil(at: EpochMs): number {
    let times = 0;
    while (this.facts?.due !== undefined && this.facts.due <= at && times < 1000) {
      times++;
      this.hear(undefined, this.facts.due);
    }
    return times;
  }
}
