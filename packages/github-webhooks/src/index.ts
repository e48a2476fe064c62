/**
 * Receives GitHub webhooks safely and reports what happened.
 * @module
 */

export { agentOf, agents } from './agents.ts';
export type { WebhookHeaders } from './delivery-headers.ts';
export type { EventName, PayloadOf } from './documented.ts';
export { WebhookError, type WebhookErrorCode } from './errors.ts';
export { openFacts, type RepositoryFacts } from './facts/facts.ts';
export { type Heard, hear } from './facts/hear.ts';
export {
  GitHubWebhookReceiver,
  type GitHubWebhookReceiverOptions,
  type IncomingDelivery,
  payloadOf,
  type WebhookPing,
  type WebhookReceipt,
  type WebhookStats,
} from './github-webhook-receiver.ts';
export { type DeliveryContext, type IgnoredReason, normalizeActivity } from './normalize-activity.ts';
export { isRepoId } from './repository.ts';
export type { RepositoryFact, RepositoryFactKind } from './repository-facts.ts';
export { signWebhook } from './signature.ts';
export { Storyteller, type StorytellerOptions } from './storyteller.ts';
