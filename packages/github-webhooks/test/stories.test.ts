import { describe, expect, it } from 'vitest';
import { listenTo } from './listen.ts';
import { ordersOf } from './orders.ts';
import {
  account,
  calledAt,
  check,
  created,
  deleted,
  deliver,
  deployed,
  dispatch,
  gate,
  issue,
  job,
  mergeGroup,
  movedTag,
  pageBuild,
  pull,
  push,
  pushedGone,
  pushedNew,
  release,
  renamed,
  review,
  reviewComment,
  rule,
  ruleset,
  run,
  secretAlert,
  sha,
  star,
  status,
  suite,
  type Timed,
  transferred,
} from './payloads.ts';

type Story = readonly [what: string, deliveries: readonly Timed[], told: readonly string[]];

const tellsEach = (stories: readonly Story[]): void => {
  it.each(stories)('%s', async (_what, deliveries, told) => {
    expect((await listenTo(deliveries)).told).toEqual(told);
  });
};

/** Deliveries in this order, a moment apart. */
const apart = (ms: number, members: readonly ((afterMs: number) => Timed)[]): readonly Timed[] =>
  members.map((member, index) => member(index * ms));

const KITTY = { slug: 'kitty-ci', name: 'Kitty CI' } as const;
const DOCS = { id: 6, name: 'Docs' } as const;

