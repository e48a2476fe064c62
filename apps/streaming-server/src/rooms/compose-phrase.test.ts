import type { GitHubActivity } from '@bnc/contracts';
import { mapActivity } from '@bnc/music-engine';
import { expect, test } from 'vitest';
import { composePhrase } from './compose-phrase.ts';

function activity(event: string, more: Partial<GitHubActivity> = {}): GitHubActivity {
  const change = { commits: 0, files: 0, additions: 0, deletions: 0 };
  const place = { repoId: 'octo/cat', repositoryId: 7, isPrivate: false, actor: 'mona', isBot: false };
  return { deliveryId: event, event, ...place, ...change, title: event, url: '', occurredAt: 1000, ...more };
}

test('a phrase is named by the strongest of what is heard, and tells what else came with it after that', () => {
  const release = activity('release', { action: 'published', files: 900 });
  const closed = activity('pull_request', { action: 'closed', outcome: 'closed' });
  const of = (heard: readonly GitHubActivity[]): ReturnType<typeof composePhrase> =>
    composePhrase({
      phraseId: 'phrase',
      activities: [closed, release],
      heard,
      params: mapActivity([...heard]),
      room: undefined,
      nameOf: ({ repoId }) => repoId,
      now: 2000,
    });
  expect(of([closed, release]).tells?.map(({ title }) => title)).toEqual(['release', 'pull_request']);
  const { activity: named, tells, deliveryIds } = of([closed]);
  expect([named.event, named.title, named.emotion]).toEqual(['pull_request', 'pull_request', 'tension']);
  expect(tells?.map(({ title }) => title)).toEqual(['pull_request', 'release']);
  expect(deliveryIds).toEqual(['pull_request', 'release']);
});
