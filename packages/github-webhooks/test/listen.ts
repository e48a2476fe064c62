import type { GitHubActivity } from '@bnc/contracts';
import { vi } from 'vitest';
import { GitHubWebhookReceiver, type RepositoryFact, type WebhookReceipt } from '../src/index.ts';
import { delivery, SECRET } from './deliveries.ts';
import { startMs, type Timed } from './payloads.ts';

/** Longer than anything waits for something that may follow it. */
const longerThanAnyWaitMs = 300_000;

/** What came of a story. */
export interface Listened {
  /** What was reported, in that order. */
  readonly activities: readonly GitHubActivity[];
  /** The same, each as `<ms> <event>.<action>/<outcome>/<turn> <actor>: <title>`. */
  readonly told: readonly string[];
  readonly receipts: readonly WebhookReceipt[];
  readonly facts: readonly RepositoryFact[];
}

function lineOf({ event, action, outcome, turn, actor, title }: GitHubActivity): string {
  return `${event}${action ? `.${action}` : ''}${outcome ? `/${outcome}` : ''}${turn ? `/${turn}` : ''} ${actor}: ${title}`;
}

/** Sends deliveries at their times to a receiver without a store, and listens until it has nothing left to report. */
export async function listenTo(deliveries: readonly Timed[]): Promise<Listened> {
  vi.useFakeTimers({ now: startMs, toFake: ['Date', 'setTimeout', 'clearTimeout'] });
  try {
    const activities: GitHubActivity[] = [];
    const told: string[] = [];
    const receipts: WebhookReceipt[] = [];
    const facts: RepositoryFact[] = [];
    const receiver = new GitHubWebhookReceiver({
      secrets: [SECRET],
      onActivity(activity) {
        activities.push(activity);
        told.push(`${Date.now() - startMs} ${lineOf(activity)}`);
      },
      onFact: (fact) => void facts.push(fact),
    });
    for (const [index, { afterMs, event, payload }] of deliveries.entries()) {
      await vi.advanceTimersByTimeAsync(startMs + afterMs - Date.now());
      receipts.push(await receiver.receive(delivery(event, payload, { deliveryId: `d${index + 1}` })));
    }
    await vi.advanceTimersByTimeAsync(longerThanAnyWaitMs);
    return { activities, told, receipts, facts };
  } finally {
    vi.useRealTimers();
  }
}
