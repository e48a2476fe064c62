import { describe, expect, it } from 'vitest';
import { listenTo } from './listen.ts';
import { ordersOf } from './orders.ts';
import {
  created,
  deleted,
  issue,
  mergeGroup,
  movedTag,
  pull,
  push,
  pushedGone,
  pushedNew,
  release,
  rule,
  ruleset,
  sha,
  status,
} from './payloads.ts';
import { apart, tellsEach } from './tells-each.ts';

describe('a branch or tag', () => {
  tellsEach([
    [
      'that is deleted and made again within a minute is reported each time, by whichever event is first',
      [
        created(0, { branch: 'idea' }),
        pushedNew(500, { branch: 'idea' }),
        pushedGone(20_000, { branch: 'idea' }),
        deleted(20_500, { branch: 'idea' }),
        pushedNew(40_000, { branch: 'idea' }),
        created(40_500, { branch: 'idea' }),
      ],
      [
        '3000 create.created mona: Created branch idea',
        '23000 push.deleted mona: Deleted branch idea',
        '43000 push.created mona: Created branch idea',
      ],
    ],
    [
      'is reported once when its two deliveries fall on both sides of a full minute',
      [pushedNew(59_900, { tag: 'v1' }), created(60_600, { tag: 'v1' })],
      ['62900 push.created mona: Created tag v1'],
    ],
    [
      'is reported once when its two deliveries fall on both sides of ten minutes',
      [created(599_900, { tag: 'v1' }), pushedNew(601_900, { tag: 'v1' })],
      ['602900 create.created mona: Created tag v1'],
    ],
    [
      'is reported once when the commits of a new branch come with it',
      [
        push(0, { branch: 'idea', before: '0'.repeat(40), commits: 2 }),
        created(300, { branch: 'idea' }),
        created(60_000, { branch: 'other' }),
        push(60_300, { branch: 'other', before: '0'.repeat(40), commits: 2 }),
      ],
      [
        '400 push mona: Pushed 2 commits to idea: Purr in tune',
        '60700 push mona: Pushed 2 commits to other: Purr in tune',
      ],
    ],
    [
      'of the same name on both sides are two',
      [created(0, { branch: 'v1' }), created(100, { tag: 'v1' })],
      ['3000 create.created mona: Created branch v1', '3100 create.created mona: Created tag v1'],
    ],
  ]);
});

describe('a push', () => {
  tellsEach([
    [
      'that moves a branch to known commits brings nothing new',
      [push(0, { branch: 'production', commits: 0, known: 50 })],
      ['0 push.forwarded mona: Moved production forward to 0002000 (50 known commits)'],
    ],
    [
      'of a merge of another branch, however git words it, brings one commit',
      [
        push(0, { branch: 'feat', known: 30, message: "Merge branch 'main' into feat" }),
        push(1000, { branch: 'feat', after: sha(3), message: "Merge remote-tracking branch 'origin/main' into feat" }),
        push(2000, {
          branch: 'feat',
          after: sha(4),
          known: 3,
          message: "Merge branch 'main' of https://github.com/cats/choir into feat",
        }),
      ],
      [
        '0 push.updated mona: Merged main into feat (1 new)',
        '1000 push.updated mona: Merged origin/main into feat (1 new)',
        '2000 push.updated mona: Merged main into feat (1 new)',
      ],
    ],
    [
      'of work and a merge counts the new commits and names the known ones',
      [push(0, { branch: 'feat', commits: 3, known: 30, message: "Merge branch 'main' into feat" })],
      ["0 push mona: Pushed 3 commits to feat (30 known): Merge branch 'main' into feat"],
    ],
    [
      'of a new branch that brings no commit is the branch',
      [push(0, { branch: 'idea', before: '0'.repeat(40), commits: 0, known: 4 })],
      ['3000 push.created mona: Created branch idea'],
    ],
    [
      'to gh-pages publishes, by any sender and in any way',
      [
        push(0, { branch: 'gh-pages', forced: true, by: 'github-actions[bot]' }),
        push(60_000, { branch: 'gh-pages', after: sha(3) }),
      ],
      [
        '0 push.published github-actions[bot]: Published to gh-pages',
        '60000 push.published mona: Published to gh-pages',
      ],
    ],
    [
      'without a sender is by its pusher, and by a ghost when that is missing too',
      [
        { ...push(0, { by: 'eve' }), payload: { ...push(0, { by: 'eve' }).payload, sender: undefined } },
        {
          ...push(60_000, { after: sha(3) }),
          payload: { ...push(60_000, { after: sha(3) }).payload, sender: null, pusher: { name: 'none' } },
        },
      ],
      ['0 push eve: Pushed 1 commit to main: Purr in tune', '60000 push ghost: Pushed 1 commit to main: Purr in tune'],
    ],
    [
      'with a sender is by the sender, whatever the pusher is called',
      [{ ...push(0), payload: { ...push(0).payload, pusher: { name: 'eve' } } }],
      ['0 push mona: Pushed 1 commit to main: Purr in tune'],
    ],
  ]);
});

