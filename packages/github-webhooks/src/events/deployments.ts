import { items, type Scalar, text, whole } from '../untrusted.ts';
import { isQueueBranch } from './code.ts';
import type { Chapters, Story } from './story.ts';

type DeploymentEvent =
  | 'deployment'
  | 'deployment_status'
  | 'deployment_review'
  | 'deployment_protection_rule'
  | 'page_build';

/** Conclusions and states that mean failure. */
export const failureStates: readonly Scalar[] = ['failure', 'error', 'startup_failure', 'timed_out'];

/** Returns the story of a build of GitHub Pages, whichever event reports it. */
export function pagesStory(outcome: 'success' | 'failure', at: Scalar): Story {
  return {
    title: outcome === 'success' ? 'Published the pages' : 'Failed to publish the pages',
    subject: 'pages',
    at,
    outcome,
  };
}

/** Names a ref as people do: a branch, a tag or a pull request. Leaves a commit's id as it is. */
function refWords(ref: Scalar): string {
  const name = text(ref).replace(/^refs\/(?:heads|tags)\//, '');
  const [, pull] = /^refs\/pull\/(\d+)\//.exec(name) ?? [];
  return pull === undefined ? name : `pull request #${pull}`;
}

function isSha(ref: Scalar): boolean {
  return /^[0-9a-f]{40}$/.test(text(ref));
}

/** Returns the whole number that identifies a run, a job or a suite; 0 when there is none. */
export function idOf(value: Scalar): number {
  return whole(value) ?? 0;
}

/** Deployments, their approvals, and GitHub Pages. */
export const deploymentChapters: Chapters<DeploymentEvent> = {
  // Not the start yet: the statuses of a deployment say when it starts and how it ends.
  deployment: { actions: { created: null }, tell: () => undefined },
  deployment_status: {
    actions: { created: 'Deployed' },
    tell({ deployment, deployment_status: status, workflow_run: run }): Story | undefined {
      const state = text(status?.state);
      const environment = text(status?.environment) || text(deployment?.environment);
      const ref = refWords(deployment?.ref);
      const target = `${ref}${environment && ` to ${environment}`}`;
      const outcome = failureStates.includes(state) ? 'failure' : state === 'success' ? 'success' : undefined;
      if (isQueueBranch(ref)) return undefined;
      if (environment === 'github-pages') return outcome && pagesStory(outcome, status?.created_at);
      const about = {
        subject: `deployment/${idOf(deployment?.id)}`,
        ...(!isSha(ref) && !ref.startsWith('pull request') && { branch: ref }),
        at: status?.created_at,
      };
      if (outcome) {
        return {
          ...about,
          title: outcome === 'success' ? `Deployed ${target}` : `Failed to deploy ${target}`,
          outcome,
        };
      }
      if (state === 'in_progress') return { ...about, title: `Started deploying ${target}`, action: 'in_progress' };
      // `queued` and `pending` are not a start; `inactive` follows a newer deployment, which was reported.
      if (state !== 'waiting') return undefined;
      const runId = whole(run?.id);
      const sha = text(deployment?.sha);
      return {
        ...about,
        title: `Waits for approval to deploy ${target}`,
        action: 'waiting',
        // The run reports a request for approval. A deployment that does not name its run is matched by commit.
        ties:
          runId === undefined
            ? {
                absorbs: [`request for ${sha} to ${environment}`, `gates of ${sha}`],
                joins: [`deployment of ${sha} to ${environment}`],
              }
            : {
                absorbs: [`gate of run ${runId} to ${environment}`, `gates of run ${runId}`],
                joins: [`gate of run ${runId} to ${environment}`],
              },
      };
    },
  },
  deployment_review: {
    actions: { requested: 'Asked for approval of', approved: 'Approved', rejected: 'Rejected' },
    tell({ action, workflow_run: run, environment, workflow_job_runs, since, requestor, approver }, verb) {
      const environments = [
        ...new Set(
          [environment, ...items(workflow_job_runs).map((job) => job?.environment)]
            .map(text)
            .filter((name) => name !== ''),
        ),
      ];
      const target = environments.length > 0 ? ` to ${environments.join(', ')}` : '';
      const runId = idOf(run?.id);
      const sha = text(run?.head_sha);
      const gates = environments.map((name) => `gate of run ${runId} to ${name}`);
      if (isQueueBranch(run?.head_branch)) return undefined;
      return {
        title: `${verb} a deployment${target}`,
        person: (action === 'requested' ? requestor : approver)?.login,
        subject: `run/${idOf(run?.id)}`,
        branch: run?.head_branch,
        url: run?.html_url,
        at: since,
        outcome: action === 'approved' ? 'approved' : action === 'rejected' ? 'changes_requested' : undefined,
        ...(action === 'requested' && {
          ties: {
            absorbs: [
              ...gates,
              `gates of run ${runId}`,
              ...environments.map((name) => `deployment of ${sha} to ${name}`),
            ],
            joins: [...gates, ...environments.map((name) => `request for ${sha} to ${name}`)],
          },
        }),
      };
    },
  },
  // `deployment_review` arrives as well.
  deployment_protection_rule: null,
  page_build: {
    actions: { '': 'Built' },
    tell({ build }): Story | undefined {
      const built = build?.status === 'built';
      if (!built && build?.status !== 'errored') return undefined;
      return { ...pagesStory(built ? 'success' : 'failure', build.updated_at), person: build.pusher?.login };
    },
  },
};
