import type { ActivityOutcome } from '@bnc/contracts';
import { type Scalar, text } from '../untrusted.ts';
import type { Chapters, Story } from './story.ts';

type BuildEvent =
  | 'check_run'
  | 'check_suite'
  | 'status'
  | 'workflow_run'
  | 'workflow_job'
  | 'workflow_dispatch'
  | 'repository_dispatch'
  | 'deployment'
  | 'deployment_status'
  | 'deployment_review'
  | 'deployment_protection_rule'
  | 'page_build';

type BuildOutcome = Extract<ActivityOutcome, 'success' | 'failure' | 'timed_out' | 'cancelled' | 'neutral' | 'skipped'>;

const OUTCOMES = new Map<string, BuildOutcome>([
  ['success', 'success'],
  ['failure', 'failure'],
  ['error', 'failure'],
  ['startup_failure', 'failure'],
  ['timed_out', 'timed_out'],
  ['cancelled', 'cancelled'],
  ['skipped', 'skipped'],
]);

const TELLING: Readonly<Record<BuildOutcome, { readonly says: string; readonly colour: string }>> = {
  success: { says: 'passed', colour: 'green' },
  failure: { says: 'failed', colour: 'red' },
  timed_out: { says: 'timed out', colour: 'red' },
  cancelled: { says: 'was cancelled', colour: 'grey' },
  neutral: { says: 'ended without a verdict', colour: 'grey' },
  skipped: { says: 'was skipped', colour: 'grey' },
};

interface Build {
  readonly sha: Scalar;
  readonly name: Scalar;
  readonly branch?: Scalar;
  readonly conclusion: Scalar;
  readonly url: Scalar;
  readonly at: Scalar;
}

/**
 * Five events speak of one build, and only the commit is in all five. So a commit turns green once, red once and grey
 * once: the first delivery to say so is heard, whichever of the five it is.
 */
const buildStory = ({ sha, name, branch, conclusion, url, at }: Build): Story => {
  const outcome = OUTCOMES.get(text(conclusion)) ?? 'neutral';
  const { says, colour } = TELLING[outcome];
  const where = text(branch) ? ` on ${text(branch)}` : '';
  return {
    title: `${text(name) || 'Build'} ${says}${where} (${text(sha).slice(0, 7)})`,
    url,
    at,
    outcome,
    sameAs: ['build', sha, colour],
  };
};

/** Builds and what they lead to: checks, statuses, workflows, deployments, pages. */
export const BUILDS: Chapters<BuildEvent> = {
  check_run: {
    actions: { completed: 'Checked', created: null, requested_action: null, rerequested: null },
    tell: ({ check_run: run }) =>
      buildStory({
        sha: run?.head_sha,
        name: run?.name,
        branch: run?.check_suite?.head_branch,
        conclusion: run?.conclusion,
        url: run?.html_url,
        at: run?.completed_at,
      }),
  },
  check_suite: {
    actions: { completed: 'Checked', requested: null, rerequested: null },
    tell: ({ check_suite: suite }) =>
      buildStory({
        sha: suite?.head_sha,
        name: suite?.app?.name,
        branch: suite?.head_branch,
        conclusion: suite?.conclusion,
        url: undefined,
        at: suite?.updated_at,
      }),
  },
  status: {
    actions: { '': 'Checked' },
    tell: ({ state, sha, context, commit, updated_at }) =>
      state === 'pending'
        ? undefined
        : buildStory({ sha, name: context, conclusion: state, url: commit?.html_url, at: updated_at }),
  },
  workflow_run: {
    actions: { completed: 'Ran', requested: null, in_progress: null },
    tell: ({ workflow_run: run }) =>
      buildStory({
        sha: run?.head_sha,
        name: run?.name,
        branch: run?.head_branch,
        conclusion: run?.conclusion,
        url: run?.html_url,
        at: run?.updated_at,
      }),
  },
  workflow_job: {
    actions: { completed: 'Ran', queued: null, in_progress: null, waiting: null },
    tell: ({ workflow_job: job }) =>
      buildStory({
        sha: job?.head_sha,
        name: job?.name,
        branch: job?.head_branch,
        conclusion: job?.conclusion,
        url: job?.html_url,
        at: job?.completed_at,
      }),
  },
  workflow_dispatch: {
    actions: { '': 'Started' },
    tell: ({ workflow }, verb) => ({ title: `${verb} workflow ${text(workflow).split('/').at(-1)}` }),
  },
  repository_dispatch: {
    actions: { 'sample.collected': 'Dispatched' },
    otherwise: 'Dispatched',
    tell: ({ action }, verb) => ({ title: `${verb} ${text(action)}` }),
  },
  deployment: {
    actions: { created: 'Started' },
    tell: ({ deployment }) => ({
      title: `Started deploying ${text(deployment?.ref)} to ${text(deployment?.environment)}`,
      at: deployment?.created_at,
      sameAs: ['deployment', deployment?.id, 'started'],
    }),
  },
  deployment_status: {
    actions: { created: 'Deployed' },
    tell({ deployment, deployment_status: status }): Story | undefined {
      const state = text(status?.state);
      const target = `${text(deployment?.ref)} to ${text(status?.environment) || text(deployment?.environment)}`;
      // A newer deployment took over: it has been heard itself.
      if (state === 'inactive') return undefined;
      const outcome = OUTCOMES.get(state);
      if (outcome !== 'success' && outcome !== 'failure') {
        return {
          title: `Started deploying ${target}`,
          at: status?.created_at,
          sameAs: ['deployment', deployment?.id, 'started'],
        };
      }
      return {
        title: outcome === 'success' ? `Deployed ${target}` : `Failed to deploy ${target}`,
        at: status?.created_at,
        outcome,
        sameAs: ['deployment', deployment?.id, outcome],
      };
    },
  },
  deployment_review: {
    actions: { requested: 'Asked for approval of', approved: 'Approved', rejected: 'Rejected' },
    tell: ({ action, workflow_run: run, environment, since }, verb) => ({
      title: `${verb} a deployment${text(environment) && ` to ${text(environment)}`}`,
      url: run?.html_url,
      at: since,
      outcome: action === 'approved' ? 'approved' : action === 'rejected' ? 'changes_requested' : undefined,
      sameAs: ['deployment review', run?.id, action],
    }),
  },
  // Comes with deployment_review.
  deployment_protection_rule: null,
  page_build: {
    actions: { '': 'Built' },
    tell({ build }): Story | undefined {
      const built = build?.status === 'built';
      if (!built && build?.status !== 'errored') return undefined;
      return {
        title: built ? 'Published the pages' : 'Failed to publish the pages',
        at: build?.updated_at,
        outcome: built ? 'success' : 'failure',
        sameAs: ['pages', build?.commit, build?.status],
      };
    },
  },
};
