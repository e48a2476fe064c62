/** A pull request is opened, then merged: the room remembers its melody and brings it home. @bnc/music-engine. */
import assert from 'node:assert/strict';
import type { GitHubActivity } from '@bnc/contracts';
import { advance, bedOf, openRoom } from '@bnc/music-engine';

const opened: GitHubActivity = {
  deliveryId: 'delivery-1',
  event: 'pull_request',
  action: 'opened',
  repoId: 'octo/cat',
  repositoryId: 1296269,
  isPrivate: false,
  actor: 'mona',
  isBot: false,
  subject: 'pull/7',
  commits: 1,
  files: 2,
  additions: 20,
  deletions: 3,
  title: 'Opened pull request #7: Purr in tune',
  url: '',
  occurredAt: 1764000000000,
};
const merged: GitHubActivity = { ...opened, deliveryId: 'delivery-2', action: 'closed', outcome: 'merged' };

const start = 1764000000000;
const asked = advance(openRoom({ repositoryId: 1296269 }), [opened], start);
const home = advance(asked.room, [merged], start + 60_000);
assert.equal(asked.phrase?.params.cadence, 'half', 'an opened pull request asks');
assert.equal(home.phrase?.params.cadence, 'authentic', 'a merge replies');
assert.equal(asked.phrase?.params.tonic, home.phrase?.params.tonic, 'in the key of the room');
assert.ok(JSON.stringify(home.room).length < 4096);
const bed = bedOf(home.room, start + 120_000);
assert.equal(bed.state, 'green');
console.log(home.phrase?.params.reasons?.map(({ therefore }) => therefore).join('\n'));
