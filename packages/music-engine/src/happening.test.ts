import type { Emotion, GitHubActivity } from '@bnc/contracts';
import { expect, test } from 'vitest';
import { push } from '../test/activities.ts';
import { emotionOf, happeningOf, sizeOf } from './happening.ts';

const of = (event: string, rest: Partial<GitHubActivity> = {}): GitHubActivity => ({ ...push, event, ...rest });

test.each<[string, GitHubActivity, string, Emotion]>([
  ['a push', of('push'), 'push', 'activity'],
  ['a push of many commits', of('push', { commits: 6 }), 'big push', 'growth'],
  ['a forced push', of('push', { forced: true }), 'history rewritten', 'tension'],
  ['a pushed tag', of('push', { commits: 0 }), 'branch or tag moved', 'activity'],
  ['an opened pull request', of('pull_request', { action: 'opened' }), 'pull request opened', 'growth'],
  [
    'a ready pull request',
    of('pull_request', { action: 'ready_for_review' }),
    'pull request ready for review',
    'growth',
  ],
  ['a merge', of('pull_request', { action: 'closed', outcome: 'merged' }), 'pull request merged', 'resolution'],
  [
    'a closed pull request',
    of('pull_request', { action: 'closed', outcome: 'closed' }),
    'pull request closed unmerged',
    'tension',
  ],
  ['a draft again', of('pull_request', { action: 'converted_to_draft' }), 'pull request back to draft', 'tension'],
  [
    'an approval',
    of('pull_request_review', { action: 'submitted', outcome: 'approved' }),
    'review approved',
    'resolution',
  ],
  [
    'wanted changes',
    of('pull_request_review', { action: 'submitted', outcome: 'changes_requested' }),
    'changes requested',
    'tension',
  ],
  [
    'a review comment',
    of('pull_request_review', { action: 'submitted', outcome: 'commented' }),
    'review commented',
    'activity',
  ],
  ['a green check', of('check_run', { outcome: 'success' }), 'build passed', 'resolution'],
  ['a red status', of('status', { outcome: 'failure' }), 'build failed', 'tension'],
  ['a build out of time', of('workflow_run', { outcome: 'timed_out' }), 'build timed out', 'tension'],
  ['a cancelled build', of('workflow_job', { outcome: 'cancelled' }), 'build cancelled', 'activity'],
  ['a running build', of('check_suite'), 'build under way', 'activity'],
  ['a deployment', of('deployment_status', { outcome: 'success' }), 'deployed', 'resolution'],
  ['a failed deployment', of('deployment_status', { outcome: 'failure' }), 'deployment failed', 'tension'],
  ['an issue', of('issues', { action: 'opened' }), 'issue opened', 'growth'],
  ['a closed issue', of('issues', { action: 'closed' }), 'issue closed', 'resolution'],
  ['a comment', of('issue_comment', { action: 'created' }), 'issue comment created', 'activity'],
  ['a release', of('release', { action: 'published' }), 'release published', 'resolution'],
  ['a public repository', of('public'), 'repository made public', 'resolution'],
  ['a star', of('star', { action: 'created' }), 'new star', 'growth'],
  ['a star taken back', of('star', { action: 'deleted' }), 'star deleted', 'activity'],
  ['an alert', of('dependabot_alert', { action: 'created' }), 'security alert', 'tension'],
  ['a solved alert', of('code_scanning_alert', { action: 'fixed' }), 'security alert solved', 'resolution'],
  ['a label', of('label', { action: 'created' }), 'label created', 'activity'],
  ['an event of the future', of('hologram', { action: 'projected' }), 'hologram projected', 'activity'],
])('%s is understood', (_, activity, name, emotion) => {
  expect(happeningOf(activity).name).toBe(name);
  expect(emotionOf(activity)).toBe(emotion);
});

test.each([
  ['nothing', { commits: 0, files: 0 }, 0],
  ['3 commits in 5 files', { commits: 3, files: 5 }, 0.4],
  ['15 files', { commits: 0, files: 15 }, 0.5],
  ['400 lines in 5 files', { commits: 0, files: 5, additions: 300, deletions: 100 }, 0.5],
  ['the whole world', { commits: 1e6, files: 1e6, additions: 1e9 }, 1],
])('%s has its size', (_, change, size) => {
  expect(sizeOf({ ...push, ...change })).toBe(size);
});
