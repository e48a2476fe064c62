/** A merge becomes parameters, reasons in words, and notes: @bnc/music-engine. */
import assert from 'node:assert/strict';
import type { GitHubActivity } from '@bnc/contracts';
import { compose, explain, mapActivity } from '@bnc/music-engine';

const merge: GitHubActivity = {
  deliveryId: '72d3162e-cc78-11e3-81ab-4c9367dc0958',
  event: 'pull_request',
  action: 'closed',
  outcome: 'merged',
  repoId: 'octo/cat',
  repositoryId: 1296269,
  isPrivate: false,
  actor: 'mona',
  isBot: false,
  commits: 2,
  files: 6,
  additions: 160,
  deletions: 40,
  title: 'Merged pull request #7: Teach the cat to purr',
  url: 'https://github.com/octo/cat/pull/7',
  occurredAt: 1764000000000,
};

const params = mapActivity(merge);
const score = compose(params);
assert.deepEqual(compose(mapActivity(merge)), score, 'the same merge is the same music, everywhere');
assert.ok(score.tracks.some(({ instrument }) => instrument === 'purr'));
for (const sentence of explain(params)) console.log(sentence);
