/**
 * The two sounds of docs/listen.md: a pull request is opened and merged, then the default branch turns red.
 * `node examples/whole/two-sounds.ts docs/sounds` writes them; without a folder, they go to a temporary one.
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeOpus } from '@bnc/buffer-serializer/opus';
import type { GitHubActivity } from '@bnc/contracts';
import { advance, compose, openRoom } from '@bnc/music-engine';
import { OfflineRenderer } from '@bnc/offline-renderer';

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
  language: 'TypeScript',
  commits: 3,
  files: 6,
  additions: 160,
  deletions: 40,
  title: 'Opened pull request #7: Teach the cat to purr',
  url: '',
  occurredAt: 1764000000000,
};
const merged: GitHubActivity = { ...opened, deliveryId: 'delivery-2', action: 'closed', outcome: 'merged' };
const red: GitHubActivity = {
  ...opened,
  deliveryId: 'delivery-3',
  event: 'workflow_run',
  action: 'completed',
  outcome: 'failure',
  turn: 'broken',
  isDefaultBranch: true,
  subject: 'run/4711',
};

await using renderer = new OfflineRenderer({ workers: 1 });
let room = openRoom({ repositoryId: opened.repositoryId });
let at = opened.occurredAt;
const folder = process.argv[2] ?? mkdtempSync(join(tmpdir(), 'bnc-'));
mkdirSync(folder, { recursive: true });
for (const [name, activity] of Object.entries({ opened, merged, red })) {
  const next = advance(room, [activity], at);
  assert.ok(next.phrase);
  room = next.room;
  at += 60_000;
  // The question is in the memory of the room; its reply quotes it.
  if (name === 'opened') continue;
  const bytes = await encodeOpus(await renderer.render(compose(next.phrase.params)), { bitrate: 64_000 });
  const file = join(folder, `${name}.opus`);
  writeFileSync(file, bytes);
  assert.ok(bytes.length > 10_000);
  console.log(`${file}: ${bytes.length} bytes, ${next.phrase.params.happening}`);
}