describe('a forced push', () => {
  tellsEach([
    [
      'to the default branch rewrites history',
      [push(0, { forced: true }), push(60_000, { forced: true, commits: 0, after: sha(3) })],
      [
        '0 push.rewritten mona: Force-pushed 1 commit to main: Purr in tune',
        '60000 push.rewritten mona: Reset main to 0003000',
      ],
    ],
    [
      'to a branch of one’s own is a rebase',
      [
        push(0, { branch: 'feat', forced: true, commits: 3 }),
        push(60_000, { branch: 'feat', forced: true, commits: 0, after: sha(3) }),
        push(120_000, { branch: 'dependabot/npm/x', forced: true, by: 'dependabot[bot]' }),
      ],
      [
        '0 push.rebased mona: Rebased feat (3 commits)',
        '60000 push.rebased mona: Reset feat to 0003000',
        '120000 push.rebased dependabot[bot]: Rebased dependabot/npm/x (1 commit)',
      ],
    ],
    [
      'to a branch that a rule protects rewrites history until the rule is deleted',
      [
        rule(0, 'created', 'release/*'),
        push(1000, { branch: 'release/1.0', forced: true, commits: 2 }),
        push(2000, { branch: 'release/1.0/fix', forced: true }),
        rule(60_000, 'deleted', 'release/*'),
        push(61_000, { branch: 'release/1.0', forced: true, commits: 2, after: sha(3) }),
      ],
      [
        '1000 push.rewritten mona: Force-pushed 2 commits to release/1.0',
        '2000 push.rebased mona: Rebased release/1.0/fix (1 commit)',
        '61000 push.rebased mona: Rebased release/1.0 (2 commits)',
      ],
    ],
    [
      'to a branch that a ruleset protects rewrites history while the ruleset is active',
      [
        ruleset(0, 'created', { include: ['refs/heads/release/**/*', '~DEFAULT_BRANCH'] }),
        push(1000, { branch: 'release/1.0/fix', forced: true }),
        push(2000, { branch: 'released', forced: true }),
        ruleset(60_000, 'edited', { include: ['refs/heads/release/**/*'], enforcement: 'disabled' }),
        push(61_000, { branch: 'release/1.0/fix', forced: true, after: sha(3) }),
        ruleset(120_000, 'edited', { include: ['~ALL'] }),
        push(121_000, { branch: 'feat', forced: true }),
        ruleset(180_000, 'deleted', { include: ['~ALL'] }),
        push(181_000, { branch: 'feat', forced: true, after: sha(3) }),
      ],
      [
        '1000 push.rewritten mona: Force-pushed 1 commit to release/1.0/fix',
        '2000 push.rebased mona: Rebased released (1 commit)',
        '61000 push.rebased mona: Rebased release/1.0/fix (1 commit)',
        '121000 push.rewritten mona: Force-pushed 1 commit to feat',
        '181000 push.rebased mona: Rebased feat (1 commit)',
      ],
    ],
    [
      'to a branch is none of the business of rulesets for tags',
      [ruleset(0, 'created', { include: ['~ALL'], target: 'tag' }), push(1000, { branch: 'feat', forced: true })],
      ['1000 push.rebased mona: Rebased feat (1 commit)'],
    ],
    [
      'to a branch that a status calls protected rewrites history, until a status says otherwise',
      [
        status(0, { branch: 'stable', context: 'DCO', protected: true }),
        push(1000, { branch: 'stable', forced: true }),
        status(60_000, { branch: 'stable', context: 'DCO', protected: false }),
        push(61_000, { branch: 'stable', forced: true, after: sha(3) }),
      ],
      [
        '1000 push.rewritten mona: Force-pushed 1 commit to stable',
        '61000 push.rebased mona: Rebased stable (1 commit)',
      ],
    ],
    [
      'to a branch that a rule protected before it was given another pattern is a rebase',
      [
        rule(0, 'created', 'stable'),
        rule(1000, 'edited', 'steady'),
        push(2000, { branch: 'stable', forced: true }),
        push(3000, { branch: 'steady', forced: true }),
      ],
      [
        '2000 push.rebased mona: Rebased stable (1 commit)',
        '3000 push.rewritten mona: Force-pushed 1 commit to steady',
      ],
    ],
  ]);
});

