import type { ActivityOutcome } from '@bnc/contracts';
import { items, type Listed, type Scalar, text, time, whole } from '../untrusted.ts';
import { isQueueBranch } from './code.ts';
import { failureStates, idOf, pagesStory } from './deployments.ts';
import { type Chapters, type Story, silent } from './story.ts';

type BuildEvent =
  | 'check_run'
  | 'check_suite'
  | 'status'
  | 'workflow_run'
  | 'workflow_job'
  | 'workflow_dispatch'
  | 'repository_dispatch';

type Verdict = Extract<ActivityOutcome, 'success' | 'failure' | 'timed_out' | 'cancelled'>;

/** Conclusions and states that are a verdict. The others are not, such as `skipped`, `neutral` and `stale`. */
const verdicts = new Map<string, readonly [verdict: Verdict, says: string]>([
  ['success', ['success', 'passed']],
  ['failure', ['failure', 'failed']],
  ['error', ['failure', 'failed']],
  ['startup_failure', ['failure', 'could not start']],
  ['timed_out', ['timed_out', 'timed out']],
  ['cancelled', ['cancelled', 'was cancelled']],
]);

/**
 * Checks that do not say whether the code works, but who signed an agreement, how much the tests cover, or what a merge
 * waits for. The whole name must match, so `ci: test-with-coverage` is a build.
 */
const sideCheckPattern =
  /^(?:licen[cs]e(?:[/_ -]?cla)?|(?:easy-?)?cla(?:[/_ -].*|-?bot|-?assistant.*)?|.*[/_ -]cla|dco|contributor licen[cs]e.*|codecov.*|coveralls.*|(?:test|code)?[/_ -]?coverage.*|code ?climate.*|codacy.*|tide|wip|mergify.*|renovate[/_ -].*)$/i;

/** Returns whether a check or status says nothing about the code, and so must not give a verdict of its own. */
function isSideCheck(...names: readonly Scalar[]): boolean {
  return names.some((name) => sideCheckPattern.test(text(name).slice(0, 200).trim()));
}

interface Pull {
  readonly number?: Scalar;
}

/** Says where a build ran: its pull request, its branch, or the branch of a fork. */
function placeOf({
  branch,
  fork,
  pulls,
  isOfPull = false,
}: {
  branch: Scalar;
  /** Owner of the fork that the branch is in. */
  fork?: string | undefined;
  pulls: Listed<Pull> | undefined;
  isOfPull?: boolean;
}): string {
  const [first] = items(pulls);
  const number = whole(first?.number);
  if (isOfPull && number !== undefined) return ` on pull request #${number}`;
  return text(branch) ? ` on ${fork === undefined ? '' : `${fork}:`}${text(branch)}` : '';
}

/**
 * Returns how a run or suite ended: its verdict, or that it waits for approval; nothing when it ended without either.
 */
function ending(
  name: string,
  conclusion: Scalar,
  place: string,
): Pick<Story, 'title' | 'action' | 'outcome'> | undefined {
  if (conclusion === 'action_required') {
    return { title: `${name} waits for approval to run${place}`, action: 'waiting' };
  }
  const [outcome, says] = verdicts.get(text(conclusion)) ?? [];
  return outcome && { title: `${name} ${says}${place}`, outcome };
}