describe('a run of a workflow', () => {
  tellsEach([
    [
      'of a fork whose branch is called main leaves the colour of main alone',
      [
        run(0),
        run(60_000, { id: 901, number: 2, fork: 'stranger', event: 'pull_request', conclusion: 'failure', by: 'lisa' }),
        run(120_000, { id: 902, number: 3 }),
      ],
      [
        '0 workflow_run.completed/success mona: CI passed on main',
        '60000 workflow_run.completed/failure/broken lisa: CI failed on stranger:main',
        '120000 workflow_run.completed/success/same mona: CI passed on main',
      ],
    ],
    [
      'of a fork has the colour of its own branch, whatever its pull request is called by',
      [
        run(0, { fork: 'stranger', event: 'pull_request', pulls: [8], conclusion: 'failure' }),
        run(60_000, { id: 901, number: 2, fork: 'another', event: 'pull_request', pulls: [9] }),
        run(120_000, { id: 902, number: 3, fork: 'stranger', event: 'pull_request', pulls: [8] }),
      ],
      [
        '0 workflow_run.completed/failure/broken mona: CI failed on pull request #8',
        '60000 workflow_run.completed/success mona: CI passed on pull request #9',
        '120000 workflow_run.completed/success/fixed mona: CI passed on pull request #8 again',
      ],
    ],
    [
      'of a fork that was deleted meanwhile leaves the colour of main alone',
      [
        run(0),
        run(60_000, { id: 901, number: 2, fork: null, event: 'pull_request', conclusion: 'failure' }),
        run(120_000, { id: 902, number: 3 }),
      ],
      [
        '0 workflow_run.completed/success mona: CI passed on main',
        '60000 workflow_run.completed/failure/broken mona: CI failed on a fork:main',
        '120000 workflow_run.completed/success/same mona: CI passed on main',
      ],
    ],
    [
      'that began earlier and ends later changes no colour: red',
      [
        run(60_000, { id: 902, number: 2, sha: sha(3) }),
        run(90_000, { id: 901, number: 1, conclusion: 'failure' }),
        run(120_000, { id: 903, number: 3, sha: sha(4) }),
      ],
      [
        '60000 workflow_run.completed/success mona: CI passed on main',
        '90000 workflow_run.completed/failure/same mona: CI failed on main',
        '120000 workflow_run.completed/success/same mona: CI passed on main',
      ],
    ],
    [
      'that began earlier and ends later changes no colour: green',
      [
        run(60_000, { id: 902, number: 2, sha: sha(3), conclusion: 'failure' }),
        run(90_000, { id: 901, number: 1 }),
        run(120_000, { id: 903, number: 3, sha: sha(4), conclusion: 'failure' }),
      ],
      [
        '60000 workflow_run.completed/failure/broken mona: CI failed on main',
        '90000 workflow_run.completed/success/same mona: CI passed on main',
        '120000 workflow_run.completed/failure/same mona: CI failed on main',
      ],
    ],
    [
      'has a colour beside that of another workflow on the same branch',
      [
        run(0, { conclusion: 'failure' }),
        run(1000, { id: 901, workflow: DOCS }),
        run(60_000, { id: 902, number: 2 }),
        run(61_000, { id: 903, number: 2, workflow: DOCS, conclusion: 'failure' }),
      ],
      [
        '0 workflow_run.completed/failure/broken mona: CI failed on main',
        '1000 workflow_run.completed/success mona: Docs passed on main',
        '60000 workflow_run.completed/success/fixed mona: CI passed on main again',
        '61000 workflow_run.completed/failure/broken mona: Docs failed on main',
      ],
    ],
    [
      'has a colour beside that of the same workflow on another branch',
      [
        run(0),
        run(1000, { id: 901, number: 2, branch: 'feat', conclusion: 'failure' }),
        run(60_000, { id: 902, number: 3, conclusion: 'timed_out' }),
        run(61_000, { id: 903, number: 4, branch: 'feat' }),
      ],
      [
        '0 workflow_run.completed/success mona: CI passed on main',
        '1000 workflow_run.completed/failure/broken mona: CI failed on feat',
        '60000 workflow_run.completed/timed_out/broken mona: CI timed out on main',
        '61000 workflow_run.completed/success/fixed mona: CI passed on feat again',
      ],
    ],
    [
      'that is run again on the same commit every night tells each night, and what changed',
      ['failure', 'failure', 'success', 'failure', 'success'].map((conclusion, night) =>
        run(night * 86_400_000, { id: 900 + night, number: 1 + night, event: 'schedule', conclusion }),
      ),
      [
        '0 workflow_run.completed/failure/broken mona: CI failed on main',
        '86400000 workflow_run.completed/failure/same mona: CI failed on main',
        '172800000 workflow_run.completed/success/fixed mona: CI passed on main again',
        '259200000 workflow_run.completed/failure/broken mona: CI failed on main',
        '345600000 workflow_run.completed/success/fixed mona: CI passed on main again',
      ],
    ],
    [
      'that fails in its second attempt too names what failed in that attempt',
      [
        job(0, { name: 'unit', conclusion: 'failure' }),
        run(1000, { conclusion: 'failure' }),
        job(600_000, { id: 3001, attempt: 2, name: 'e2e', conclusion: 'failure' }),
        run(601_000, { attempt: 2, conclusion: 'failure' }),
      ],
      [
        '1000 workflow_run.completed/failure/broken mona: CI failed on main: unit',
        '601000 workflow_run.completed/failure/same mona: CI failed on main (attempt 2): e2e',
      ],
    ],
    [
      'whose first attempt is told after its second changes no colour',
      [
        run(60_000, { attempt: 2 }),
        run(90_000, { attempt: 1, conclusion: 'failure' }),
        run(120_000, { id: 901, number: 2 }),
      ],
      [
        '60000 workflow_run.completed/success mona: CI passed on main (attempt 2)',
        '90000 workflow_run.completed/failure/same mona: CI failed on main',
        '120000 workflow_run.completed/success/same mona: CI passed on main',
      ],
    ],
    [
      'of GitHub Actions names a check that is called like one of coverage, for it is a job',
      [check(0, { name: 'coverage', conclusion: 'failure' }), run(1000, { conclusion: 'failure' })],
      ['1000 workflow_run.completed/failure/broken mona: CI failed on main: coverage'],
    ],
    [
      'that a newer one has taken the place of is cancelled, and changes no colour',
      [
        run(0, { conclusion: 'failure' }),
        run(60_000, { id: 901, number: 2, conclusion: 'cancelled' }),
        run(61_000, { id: 902, number: 3 }),
      ],
      [
        '0 workflow_run.completed/failure/broken mona: CI failed on main',
        '60000 workflow_run.completed/cancelled mona: CI was cancelled on main',
        '61000 workflow_run.completed/success/fixed mona: CI passed on main again',
      ],
    ],
    [
      'whose jobs were cancelled fails no branch',
      [
        run(0),
        job(50_000, { run: 901, conclusion: 'cancelled' }),
        run(60_000, { id: 901, number: 2, conclusion: 'cancelled' }),
        run(120_000, { id: 902, number: 3 }),
      ],
      [
        '0 workflow_run.completed/success mona: CI passed on main',
        '60000 workflow_run.completed/cancelled mona: CI was cancelled on main',
        '120000 workflow_run.completed/success/same mona: CI passed on main',
      ],
    ],
    [
      'that begins, goes on and ends is told at its end',
      [run(0, { action: 'requested' }), run(1000, { action: 'in_progress' }), run(60_000)],
      ['60000 workflow_run.completed/success mona: CI passed on main'],
    ],
    [
      'that is skipped, neutral or stale tells nothing',
      ['skipped', 'neutral', 'stale'].map((conclusion, n) => run(n * 1000, { id: 900 + n, number: n + 1, conclusion })),
      [],
    ],
    [
      'of which 31 of 40 jobs are skipped is told once, by its verdict',
      [
        ...Array.from({ length: 40 }, (_, n) =>
          job(n * 10, { id: 3000 + n, name: `pkg-${n} / test`, conclusion: n < 31 ? 'skipped' : 'success' }),
        ),
        run(1000),
      ],
      ['1000 workflow_run.completed/success mona: CI passed on main'],
    ],
    [
      'of which 40 jobs fail is told once, and names three',
      [
        ...Array.from({ length: 40 }, (_, n) => job(n * 10, { id: 3000 + n, name: `job-${n}`, conclusion: 'failure' })),
        run(1000, { conclusion: 'failure' }),
      ],
      ['1000 workflow_run.completed/failure/broken mona: CI failed on main: job-0, job-1, job-2'],
    ],
    [
      'that waits for approval says so, and its end is told later',
      [
        run(0, { event: 'pull_request', branch: 'feat', fork: 'stranger', conclusion: 'action_required' }),
        run(600_000, { event: 'pull_request', branch: 'feat', fork: 'stranger' }),
      ],
      [
        '0 workflow_run.waiting mona: CI waits for approval to run on stranger:feat',
        '600000 workflow_run.completed/success mona: CI passed on stranger:feat',
      ],
    ],
    [
      'that cannot start is a red one',
      [run(0, { conclusion: 'startup_failure' })],
      ['0 workflow_run.completed/failure/broken mona: CI could not start on main'],
    ],
    [
      'of the merge queue says nothing: its pull request does',
      [
        run(0, { branch: `gh-readonly-queue/main/pr-7-${sha(1)}`, event: 'merge_group' }),
        check(1000, { branch: `gh-readonly-queue/main/pr-7-${sha(1)}`, conclusion: 'failure' }),
        suite(2000, { branch: `gh-readonly-queue/main/pr-7-${sha(1)}`, conclusion: 'failure' }),
      ],
      [],
    ],
    [
      'on a branch that was deleted and made again has no past',
      [
        run(0, { branch: 'feat', conclusion: 'failure' }),
        deleted(60_000, { branch: 'feat' }),
        run(600_000, { id: 901, number: 2, branch: 'feat' }),
      ],
      [
        '0 workflow_run.completed/failure/broken mona: CI failed on feat',
        '63000 delete.deleted mona: Deleted branch feat',
        '600000 workflow_run.completed/success mona: CI passed on feat',
      ],
    ],
  ]);

  it('of a fork is on no branch of the repository', async () => {
    const { activities } = await listenTo([
      run(0, { fork: 'stranger', event: 'pull_request' }),
      run(1000, { id: 901, number: 2 }),
    ]);
    expect(activities.map(({ branch, isDefaultBranch }) => ({ branch, isDefaultBranch }))).toEqual([
      { branch: undefined, isDefaultBranch: undefined },
      { branch: 'main', isDefaultBranch: true },
    ]);
  });

  it('says nothing by its suite, whichever of them is first, and by no other run of the same commit', async () => {
    for (const order of ordersOf([suite, run])) {
      const { told } = await listenTo(apart(500, order));
      expect(told.map((line) => line.replace(/^\d+ /, ''))).toEqual([
        'workflow_run.completed/success mona: CI passed on main',
      ]);
    }
  });
});