describe('a tag that is moved', () => {
  tellsEach([
    [
      'by the program that releases belongs to the release, before it or after it',
      [
        movedTag(0, { tag: 'v2', by: 'github-actions[bot]' }),
        release(2000, 'published', { by: 'github-actions[bot]' }),
        movedTag(4000, { tag: 'latest', by: 'github-actions[bot]' }),
        created(4500, { tag: 'v2.0.0', by: 'github-actions[bot]' }),
        release(5000, 'released', { by: 'github-actions[bot]' }),
      ],
      ['2000 release.published github-actions[bot]: Released Two'],
    ],
    [
      'by the person who releases belongs to the release, and by another person it does not',
      [release(0, 'published'), movedTag(1000, { tag: 'v2' }), movedTag(1500, { tag: 'v3', by: 'lisa' })],
      ['0 release.published mona: Released Two', '4500 push.moved lisa: Moved tag v3'],
    ],
    [
      'an hour after the release is reported',
      [release(0, 'published'), movedTag(3_600_000, { tag: 'v2' })],
      ['0 release.published mona: Released Two', '3603000 push.moved mona: Moved tag v2'],
    ],
  ]);
});

describe('a merge', () => {
  tellsEach([
    [
      'that was not by the person who pushes takes nothing of theirs away',
      [
        pull(0, 'merged'),
        push(500, { branch: 'other', by: 'lisa', after: sha(9) }),
        deleted(800, { branch: 'other', by: 'lisa' }),
        issue(900, 'closed', { number: 13, reason: 'completed', by: 'lisa' }),
      ],
      [
        '0 pull_request.closed/merged mona: Merged pull request #7: Purr',
        '500 push lisa: Pushed 1 commit to other: Purr in tune',
        '1300 issues.closed/closed lisa: Closed issue #13: Sofa is torn',
        '3800 delete.deleted lisa: Deleted branch other',
      ],
    ],
    [
      'belongs to the person who merges, not to the author',
      [pull(0, 'merged', { author: 'lisa', by: 'mona' })],
      ['0 pull_request.closed/merged mona: Merged pull request #7: Purr'],
    ],
    [
      'does not include a branch that is deleted half a minute later, or delivered two minutes later',
      [
        pull(0, 'merged'),
        deleted(30_000, { branch: 'feat' }),
        pull(60_000, 'merged', { number: 8, head: 'other' }),
        { ...deleted(60_000, { branch: 'other' }), afterMs: 180_000 },
      ],
      [
        '0 pull_request.closed/merged mona: Merged pull request #7: Purr',
        '33000 delete.deleted mona: Deleted branch feat',
        '60000 pull_request.closed/merged mona: Merged pull request #8: Purr',
        '183000 delete.deleted mona: Deleted branch other',
      ],
    ],
    [
      'of a pull request of a fork leaves a branch of the same name in the repository alone',
      [pull(0, 'merged', { headRepository: 99 }), deleted(500, { branch: 'feat' })],
      [
        '0 pull_request.closed/merged mona: Merged pull request #7: Purr',
        '3500 delete.deleted mona: Deleted branch feat',
      ],
    ],
    [
      'belongs to the author when a program merges, or to the person who set it to merge when the author is a program',
      [
        pull(0, 'merged', { author: 'lisa', by: 'github-actions[bot]' }),
        pull(60_000, 'merged', {
          number: 8,
          author: 'dependabot[bot]',
          by: 'github-actions[bot]',
          extra: { pull_request: { auto_merge: { enabled_by: { login: 'mona', type: 'User' } } } },
        }),
      ],
      [
        '0 pull_request.closed/merged lisa: Merged pull request #7: Purr',
        '60000 pull_request.closed/merged mona: Merged pull request #8: Purr',
      ],
    ],
    [
      'of a program’s pull request by a program alone is a program’s',
      [pull(0, 'merged', { author: 'dependabot[bot]', by: 'github-actions[bot]' })],
      ['0 pull_request.closed/merged github-actions[bot]: Merged pull request #7: Purr'],
    ],
  ]);

  it.each([
    ['a merge commit', 'Merge pull request #7 from cats/feat\n\nPurr', sha(8)],
    ['a squash', 'Purr (#7)', sha(8)],
    ['a rebase', 'Purr in tune', sha(7)],
  ])(
    'is reported once with its push, its branch and the issue it closes, in any order: %s',
    async (_how, message, after) => {
      const members = [
        (at: number) => pull(at, 'merged'),
        (at: number) => push(at, { message, after, isByGitHub: true, commits: 2 }),
        (at: number) => deleted(at, { branch: 'feat' }),
        (at: number) => issue(at, 'closed', { reason: 'completed' }),
      ];
      for (const order of ordersOf(members)) {
        const { told } = await listenTo(apart(100, order));
        expect(told.map((line) => line.replace(/^\d+ /, ''))).toEqual([
          'pull_request.closed/merged mona: Merged pull request #7: Purr',
        ]);
      }
    },
  );

  it('is an act that is named by its first delivery', async () => {
    const message = 'Merge pull request #7 from cats/feat';
    const { activities } = await listenTo([
      push(0, { message, after: sha(8), isByGitHub: true }),
      pull(100, 'merged'),
      pull(60_000, 'merged', { number: 8 }),
    ]);
    expect(activities.map(({ deliveryId, act }) => ({ deliveryId, act }))).toEqual([
      { deliveryId: 'd2', act: 'd1' },
      { deliveryId: 'd3', act: 'd3' },
    ]);
  });

  it('by a program is reported once with its companions, even if they take two seconds to come', async () => {
    const by = 'github-merge-queue[bot]';
    const members = [
      (at: number) => pull(at, 'merged', { author: 'lisa', by }),
      (at: number) => push(at, { message: 'Purr (#7)', after: sha(7), isByGitHub: true, by }),
      (at: number) => pushedGone(at, { branch: 'feat', by }),
      (at: number) => issue(at, 'closed', { reason: 'completed', by }),
    ];
    for (const order of ordersOf(members)) {
      const { told } = await listenTo(apart(700, order));
      expect(told.map((line) => line.replace(/^\d+ /, ''))).toEqual([
        'pull_request.closed/merged lisa: Merged pull request #7: Purr',
      ]);
    }
  });
});