/** Builds: checks, statuses, workflows. */
export const buildChapters: Chapters<BuildEvent> = {
  check_run: {
    actions: { completed: 'Checked', created: 'Began', requested_action: null, rerequested: null },
    tell({ action, check_run: run }) {
      const slug = text(run?.app?.slug ?? run?.check_suite?.app?.slug);
      const isSide = slug !== 'github-actions' && isSideCheck(run?.name, slug);
      if (isSide || isQueueBranch(run?.check_suite?.head_branch)) return undefined;
      const suiteId = whole(run?.check_suite?.id);
      return silent({
        build: {
          of: 'check',
          sha: text(run?.head_sha),
          name: text(run?.name).slice(0, 100),
          hasFailed: failureStates.includes(run?.conclusion),
          ...(suiteId !== undefined && { suiteId }),
          ...(action === 'created' && { hasBegun: true }),
        },
        at: action === 'created' ? run?.started_at : run?.completed_at,
      });
    },
  },
  // GitHub Actions reports its runs; the verdict of every other app is that of its suite.
  check_suite: {
    actions: { completed: 'Checked', requested: null, rerequested: null },
    tell({ check_suite: suite }) {
      const app = text(suite?.app?.name) || 'The build';
      const branch = text(suite?.head_branch);
      if (isSideCheck(app, suite?.app?.slug) || isQueueBranch(branch)) return undefined;
      const place = placeOf({ branch, pulls: suite?.pull_requests, isOfPull: !branch });
      const end = ending(app, suite?.conclusion, place);
      return (
        end && {
          ...end,
          subject: `suite/${idOf(suite?.id)}`,
          ...(branch && { branch }),
          at: suite?.updated_at,
          build: {
            of: 'suite',
            id: idOf(suite?.id),
            sha: text(suite?.head_sha),
            ...(branch && { branch }),
            app,
            isActions: suite?.app?.slug === 'github-actions',
          },
        }
      );
    },
  },
  status: {
    actions: { '': 'Checked' },
    tell({ state, sha, context, commit, branches, repository, updated_at }) {
      const on = items(branches);
      // A status lists the branches at its commit, and says which of them are protected.
      const [first] = on;
      const guarded = on.flatMap((each) => (each?.protected === true ? [text(each?.name)] : []));
      const protection = typeof first?.protected === 'boolean' && {
        source: `status ${text(first?.name).slice(0, 200)}`,
        branches: guarded.slice(0, 10).map((name) => name.slice(0, 200)),
      };
      if (isSideCheck(context) || (on.length > 0 && on.every((each) => isQueueBranch(each?.name)))) {
        return protection ? silent({ protection }) : undefined;
      }
      const home = on.find((each) => each?.name === repository?.default_branch) ?? on[0];
      const [verdict] = verdicts.get(text(state)) ?? [];
      const isOver = verdict === 'success' || verdict === 'failure';
      return {
        ...silent({
          subject: `commit/${text(sha).slice(0, 7)}`,
          branch: home?.name,
          url: commit?.html_url,
          at: updated_at,
          ...(isOver && { outcome: verdict }),
          build: {
            of: 'status',
            sha: text(sha),
            ...(home?.name !== undefined && { branch: text(home.name) }),
            context: text(context).slice(0, 100),
            committedAt: time(commit?.commit?.committer?.date) ?? 0,
            state: isOver ? verdict : 'pending',
          },
        }),
        ...(protection && { protection }),
      };
    },
  },
  workflow_run: {
    actions: { completed: 'Ran', requested: 'Began', in_progress: 'Began' },
    tell({ action, workflow_run: run, workflow, repository }) {
      const branch = text(run?.head_branch);
      const path = text(run?.path);
      // GitHub's own chores, such as Dependabot's, are not builds of the code.
      const isChore = path.startsWith('dynamic/') && !/^dynamic\/(?:pages|github-code-scanning)\//.test(path);
      if (isQueueBranch(branch) || isChore) return undefined;
      const name = text(run?.name) || text(workflow?.name) || 'The build';
      const number = whole(run?.run_number) ?? 0;
      const suiteId = whole(run?.check_suite_id);
      const home = whole(run?.head_repository?.id);
      // A fork that has been deleted since then is null.
      const isOfFork = run?.head_repository === null || (home !== undefined && home !== repository?.id);
      const build = {
        of: 'run',
        id: idOf(run?.id),
        attempt: whole(run?.run_attempt) || 1,
        number,
        ...(suiteId !== undefined && { suiteId }),
        sha: text(run?.head_sha),
        // The main branch of a fork is not that of the repository.
        ...(branch && { branch: isOfFork ? `${home}:${branch}` : branch }),
        // One commit may be built as it is, and as its pull request would merge it: two things, each with its colour.
        workflow: `${whole(run?.workflow_id) ?? name}${text(run?.event).startsWith('pull_request') ? ' of pull requests' : ''}`,
        hasEnded: action === 'completed',
      } as const;
      if (action !== 'completed') return silent({ build });
      if (path.startsWith('dynamic/pages/')) {
        const [outcome] = verdicts.get(text(run?.conclusion)) ?? [];
        return outcome === 'success' || outcome === 'failure'
          ? pagesStory(outcome, run?.updated_at)
          : silent({ build });
      }
      const place = placeOf({
        branch,
        fork: isOfFork ? text(run?.head_repository?.owner?.login) || 'a fork' : undefined,
        pulls: run?.pull_requests,
        isOfPull: text(run?.event).startsWith('pull_request'),
      });
      const end = ending(name, run?.conclusion, place);
      return {
        ...(end ?? silent({})),
        subject: `run/${build.id}`,
        ...(branch && !isOfFork && { branch }),
        url: run?.html_url,
        at: run?.updated_at,
        build,
      };
    },
  },
  workflow_job: {
    actions: { completed: 'Ran', queued: null, in_progress: null, waiting: 'Waits' },
    tell({ action, workflow_job: job }) {
      if (isQueueBranch(job?.head_branch)) return undefined;
      const runId = idOf(job?.run_id);
      if (action === 'waiting') {
        return {
          title: `${text(job?.workflow_name) || 'A workflow'} waits for approval to run ${text(job?.name)}`,
          subject: `run/${runId}`,
          branch: job?.head_branch,
          url: job?.html_url,
          at: job?.created_at,
          ties: { joins: [`gates of run ${runId}`, `gates of ${text(job?.head_sha)}`], waits: 'short' },
        };
      }
      return silent({
        build: {
          of: 'check',
          runId,
          attempt: whole(job?.run_attempt) || 1,
          sha: text(job?.head_sha),
          name: text(job?.name).slice(0, 100),
          hasFailed: failureStates.includes(job?.conclusion),
        },
      });
    },
  },
  workflow_dispatch: {
    actions: { '': 'Started' },
    tell: ({ workflow, ref }, verb) => ({
      title: `${verb} ${text(workflow) ? `workflow ${text(workflow).split('/').at(-1)}` : 'a workflow'}`,
      branch: text(ref).replace(/^refs\/heads\//, ''),
    }),
  },
  repository_dispatch: {
    actions: { 'sample.collected': 'Dispatched' },
    otherwise: 'Dispatched',
    tell: ({ action }, verb) => ({ title: `${verb} ${text(action)}` }),
  },
};