describe('a check suite', () => {
  tellsEach([
    [
      'of another app is told by its verdict, names what failed, and is green again when it has been run again',
      [
        check(0, { app: KITTY, suite: 78, name: 'lint' }),
        check(1000, { id: 2001, app: KITTY, suite: 78, name: 'e2e', conclusion: 'failure' }),
        suite(2000, { app: KITTY, id: 78, conclusion: 'failure' }),
        check(600_000, { id: 2002, app: KITTY, suite: 78, name: 'e2e' }),
        suite(601_000, { app: KITTY, id: 78 }),
      ],
      [
        '2000 check_suite.completed/failure/broken mona: Kitty CI failed on main: e2e',
        '606000 check_suite.completed/success/fixed mona: Kitty CI passed on main again',
      ],
    ],
    [
      'of another app that fails, passes and fails within minutes is told three times',
      [
        suite(0, { app: KITTY, id: 78, conclusion: 'failure' }),
        suite(120_000, { app: KITTY, id: 78 }),
        suite(240_000, { app: KITTY, id: 78, conclusion: 'failure' }),
      ],
      [
        '0 check_suite.completed/failure/broken mona: Kitty CI failed on main',
        '125000 check_suite.completed/success/fixed mona: Kitty CI passed on main again',
        '240000 check_suite.completed/failure/broken mona: Kitty CI failed on main',
      ],
    ],
    [
      'of another app has a colour beside that of the workflows',
      [run(0, { conclusion: 'failure' }), suite(1000, { app: KITTY, id: 78 }), run(60_000, { id: 901, number: 2 })],
      [
        '0 workflow_run.completed/failure/broken mona: CI failed on main',
        '6000 check_suite.completed/success mona: Kitty CI passed on main',
        '60000 workflow_run.completed/success/fixed mona: CI passed on main again',
      ],
    ],
    [
      'of another app names no check that has been run again and passed',
      [
        check(0, { app: KITTY, suite: 78, name: 'e2e', conclusion: 'failure' }),
        check(1000, { id: 2001, app: KITTY, suite: 78, name: 'lint', conclusion: 'failure' }),
        check(60_000, { id: 2002, app: KITTY, suite: 78, name: 'e2e' }),
        suite(61_000, { app: KITTY, id: 78, conclusion: 'failure' }),
      ],
      ['61000 check_suite.completed/failure/broken mona: Kitty CI failed on main: lint'],
    ],
    [
      'of another app that waits for approval says so, and its end is told later',
      [
        suite(0, { app: KITTY, id: 78, branch: 'feat', conclusion: 'action_required' }),
        suite(600_000, { app: KITTY, id: 78, branch: 'feat' }),
      ],
      [
        '0 check_suite.waiting mona: Kitty CI waits for approval to run on feat',
        '605000 check_suite.completed/success mona: Kitty CI passed on feat',
      ],
    ],
    [
      'of another app on a pull request of a fork, which has no branch here, turns none',
      [
        suite(0, { app: KITTY, id: 78 }),
        suite(60_000, { app: KITTY, id: 79, branch: null, sha: sha(9), conclusion: 'failure' }),
        suite(120_000, { app: KITTY, id: 80, sha: sha(10) }),
      ],
      [
        '5000 check_suite.completed/success mona: Kitty CI passed on main',
        '60000 check_suite.completed/failure/broken mona: Kitty CI failed',
        '125000 check_suite.completed/success/same mona: Kitty CI passed on main',
      ],
    ],
    [
      'of GitHub Actions speaks after a minute where no runs are heard',
      [check(0, { name: 'unit', conclusion: 'failure' }), suite(1000, { conclusion: 'failure' })],
      ['61000 check_suite.completed/failure mona: GitHub Actions failed on main: unit'],
    ],
    [
      'of an app that looks at agreements, coverage or drafts is no verdict',
      ['cla-assistant', 'dco', 'codecov', 'wip', 'mergify'].flatMap((slug, n) => [
        check(n * 1000, { id: 2000 + n, suite: 80 + n, app: { slug, name: slug }, name: slug, conclusion: 'failure' }),
        suite(n * 1000 + 500, { id: 80 + n, app: { slug, name: slug }, conclusion: 'failure' }),
      ]),
      [],
    ],
  ]);
});