describe('the merge queue', () => {
  const queue = 'github-merge-queue[bot]';
  tellsEach([
    [
      'reports who queued and what left, and not that its groups are made again',
      [
        pull(0, 'enqueued', { author: 'lisa' }),
        mergeGroup(200, 'checks_requested'),
        mergeGroup(60_000, 'checks_requested', { head: sha(41) }),
        mergeGroup(120_000, 'destroyed'),
        pull(120_100, 'dequeued', { author: 'lisa', by: queue, extra: { reason: 'CI_FAILURE' } }),
      ],
      [
        '0 pull_request.enqueued mona: Queued pull request #7: Purr',
        '120100 pull_request.dequeued github-merge-queue[bot]: Took off the queue: pull request #7: Purr (its checks failed)',
      ],
    ],
    [
      'reports queueing once, whichever of its deliveries is first',
      [mergeGroup(0, 'checks_requested'), pull(300, 'enqueued', { author: 'lisa' })],
      ['300 pull_request.enqueued mona: Queued pull request #7: Purr'],
    ],
    [
      'merges a program’s pull request for the person who queued it',
      [
        pull(0, 'enqueued', { author: 'dependabot[bot]', by: 'mona' }),
        mergeGroup(200, 'checks_requested'),
        mergeGroup(60_000, 'destroyed'),
        pull(60_100, 'dequeued', { author: 'dependabot[bot]', by: queue, extra: { reason: 'MERGE' } }),
        pull(60_200, 'merged', { author: 'dependabot[bot]', by: queue }),
      ],
      [
        '0 pull_request.enqueued mona: Queued pull request #7: Purr',
        '60200 pull_request.closed/merged mona: Merged pull request #7: Purr',
      ],
    ],
    [
      'does not merge a program’s pull request in the name of a person who took it off the queue, or queued another one',
      [
        pull(0, 'enqueued', { author: 'dependabot[bot]', by: 'mona' }),
        pull(60_000, 'dequeued', { author: 'dependabot[bot]', by: 'mona', extra: { reason: 'MANUAL' } }),
        pull(120_000, 'enqueued', { number: 8, author: 'dependabot[bot]', by: 'mona' }),
        pull(660_000, 'merged', { author: 'dependabot[bot]', by: queue }),
      ],
      [
        '0 pull_request.enqueued mona: Queued pull request #7: Purr',
        '60000 pull_request.dequeued mona: Took off the queue: pull request #7: Purr (by hand)',
        '120000 pull_request.enqueued mona: Queued pull request #8: Purr',
        '660000 pull_request.closed/merged github-merge-queue[bot]: Merged pull request #7: Purr',
      ],
    ],
    [
      'does not take a merge away from the person who merges what another one has queued',
      [
        pull(0, 'enqueued', { author: 'dependabot[bot]', by: 'mona' }),
        pull(60_000, 'merged', { author: 'dependabot[bot]', by: 'lisa' }),
      ],
      [
        '0 pull_request.enqueued mona: Queued pull request #7: Purr',
        '60000 pull_request.closed/merged lisa: Merged pull request #7: Purr',
      ],
    ],
    [
      'reports a pull request again when it is queued again within minutes',
      [
        pull(0, 'enqueued'),
        pull(60_000, 'dequeued', { by: queue, extra: { reason: 'MERGE_CONFLICT' } }),
        pull(120_000, 'enqueued'),
      ],
      [
        '0 pull_request.enqueued mona: Queued pull request #7: Purr',
        '60000 pull_request.dequeued github-merge-queue[bot]: Took off the queue: pull request #7: Purr (it conflicts)',
        '120000 pull_request.enqueued mona: Queued pull request #7: Purr',
      ],
    ],
  ]);
});

