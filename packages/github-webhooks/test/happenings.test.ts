import type { GitHubActivity } from '@bnc/contracts';
import { mapActivity } from '@bnc/music-engine';
import { describe, expect, it } from 'vitest';
import type { Example } from './deliveries.ts';
import { example, examples } from './deliveries.ts';
import { Listener, read } from './listener.ts';
import { ordersOf } from './orders.ts';
import { check, deployed, job, pageBuild, pull, push, release, run, sha, startMs, status, suite } from './payloads.ts';

type Fields = Readonly<Record<string, unknown>>;

const repository = {
  id: 42,
  full_name: 'cats/choir',
  private: false,
  html_url: 'https://github.com/cats/choir',
  pushed_at: '2026-11-16T08:50:00Z',
  updated_at: '2026-11-16T08:50:00Z',
};
const sender = { id: 7, login: 'mona', type: 'User' };
const headSha = sha(2);

function told(event: string, payload: Fields): Example {
  return { event, payload: { repository, sender, ...payload } };
}

/** Returns what is reported for deliveries that come one after the other, once time has passed. */
function activitiesOf(deliveries: readonly Example[], apartMs = 100): readonly GitHubActivity[] {
  return activitiesOfTimed(deliveries.map((delivery, index) => [delivery, index * apartMs]));
}

function activitiesOfTimed(deliveries: readonly (readonly [Example, number])[]): readonly GitHubActivity[] {
  const listener = new Listener();
  for (const [index, [delivery, afterMs]] of deliveries.entries()) {
    const at = startMs + afterMs;
    listener.passUntil(at);
    listener.hear(read(delivery, `d${index}`, at), at);
  }
  listener.passUntil(Number.MAX_SAFE_INTEGER);
  return listener.told.map(({ activity }) => activity);
}

/** The same, whichever of several deliveries made it certain. */
function withoutIds({ deliveryId: _deliveryId, act: _act, ...activity }: GitHubActivity): unknown {
  return activity;
}

/** What the music makes of it, without its size. */
function characterOf(activity: GitHubActivity): unknown {
  const { emotion, gesture, mode, cats, happening } = mapActivity(activity);
  return { emotion, gesture, mode, cats, happening };
}

