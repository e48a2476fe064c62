/** The whole way in one process: a signed GitHub push becomes an activity, parameters, a score and sound. */
import assert from 'node:assert/strict';
import type { GitHubDelivery } from '@bnc/contracts';
import { EventBus } from '@bnc/event-bus';
import { GitHubWebhookReceiver, hear, type RepositoryFacts, signWebhook } from '@bnc/github-webhooks';
import { compose, explain, mapActivity } from '@bnc/music-engine';
import { OfflineRenderer } from '@bnc/offline-renderer';

const secret = 'a secret of at least 16 bytes';
const body = JSON.stringify({
  ref: 'refs/heads/main',
  before: '1'.repeat(40),
  after: '2'.repeat(40),
  forced: false,
  commits: [{ id: '2'.repeat(40), message: 'Teach the cat to purr', added: ['purr.ts'], removed: [], modified: [] }],
  head_commit: { id: '2'.repeat(40), message: 'Teach the cat to purr', timestamp: '2026-11-22T12:00:00Z' },
  compare: 'https://github.com/octo/cat/compare/1...2',
  repository: { id: 42, full_name: 'octo/cat', private: false, language: 'TypeScript' },
  sender: { login: 'octocat', type: 'User' },
});

await using bus = new EventBus<Record<`webhook:github:${string}`, GitHubDelivery>>();
await using renderer = new OfflineRenderer();
const heard = Promise.withResolvers<void>();

let facts: RepositoryFacts | undefined;
bus.subscribe('webhook:github:*', async ({ payload: delivery, publishedAt }) => {
  const { facts: next, activities } = hear(facts, delivery, publishedAt);
  facts = next;
  const [activity] = activities;
  if (!activity) return;
  const params = mapActivity(activity);
  const buffer = await renderer.render(compose(params));
  assert.equal(activity.title.length > 0, true);
  assert.ok(buffer.duration >= params.duration);
  console.log(`${activity.actor}: ${activity.title}`);
  for (const sentence of explain(params)) console.log(`  ${sentence}`);
  console.log(`  ${buffer.duration.toFixed(2)} s of sound`);
  heard.resolve();
});

const receiver = new GitHubWebhookReceiver({
  secrets: [secret],
  publish: (delivery, { dedupeId }) => bus.publish(`webhook:github:${delivery.event}`, delivery, { dedupeId }),
});
const delivery = {
  headers: {
    'content-type': 'application/json',
    'x-github-event': 'push',
    'x-github-delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958',
    'x-hub-signature-256': signWebhook(secret, body),
  },
  body: new TextEncoder().encode(body),
};
assert.equal((await receiver.receive(delivery)).status, 'accepted');
assert.equal((await receiver.receive(delivery)).status, 'duplicate');
await heard.promise;