describe('statuses', () => {
  tellsEach([
    [
      'that are pending are no verdict; it comes a minute after the last has ended',
      [status(0, { state: 'pending' }), status(120_000)],
      ['180000 status/success mona: ci/kitty passed on main'],
    ],
    [
      'of a commit are one verdict, red when one of them is',
      [
        status(0, { context: 'ci/a', state: 'pending' }),
        status(1000, { context: 'ci/b', state: 'error' }),
        status(50_000, { context: 'ci/c' }),
        status(90_000, { context: 'ci/a' }),
      ],
      ['150000 status/failure/broken mona: The build failed on main: ci/b'],
    ],
    [
      'that turn after their verdict are another one',
      [status(0, { state: 'failure' }), status(300_000, { state: 'pending' }), status(400_000), status(500_000)],
      [
        '60000 status/failure/broken mona: ci/kitty failed on main',
        '460000 status/success/fixed mona: ci/kitty passed on main again',
      ],
    ],
    [
      'of agreements and coverage alone are silent, green or red',
      [
        status(0, { context: 'DCO' }),
        status(1000, { context: 'codecov/patch', state: 'failure' }),
        status(2000, { context: 'license/cla', state: 'error' }),
        status(3000, { context: 'coverage/coveralls' }),
      ],
      [],
    ],
    [
      'of coverage turn no verdict red',
      [status(0), status(1000, { context: 'codecov/project', state: 'failure' })],
      ['60000 status/success mona: ci/kitty passed on main'],
    ],
    [
      'of a commit that gets a check within the minute say nothing',
      [status(0, { state: 'failure' }), check(30_000), run(50_000)],
      ['50000 workflow_run.completed/success mona: CI passed on main'],
    ],
    [
      'of a commit whose run has begun say nothing',
      [run(0, { action: 'requested' }), status(1000), run(200_000, { conclusion: 'failure' })],
      ['200000 workflow_run.completed/failure/broken mona: CI failed on main'],
    ],
    [
      'on branches of the merge queue are silent',
      [status(0, { branch: `gh-readonly-queue/main/pr-7-${sha(1)}`, state: 'failure' })],
      [],
    ],
  ]);
});

