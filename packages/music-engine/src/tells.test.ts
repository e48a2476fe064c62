import type { GitHubActivity } from '@bnc/contracts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyActivity, push } from '../test/activities.ts';
import { tellsOf } from './tells.ts';

let count = 0;

function activity(changes: Partial<GitHubActivity>): GitHubActivity {
  count++;
  return { ...push, deliveryId: `d${1000 + count}`, occurredAt: push.occurredAt + count * 1000, ...changes };
}

function pull(number: number, verb = 'Opened', changes: Partial<GitHubActivity> = {}): GitHubActivity {
  return activity({
    event: 'pull_request',
    action: 'opened',
    subject: `pull/${number}`,
    title: `${verb} pull request #${number}: Purr`,
    ...changes,
  });
}

function issue(number: number, verb: string, changes: Partial<GitHubActivity> = {}): GitHubActivity {
  return activity({
    event: 'issues',
    subject: `issues/${number}`,
    title: `${verb} issue #${number}: Purr`,
    ...changes,
  });
}

function build(outcome: 'success' | 'failure' | 'cancelled', changes: Partial<GitHubActivity> = {}): GitHubActivity {
  return activity({ event: 'workflow_run', action: 'completed', outcome, commits: 0, files: 0, ...changes });
}

function comment(changes: Partial<GitHubActivity> = {}): GitHubActivity {
  return activity({
    event: 'issue_comment',
    action: 'created',
    subject: 'issues/1626',
    commits: 0,
    files: 0,
    ...changes,
  });
}

function branch(name: string, action: string, changes: Partial<GitHubActivity> = {}): GitHubActivity {
  return activity({
    action,
    subject: `heads/${name}`,
    commits: 0,
    files: 0,
    title: `Deleted branch ${name}`,
    ...changes,
  });
}

const bot = { actor: 'dependabot[bot]', isBot: true } as const;

function many(times: number, make: (index: number) => GitHubActivity): GitHubActivity[] {
  return Array.from({ length: times }, (_, index) => make(index + 1));
}

function titlesOf(activities: readonly GitHubActivity[]): string[] {
  return tellsOf(activities).map(({ title }) => title);
}

describe('one happening', () => {
  test('is told in its own words, with who did it and where it is', () => {
    const one = pull(7, 'Merged', { outcome: 'merged', actor: 'lisa', url: 'https://github.com/octo/cat/pull/7' });
    expect(tellsOf([one])).toEqual([{ title: one.title, url: one.url, actor: 'lisa', count: 1 }]);
  });
});

describe('several of a kind', () => {
  test.each<[string, readonly GitHubActivity[]]>([
    ['Opened 15 pull requests', many(15, (n) => pull(n, 'Opened', bot))],
    ['Opened 3 pull requests: #1, #2, #3', many(3, (n) => pull(n))],
    ['Merged 2 pull requests: #1, #2', many(2, (n) => pull(n, 'Merged', { outcome: 'merged' }))],
    ['Labelled pull request #7, 3 times', many(3, () => pull(7, 'Labelled', { action: 'labeled' }))],
    ['Updated 2 pull requests: #1, #2', many(2, (n) => pull(n, 'Updated', { action: 'synchronize' }))],
    [
      'Closed as not planned: 2 issues (#1, #2)',
      many(2, (n) => issue(n, 'Closed as not planned:', { action: 'closed', outcome: 'not_planned' })),
    ],
    [
      'Closed as not planned: 112 issues',
      many(112, (n) => issue(n, 'Closed as not planned:', { action: 'closed', outcome: 'not_planned' })),
    ],
    ['Pushed 6 commits to main', many(2, () => activity({ subject: 'heads/main' }))],
    [
      'Pushed 15 commits to 2 branches',
      many(2, (n) => activity({ subject: `heads/b${n}`, commits: n === 1 ? 12 : 3 })),
    ],
    ['Rebased 6 branches', many(12, (n) => branch(`b${n % 6}`, 'rebased', { forced: true }))],
    ['Rebased b, 2 times', many(2, () => branch('b', 'rebased', { forced: true }))],
    ['Moved tag v2, 2 times', many(2, () => activity({ action: 'moved', subject: 'tags/v2', commits: 0 }))],
    ['Moved 2 branches forward', many(2, (n) => branch(`b${n}`, 'forwarded'))],
    ['Brought 2 branches up to date', many(2, (n) => branch(`b${n}`, 'updated'))],
    ['Deleted 2 branches: b1, b2', many(2, (n) => branch(`b${n}`, 'deleted'))],
    ['Deleted 9 branches', many(9, (n) => branch(`b${n}`, 'deleted'))],
    ['43 comments by 2 bots on #1626', many(43, (n) => comment({ isBot: true, actor: `cat-${n % 2}[bot]` }))],
    ['2 comments by a bot on #1626', many(2, () => comment(bot))],
    ['3 comments on 3 threads', many(3, (n) => comment({ subject: `issues/${n}` }))],
    ['2 comments on #1626', [comment(bot), comment()]],
    ['2 comments on commit 1a2b3c4', many(2, () => comment({ event: 'commit_comment', subject: 'commit/1a2b3c4' }))],
    ['4 review comments on #7', many(4, () => comment({ event: 'pull_request_review_comment', subject: 'pull/7' }))],
    [
      'Resolved 5 conversations in pull request #7',
      many(5, () => comment({ event: 'pull_request_review_thread', action: 'resolved', subject: 'pull/7' })),
    ],
    ['20 new stars', many(20, () => activity({ event: 'star', action: 'created' }))],
    ['30 security alerts', many(30, () => activity({ event: 'dependabot_alert', action: 'created' }))],
    ['Created 4 labels', many(4, (n) => activity({ event: 'label', action: 'created', title: `Created label ${n}` }))],
    [
      'Published to gh-pages, 3 times',
      many(3, () => branch('gh-pages', 'published', { title: 'Published to gh-pages' })),
    ],
    [
      'Deployed v1 to staging; Deployed v1 to production',
      ['staging', 'production'].map((to) =>
        activity({ event: 'deployment_status', action: 'created', outcome: 'success', title: `Deployed v1 to ${to}` }),
      ),
    ],
    [
      'Deployed v1 to production; Deployed v2 to production and 3 more',
      many(5, (n) =>
        activity({
          event: 'deployment_status',
          action: 'created',
          outcome: 'success',
          title: `Deployed v${n} to production`,
        }),
      ),
    ],
  ])('are told as %j', (title, activities) => {
    expect(titlesOf(activities)).toEqual([title]);
    expect(tellsOf(activities)[0]?.count).toBe(activities.length);
  });

  test('name those who did most of it first', () => {
    const by = (...actors: string[]): string | undefined =>
      tellsOf(actors.map((actor) => comment({ actor })))[0]?.actor;
    expect(by('mona', 'lisa', 'lisa')).toBe('lisa and mona');
    expect(by('mona', 'lisa', 'ada')).toBe('ada, lisa and mona');
    expect(by('a', 'b', 'c', 'd', 'd')).toBe('d, a and 2 more');
    expect(by('cat[bot]', 'cat[bot]')).toBe('cat');
  });
});

