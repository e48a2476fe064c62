/** Anything can be an activity, such as a deployment of a system without GitHub: @bnc/contracts. */
import assert from 'node:assert/strict';
import type { GitHubActivity } from '@bnc/contracts';
import { emotionOf } from '@bnc/music-engine';

function activityOf(service: string, isHealthy: boolean): GitHubActivity {
  return {
    deliveryId: `${service}-${isHealthy}`,
    event: 'deployment_status',
    outcome: isHealthy ? 'success' : 'failure',
    repoId: `services/${service}`,
    repositoryId: service.length,
    isPrivate: true,
    actor: 'deployer',
    isBot: true,
    commits: 0,
    files: 0,
    additions: 0,
    deletions: 0,
    title: `${service} is ${isHealthy ? 'up' : 'down'}`,
    url: '',
    occurredAt: Date.now(),
  };
}

assert.equal(emotionOf(activityOf('billing', true)), 'resolution');
assert.equal(emotionOf(activityOf('billing', false)), 'tension');
console.log(activityOf('billing', false).title);