describe('pressing "Run workflow"', () => {
  tellsEach([
    [
      'with the same inputs two minutes later is another press',
      [dispatch(0), dispatch(120_000)],
      [
        '0 workflow_dispatch mona: Started workflow deploy.yml',
        '120000 workflow_dispatch mona: Started workflow deploy.yml',
      ],
    ],
    [
      'twice within seconds is one press',
      [dispatch(0), dispatch(2000)],
      ['0 workflow_dispatch mona: Started workflow deploy.yml'],
    ],
    [
      'with other inputs, by another person or of another workflow is another press',
      [
        dispatch(0),
        dispatch(1000, { inputs: { environment: 'staging' } }),
        dispatch(2000, { by: 'lisa' }),
        dispatch(3000, { workflow: 'nightly' }),
      ],
      [
        '0 workflow_dispatch mona: Started workflow deploy.yml',
        '1000 workflow_dispatch mona: Started workflow deploy.yml',
        '2000 workflow_dispatch lisa: Started workflow deploy.yml',
        '3000 workflow_dispatch mona: Started workflow nightly.yml',
      ],
    ],
    [
      'through the API with the same payload on three days is told on three days',
      [0, 86_400_000, 172_800_000].map((afterMs) =>
        deliver(afterMs, 'repository_dispatch', { action: 'nightly', branch: 'main', client_payload: { cat: 'Momo' } }),
      ),
      [
        '0 repository_dispatch.nightly mona: Dispatched nightly',
        '86400000 repository_dispatch.nightly mona: Dispatched nightly',
        '172800000 repository_dispatch.nightly mona: Dispatched nightly',
      ],
    ],
  ]);
});