describe('builds', () => {
  test('of a program are told in one line, with what failed in the order of time', () => {
    const failed = ['unit', 'e2e', 'docs'].map((name) => build('failure', { ...bot, failed: [name], turn: 'broken' }));
    const passed = many(12, () => build('success', bot));
    expect(titlesOf([...passed, ...failed])).toEqual(['12 passed, 3 failed: unit, e2e, docs']);
    expect(titlesOf(passed)).toEqual(['12 builds passed']);
    expect(titlesOf([...many(2, () => build('cancelled', bot)), ...passed])).toEqual(['12 passed, 2 were cancelled']);
  });

  test('of people that are red, or green again, have a line each; the others are counted', () => {
    const red = build('failure', { turn: 'broken', failed: ['unit'], title: 'CI failed on pull request #7: unit' });
    const fixed = build('success', { turn: 'fixed', title: 'CI passed on main again', isDefaultBranch: true });
    const green = many(3, (n) => build('success', { turn: 'same', title: `CI passed on b${n}` }));
    expect(titlesOf([...green, red, fixed])).toEqual([red.title, fixed.title, '3 builds passed']);
  });

  test('of a program that turn the default branch have a line each too', () => {
    const others = [build('failure', bot), build('success', bot)];
    const red = build('failure', { ...bot, turn: 'broken', isDefaultBranch: true, title: 'CI failed on main: unit' });
    expect(titlesOf([red, ...others])).toEqual([red.title, '1 passed, 1 failed']);
  });

  test('have five lines at most', () => {
    const reds = many(40, (n) => build('failure', { turn: 'broken', title: `CI failed on b${n}` }));
    const tells = tellsOf(reds);
    expect(tells).toHaveLength(6);
    expect(tells.at(-1)).toMatchObject({ title: '35 builds failed', count: 35 });
  });
});

describe('a phrase', () => {
  test('tells the strongest first, bad news before good', () => {
    const merged = pull(7, 'Merged', { outcome: 'merged' });
    const red = build('failure', { turn: 'broken', title: 'CI failed on main' });
    expect(titlesOf([comment({ title: 'Commented' }), merged, red])).toEqual([red.title, merged.title, 'Commented']);
  });

  test('counts everything that it speaks for once, in titles of at most 200 characters', () => {
    fc.assert(
      fc.property(fc.array(anyActivity, { minLength: 1, maxLength: 60 }), (activities) => {
        const tells = tellsOf(activities);
        expect(tells.reduce((sum, one) => sum + one.count, 0)).toBe(activities.length);
        for (const { title } of tells) expect(title.length).toBeLessThanOrEqual(200);
      }),
    );
  });

  test('cuts long titles between characters', () => {
    const title = `Deployed ${'🐈'.repeat(60)}`;
    const two = ['a', 'b'].map((to) => activity({ event: 'deployment', title: `${title} to ${to}` }));
    const [told = ''] = titlesOf(two);
    expect(told.length).toBeLessThanOrEqual(200);
    expect(told.isWellFormed()).toBe(true);
  });

  test('tells the same in whatever order it came', () => {
    fc.assert(
      fc.property(fc.array(anyActivity, { minLength: 1, maxLength: 30 }), (activities) => {
        const unique = activities.map((one, index) => ({ ...one, deliveryId: `${one.deliveryId} ${index}` }));
        expect(tellsOf(unique.toReversed())).toEqual(tellsOf(unique));
      }),
    );
  });
});
