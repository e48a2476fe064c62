import type { ActivityOutcome, GitHubActivity } from '@bnc/contracts';
import fc from 'fast-check';

/** A push of three commits, to be varied. */
export const push: GitHubActivity = {
  deliveryId: '72d3162e-cc78-11e3-81ab-4c9367dc0958',
  event: 'push',
  repoId: 'octo/cat',
  repositoryId: 1296269,
  isPrivate: false,
  actor: 'mona',
  isBot: false,
  language: 'TypeScript',
  commits: 3,
  files: 5,
  additions: 0,
  deletions: 0,
  forced: false,
  title: 'Three commits on main',
  url: 'https://github.com/octo/cat/compare/a...b',
  occurredAt: 1_764_000_000_000,
};

/** The six happenings that everybody must tell apart. */
export const six: Readonly<Record<string, Partial<GitHubActivity>>> = {
  push: {},
  opened: { event: 'pull_request', action: 'opened', commits: 2, files: 6, additions: 160, deletions: 40 },
  merged: {
    event: 'pull_request',
    action: 'closed',
    outcome: 'merged',
    commits: 2,
    files: 6,
    additions: 160,
    deletions: 40,
  },
  red: { event: 'workflow_run', action: 'completed', outcome: 'failure', commits: 0, files: 0 },
  green: { event: 'workflow_run', action: 'completed', outcome: 'success', commits: 0, files: 0 },
  deploy: { event: 'deployment_status', action: 'created', outcome: 'success', commits: 0, files: 0 },
};

const events = [
  'push',
  'pull_request',
  'pull_request_review',
  'check_run',
  'workflow_run',
  'status',
  'deployment_status',
  'deployment_review',
  'issues',
  'issue_comment',
  'release',
  'star',
  'fork',
  'dependabot_alert',
  'label',
  'gollum',
  'never_heard_of',
];
const actions = [
  'opened',
  'closed',
  'reopened',
  'ready_for_review',
  'converted_to_draft',
  'synchronize',
  'submitted',
  'completed',
  'created',
  'published',
  'fixed',
  'deleted',
  'labeled',
  'rewritten',
  'rebased',
  'moved',
  'published',
  'forwarded',
  'updated',
  'waiting',
];
const outcomes: readonly ActivityOutcome[] = [
  'success',
  'failure',
  'timed_out',
  'cancelled',
  'neutral',
  'skipped',
  'approved',
  'changes_requested',
  'commented',
  'merged',
  'closed',
  'not_planned',
  'duplicate',
];
const languages = ['TypeScript', 'Rust', 'Python', 'C++', 'Haskell', 'Brainfuck'];

/** Any activity, likely or not. */
export const anyActivity: fc.Arbitrary<GitHubActivity> = fc
  .record(
    {
      deliveryId: fc.uuid(),
      event: fc.constantFrom(...events),
      action: fc.constantFrom(...actions),
      repositoryId: fc.nat(),
      actor: fc.string({ unit: 'grapheme', maxLength: 40 }),
      isBot: fc.boolean(),
      language: fc.constantFrom(...languages),
      commits: fc.oneof(fc.nat(8), fc.nat(5000)),
      files: fc.oneof(fc.nat(20), fc.nat(1e6)),
      additions: fc.oneof(fc.nat(200), fc.nat(1e9)),
      deletions: fc.oneof(fc.nat(200), fc.nat(1e9)),
      outcome: fc.constantFrom(...outcomes),
      forced: fc.boolean(),
      turn: fc.constantFrom('broken', 'fixed', 'same'),
      knownCommits: fc.integer({ min: 1, max: 5000 }),
      isDefaultBranch: fc.constant(true),
      failed: fc.array(fc.string({ maxLength: 20 }), { minLength: 1, maxLength: 3 }),
      occurredAt: fc.nat(),
    },
    {
      requiredKeys: [
        'deliveryId',
        'event',
        'repositoryId',
        'actor',
        'isBot',
        'commits',
        'files',
        'additions',
        'deletions',
        'occurredAt',
      ],
    },
  )
  .map((some) => ({ ...push, language: 'Text', ...some }));