describe('a gated deployment', () => {
  tellsEach([
    [
      'that is rejected, asked for again and approved is told four times',
      [
        gate(0, 'requested'),
        gate(60_000, 'rejected', { by: 'lisa' }),
        gate(120_000, 'requested'),
        gate(180_000, 'approved', { by: 'lisa' }),
      ],
      [
        '0 deployment_review.requested mona: Asked for approval of a deployment to production',
        '60000 deployment_review.rejected/changes_requested lisa: Rejected a deployment to production',
        '120000 deployment_review.requested mona: Asked for approval of a deployment to production',
        '180000 deployment_review.approved/approved lisa: Approved a deployment to production',
      ],
    ],
    [
      'to two environments that are approved at once names both',
      [gate(0, 'approved', { environments: ['staging', 'production'] })],
      ['0 deployment_review.approved/approved mona: Approved a deployment to staging, production'],
    ],
    [
      'to two environments that are approved in one second is two approvals',
      [
        gate(0, 'approved', { environments: ['staging'] }),
        { ...gate(0, 'approved', { environments: ['production'] }), afterMs: 200 },
      ],
      [
        '0 deployment_review.approved/approved mona: Approved a deployment to staging',
        '200 deployment_review.approved/approved mona: Approved a deployment to production',
      ],
    ],
    [
      'goes from waiting to its start to its end, and the states in between are no start',
      [
        deployed(0, 'queued'),
        deployed(1000, 'waiting'),
        deployed(600_000, 'pending'),
        deployed(601_000, 'in_progress'),
        deployed(700_000, 'success'),
        deployed(800_000, 'inactive'),
      ],
      [
        '1000 deployment_status.waiting mona: Waits for approval to deploy main to production',
        '601000 deployment_status.in_progress mona: Started deploying main to production',
        '700000 deployment_status.created/success mona: Deployed main to production',
      ],
    ],
    [
      'of which a late status comes after its end stays what it is',
      [deployed(60_000, 'success'), { ...deployed(0, 'in_progress'), afterMs: 61_000 }],
      ['60000 deployment_status.created/success mona: Deployed main to production'],
    ],
  ]);

  it('waits once, whoever says so first: the review, the status of the deployment or the job', async () => {
    const members = [
      (at: number) => gate(at, 'requested'),
      (at: number) => deployed(at, 'waiting', { run: 900 }),
      (at: number) => job(at, { name: 'deploy', action: 'waiting' }),
    ];
    for (const order of ordersOf(members)) {
      const { told } = await listenTo(apart(300, order));
      expect(told).toHaveLength(1);
      expect(told[0]).toMatch(/approval/);
    }
  });
});

