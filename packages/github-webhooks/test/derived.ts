import type { GitHubActivity } from '@bnc/contracts';
import type { Example } from './deliveries.ts';
import { modernExample } from './schemas.ts';
import { vary } from './vary.ts';

type Json = null | string | number | boolean | readonly Json[] | { readonly [key: string]: Json | undefined };

/** A payload that GitHub sends and that no published example shows, and what is expected of it. */
export interface Derived extends Example {
  readonly name: string;
  /** What the activity has; `counts` where it is silent and counts towards others; a reason where it does not. */
  readonly expected: Partial<GitHubActivity> | string;
}

function derived(
  name: string,
  [event, action]: readonly [event: string, action?: string],
  patch: { readonly [key: string]: Json | undefined },
  expected: Derived['expected'],
): Derived {
  return { name, event, payload: vary(modernExample(event, action), patch), expected };
}

const none = '0'.repeat(40);

function sha(n: number): string {
  return n.toString(16).padStart(40, 'c');
}

const person = { name: 'Mona', email: 'mona@example.com', username: 'mona' };

function commit(n: number, files: Readonly<Record<string, readonly string[]>> = {}): { readonly [key: string]: Json } {
  return {
    id: sha(n),
    tree_id: sha(n + 1000),
    distinct: true,
    message: `Change number ${n}\n\nBecause of reasons.`,
    timestamp: '2026-11-20T10:00:00+01:00',
    url: `https://github.com/Codertocat/Hello-World/commit/${sha(n)}`,
    author: person,
    committer: person,
    added: [],
    removed: [],
    modified: [`src/file-${n % 20}.ts`],
    ...files,
  };
}

const branchPush = {
  ref: 'refs/heads/main',
  before: sha(1),
  after: sha(2),
  created: false,
  deleted: false,
  commits: [commit(2)],
  head_commit: commit(2),
};

function push(name: string, patch: { readonly [key: string]: Json }, expected: Derived['expected']): Derived {
  return derived(name, ['push'], { ...branchPush, ...patch }, expected);
}

const merged = {
  action: 'closed',
  pull_request: {
    state: 'closed',
    merged: true,
    merged_at: '2026-11-20T10:00:00Z',
    closed_at: '2026-11-20T10:00:00Z',
    updated_at: '2026-11-20T10:00:00Z',
    merge_commit_sha: sha(7),
  },
};

function pull(
  name: string,
  action: string,
  patch: { readonly [key: string]: Json },
  expected: Derived['expected'],
): Derived {
  return derived(name, ['pull_request', 'opened'], { action, ...patch }, expected);
}

const bot = { login: 'renovate[bot]', id: 29139614, type: 'Bot', html_url: 'https://github.com/apps/renovate' };

/** A conclusion of a check, a suite and a run: a check only counts towards its suite. */
function build(conclusion: string, suite: Derived['expected'], run: Derived['expected'] = suite): readonly Derived[] {
  return [
    derived(`check run ${conclusion}`, ['check_run', 'completed'], { check_run: { conclusion } }, 'counts'),
    derived(`check suite ${conclusion}`, ['check_suite', 'completed'], { check_suite: { conclusion } }, suite),
    derived(`workflow run ${conclusion}`, ['workflow_run', 'completed'], { workflow_run: { conclusion } }, run),
  ];
}

function job(conclusion: string): Derived {
  return derived(`job ${conclusion}`, ['workflow_job', 'completed'], { workflow_job: { conclusion } }, 'counts');
}

function review(state: string, outcome: GitHubActivity['outcome']): Derived {
  return derived(
    `review ${state}`,
    ['pull_request_review', 'submitted'],
    { review: { state } },
    { ...(outcome && { outcome }) },
  );
}

function deploymentStatus(state: string, expected: Derived['expected']): Derived {
  return derived(`deployment ${state}`, ['deployment_status'], { deployment_status: { state } }, expected);
}

function release(name: string, action: string, patch: { readonly [key: string]: Json }, title: string): Derived {
  return derived(name, ['release', 'published'], { action, release: patch }, { title });
}

function repository(action: string, patch: { readonly [key: string]: Json }, expected: Derived['expected']): Derived {
  return derived(`repository ${action}`, ['repository', 'created'], { action, ...patch }, expected);
}

