import { mapActivity } from '@bnc/music-engine';
import { describe, expect, it } from 'vitest';
import { readActivity } from '../src/normalize-activity.ts';
import { example, examples } from './deliveries.ts';

type Payload = Readonly<Record<string, unknown>>;

const repository = {
  id: 42,
  full_name: 'cats/choir',
  private: false,
  html_url: 'https://github.com/cats/choir',
  pushed_at: '2026-11-20T10:03:20Z',
  updated_at: '2026-11-20T10:03:00Z',
};
const sender = { id: 7, login: 'mona', type: 'User' };
const SHA = 'ab'.repeat(20);

const read = (event: string, payload: Payload) =>
  readActivity(event, { repository, sender, ...payload }, { deliveryId: 'd', receivedAt: Date.now() });

/** Names the happening a payload speaks of. */
const happeningOf = (event: string, payload: Payload): string | undefined => {
  const reading = read(event, payload);
  return reading.heard ? reading.happening : undefined;
};

/** What the music makes of it, without its size. */
const characterOf = (event: string, payload: Payload): unknown => {
  const reading = read(event, payload);
  if (!reading.heard) return undefined;
  const { emotion, gesture, mode, cats } = mapActivity(reading.activity);
  return { emotion, gesture, mode, cats };
};

const FAMILIES: readonly (readonly [
  what: string,
  ...members: readonly (readonly [event: string, payload: Payload])[],
])[] = [
  [
    'a build that passed',
    ['check_run', { action: 'completed', check_run: { id: 1, head_sha: SHA, conclusion: 'success' } }],
    ['check_suite', { action: 'completed', check_suite: { id: 2, head_sha: SHA, conclusion: 'success' } }],
    ['workflow_job', { action: 'completed', workflow_job: { id: 3, head_sha: SHA, conclusion: 'success' } }],
    ['workflow_run', { action: 'completed', workflow_run: { id: 4, head_sha: SHA, conclusion: 'success' } }],
    ['status', { id: 5, sha: SHA, state: 'success' }],
  ],
  [
    'a build that failed',
    ['check_run', { action: 'completed', check_run: { id: 1, head_sha: SHA, conclusion: 'failure' } }],
    ['check_suite', { action: 'completed', check_suite: { id: 2, head_sha: SHA, conclusion: 'timed_out' } }],
    ['workflow_run', { action: 'completed', workflow_run: { id: 4, head_sha: SHA, conclusion: 'startup_failure' } }],
    ['status', { id: 5, sha: SHA, state: 'error' }],
  ],
  [
    'a review with comments',
    ['pull_request_review', { action: 'submitted', review: { id: 9, state: 'commented' } }],
    ['pull_request_review_comment', { action: 'created', comment: { id: 10, pull_request_review_id: 9 } }],
    ['pull_request_review_comment', { action: 'created', comment: { id: 11, pull_request_review_id: 9 } }],
  ],
  [
    'a new tag',
    ['create', { ref: 'v1', ref_type: 'tag' }],
    ['push', { ref: 'refs/tags/v1', created: true, commits: [], after: SHA }],
  ],
  [
    'a branch that goes',
    ['delete', { ref: 'idea', ref_type: 'branch' }],
    ['push', { ref: 'refs/heads/idea', deleted: true, commits: [], before: SHA }],
  ],
  [
    'commits on the branch of a pull request',
    ['push', { ref: 'refs/heads/idea', before: 'b', after: 'a', commits: [{}] }],
    [
      'pull_request',
      {
        action: 'synchronize',
        before: 'b',
        after: 'a',
        pull_request: { id: 1, head: { ref: 'idea', repo: { id: 42 } } },
      },
    ],
  ],
  ['a star', ['star', { action: 'created', starred_at: '2026-11-20T10:00:00Z' }], ['watch', { action: 'started' }]],
  ['going public', ['public', {}], ['repository', { action: 'publicized' }]],
  [
    'a release',
    ['release', { action: 'published', release: { id: 5 } }],
    ['release', { action: 'released', release: { id: 5 } }],
  ],
  [
    'a dependency alert',
    ['dependabot_alert', { action: 'created', alert: { number: 3, security_advisory: { ghsa_id: 'GHSA-1' } } }],
    ['repository_vulnerability_alert', { action: 'create', alert: { id: 8, ghsa_id: 'GHSA-1' } }],
  ],
  [
    'a secret that was found in two places',
    ['secret_scanning_alert', { action: 'created', alert: { number: 3 } }],
    ['secret_scanning_alert_location', { action: 'created', alert: { number: 3 }, location: { type: 'commit' } }],
    ['secret_scanning_alert_location', { action: 'created', alert: { number: 3 }, location: { type: 'wiki_commit' } }],
  ],
  [
    'a deployment that starts',
    ['deployment', { action: 'created', deployment: { id: 6 } }],
    ['deployment_status', { action: 'created', deployment: { id: 6 }, deployment_status: { id: 1, state: 'queued' } }],
    [
      'deployment_status',
      { action: 'created', deployment: { id: 6 }, deployment_status: { id: 2, state: 'in_progress' } },
    ],
  ],
  [
    'a package',
    ['package', { action: 'published', package: { id: 4, package_version: { id: 5 } } }],
    ['registry_package', { action: 'published', registry_package: { id: 4, package_version: { id: 5 } } }],
  ],
  [
    'a sub-issue, told by both ends',
    ['sub_issues', { action: 'sub_issue_added', parent_issue_id: 1, sub_issue_id: 2, parent_issue: { number: 1 } }],
    ['sub_issues', { action: 'parent_issue_added', parent_issue_id: 1, sub_issue_id: 2, sub_issue: { number: 2 } }],
  ],
  [
    'a dependency between issues, told by both ends',
    ['issue_dependencies', { action: 'blocked_by_added', blocked_issue_id: 1, blocking_issue_id: 2 }],
    ['issue_dependencies', { action: 'blocking_added', blocked_issue_id: 1, blocking_issue_id: 2 }],
  ],
];