const allFamilies: readonly (readonly [what: string, ...members: readonly Example[]])[] = [
  ['a build that passed', check(0), suite(0), job(0), run(0)],
  [
    'a build that failed',
    check(0, { conclusion: 'failure' }),
    suite(0, { conclusion: 'failure' }),
    job(0, { conclusion: 'timed_out' }),
    run(0, { conclusion: 'failure' }),
  ],
  [
    'a build that only has statuses',
    status(0, { context: 'ci/a' }),
    status(0, { context: 'ci/b' }),
    status(0, { context: 'ci/c' }),
    status(0, { context: 'codecov/patch', state: 'failure' }),
  ],
  ['a build that has statuses and checks', status(0, { context: 'ci/a', state: 'failure' }), check(0), run(0)],
  [
    'a review with comments',
    told('pull_request_review', { action: 'submitted', review: { id: 9, state: 'commented' } }),
    told('pull_request_review_comment', { action: 'created', comment: { id: 10, pull_request_review_id: 9 } }),
    told('pull_request_review_comment', { action: 'created', comment: { id: 11, pull_request_review_id: 9 } }),
  ],
  [
    'a new tag',
    told('create', { ref: 'v1', ref_type: 'tag' }),
    told('push', { ref: 'refs/tags/v1', created: true, commits: [], after: headSha }),
  ],
  [
    'a new branch',
    told('create', { ref: 'idea', ref_type: 'branch' }),
    told('push', { ref: 'refs/heads/idea', created: true, commits: [], after: headSha }),
  ],
  [
    'a branch that goes',
    told('delete', { ref: 'idea', ref_type: 'branch' }),
    told('push', { ref: 'refs/heads/idea', deleted: true, commits: [], before: headSha }),
  ],
  [
    'commits on the branch of a pull request',
    push(0, { branch: 'feat', before: sha(1), after: sha(2) }),
    pull(0, 'synchronize', { extra: { before: sha(1), after: sha(2) } }),
  ],
  [
    'a star',
    told('star', { action: 'created', starred_at: '2026-11-16T09:00:00Z' }),
    told('watch', { action: 'started' }),
  ],
  ['going public', told('public', {}), told('repository', { action: 'publicized' })],
  ['a release', release(0, 'published'), release(0, 'released')],
  [
    'a dependency alert',
    told('dependabot_alert', { action: 'created', alert: { number: 3, security_advisory: { ghsa_id: 'GHSA-1' } } }),
    told('repository_vulnerability_alert', { action: 'create', alert: { id: 8, ghsa_id: 'GHSA-1' } }),
  ],
  [
    'a secret that was found in two places',
    told('secret_scanning_alert', { action: 'created', alert: { number: 3 } }),
    told('secret_scanning_alert_location', { action: 'created', alert: { number: 3 }, location: { type: 'commit' } }),
    told('secret_scanning_alert_location', {
      action: 'created',
      alert: { number: 3 },
      location: { type: 'wiki_commit' },
    }),
  ],
  [
    'a deployment that starts',
    told('deployment', { action: 'created', deployment: { id: 60 } }),
    deployed(0, 'queued'),
    deployed(0, 'pending'),
    deployed(0, 'in_progress'),
  ],
  [
    'pages that are published',
    deployed(0, 'success', { environment: 'github-pages' }),
    pageBuild(0),
    run(0, { path: 'dynamic/pages/pages-build-deployment' }),
  ],
  [
    'a package',
    told('package', { action: 'published', package: { id: 4, package_version: { id: 5 } } }),
    told('registry_package', { action: 'published', registry_package: { id: 4, package_version: { id: 5 } } }),
  ],
  [
    'a sub-issue, delivered from both ends',
    told('sub_issues', { action: 'sub_issue_added', parent_issue_id: 1, sub_issue_id: 2, parent_issue: { number: 1 } }),
    told('sub_issues', { action: 'parent_issue_added', parent_issue_id: 1, sub_issue_id: 2, sub_issue: { number: 2 } }),
  ],
  [
    'a dependency between issues, delivered from both ends',
    told('issue_dependencies', { action: 'blocked_by_added', blocked_issue_id: 1, blocking_issue_id: 2 }),
    told('issue_dependencies', { action: 'blocking_added', blocked_issue_id: 1, blocking_issue_id: 2 }),
  ],
];
const families = allFamilies.map(([what, ...members]) => ({ what, members }));

describe('one happening', () => {
  it.each(families)('is reported once for all its deliveries, in any order: $what', ({ members }) => {
    for (const order of ordersOf(members)) expect(activitiesOf(order)).toHaveLength(1);
  });

  it.each(families)('has the same character in the music, whichever delivery comes first: $what', ({ members }) => {
    const characters = ordersOf(members).map((order) => activitiesOf(order).map(characterOf));
    for (const character of characters) expect(character).toEqual(characters[0]);
  });

  it.each(families)('is reported once through two hooks, the second of which is 50 s late: $what', ({ members }) => {
    const hooks = members.map((each, index) => [each, index * 100] as const);
    const late = hooks.map(
      ([each, at]) => [{ ...each, payload: { ...each.payload, installation: { id: 5 } } }, at + 50_000] as const,
    );
    expect(activitiesOfTimed([...hooks, ...late])).toHaveLength(1);
  });

  it('of a commit that has only statuses is reported a minute after the last of them', () => {
    const listener = new Listener();
    listener.hear(read(status(0, { context: 'ci/a' }), 'a', startMs), startMs);
    listener.hear(read(status(0, { context: 'ci/b' }), 'b', startMs), startMs + 30_000);
    expect(listener.facts?.due).toBe(startMs + 90_000);
    listener.hear(undefined, startMs + 89_999);
    expect(listener.told).toEqual([]);
    listener.hear(undefined, startMs + 90_000);
    expect(listener.told).toHaveLength(1);
    expect(listener.facts?.due).toBeUndefined();
  });

  it.each(examples.map(({ event, payload }, index) => [index, event, payload] as const))(
    'is recognised through hooks of the repository, the organisation and an app: example %i, %s',
    (_index, event, payload) => {
      const hooks = [
        payload,
        { ...payload, organization: { login: 'cats', id: 99 } },
        { ...payload, organization: { login: 'cats', id: 99 }, installation: { id: 5 } },
        { ...payload, enterprise: { id: 6 } },
      ].map((body) => ({ event, payload: body }));
      const once = activitiesOf([{ event, payload }]);
      expect(once.length).toBeLessThanOrEqual(1);
      expect(activitiesOf(hooks).map(withoutIds)).toEqual(once.map(withoutIds));
      const names = payload.repository ? hooks.map((each) => read(each, 'd', startMs)?.same) : [];
      for (const same of names) expect(same).toEqual(names[0]);
    },
  );
});

