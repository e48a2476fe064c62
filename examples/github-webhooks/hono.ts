/** Receives deliveries in Hono, by the Fetch API: @bnc/github-webhooks. */
import assert from 'node:assert/strict';
import { GitHubWebhookReceiver, WebhookError } from '@bnc/github-webhooks';
import { Hono } from 'hono';
import { secret, signedPush } from './signed-push.ts';

const titles: string[] = [];
const receiver = new GitHubWebhookReceiver({ secrets: [secret], onActivity: ({ title }) => titles.push(title) });
const app = new Hono();
app.post('/webhooks/github', async ({ req: { raw } }) => {
  const { deliveryId, status } = await receiver.receive({ headers: raw.headers, body: raw.body ?? new Uint8Array() });
  return Response.json({ deliveryId, status }, { status: 202 });
});
app.onError((error) => {
  if (!(error instanceof WebhookError)) throw error;
  return Response.json({ code: error.code, message: error.message }, { status: error.statusCode });
});

assert.equal((await app.request('/webhooks/github', signedPush())).status, 202);
assert.equal((await app.request('/webhooks/github', { ...signedPush(), body: '{}' })).status, 401);
console.log(titles.join('\n'));
