import { describe, expect, it } from 'vitest';
import { listenTo } from './listen.ts';
import { ordersOf } from './orders.ts';
import {
  account,
  calledAt,
  deliver,
  issue,
  pull,
  push,
  release,
  renamed,
  review,
  reviewComment,
  secretAlert,
  sha,
  star,
  type Timed,
  transferred,
} from './payloads.ts';
import { apart, tellsEach } from './tells-each.ts';

describe('opening', () => {
  it('a pull request is reported once with its labels, reviewers and assignments, in any order', async () => {
    const members = [
      (at: number) => pull(at, 'opened'),
      (at: number) => pull(at, 'labeled', { extra: { label: { id: 1, name: 'purr' } } }),
      (at: number) => pull(at, 'review_requested', { extra: { requested_reviewer: { id: 2, login: 'lisa' } } }),
      (at: number) => pull(at, 'assigned', { extra: { assignee: { id: 3, login: 'mona' } } }),
    ];
    for (const order of ordersOf(members)) {
      const { told } = await listenTo(apart(100, order));
      expect(told.map((line) => line.replace(/^\d+ /, ''))).toEqual([
        'pull_request.opened mona: Opened pull request #7: Purr',
      ]);
    }
  });

  it('an issue is reported once with its labels and milestone, in any order', async () => {
    const members = [
      (at: number) => issue(at, 'opened'),
      (at: number) => issue(at, 'labeled', { extra: { label: { id: 1, name: 'sofa' } } }),
      (at: number) => issue(at, 'milestoned', { extra: { milestone: { id: 4, title: 'Spring' } } }),
    ];
    for (const order of ordersOf(members)) {
      const { told } = await listenTo(apart(100, order));
      expect(told.map((line) => line.replace(/^\d+ /, ''))).toEqual([
        'issues.opened mona: Opened issue #12: Sofa is torn',
      ]);
    }
  });

  tellsEach([
    [
      'takes along the label that a program adds two seconds later',
      [
        pull(0, 'opened'),
        pull(2000, 'labeled', { by: 'labeler[bot]', extra: { label: { id: 1, name: 'purr' } } }),
        issue(60_000, 'opened'),
        issue(62_000, 'labeled', { by: 'labeler[bot]', extra: { label: { id: 1, name: 'sofa' } } }),
      ],
      [
        '0 pull_request.opened mona: Opened pull request #7: Purr',
        '60000 issues.opened mona: Opened issue #12: Sofa is torn',
      ],
    ],
    [
      'leaves alone what another person does, and what is done to another one',
      [
        pull(0, 'opened'),
        pull(500, 'labeled', { by: 'lisa', extra: { label: { id: 1, name: 'purr' } } }),
        pull(1000, 'labeled', { number: 8, extra: { label: { id: 1, name: 'purr' } } }),
      ],
      [
        '0 pull_request.opened mona: Opened pull request #7: Purr',
        '3500 pull_request.labeled lisa: Labelled pull request #7 (purr): Purr',
        '4000 pull_request.labeled mona: Labelled pull request #8 (purr): Purr',
      ],
    ],
  ]);
});

describe('a label', () => {
  const sofa = { label: { id: 1, name: 'sofa' } };
  tellsEach([
    [
      'that is added, removed and added is reported each time',
      [
        issue(0, 'labeled', { extra: sofa }),
        issue(20_000, 'unlabeled', { extra: sofa }),
        issue(40_000, 'labeled', { extra: sofa }),
      ],
      [
        '3000 issues.labeled mona: Labelled issue #12 (sofa): Sofa is torn',
        '23000 issues.unlabeled mona: Unlabelled issue #12 (sofa): Sofa is torn',
        '43000 issues.labeled mona: Labelled issue #12 (sofa): Sofa is torn',
      ],
    ],
    [
      'and another one in the same second are two',
      [
        issue(0, 'labeled', { extra: sofa }),
        { ...issue(0, 'labeled', { extra: { label: { id: 2, name: 'cat' } } }), afterMs: 100 },
      ],
      [
        '3000 issues.labeled mona: Labelled issue #12 (sofa): Sofa is torn',
        '3100 issues.labeled mona: Labelled issue #12 (cat): Sofa is torn',
      ],
    ],
  ]);
});

