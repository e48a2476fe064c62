import type { GitHubActivity } from '@bnc/contracts';

/** What is known of an activity without its repository, its actor and its time. */
type Kind = Partial<GitHubActivity> & Pick<GitHubActivity, 'event'>;

/**
 * The kinds of happenings that the hours are made of, as `hear` of `@bnc/github-webhooks` reports them: what belongs to one
 * act is one activity, and single jobs and checks are part of their build.
 */
export const kinds = {
  push: { event: 'push', commits: 2, files: 4 },
  'big push': { event: 'push', commits: 9, files: 31 },
  rebased: { event: 'push', action: 'rebased', forced: true, commits: 3, files: 6 },
  rewritten: { event: 'push', action: 'rewritten', forced: true, commits: 2, files: 5 },
  'brought up to date': { event: 'push', action: 'updated', commits: 1, knownCommits: 30 },
  'moved forward': { event: 'push', action: 'forwarded', knownCommits: 50 },
  'branch created': { event: 'create', action: 'created' },
  'branch deleted': { event: 'delete', action: 'deleted' },
  'tag created': { event: 'create', action: 'created' },
  opened: { event: 'pull_request', action: 'opened', commits: 2, files: 6, additions: 160, deletions: 40 },
  'ready for review': { event: 'pull_request', action: 'ready_for_review', commits: 3, files: 8, additions: 90 },
  merged: { event: 'pull_request', action: 'closed', outcome: 'merged', commits: 3, files: 7, additions: 180 },
  'closed unmerged': { event: 'pull_request', action: 'closed', outcome: 'closed', commits: 1, files: 2 },
  labelled: { event: 'pull_request', action: 'labeled' },
  assigned: { event: 'issues', action: 'assigned' },
  'review asked': { event: 'pull_request', action: 'review_requested' },
  milestoned: { event: 'issues', action: 'milestoned' },
  queued: { event: 'pull_request', action: 'enqueued' },
  approved: { event: 'pull_request_review', action: 'submitted', outcome: 'approved' },
  'changes requested': { event: 'pull_request_review', action: 'submitted', outcome: 'changes_requested' },
  'review commented': { event: 'pull_request_review', action: 'submitted', outcome: 'commented' },
  commented: { event: 'issue_comment', action: 'created' },
  replied: { event: 'pull_request_review_comment', action: 'created' },
  'thread resolved': { event: 'pull_request_review_thread', action: 'resolved' },
  'issue opened': { event: 'issues', action: 'opened' },
  'issue closed': { event: 'issues', action: 'closed', outcome: 'success' },
  green: { event: 'workflow_run', action: 'completed', outcome: 'success', turn: 'same' },
  fixed: { event: 'workflow_run', action: 'completed', outcome: 'success', turn: 'fixed' },
  red: { event: 'workflow_run', action: 'completed', outcome: 'failure', turn: 'broken', failed: ['unit'] },
  'red again': { event: 'workflow_run', action: 'completed', outcome: 'failure', turn: 'same', failed: ['unit'] },
  cancelled: { event: 'workflow_run', action: 'completed', outcome: 'cancelled' },
  deploying: { event: 'deployment_status', action: 'created' },
  deployed: { event: 'deployment_status', action: 'created', outcome: 'success' },
  'deployment failed': { event: 'deployment_status', action: 'created', outcome: 'failure' },
  released: { event: 'release', action: 'published' },
  packaged: { event: 'package', action: 'published' },
  alert: { event: 'dependabot_alert', action: 'created' },
  'alert solved': { event: 'dependabot_alert', action: 'fixed' },
  starred: { event: 'star', action: 'created' },
  forked: { event: 'fork' },
  wiki: { event: 'gollum', action: 'edited' },
  label: { event: 'label', action: 'created' },
} as const satisfies Readonly<Record<string, Kind>>;

export type KindName = keyof typeof kinds;

/** A person or program of the room. */
export interface Actor {
  readonly actor: string;
  readonly isBot: boolean;
  readonly agent?: NonNullable<GitHubActivity['agent']>;
}

function person(actor: string): Actor {
  return { actor, isBot: false };
}

function program(actor: string, id: string, kind: 'bot' | 'coding-agent'): Actor {
  return { actor, isBot: true, agent: { id, kind } };
}

/** Eight people, and the programs that work for them. */
export const people: readonly Actor[] = ['mona', 'hubot-fan', 'ada', 'linus', 'grace', 'edsger', 'barbara', 'ken'].map(
  person,
);

export const programs = {
  copilot: program('Copilot', 'copilot', 'coding-agent'),
  claude: program('claude[bot]', 'claude', 'coding-agent'),
  dependabot: program('dependabot[bot]', 'dependabot', 'bot'),
  renovate: program('renovate[bot]', 'renovate', 'bot'),
  actions: program('github-actions[bot]', 'github-actions', 'bot'),
  codecov: program('codecov[bot]', 'codecov', 'bot'),
} as const;

/** What every activity of the hours has in common. */
const plain: GitHubActivity = {
  deliveryId: '',
  event: '',
  repoId: 'octo/cat',
  repositoryId: 1_296_269,
  isPrivate: false,
  actor: 'mona',
  isBot: false,
  language: 'TypeScript',
  commits: 0,
  files: 0,
  additions: 0,
  deletions: 0,
  title: '',
  url: '',
  occurredAt: 0,
};

/** Makes an activity of a kind. */
export function activityOf(
  kind: KindName,
  by: Actor,
  more: Partial<GitHubActivity> & Pick<GitHubActivity, 'deliveryId'>,
): GitHubActivity {
  return { ...plain, ...kinds[kind], ...by, title: kind, act: more.deliveryId, ...more };
}
