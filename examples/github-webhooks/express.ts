/** Receives deliveries in Express: @bnc/github-webhooks reads the body itself, so no parser comes before it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { GitHubWebhookReceiver, WebhookError } from '@bnc/github-webhooks';
import express from 'express';
import { secret, signedPush } from './signed-push.ts';

const titles: string[] = [];
const receiver = new GitHubWebhookReceiver({ secrets: [secret], onActivity: ({ title }) => titles.push(title) });
const app = express();
app.post('/webhooks/github', async (request, response) => {
  try {
    const { deliveryId, status } = await receiver.receive({ headers: request.headers, body: request });
    response.status(202).json({ deliveryId, status });
  } catch (error) {
    if (!(error instanceof WebhookError)) throw error;
    response.status(error.statusCode).json({ code: error.code, message: error.message });
  }
});
const server = app.listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/github`;

assert.equal((await fetch(url, signedPush())).status, 202);
const refused = await fetch(url, { ...signedPush(), headers: { 'content-type': 'application/json' } });
assert.equal(refused.status, 401);
assert.equal(((await refused.json()) as { code: string }).code, 'WEBHOOK_SIGNATURE_MISSING');
console.log(titles.join('\n'));
server.close();