describe('a review', () => {
  it('is reported once with its five comments, in whatever order they come', async () => {
    for (let place = 0; place <= 5; place++) {
      const members = [91, 92, 93, 94, 95].map((id) => (at: number) => reviewComment(at, id, { by: 'lisa' }));
      const order = members.toSpliced(place, 0, (at: number) => review(at, 'changes_requested', { by: 'lisa' }));
      const { told } = await listenTo(apart(60, order));
      expect(told.map((line) => line.replace(/^\d+ /, ''))).toEqual([
        'pull_request_review.submitted/changes_requested lisa: Asked for changes in pull request #7: Purr',
      ]);
    }
  });

  tellsEach([
    [
      'whose own delivery does not come is reported once by its comments',
      [reviewComment(0, 91), reviewComment(100, 92), reviewComment(900, 93)],
      ['400 pull_request_review_comment.created/commented mona: Commented on pull request #7: Purr'],
    ],
    [
      'and another one are two',
      [review(0, 'commented'), review(100, 'approved', { id: 99 }), reviewComment(200, 91, { reviewId: 90 })],
      [
        '0 pull_request_review.submitted/commented mona: Reviewed pull request #7: Purr',
        '100 pull_request_review.submitted/approved mona: Approved pull request #7: Purr',
      ],
    ],
  ]);
});

describe('closing an issue', () => {
  tellsEach([
    [
      'says why, and again after it was reopened',
      [
        issue(0, 'closed', { reason: 'not_planned' }),
        issue(60_000, 'reopened', { reason: 'reopened' }),
        issue(120_000, 'closed', { reason: 'completed' }),
        issue(180_000, 'closed', { number: 13, reason: 'duplicate', by: 'github-actions[bot]' }),
      ],
      [
        '0 issues.closed/not_planned mona: Closed as not planned: issue #12: Sofa is torn',
        '60000 issues.reopened mona: Reopened issue #12: Sofa is torn',
        '120400 issues.closed/closed mona: Closed issue #12: Sofa is torn',
        '180000 issues.closed/duplicate github-actions[bot]: Closed as a duplicate: issue #13: Sofa is torn',
      ],
    ],
    [
      'is not the merge’s when it was not planned',
      [pull(0, 'merged'), issue(200, 'closed', { reason: 'not_planned' })],
      [
        '0 pull_request.closed/merged mona: Merged pull request #7: Purr',
        '200 issues.closed/not_planned mona: Closed as not planned: issue #12: Sofa is torn',
      ],
    ],
  ]);
});

describe('a release', () => {
  tellsEach([
    [
      'that is edited twice and deleted is reported each time',
      [
        release(0, 'published'),
        release(60_000, 'edited'),
        release(120_000, 'edited', { name: 'Zwei' }),
        release(180_000, 'deleted'),
      ],
      [
        '0 release.published mona: Released Two',
        '60000 release.edited mona: Edited release Two',
        '120000 release.edited mona: Edited release Zwei',
        '180000 release.deleted mona: Deleted release Two',
      ],
    ],
    [
      'that was early comes out once more',
      [
        release(0, 'published', { isEarly: true }),
        release(60_000, 'released'),
        release(120_000, 'published', { id: 81, name: 'Three', tag: 'v3' }),
      ],
      [
        '0 release.published mona: Pre-released Two',
        '60000 release.released mona: Released Two',
        '120000 release.published mona: Released Three',
      ],
    ],
  ]);
});

describe('a member', () => {
  tellsEach([
    [
      'is welcomed once, and another one too',
      ['lisa', 'lisa', 'nora'].map((login, n) =>
        deliver(n * 1000, 'member', { action: 'added', member: account(login), changes: n === 1 ? {} : undefined }),
      ),
      ['0 member.added mona: Welcomed lisa', '2000 member.added mona: Welcomed nora'],
    ],
  ]);
});

