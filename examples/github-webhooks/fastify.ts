/** Receives deliveries in Fastify, by a plugin that changes nothing outside itself: @bnc/github-webhooks/fastify. */
import assert from 'node:assert/strict';
import { GitHubWebhookReceiver } from '@bnc/github-webhooks';
import { githubWebhooks } from '@bnc/github-webhooks/fastify';
import Fastify from 'fastify';
import { secret, signedPush } from './signed-push.ts';

const titles: string[] = [];
const receiver = new GitHubWebhookReceiver({ secrets: [secret], onActivity: ({ title }) => titles.push(title) });
const app = Fastify();
await app.register(githubWebhooks, { receiver, path: '/webhooks/github' });
const url = `${await app.listen({ port: 0, host: '127.0.0.1' })}/webhooks/github`;

assert.equal((await fetch(url, signedPush())).status, 202);
assert.equal((await fetch(url, { ...signedPush(), body: '{}' })).status, 401);
console.log(titles.join('\n'));
await app.close();