describe('one happening', () => {
  it.each(FAMILIES.map(([what, ...members]) => ({ what, members })))(
    'is recognised in all its events: $what',
    ({ members }) => {
      const keys = members.map(([event, payload]) => happeningOf(event, payload));
      expect(keys[0]).toMatch(/^[0-9a-f]{64}$/);
      expect(new Set(keys).size).toBe(1);
    },
  );

  it.each(FAMILIES.map(([what, ...members]) => ({ what, members })))(
    'has the same character in the music, whichever of its events comes first: $what',
    ({ members: [first, ...others] }) => {
      const character = first && characterOf(...first);
      expect(character).toBeDefined();
      for (const other of others) expect(characterOf(...other)).toEqual(character);
    },
  );

  it.each(examples.map(({ event, payload }, index) => [index, event, payload] as const))(
    'is recognised through hooks of the repository, the organisation and an app: example %i, %s',
    (_index, event, payload) => {
      const own = happeningOf(event, payload);
      const organization = { login: 'cats', id: 99 };
      expect(happeningOf(event, { ...payload, organization })).toBe(own);
      expect(happeningOf(event, { ...payload, organization, installation: { id: 5 } })).toBe(own);
      expect(happeningOf(event, { ...payload, enterprise: { id: 6 } })).toBe(own);
    },
  );
});

describe('two happenings', () => {
  it('are never taken for one another: the members of different families', () => {
    const keys = FAMILIES.flatMap(([, first]) => (first ? [happeningOf(...first)] : []));
    expect(new Set(keys).size).toBe(FAMILIES.length);
  });

  it('are never taken for one another: the same thing in two repositories', () => {
    for (const { event, payload } of examples) {
      const here = happeningOf(event, { ...payload, repository });
      const there = happeningOf(event, { ...payload, repository: { ...repository, id: 43 } });
      if (here) expect(there).not.toBe(here);
    }
  });

  it.each<[string, string, Payload, Payload]>([
    ['verdicts of one build', 'status', { sha: SHA, state: 'failure' }, { sha: SHA, state: 'success' }],
    ['builds of two commits', 'status', { sha: SHA, state: 'success' }, { sha: 'cd'.repeat(20), state: 'success' }],
    [
      'verdicts of one review',
      'pull_request_review',
      { action: 'submitted', review: { id: 1, state: 'commented' } },
      { action: 'submitted', review: { id: 1, state: 'approved' } },
    ],
    [
      'labels on one issue in one second',
      'issues',
      { action: 'labeled', issue: { id: 1, updated_at: 't' }, label: { id: 1 } },
      { action: 'labeled', issue: { id: 1, updated_at: 't' }, label: { id: 2 } },
    ],
    [
      'an issue closed twice',
      'issues',
      { action: 'closed', issue: { id: 1, updated_at: '2026-11-20T10:00:00Z' } },
      { action: 'closed', issue: { id: 1, updated_at: '2026-11-20T11:00:00Z' } },
    ],
    [
      'a branch that lives twice',
      'create',
      { ref: 'idea', ref_type: 'branch' },
      { ref: 'idea', ref_type: 'branch', repository: { ...repository, pushed_at: '2026-11-21T10:03:20Z' } },
    ],
    ['stars of two people', 'watch', { action: 'started' }, { action: 'started', sender: { id: 8, login: 'lisa' } }],
    [
      'a pre-release and its release',
      'release',
      { action: 'published', release: { id: 5, prerelease: true } },
      { action: 'released', release: { id: 5, prerelease: false } },
    ],
    [
      'pushes to one branch',
      'push',
      { ref: 'refs/heads/main', before: 'a', after: 'b', commits: [{}] },
      { ref: 'refs/heads/main', before: 'b', after: 'c', commits: [{}] },
    ],
  ])('are never taken for one another: %s', (_what, event, one, other) => {
    expect(happeningOf(event, one)).toBeDefined();
    expect(happeningOf(event, other)).not.toBe(happeningOf(event, one));
  });

  it('are told apart in the examples, where they have different subjects', () => {
    const opened = example('pull_request', 'opened');
    expect(happeningOf('pull_request', opened)).not.toBe(happeningOf('pull_request', { ...opened, number: 3 }));
  });
});