describe('a star', () => {
  tellsEach([
    [
      'that is given, taken back and given again is reported once',
      [star(0, 'created'), star(20_000, 'deleted'), star(86_400_000, 'created')],
      ['0 star.created mona: Starred the repository'],
    ],
    [
      'of two people is reported twice, by whichever event it comes',
      [star(0, 'created'), deliver(100, 'watch', { action: 'started' }), star(200, 'created', { by: 'lisa' })],
      ['0 star.created mona: Starred the repository', '200 star.created lisa: Starred the repository'],
    ],
  ]);
});

describe('an alert', () => {
  const leak = 'Secret scanning alert';
  tellsEach([
    [
      'that is fixed, reopened and fixed within a minute is reported each time',
      [secretAlert(0, 'resolved'), secretAlert(20_000, 'reopened'), secretAlert(40_000, 'resolved')],
      [
        `0 secret_scanning_alert.resolved mona: ${leak} fixed`,
        `20000 secret_scanning_alert.reopened mona: ${leak} reopened`,
        `40000 secret_scanning_alert.resolved mona: ${leak} fixed`,
      ],
    ],
    [
      'that was fixed stays fixed when an older delivery comes late',
      [
        secretAlert(0, 'created'),
        secretAlert(60_000, 'resolved'),
        { ...secretAlert(0, 'created'), afterMs: 7_200_000 },
      ],
      [
        `0 secret_scanning_alert.created mona: ${leak} opened`,
        `60000 secret_scanning_alert.resolved mona: ${leak} fixed`,
      ],
    ],
    [
      'for a dependency that comes back is reported again, once for the newer and the older event',
      ['created', 'fixed', 'reintroduced'].flatMap((action, n) => [
        deliver(n * 60_000, 'dependabot_alert', {
          action,
          alert: { number: 3, security_advisory: { ghsa_id: 'GHSA-1' }, updated_at: `2026-11-16T09:0${n}:00Z` },
        }),
        deliver(n * 60_000 + 500, 'repository_vulnerability_alert', {
          action: ['create', 'resolve', 'reopen'][n],
          alert: { id: 8, ghsa_id: 'GHSA-1' },
        }),
      ]),
      [
        '0 dependabot_alert.created mona: Dependency alert opened',
        '60000 dependabot_alert.fixed mona: Dependency alert fixed',
        '120000 dependabot_alert.reintroduced mona: Dependency alert reopened',
      ],
    ],
  ]);
});

describe('links', () => {
  const at = (home: string | undefined, compare: string): Timed => {
    const made = push(0, { repository: { html_url: home } });
    return { ...made, payload: { ...made.payload, compare } };
  };

  it.each([
    [
      'http://git.corp.example:8080/cats/choir',
      'http://git.corp.example:8080/cats/choir/compare/a...b',
      'compare/a...b',
    ],
    ['https://github.example.com/cats/choir', 'https://github.example.com/cats/choir/compare/a...b', 'compare/a...b'],
  ])('lead to the forge at %s', async (home, compare, path) => {
    const { activities } = await listenTo([at(home, compare)]);
    expect(activities[0]?.url).toBe(`${home}/${path}`);
  });

  it.each([
    ['another host', 'https://evil.example/cats/choir/compare/a...b'],
    ['another port', 'https://git.corp.example:8443/cats/choir/compare/a...b'],
    ['a script', 'javascript:alert(1)'],
    ['a login', 'https://mona:secret@git.corp.example/cats/choir'],
    ['nothing', ''],
  ])('that lead to %s lead to the repository instead', async (_what, compare) => {
    const { activities } = await listenTo([at('https://git.corp.example/cats/choir', compare)]);
    expect(activities[0]?.url).toBe('https://git.corp.example/cats/choir');
  });

  it('are empty where nothing says where the repository is', async () => {
    const { activities } = await listenTo([at(undefined, 'https://github.com/cats/choir/compare/a...b')]);
    expect(activities[0]?.url).toBe('');
  });
});

