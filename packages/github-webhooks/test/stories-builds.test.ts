import { describe, expect, it } from 'vitest';
import { listenTo } from './listen.ts';
import { ordersOf } from './orders.ts';
import {
  check,
  deleted,
  deliver,
  deployed,
  dispatch,
  gate,
  job,
  pageBuild,
  run,
  sha,
  status,
  suite,
} from './payloads.ts';
import { apart, docs, kitty, tellsEach } from './tells-each.ts';

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
      'has a colour apart from another workflow on the same branch',
      [
        run(0, { conclusion: 'failure' }),
        run(1000, { id: 901, workflow: docs }),
        run(60_000, { id: 902, number: 2 }),
        run(61_000, { id: 903, number: 2, workflow: docs, conclusion: 'failure' }),
      ],
      [
        '0 workflow_run.completed/failure/broken mona: CI failed on main',
        '1000 workflow_run.completed/success mona: Docs passed on main',
        '60000 workflow_run.completed/success/fixed mona: CI passed on main again',
        '61000 workflow_run.completed/failure/broken mona: Docs failed on main',
      ],
    ],
    [
      'has a colour apart from the same workflow on another branch',
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
      'that runs again on the same commit every night is reported each night, with what changed',
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
      'whose first attempt is delivered after its second does not change a colour',
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
      'that begins, goes on and ends is reported at its end',
      [run(0, { action: 'requested' }), run(1000, { action: 'in_progress' }), run(60_000)],
      ['60000 workflow_run.completed/success mona: CI passed on main'],
    ],
    [
      'that is skipped, neutral or stale is not reported',
      ['skipped', 'neutral', 'stale'].map((conclusion, n) => run(n * 1000, { id: 900 + n, number: n + 1, conclusion })),
      [],
    ],
    [
      'of which 31 of 40 jobs are skipped is reported once, by its verdict',
      [
        ...Array.from({ length: 40 }, (_, n) =>
          job(n * 10, { id: 3000 + n, name: `pkg-${n} / test`, conclusion: n < 31 ? 'skipped' : 'success' }),
        ),
        run(1000),
      ],
      ['1000 workflow_run.completed/success mona: CI passed on main'],
    ],
    [
      'of which 40 jobs fail is reported once, and names three',
      [
        ...Array.from({ length: 40 }, (_, n) => job(n * 10, { id: 3000 + n, name: `job-${n}`, conclusion: 'failure' })),
        run(1000, { conclusion: 'failure' }),
      ],
      ['1000 workflow_run.completed/failure/broken mona: CI failed on main: job-0, job-1, job-2'],
    ],
    [
      'that waits for approval says so, and its end is reported later',
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
      'of another app is reported by its verdict, names what failed, and is green again after another run',
      [
        check(0, { app: kitty, suite: 78, name: 'lint' }),
        check(1000, { id: 2001, app: kitty, suite: 78, name: 'e2e', conclusion: 'failure' }),
        suite(2000, { app: kitty, id: 78, conclusion: 'failure' }),
        check(600_000, { id: 2002, app: kitty, suite: 78, name: 'e2e' }),
        suite(601_000, { app: kitty, id: 78 }),
      ],
      [
        '2000 check_suite.completed/failure/broken mona: Kitty CI failed on main: e2e',
        '606000 check_suite.completed/success/fixed mona: Kitty CI passed on main again',
      ],
    ],
    [
      'of another app that fails, passes and fails within minutes is reported three times',
      [
        suite(0, { app: kitty, id: 78, conclusion: 'failure' }),
        suite(120_000, { app: kitty, id: 78 }),
        suite(240_000, { app: kitty, id: 78, conclusion: 'failure' }),
      ],
      [
        '0 check_suite.completed/failure/broken mona: Kitty CI failed on main',
        '125000 check_suite.completed/success/fixed mona: Kitty CI passed on main again',
        '240000 check_suite.completed/failure/broken mona: Kitty CI failed on main',
      ],
    ],
    [
      'of another app has a colour apart from the workflows',
      [run(0, { conclusion: 'failure' }), suite(1000, { app: kitty, id: 78 }), run(60_000, { id: 901, number: 2 })],
      [
        '0 workflow_run.completed/failure/broken mona: CI failed on main',
        '6000 check_suite.completed/success mona: Kitty CI passed on main',
        '60000 workflow_run.completed/success/fixed mona: CI passed on main again',
      ],
    ],
    [
      'of another app names no check that has been run again and passed',
      [
        check(0, { app: kitty, suite: 78, name: 'e2e', conclusion: 'failure' }),
        check(1000, { id: 2001, app: kitty, suite: 78, name: 'lint', conclusion: 'failure' }),
        check(60_000, { id: 2002, app: kitty, suite: 78, name: 'e2e' }),
        suite(61_000, { app: kitty, id: 78, conclusion: 'failure' }),
      ],
      ['61000 check_suite.completed/failure/broken mona: Kitty CI failed on main: lint'],
    ],
    [
      'of another app that waits for approval says so, and its end is reported later',
      [
        suite(0, { app: kitty, id: 78, branch: 'feat', conclusion: 'action_required' }),
        suite(600_000, { app: kitty, id: 78, branch: 'feat' }),
      ],
      [
        '0 check_suite.waiting mona: Kitty CI waits for approval to run on feat',
        '605000 check_suite.completed/success mona: Kitty CI passed on feat',
      ],
    ],
    [
      'of another app on a pull request of a fork, which has no branch here, turns none',
      [
        suite(0, { app: kitty, id: 78 }),
        suite(60_000, { app: kitty, id: 79, branch: null, sha: sha(9), conclusion: 'failure' }),
        suite(120_000, { app: kitty, id: 80, sha: sha(10) }),
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
      'of an app that checks agreements, coverage or drafts gives no verdict',
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
      'that are pending give no verdict; it comes a minute after the last has ended',
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
      'through the API with the same payload on three days is reported on three days',
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
      'that is rejected, requested again and approved is reported four times',
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
      'goes from waiting to its start to its end, and the states in between are not a start',
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

  it('waits once, whichever comes first: the review, the status of the deployment or the job', async () => {
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
