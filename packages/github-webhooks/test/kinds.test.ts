import { strongestOf } from '@bnc/music-engine';
import { describe, expect, it } from 'vitest';
import { listenTo } from './listen.ts';
import {
  account,
  check,
  deliver,
  deployed,
  dispatch,
  gate,
  issue,
  pull,
  push,
  release,
  renamed,
  ruleset,
  run,
  secretAlert,
  sha,
  status,
  suite,
  type Timed,
} from './payloads.ts';
import { vary } from './vary.ts';

async function told(...deliveries: readonly Timed[]): Promise<readonly string[]> {
  return (await listenTo(deliveries)).told;
}

function but({ afterMs, event, payload }: Timed, patch: Readonly<Record<string, unknown>>): Timed {
  return {
    afterMs,
    event,
    payload: vary(payload, patch),
  };
}

const circle = { slug: 'circleci-checks', name: 'CircleCI' } as const;
const full = '0abc'.repeat(10);

describe('requests for approval', () => {
  it('of two runs to one environment within three seconds are two', async () => {
    expect(await told(gate(0, 'requested', { run: 900 }), gate(1000, 'requested', { run: 901 }))).toHaveLength(2);
    expect(
      await told(deployed(0, 'waiting', { id: 60, run: 900 }), deployed(1000, 'waiting', { id: 61, run: 901 })),
    ).toHaveLength(2);
  });

  it('are one with the deployment that waits, whether or not it names its run, in either order', async () => {
    for (const waiting of [
      (ms: number) => deployed(ms, 'waiting', { run: 900 }),
      (ms: number) => deployed(ms, 'waiting'),
    ]) {
      expect(await told(gate(0, 'requested'), waiting(500))).toHaveLength(1);
      expect(await told(waiting(0), gate(500, 'requested'))).toHaveLength(1);
    }
  });
});

describe('titles', () => {
  it('cut the ids of commits and the digests of images', async () => {
    expect(
      await told(
        but(deployed(0, 'success', { environment: 'Preview' }), { deployment: { ref: full } }),
        push(60_000, { message: `Merge ${full} into ${'1bcd'.repeat(10)}`, after: sha(8) }),
      ),
    ).toEqual([
      '0 deployment_status.created/success mona: Deployed 0abc0ab to Preview',
      '60000 push mona: Pushed 1 commit to main: Merge 0abc0ab into 1bcd1bc',
    ]);
  });

  it('name the tag of an image, and the pull request of a merge ref', async () => {
    const image = deliver(0, 'package', {
      action: 'published',
      package: {
        id: 1,
        name: 'choir',
        package_version: {
          id: 2,
          version: `sha256:${'3da1'.repeat(16)}`,
          container_metadata: { tag: { name: 'v2.0.0' } },
        },
      },
    });
    const merge = but(deployed(1000, 'success', { environment: 'Preview' }), {
      deployment: { ref: 'refs/pull/7/merge' },
    });
    expect((await told(image, merge)).map((line) => line.replace(/^.*: /, ''))).toEqual([
      'Published package choir v2.0.0',
      'Deployed pull request #7 to Preview',
    ]);
  });

  it('say why a pull request left the queue, and nothing when it has merged', async () => {
    const leave = (reason: string): Timed => pull(0, 'dequeued', { extra: { reason } });
    for (const [reason, title] of [
      ['CI_TIMEOUT', ' (its checks took too long)'],
      ['QUEUE_CLEARED', ' (the queue was cleared)'],
      ['BRANCH_PROTECTIONS', ' (the branch is protected)'],
      ['UNKNOWN_REMOVAL_REASON', ''],
    ]) {
      expect(await told(leave(reason ?? ''))).toEqual([
        `0 pull_request.dequeued mona: Took off the queue: pull request #7: Purr${title}`,
      ]);
    }
    for (const reason of ['MERGE', 'ALREADY_MERGED']) expect(await told(leave(reason))).toEqual([]);
  });
});

describe('the queue’s own branches', () => {
  it('are not heard in deployments either', async () => {
    const queued = but(deployed(0, 'success', { environment: 'Preview' }), {
      deployment: { ref: `gh-readonly-queue/main/pr-43-${full}` },
    });
    expect(await told(queued)).toEqual([]);
  });
});