describe('a repository', () => {
  const calls = ({ facts }: Awaited<ReturnType<typeof listenTo>>): readonly string[] =>
    facts.map(({ kind, previousRepoId = 'nothing', repoId }) => `${kind} from ${previousRepoId} to ${repoId}`);
  const pushedTo = (afterMs: number, name: string): Timed =>
    push(afterMs, { after: sha(10 + afterMs / 1000), repository: calledAt(afterMs, name) });

  it('that is renamed says from which name to which, once for all its hooks', async () => {
    const again = renamed(10_000, 'cats/new', 'old');
    const heard = await listenTo([
      pushedTo(0, 'cats/old'),
      renamed(9000, 'cats/new', 'old'),
      { ...renamed(9000, 'cats/new', 'old'), afterMs: 9500, payload: { ...again.payload, installation: { id: 5 } } },
      pushedTo(20_000, 'cats/new'),
    ]);
    expect(heard.told.slice(0, 2)).toEqual([
      '0 push mona: Pushed 1 commit to main: Purr in tune',
      '9000 repository.renamed mona: Renamed the repository from cats/old to cats/new',
    ]);
    expect(calls(heard)[0]).toBe('renamed from cats/old to cats/new');
  });

  it('that is transferred says from which owner to which', async () => {
    const heard = await listenTo([pushedTo(0, 'cats/choir'), transferred(9000, 'dogs/choir', 'cats')]);
    expect(heard.told[1]).toBe(
      '9000 repository.transferred mona: Transferred the repository from cats/choir to dogs/choir',
    );
    expect(calls(heard)).toEqual(['transferred from cats/choir to dogs/choir']);
  });

  it('that is transferred and renamed in one go is reported once, and with names that existed', async () => {
    const members = [
      (at: number) => transferred(at, 'dogs/pack', 'cats'),
      (at: number) => renamed(at, 'dogs/pack', 'choir'),
    ];
    for (const order of ordersOf(members)) {
      const heard = await listenTo([pushedTo(0, 'cats/choir'), ...order.map((member, n) => member(9000 + n * 200))]);
      expect(heard.told).toHaveLength(2);
      expect(heard.told[1]).toMatch(/Transferred the repository from cats\/choir to dogs\/pack$/);
      expect(calls(heard).map((line) => line.replace(/^\w+ /, ''))).toEqual([
        'from cats/choir to dogs/pack',
        'from nothing to dogs/pack',
      ]);
    }
  });

  it('that has three names after one another says each change', async () => {
    const heard = await listenTo([
      pushedTo(0, 'cats/one'),
      renamed(1000, 'cats/two', 'one'),
      renamed(2000, 'cats/three', 'two'),
      pushedTo(3000, 'cats/three'),
      renamed(4000, 'cats/one', 'three'),
    ]);
    expect(heard.told.filter((line) => line.includes('repository.'))).toEqual([
      '1000 repository.renamed mona: Renamed the repository from cats/one to cats/two',
      '2000 repository.renamed mona: Renamed the repository from cats/two to cats/three',
      '4000 repository.renamed mona: Renamed the repository from cats/three to cats/one',
    ]);
    expect(calls(heard)).toEqual([
      'renamed from cats/one to cats/two',
      'renamed from cats/two to cats/three',
      'renamed from cats/three to cats/one',
    ]);
  });

  it('whose push under the new name comes first still says from which name it was renamed', async () => {
    const heard = await listenTo([
      pushedTo(0, 'cats/old'),
      pushedTo(8000, 'cats/new'),
      renamed(9000, 'cats/new', 'old'),
    ]);
    expect(heard.told[2]).toBe('9000 repository.renamed mona: Renamed the repository from cats/old to cats/new');
  });

  it('of which nothing was known is called by what its payload says', async () => {
    const heard = await listenTo([renamed(0, 'cats/new', 'old')]);
    expect(heard.told).toEqual(['0 repository.renamed mona: Renamed the repository from old']);
    expect(calls(heard)).toEqual(['renamed from cats/old to cats/new']);
  });
});