describe('an update of a pull request', () => {
  const updated = { before: sha(1), after: sha(2) };
  tellsEach([
    [
      'of a fork is reported once, through two hooks a minute apart',
      [
        pull(0, 'synchronize', { headRepository: 99, extra: updated }),
        ...[pull(0, 'synchronize', { headRepository: 99, extra: { ...updated, installation: { id: 5 } } })].map(
          (each) => ({
            ...each,
            afterMs: 60_000,
          }),
        ),
      ],
      ['0 pull_request.synchronize mona: Updated pull request #7: Purr'],
    ],
    [
      'of a branch here whose push was reported minutes ago is not reported',
      [push(0, { branch: 'feat', commits: 2 }), { ...pull(0, 'synchronize', { extra: updated }), afterMs: 300_000 }],
      ['0 push mona: Pushed 2 commits to feat: Purr in tune'],
    ],
    [
      'of a branch here is its push, whichever comes first',
      [
        push(0, { branch: 'feat', commits: 2 }),
        pull(100, 'synchronize', { extra: updated }),
        pull(60_000, 'synchronize', { extra: { before: sha(2), after: sha(3) } }),
        push(60_100, { branch: 'feat', before: sha(2), after: sha(3) }),
      ],
      ['0 push mona: Pushed 2 commits to feat: Purr in tune', '60100 push mona: Pushed 1 commit to feat: Purr in tune'],
    ],
  ]);

  it('of a branch here whose push is not delivered is reported once, through two hooks some minutes apart', async () => {
    const one = pull(0, 'synchronize', { extra: updated });
    const other = { ...one, afterMs: 300_000, payload: { ...one.payload, installation: { id: 5 } } };
    const { told } = await listenTo([one, other]);
    expect(told.map((line) => line.replace(/^\d+ /, ''))).toEqual([
      'pull_request.synchronize mona: Updated pull request #7: Purr',
    ]);
  });
});