describe('colours', () => {
  it('of an app are not changed by a suite of an older commit that ends later', async () => {
    const turns = (
      await listenTo([
        suite(0, { id: 1, app: circle }),
        suite(60_000, { id: 3, app: circle, sha: sha(3) }),
        suite(120_000, { id: 2, app: circle, sha: sha(9), conclusion: 'failure' }),
        suite(180_000, { id: 4, app: circle, sha: sha(4) }),
      ])
    ).activities.map(({ outcome, turn }) => `${outcome} ${turn}`);
    expect(turns).toEqual(['success undefined', 'success same', 'failure same', 'success same']);
  });

  it('of statuses are not changed by an older commit', async () => {
    const at = (ms: number, of: number, state: string, date: string): Timed =>
      but(status(ms, { sha: sha(of), state }), { commit: { commit: { committer: { date } } } });
    const turns = (
      await listenTo([
        at(0, 3, 'success', '2026-11-16T09:00:00Z'),
        at(100_000, 2, 'failure', '2026-11-16T08:00:00Z'),
        at(200_000, 4, 'success', '2026-11-16T10:00:00Z'),
      ])
    ).activities.map(({ outcome, turn }) => `${outcome} ${turn}`);
    expect(turns).toEqual(['success undefined', 'failure same', 'success same']);
  });

  it('of a branch and of its pull request are two: one commit is built as it is and as it would be merged', async () => {
    const [red, green] = (
      await listenTo([
        run(0, { branch: 'feat', conclusion: 'failure' }),
        run(5000, { id: 901, number: 2, branch: 'feat', event: 'pull_request', pulls: [7] }),
      ])
    ).activities;
    expect([red?.turn, green?.turn]).toEqual(['broken', undefined]);
  });

  it('are none of GitHub’s own chores', async () => {
    const chore = run(0, { path: 'dynamic/dependabot/dependabot-updates', conclusion: 'failure' });
    expect(await told(chore, run(60_000, { id: 901, number: 2 }))).toEqual([
      '60000 workflow_run.completed/success mona: CI passed on main',
    ]);
  });
});

describe('a suite', () => {
  it('that ends green again and again is reported once', async () => {
    const again = [0, 720_000, 1_440_000].map((ms) => suite(ms, { app: circle }));
    expect(await told(...again)).toHaveLength(1);
  });

  it('that begins another check while it rests is reported when that check has ended', async () => {
    const begun = but(check(2000, { app: circle }), {
      action: 'created',
      check_run: { conclusion: null, started_at: '2026-11-16T09:00:02Z', completed_at: null },
    });
    expect(
      await told(
        suite(0, { app: circle }),
        begun,
        check(60_000, { app: circle, conclusion: 'failure' }),
        suite(60_100, { app: circle, conclusion: 'failure' }),
      ),
    ).toEqual(['60100 check_suite.completed/failure/broken mona: CircleCI failed on main: unit']);
    expect(await told(suite(0, { app: circle }), begun, suite(60_100, { app: circle }))).toEqual([
      '65100 check_suite.completed/success mona: CircleCI passed on main',
    ]);
  });
});

describe('a status', () => {
  it.each(['ci/circleci: test-with-coverage', 'ci/wip-service: unit', 'jenkins/license-server'])(
    'of a build is heard, whatever words are in its name: %s',
    async (context) => {
      expect(await told(status(0, { context, state: 'failure' }))).toEqual([
        `60000 status/failure/broken mona: ${context} failed on main`,
      ]);
    },
  );

  it.each([
    'license/cla',
    'cla/google',
    'cla_check',
    'CLA Assistant Lite',
    'EasyCLA',
    'DCO',
    'Contributor License Agreement',
    'codecov/patch',
    'codecov/project/core',
    'coverage/coveralls',
    'test_coverage',
    'code-coverage',
    'codeclimate/total-coverage',
    'tide',
    'renovate/stability-days',
  ])('only on agreements, coverage or merging gives no verdict: %s', async (context) => {
    expect(await told(status(0, { context }))).toEqual([]);
  });

  it('is heard where its commit is on a branch of the queue too', async () => {
    const both = but(status(0), { branches: [{ name: 'main' }, { name: `gh-readonly-queue/main/pr-1-${full}` }] });
    expect(await told(both)).toHaveLength(1);
  });
});

describe('alerts', () => {
  it('of one advisory in two manifests are two', async () => {
    const alert = (ms: number, action: string, number: number): Timed =>
      deliver(ms, 'dependabot_alert', {
        action,
        alert: { number, security_advisory: { ghsa_id: 'GHSA-1' }, updated_at: '2026-11-16T09:00:00Z' },
      });
    expect(
      await told(alert(0, 'created', 1), alert(10, 'created', 2), alert(60_000, 'fixed', 1), alert(60_010, 'fixed', 2)),
    ).toHaveLength(4);
  });

  it('for a secret are not reported again for a place where the secret is found', async () => {
    const found = deliver(120_000, 'secret_scanning_alert_location', { action: 'created', alert: { number: 3 } });
    expect(await told(secretAlert(0, 'created'), secretAlert(60_000, 'resolved'), found)).toHaveLength(2);
  });
});

