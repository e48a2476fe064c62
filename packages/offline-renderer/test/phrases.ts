import type { GitHubActivity, Score } from '@bnc/contracts';
import { compose, mapActivity, themes } from '@bnc/music-engine';

const happenings: readonly Partial<GitHubActivity>[] = [
  { event: 'push', commits: 3, files: 5 },
  { event: 'pull_request', action: 'closed', outcome: 'merged', commits: 2, files: 6, additions: 160, deletions: 40 },
  { event: 'workflow_run', action: 'completed', outcome: 'failure', turn: 'broken' },
  { event: 'workflow_run', action: 'completed', outcome: 'success', turn: 'fixed' },
  { event: 'issues', action: 'opened' },
  { event: 'release', action: 'published' },
  { event: 'push', commits: 12, files: 40, forced: true },
  { event: 'pull_request', action: 'opened', commits: 4, files: 20, additions: 900, deletions: 300 },
  { event: 'issue_comment', action: 'created' },
  { event: 'deployment_status', action: 'created', outcome: 'failure' },
  { event: 'pull_request_review', action: 'submitted', outcome: 'changes_requested' },
  { event: 'star', action: 'created' },
  { event: 'issues', action: 'closed' },
];
const languages = ['TypeScript', 'Rust', 'Python', 'Go', 'Ruby', 'Haskell', 'C'] as const;

/** Phrases as rooms play them: happenings of every kind, in rooms of every language and theme. The same index gives the same phrase. */
export function phraseOf(index: number): Score {
  const theme = index % 5 === 4 ? themes[(index >> 2) % themes.length] : undefined;
  const params = mapActivity(
    {
      deliveryId: `delivery ${index}`,
      event: 'push',
      repoId: 'octo/cat',
      repositoryId: 1000 + 7 * index,
      isPrivate: false,
      actor: `user-${index % 9}`,
      isBot: index % 11 === 10,
      language: languages[index % languages.length] ?? 'C',
      commits: 0,
      files: 0,
      additions: 0,
      deletions: 0,
      title: 'as heard',
      url: 'https://github.com/octo/cat',
      occurredAt: 1_764_000_000_000 + index,
      ...happenings[index % happenings.length],
    },
    { commitsPerHour: (index * 3) % 20, ...(theme && { theme }) },
  );
  return compose(params);
}