describe('a branch or tag', () => {
  tellsEach([
    [
      'that is deleted and made again within a minute is told each time, by whichever event is first',
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
      'is told once when its two deliveries fall on both sides of a full minute',
      [pushedNew(59_900, { tag: 'v1' }), created(60_600, { tag: 'v1' })],
      ['62900 push.created mona: Created tag v1'],
    ],
    [
      'is told once when its two deliveries fall on both sides of ten minutes',
      [created(599_900, { tag: 'v1' }), pushedNew(601_900, { tag: 'v1' })],
      ['602900 create.created mona: Created tag v1'],
    ],
    [
      'is told once when the commits of a new branch come with it',
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
      'to gh-pages publishes, whoever does it and however it is done',
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
      'without a sender is by its pusher, and by nobody when that is nobody either',
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
      'an hour after the release is told',
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
      'is the person’s who merges, whoever has written it',
      [pull(0, 'merged', { author: 'lisa', by: 'mona' })],
      ['0 pull_request.closed/merged mona: Merged pull request #7: Purr'],
    ],
    [
      'has no part in a branch that is deleted half a minute later, nor in one that is told two minutes later',
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
      'is its author’s when a program merges for one, and whoever set it to merge when its author is a program',
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
    'is told once with its push, its branch and the issue it closes, in any order: %s',
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

  it('by a program is told once with its companions, though they take two seconds to come', async () => {
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
      'tells who queued and who left, and makes its groups again in silence',
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
      'tells queueing once, whichever of its deliveries is first',
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
      'merges a program’s pull request for nobody who has taken it off the queue before, or has queued another one',
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
      'tells a pull request that is queued again within minutes again',
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

describe('opening', () => {
  it('a pull request is told once with its labels, reviewers and assignments, in any order', async () => {
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

  it('an issue is told once with its labels and milestone, in any order', async () => {
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
      'that is added, removed and added is told each time',
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
  it('is told once with its five comments, in whatever place it comes', async () => {
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
      'whose own delivery does not come is told once by its comments',
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
      'that is edited twice and deleted is told each time',
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
      'that is given, taken back and given again is told once',
      [star(0, 'created'), star(20_000, 'deleted'), star(86_400_000, 'created')],
      ['0 star.created mona: Starred the repository'],
    ],
    [
      'of two people is told twice, by whichever event it comes',
      [star(0, 'created'), deliver(100, 'watch', { action: 'started' }), star(200, 'created', { by: 'lisa' })],
      ['0 star.created mona: Starred the repository', '200 star.created lisa: Starred the repository'],
    ],
  ]);
});

describe('an alert', () => {
  const leak = 'Secret scanning alert';
  tellsEach([
    [
      'that is fixed, reopened and fixed within a minute is told each time',
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
      'for a dependency that comes back is told again, by the newer and the older event once',
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

describe('the pages', () => {
  const path = 'dynamic/pages/pages-build-deployment';
  it('are published once, by run, deployment and build in any order', async () => {
    const members = [
      (at: number) => run(at, { path, workflow: { id: 9, name: 'pages build and deployment' }, event: 'dynamic' }),
      (at: number) => deployed(at, 'success', { environment: 'github-pages', by: 'github-pages[bot]' }),
      (at: number) => pageBuild(at),
    ];
    for (const order of ordersOf(members)) {
      const { told } = await listenTo(apart(2000, order));
      expect(told).toHaveLength(1);
      expect(told[0]).toMatch(/Published the pages$/);
    }
  });

  it('fail to be published once, by run, deployment and build in any order', async () => {
    const members = [
      (at: number) =>
        run(at, { path, workflow: { id: 9, name: 'pages build and deployment' }, conclusion: 'startup_failure' }),
      (at: number) => deployed(at, 'error', { environment: 'github-pages', by: 'github-pages[bot]' }),
      (at: number) => pageBuild(at, { status: 'errored' }),
    ];
    for (const order of ordersOf(members)) {
      const { told } = await listenTo(apart(2000, order));
      expect(told).toHaveLength(1);
      expect(told[0]).toMatch(/Failed to publish the pages$/);
    }
  });

  tellsEach([
    [
      'of two commits are published twice, and the workflow that builds them has no verdict of its own',
      [
        run(0, { path, workflow: { id: 9, name: 'pages build and deployment' } }),
        pageBuild(60_000, { sha: sha(3) }),
        run(61_000, { id: 901, number: 2, path, workflow: { id: 9, name: 'pages build and deployment' }, sha: sha(3) }),
      ],
      [
        '0 workflow_run.completed/success mona: Published the pages',
        '60000 page_build/success mona: Published the pages',
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

  it('that is transferred and renamed in one go is told once, and with names that existed', async () => {
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

describe('an update of a pull request', () => {
  const updated = { before: sha(1), after: sha(2) };
  tellsEach([
    [
      'of a fork is told once, through two hooks a minute apart',
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
      'of a branch here whose push was told minutes ago says nothing new',
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

  it('of a branch here whose push is not heard is told once, through two hooks some minutes apart', async () => {
    const one = pull(0, 'synchronize', { extra: updated });
    const other = { ...one, afterMs: 300_000, payload: { ...one.payload, installation: { id: 5 } } };
    const { told } = await listenTo([one, other]);
    expect(told.map((line) => line.replace(/^\d+ /, ''))).toEqual([
      'pull_request.synchronize mona: Updated pull request #7: Purr',
    ]);
  });
});
