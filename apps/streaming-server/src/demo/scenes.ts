/** The room that needs no account, secret or network. */
export const demoRepoId = 'bots-n-cats/demo';

/** GitHub counts up from 1: the largest safe integer will never be a real repository's id. */
export const demoRepositoryId: number = Number.MAX_SAFE_INTEGER;

/** One thing that happens in the demo: which recorded example, and what is changed in it. */
export interface Scene {
  readonly event: string;
  /** Who does it: one of six people or of two programs. */
  readonly actor: string;
  /** Chooses the example by the value of one field. */
  readonly where?: readonly [field: string, value: unknown];
  /** Values to write, by path. */
  readonly change?: Readonly<Record<string, unknown>>;
  /** Commits of a push; the example's one is multiplied. */
  readonly commits?: readonly string[];
}

/** The recorded runs are of another repository: here they are of the demo's own branch, not of a fork. */
const ownRun = { 'workflow_run.head_repository.id': demoRepositoryId, 'workflow_run.head_branch': 'master' } as const;

/** Eighteen things that six people and two programs do, in the order of a working day. Each has a sign of its own. */
export const scenes = {
  push: {
    event: 'push',
    actor: 'mona',
    where: ['ref', 'refs/heads/master'],
    commits: ['Teach the cat to purr on merge', 'Round the ending', 'Explain the key'],
  },
  issue: {
    event: 'issues',
    actor: 'kai',
    where: ['action', 'opened'],
    change: { 'issue.title': 'The hi-hat is too loud at night' },
  },
  branch: { event: 'create', actor: 'lin', change: { ref_type: 'branch', ref: 'voice-the-chords' } },
  opened: {
    event: 'pull_request',
    actor: 'Copilot',
    where: ['action', 'opened'],
    change: { 'pull_request.title': 'Voice the chords' },
  },
  red: run('failure', 'ada'),
  comment: {
    event: 'issue_comment',
    actor: 'noor',
    where: ['action', 'created'],
    change: { 'issue.title': 'The hi-hat is too loud at night' },
  },
  changes: review('changes_requested', 'sam'),
  green: run('success', 'ada'),
  star: { event: 'star', actor: 'noor', where: ['action', 'created'] },
  approved: review('approved', 'lin'),
  merged: {
    event: 'pull_request',
    actor: 'mona',
    where: ['action', 'closed'],
    change: { 'pull_request.merged': true, 'pull_request.title': 'Voice the chords' },
  },
  deleted: { event: 'delete', actor: 'lin', change: { ref_type: 'branch', ref: 'voice-the-chords' } },
  deploy: { event: 'deployment_status', actor: 'ada', change: { 'deployment_status.state': 'success' } },
  wiki: { event: 'gollum', actor: 'kai' },
  alert: { event: 'dependabot_alert', actor: 'dependabot[bot]', where: ['action', 'created'] },
  closed: {
    event: 'issues',
    actor: 'sam',
    where: ['action', 'opened'],
    change: {
      action: 'closed',
      'issue.state': 'closed',
      'issue.state_reason': 'completed',
      'issue.title': 'The hi-hat is too loud at night',
    },
  },
  'deploy-failed': {
    event: 'deployment_status',
    actor: 'ada',
    change: { 'deployment_status.state': 'failure' },
  },
  release: {
    event: 'release',
    actor: 'mona',
    where: ['action', 'published'],
    change: { 'release.prerelease': false, 'release.draft': false },
  },
} as const satisfies Readonly<Record<string, Scene>>;

/** The name of one thing that can happen. */
export type SceneName = keyof typeof scenes;

/** The names of all things, in the order of a turn. */
export const sceneNames: readonly SceneName[] = Object.keys(scenes) as SceneName[];

function run(conclusion: string, actor: string): Scene {
  return {
    event: 'workflow_run',
    actor,
    where: ['action', 'completed'],
    change: { 'workflow_run.conclusion': conclusion, 'workflow_run.name': 'tests', ...ownRun },
  };
}

function review(state: string, actor: string): Scene {
  return {
    event: 'pull_request_review',
    actor,
    where: ['action', 'submitted'],
    change: { 'review.state': state, 'pull_request.title': 'Voice the chords' },
  };
}
