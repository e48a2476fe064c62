import type { GitHubActivity } from '@bnc/contracts';
import { expect, test } from 'vitest';
import { type Happening, play } from './play.ts';

const begin = Date.parse('2026-11-02T09:00:00Z');

function commit(at: number, change: Partial<GitHubActivity> = {}): Happening {
  const activity: GitHubActivity = {
    deliveryId: `git-${at}`,
    event: 'push',
    repoId: 'cats/choir',
    repositoryId: 7,
    isPrivate: true,
    actor: 'mona',
    isBot: false,
    subject: `commit/${at}`,
    commits: 1,
    files: 1,
    additions: 1,
    deletions: 0,
    title: `Committed: ${at}`,
    url: '',
    occurredAt: begin + at,
    ...change,
  };
  return { at: begin + at, activity };
}

test('commits that come while a phrase sounds share the next one, and none is lost', () => {
  const { phrases } = play([commit(0), commit(500), commit(900), commit(1300), commit(60_000)], 7);
  expect(phrases.map(({ marker }) => marker)).toEqual([
    'Committed: 0',
    expect.stringContaining('3'),
    'Committed: 60000',
  ]);
  for (const [index, { startAt, params }] of phrases.entries()) {
    expect((phrases[index + 1]?.startAt ?? Number.POSITIVE_INFINITY) - startAt).toBeGreaterThanOrEqual(
      params.duration * 1000 - 1,
    );
  }
});

test('what programs did last is heard soon after, though a room would wait for more of it', () => {
  const bot = { actor: 'renovate[bot]', isBot: true, agent: { id: 'renovate', kind: 'bot' } } as const;
  const happenings = Array.from({ length: 60 }, (_, index) => commit(index * 15_000, bot));
  const { phrases } = play(happenings, 7);
  const last = happenings.at(-1)?.at ?? 0;
  expect(phrases.at(-1)?.startAt).toBeLessThan(last + 20_000);
});

test('the same history is played the same, and nothing plays nothing', () => {
  const happenings = [commit(0), commit(30_000)];
  expect(play(happenings, 7)).toEqual(play(happenings, 7));
  expect(play([], 7).phrases).toEqual([]);
});