/** The derived payloads. */
export const derivedCases: readonly Derived[] = [
  push('push of one commit', {}, { commits: 1, files: 1, title: 'Pushed 1 commit to main: Change number 2' }),
  push('push of 50 commits', { commits: Array.from({ length: 50 }, (_, n) => commit(n)) }, { commits: 50, files: 20 }),
  push(
    'push of one commit over three files',
    { commits: [commit(2, { added: ['a'], removed: ['b'], modified: ['c'] })] },
    { files: 3 },
  ),
  push(
    'forced push to the default branch',
    { forced: true, ref: 'refs/heads/master' },
    { forced: true, action: 'rewritten', title: 'Force-pushed 1 commit to master: Change number 2' },
  ),
  push(
    'forced push elsewhere',
    { forced: true },
    { forced: true, action: 'rebased', title: 'Rebased main (1 commit)' },
  ),
  push('forced push back in time', { forced: true, commits: [] }, { forced: true, commits: 0 }),
  push(
    'new branch without commits',
    { ref: 'refs/heads/idea', before: none, created: true, commits: [] },
    { commits: 0, title: 'Created branch idea' },
  ),
  push('new branch with commits', { ref: 'refs/heads/idea', before: none, created: true }, { commits: 1 }),
  push(
    'new tag',
    { ref: 'refs/tags/v2.0.0', before: none, created: true, commits: [] },
    { title: 'Created tag v2.0.0' },
  ),
  push(
    'deleted branch',
    { ref: 'refs/heads/idea', after: none, deleted: true, commits: [], head_commit: null },
    { commits: 0, title: 'Deleted branch idea' },
  ),
  push('push by a bot', { sender: bot }, { isBot: true, actor: 'renovate[bot]' }),
  push('push to a private repository', { repository: { private: true } }, { isPrivate: true }),
  push(
    'unicode commit message',
    { head_commit: { ...commit(2), message: '\u202eمرحبا 🐈‍⬛ 你好\r\nsecond line' } },
    { title: 'Pushed 1 commit to main: مرحبا 🐈‍⬛ 你好' },
  ),
  push(
    'branch name with slashes and an emoji',
    { ref: 'refs/heads/feature/🚀/x' },
    { title: 'Pushed 1 commit to feature/🚀/x: Change number 2' },
  ),
  pull('merged pull request', 'closed', merged, {
    outcome: 'merged',
    title: 'Merged pull request #2: Update the README with new information.',
  }),
  pull(
    'large merged pull request',
    'closed',
    {
      ...merged,
      pull_request: { ...merged.pull_request, commits: 43, additions: 9000, deletions: 1200, changed_files: 310 },
    },
    { outcome: 'merged', commits: 43, additions: 9000, deletions: 1200, files: 310 },
  ),
  pull(
    'pull request merged by a bot',
    'closed',
    { ...merged, sender: bot },
    { outcome: 'merged', actor: 'Codertocat', isBot: false, agent: { id: 'renovate', kind: 'bot' } },
  ),
  pull(
    'pull request closed unmerged',
    'closed',
    { pull_request: { state: 'closed', merged: false, closed_at: '2026-11-20T10:00:00Z' } },
    { outcome: 'closed' },
  ),
  pull(
    'pull request with an RTL title',
    'opened',
    { pull_request: { title: 'תיקון \u2067באג\u2069\u0007' } },
    { title: 'Opened pull request #2: תיקון באג' },
  ),
  pull(
    'pull request in a repository without a language',
    'opened',
    { repository: { language: null } },
    { commits: 1, additions: 1, deletions: 1 },
  ),
  derived('pull request out of draft', ['pull_request', 'ready_for_review'], {}, { commits: 1 }),
  derived('pull request updated', ['pull_request', 'synchronize'], {}, { commits: 0 }),
  derived(
    'pull request of a private repository',
    ['pull_request', 'opened'],
    { repository: { private: true } },
    { isPrivate: true },
  ),
  review('approved', 'approved'),
  review('changes_requested', 'changes_requested'),
  review('commented', 'commented'),
  derived('review dismissed', ['pull_request_review', 'dismissed'], {}, { action: 'dismissed' }),
  ...build('success', { outcome: 'success' }),
  ...build('failure', { outcome: 'failure' }),
  ...build('timed_out', { outcome: 'timed_out' }),
  ...build('cancelled', { outcome: 'cancelled' }),
  ...build('neutral', 'not_heard', 'counts'),
  ...build('stale', 'not_heard', 'counts'),
  ...build('action_required', { action: 'waiting' }),
  ...['success', 'failure', 'cancelled', 'skipped'].map(job),
  ...['success', 'failure', 'error', 'pending'].map((state) =>
    derived(`status ${state}`, ['status'], { state }, 'counts'),
  ),
  derived('status of an agreement', ['status'], { context: 'license/cla', branches: [] }, 'not_heard'),
  deploymentStatus('success', { outcome: 'success', title: 'Deployed master to production' }),
  deploymentStatus('failure', { outcome: 'failure', title: 'Failed to deploy master to production' }),
  deploymentStatus('error', { outcome: 'failure' }),
  deploymentStatus('pending', 'not_heard'),
  deploymentStatus('in_progress', { title: 'Started deploying master to production', action: 'in_progress' }),
  deploymentStatus('queued', 'not_heard'),
  deploymentStatus('waiting', { title: 'Waits for approval to deploy master to production', action: 'waiting' }),
  derived('page build failed', ['page_build'], { build: { status: 'errored' } }, { outcome: 'failure' }),
  derived(
    'issue closed',
    ['issues', 'opened'],
    { action: 'closed', issue: { state: 'closed', closed_at: '2026-11-20T10:00:00Z' } },
    { outcome: 'closed' },
  ),
  derived(
    'issue opened in a private repository',
    ['issues', 'opened'],
    { repository: { private: true } },
    { isPrivate: true },
  ),
  derived('issue opened by a bot', ['issues', 'opened'], { sender: bot }, { isBot: true }),
  derived(
    'issue with a title of 5,000 characters',
    ['issues', 'opened'],
    { issue: { title: 'long '.repeat(1000) } },
    { title: `Opened issue #1: ${'long '.repeat(36)}lo…` },
  ),
  derived('comment of a bot', ['issue_comment', 'created'], { sender: bot }, { isBot: true }),
  derived(
    'dependency alert reopened',
    ['dependabot_alert', 'created'],
    { action: 'reopened' },
    { title: 'Dependency alert reopened' },
  ),
  derived(
    'old dependency alert fixed',
    ['repository_vulnerability_alert', 'create'],
    { action: 'resolve', alert: { state: 'fixed', fixed_at: '2026-11-20T10:00:00Z', fix_reason: 'No dependencies' } },
    { title: 'Dependency alert fixed' },
  ),
  derived(
    'code scanning alert opened in private',
    ['code_scanning_alert', 'created'],
    { repository: { private: true } },
    { isPrivate: true, title: 'Code scanning alert opened' },
  ),
  release('release', 'released', { name: 'Two', tag_name: 'v2' }, 'Released Two'),
  release('release without a name', 'published', { name: '', tag_name: 'v2' }, 'Released v2'),
  release('pre-release', 'published', { name: 'Two beta', prerelease: true }, 'Pre-released Two beta'),
  derived('release draft', ['release', 'edited'], { release: { draft: true, published_at: null } }, 'not_heard'),
  derived(
    'first star by a bot',
    ['star', 'created'],
    { sender: bot },
    { isBot: true, title: 'Starred the repository' },
  ),
  derived('star taken back', ['star', 'deleted'], {}, 'not_heard'),
  derived('fork into private', ['fork'], { forkee: { private: true } }, { title: 'Forked' }),
  derived(
    'merge queue left',
    ['merge_group', 'checks_requested'],
    { action: 'destroyed', reason: 'merged' },
    'not_heard',
  ),
  derived('branch created', ['create'], { ref: 'idea', ref_type: 'branch' }, { title: 'Created branch idea' }),
  derived('branch deleted', ['delete'], { ref: 'idea', ref_type: 'branch' }, { title: 'Deleted branch idea' }),
  derived('member removed', ['member', 'added'], { action: 'removed', changes: undefined }, 'not_heard'),
  repository('archived', { repository: { archived: true } }, { title: 'Archived the repository' }),
  repository(
    'unarchived',
    { repository: { archived: false } },
    { title: 'Brought the repository back from the archive' },
  ),
  repository('deleted', {}, 'not_heard'),
];