describe('a merge', () => {
  it('takes in the issues that its words close, and no others', async () => {
    const merged = pull(0, 'merged', { extra: { pull_request: { body: 'Fixes #12, resolves #13.' } } });
    expect(
      await told(
        merged,
        issue(500, 'closed', { number: 12 }),
        issue(600, 'closed', { number: 13 }),
        issue(2500, 'closed', { number: 99 }),
      ),
    ).toEqual([
      '0 pull_request.closed/merged mona: Merged pull request #7: Purr',
      '2900 issues.closed/closed mona: Closed issue #99: Sofa is torn',
    ]);
  });

  it('that names no commit does not take in a push that names none', async () => {
    const nameless = but(push(500), { after: null });
    const merged = but(pull(0, 'merged'), { pull_request: { merge_commit_sha: null } });
    expect(await told(merged, nameless)).toHaveLength(2);
  });

  it('by rebase takes in its push, which names no pull request and may come first', async () => {
    expect(
      await told(
        push(0, { commits: 3, message: 'Last one', isByGitHub: true, after: sha(7) }),
        pull(700, 'merged', { mergeSha: sha(7) }),
      ),
    ).toEqual(['700 pull_request.closed/merged mona: Merged pull request #7: Purr']);
  });
});

describe('weight', () => {
  it('is the same for good news of a bot: neither a big push nor a closed pull request of a bot leads it', async () => {
    const goods = [
      release(0, 'published', { by: 'github-actions[bot]' }),
      deployed(0, 'success', { by: 'deploy[bot]' }),
    ];
    const others = [
      push(10, { commits: 40, after: sha(50) }),
      pull(10, 'closed', { author: 'dependabot[bot]', by: 'mona' }),
    ];
    for (const good of goods) {
      for (const other of others) {
        const { activities } = await listenTo([good, other]);
        expect(activities).toHaveLength(2);
        expect(strongestOf(activities).event).toBe(good.event);
      }
    }
  });
});

describe('protection', () => {
  it('ends where a ruleset makes an exception', async () => {
    const all = but(ruleset(0, 'created', { include: ['~ALL'] }), {
      repository_ruleset: { conditions: { ref_name: { include: ['~ALL'], exclude: ['refs/heads/feat/**'] } } },
    });
    expect(
      await told(
        all,
        push(60_000, { branch: 'feat/x', forced: true }),
        push(120_000, { branch: 'beta', forced: true }),
      ),
    ).toEqual([
      '60000 push.rebased mona: Rebased feat/x (1 commit)',
      '120000 push.rewritten mona: Force-pushed 1 commit to beta',
    ]);
  });
});

describe('a push', () => {
  it('without commits says where its branch is', async () => {
    const moved = push(0, { commits: 0, after: full });
    expect(await told(moved)).toEqual(['0 push.forwarded mona: Moved main to 0abc0ab']);
  });

  it('to a default branch called gh-pages is a push', async () => {
    expect(
      await told(
        push(0, { branch: 'gh-pages', repository: { default_branch: 'gh-pages', master_branch: 'gh-pages' } }),
      ),
    ).toEqual(['0 push mona: Pushed 1 commit to gh-pages: Purr in tune']);
  });
});

describe('a change of name', () => {
  it('is reported even if a push came first under the new name, with the old name in its payload', async () => {
    const called = { full_name: 'cats/band', name: 'band' };
    expect(await told(push(0, { repository: called }), renamed(1000, 'cats/band', 'choir'))).toEqual([
      expect.stringMatching(/^0 push/),
      '1000 repository.renamed mona: Renamed the repository from choir',
    ]);
  });

  it('passes on the name that the number had, though a push has come under the new name first', async () => {
    const called = { full_name: 'cats/band', name: 'band' };
    const { facts } = await listenTo([
      push(0),
      push(1000, { repository: called }),
      renamed(2000, 'cats/band', 'choir'),
    ]);
    expect(facts).toMatchObject([{ repoId: 'cats/band', previousRepoId: 'cats/choir' }]);
  });
});

describe('what has no time in its payload', () => {
  it('is reported again when it is done again after a minute', async () => {
    const edited = (ms: number): Timed => deliver(ms, 'label', { action: 'edited', label: { id: 4, name: 'bug' } });
    expect(await told(edited(0), edited(120_000), edited(125_000))).toHaveLength(2);
    expect(await told(dispatch(0), dispatch(120_000))).toHaveLength(2);
  });
});

describe('an app that a person signed in to', () => {
  it('leaves the comment to the person, and is named as well', async () => {
    const comment = deliver(0, 'issue_comment', {
      action: 'created',
      issue: { number: 12, title: 'Sofa is torn' },
      comment: { id: 1, user: account('mona'), performed_via_github_app: { slug: 'claude' } },
    });
    expect((await listenTo([comment])).activities[0]).toMatchObject({
      actor: 'mona',
      isBot: false,
      agent: { id: 'claude', kind: 'coding-agent' },
      subject: 'issues/12',
    });
  });
});
