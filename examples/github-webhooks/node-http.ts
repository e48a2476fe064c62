/** Receives deliveries on plain node:http, and refuses what is not signed: @bnc/github-webhooks. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GitHubWebhookReceiver, WebhookError } from '@bnc/github-webhooks';
import { secret, signedPush } from './signed-push.ts';

const titles: string[] = [];
const receiver = new GitHubWebhookReceiver({ secrets: [secret], onActivity: ({ title }) => titles.push(title) });
const server = createServer((request, response) => {
  receiver.receive({ headers: request.headers, body: request }).then(
    ({ deliveryId, status }) => response.writeHead(202).end(JSON.stringify({ deliveryId, status })),
    (error: unknown) => {
      response.writeHead(error instanceof WebhookError ? error.statusCode : 500, { connection: 'close' });
      response.end(String(error));
    },
  );
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

assert.equal((await fetch(url, signedPush())).status, 202);
const again = (await (await fetch(url, signedPush())).json()) as { status: string };
assert.equal(again.status, 'duplicate');
assert.equal((await fetch(url, { ...signedPush(), body: '{}' })).status, 401);
assert.deepEqual(titles, ['Pushed 1 commit to main: Purr in tune']);
console.log(titles.join('\n'));
server.close();