describe('two happenings', () => {
  it('are never taken for one another: the members of different families', () => {
    const names = allFamilies.flatMap(([, first]) => {
      const same = first && read(first, 'd', startMs)?.same;
      return same ? [`${same.thing} ${same.state}`] : [];
    });
    expect(names.length).toBeGreaterThan(15);
    expect(new Set(names).size).toBe(names.length);
  });

  it('are never taken for one another: the same thing in two repositories', () => {
    for (const { event, payload } of examples) {
      if (payload.repository === undefined) continue;
      const here = read({ event, payload: { ...payload, repository } }, 'd', startMs);
      const there = read({ event, payload: { ...payload, repository: { ...repository, id: 43 } } }, 'd', startMs);
      if (here) expect(there?.same?.thing).not.toBe(here.same?.thing);
    }
  });

  it.each<[string, Example, Example]>([
    ['verdicts of one commit a day apart', status(0, { state: 'failure' }), status(0, { state: 'success' })],
    ['builds of two commits', run(0, { id: 1 }), run(0, { id: 2, sha: sha(3) })],
    ['attempts of one run', run(0, { conclusion: 'failure' }), run(0, { attempt: 2, conclusion: 'failure' })],
    [
      'verdicts of one review',
      told('pull_request_review', { action: 'submitted', review: { id: 1, state: 'commented' } }),
      told('pull_request_review', { action: 'submitted', review: { id: 1, state: 'approved' } }),
    ],
    [
      'labels on one issue in one second',
      told('issues', { action: 'labeled', issue: { id: 1, updated_at: 't' }, label: { id: 1 } }),
      told('issues', { action: 'labeled', issue: { id: 1, updated_at: 't' }, label: { id: 2 } }),
    ],
    [
      'an issue closed twice',
      told('issues', { action: 'closed', issue: { id: 1, updated_at: '2026-11-16T09:00:00Z' } }),
      told('issues', { action: 'closed', issue: { id: 1, updated_at: '2026-11-16T10:00:00Z' } }),
    ],
    [
      'a branch that lives twice',
      told('create', { ref: 'idea', ref_type: 'branch' }),
      told('create', {
        ref: 'idea',
        ref_type: 'branch',
        repository: { ...repository, pushed_at: '2026-11-17T09:00:00Z' },
      }),
    ],
    [
      'stars of two people',
      told('watch', { action: 'started' }),
      told('watch', { action: 'started', sender: { id: 8, login: 'lisa' } }),
    ],
    ['a pre-release and its release', release(0, 'published', { isEarly: true }), release(0, 'released')],
    ['pushes to one branch', push(0, { after: sha(2) }), push(0, { before: sha(2), after: sha(3) })],
    [
      'the same deployment to two environments',
      deployed(0, 'success'),
      deployed(0, 'success', { id: 61, environment: 'staging' }),
    ],
  ])('are reported twice: %s', (_what, one, other) => {
    expect(activitiesOf([one, other], 86_400_000)).toHaveLength(2);
  });

  it('are different happenings in the examples, where they have different subjects', () => {
    const opened = example('pull_request', 'opened');
    const two = [opened, { ...opened, number: 3 }].map((payload) => ({ event: 'pull_request', payload }));
    expect(activitiesOf(two)).toHaveLength(2);
  });
});
