import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { signWebhook } from '../src/index.ts';
import { webhookSecret } from './secret.ts';

/** A documented example of an event. */
export interface Example {
  readonly event: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

export { webhookSecret as SECRET };

const published = createRequire(import.meta.url)('@octokit/webhooks-examples') as readonly {
  readonly name: string;
  readonly examples: readonly Readonly<Record<string, unknown>>[];
}[];

/** All payloads of `@octokit/webhooks-examples`. */
export const examples: readonly Example[] = published.flatMap(({ name, examples }) =>
  examples.map((payload) => ({ event: name, payload })),
);

/** The first example of an event, with or without an action. */
export function example(event: string, action?: string): Readonly<Record<string, unknown>> {
  const found = examples.find((each) => each.event === event && (!action || each.payload.action === action));
  if (!found) throw new Error(`No example of ${event} ${action}.`);
  return found.payload;
}

/** A body with the headers that GitHub sends. */
export function delivery(
  event: string,
  payload: unknown,
  {
    deliveryId = randomUUID(),
    secret = webhookSecret,
    headers = {},
  }: { readonly deliveryId?: string; readonly secret?: string; readonly headers?: Record<string, string> } = {},
): { headers: Record<string, string>; body: Buffer } {
  const body = Buffer.isBuffer(payload) ? payload : Buffer.from(JSON.stringify(payload));
  return {
    headers: {
      'content-type': 'application/json',
      'user-agent': 'GitHub-Hookshot/044aadd',
      'x-github-event': event,
      'x-github-delivery': deliveryId,
      'x-hub-signature-256': signWebhook(secret, body),
      ...headers,
    },
    body,
  };
}
