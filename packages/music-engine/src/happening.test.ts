import type { Emotion, GitHubActivity } from '@bnc/contracts';
import { expect, test } from 'vitest';
import { push } from '../test/activities.ts';
import { emotionOf, happeningOf, sizeOf } from './happening.ts';

function of(event: string, rest: Partial<GitHubActivity> = {}): GitHubActivity {
  return { ...push, event, ...rest };
}

test.each<[string, GitHubActivity, string, Emotion]>([
  ['a push', of('push'), 'push', 'activity'],
  ['a push of many commits', of('push', { commits: 6 }), 'big push', 'growth'],
  ['a forced push', of('push', { forced: true }), 'history rewritten', 'tension'],
  ['rewritten history', of('push', { forced: true, action: 'rewritten' }), 'history rewritten', 'tension'],
  [
    'history reset to the past',
    of('push', { forced: true, action: 'rewritten', commits: 0 }),
    'history rewritten',
    'tension',
  ],
  ['a rebase', of('push', { forced: true, action: 'rebased', commits: 40 }), 'branch rebased', 'activity'],
  ['a moved tag', of('push', { action: 'moved', commits: 0 }), 'tag moved', 'activity'],
  [
    'published pages',
    of('push', { forced: true, action: 'published', files: 300 }),
    'pages branch published',
    'activity',
  ],
  [
    'known commits',
    of('push', { action: 'forwarded', commits: 0, knownCommits: 50 }),
    'branch moved forward',
    'activity',
  ],
  ['a branch merged in', of('push', { action: 'updated', commits: 1 }), 'branch brought up to date', 'activity'],
  ['a branch', of('push', { action: 'created', commits: 0 }), 'branch or tag created', 'activity'],
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
  ['a draft again', of('pull_request', { action: 'converted_to_draft' }), 'pull request back to draft', 'activity'],
  [
    'a pull request that a bot closes',
    of('pull_request', { action: 'closed', outcome: 'closed', isBot: true }),
    'pull request closed by a bot',
    'activity',
  ],
  [
    'a pull request that is updated from a fork',
    of('pull_request', { action: 'synchronize', commits: 0 }),
    'push',
    'activity',
  ],
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
  ['a build that waits', of('workflow_run', { action: 'waiting' }), 'build waits for approval', 'activity'],
  [
    'a build that is green again',
    of('workflow_run', { outcome: 'success', turn: 'fixed' }),
    'build fixed',
    'resolution',
  ],
  ['a build that stays green', of('workflow_run', { outcome: 'success', turn: 'same' }), 'build passed', 'resolution'],
  ['a build that breaks', of('workflow_run', { outcome: 'failure', turn: 'broken' }), 'build failed', 'tension'],
  ['a build that stays red', of('check_suite', { outcome: 'failure', turn: 'same' }), 'build failed', 'tension'],
  ['a deployment', of('deployment_status', { outcome: 'success' }), 'deployed', 'resolution'],
  ['a failed deployment', of('deployment_status', { outcome: 'failure' }), 'deployment failed', 'tension'],
  [
    'a deployment that waits',
    of('deployment_status', { action: 'waiting' }),
    'deployment waits for approval',
    'activity',
  ],
  ['a deployment that starts', of('deployment_status', { action: 'in_progress' }), 'deployment under way', 'activity'],
  [
    'asking for approval of a deployment',
    of('deployment_review', { action: 'requested' }),
    'deployment waits for approval',
    'activity',
  ],
  [
    'an approved deployment',
    of('deployment_review', { action: 'approved', outcome: 'approved' }),
    'deployment approved',
    'resolution',
  ],
  [
    'a rejected deployment',
    of('deployment_review', { action: 'rejected', outcome: 'changes_requested' }),
    'deployment rejected',
    'tension',
  ],
  ['an issue', of('issues', { action: 'opened' }), 'issue opened', 'growth'],
  ['a closed issue', of('issues', { action: 'closed', outcome: 'closed' }), 'issue closed', 'resolution'],
  [
    'an issue that is not planned',
    of('issues', { action: 'closed', outcome: 'not_planned' }),
    'issue closed as not planned',
    'activity',
  ],
  [
    'an issue that is there already',
    of('issues', { action: 'closed', outcome: 'duplicate' }),
    'issue closed as a duplicate',
    'activity',
  ],
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
  ['rebased', of('push', { forced: true, action: 'rebased', commits: 40 })],
  ['moved', of('push', { action: 'moved', commits: 0 })],
  ['published', of('push', { forced: true, action: 'published', files: 300 })],
  ['forwarded', of('push', { action: 'forwarded', commits: 0 })],
  ['updated', of('push', { action: 'updated', commits: 1 })],
  ['back to draft', of('pull_request', { action: 'converted_to_draft' })],
  ['closed by a bot', of('pull_request', { action: 'closed', outcome: 'closed', isBot: true })],
  ['not planned', of('issues', { action: 'closed', outcome: 'not_planned' })],
  ['a duplicate', of('issues', { action: 'closed', outcome: 'duplicate' })],
])('what is %s is quiet, however large it is', (_, activity) => {
  const { gesture, intensity, cats, isRoutine } = happeningOf(activity);
  expect({ gesture, cats, isRoutine }).toEqual({ gesture: 'murmur', cats: [], isRoutine: true });
  expect(intensity).toBeLessThan(0.5);
});

test('a build that turns says more than one that stays as it was', () => {
  const build = (outcome: 'success' | 'failure', turn?: GitHubActivity['turn']) =>
    happeningOf(of('workflow_run', { outcome, ...(turn && { turn }) }));
  expect(build('success', 'fixed').intensity).toBeGreaterThan(build('success', 'same').intensity);
  expect(build('failure', 'broken').intensity).toBeGreaterThan(build('failure', 'same').intensity);
  expect(build('success', 'fixed').cats).toContain('purr');
  expect(build('success').cats).not.toContain('purr');
  expect(build('success').intensity).toBe(build('success', 'fixed').intensity);
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
