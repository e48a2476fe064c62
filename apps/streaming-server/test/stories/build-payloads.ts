import { type By, commitId, envelope, home, idOf, iso, type Json, linkTo, type Scene } from './payload-parts.ts';

/** Where a build runs. A commit has a short name, of which its id is made. */
interface Build {
  readonly sha: string;
  readonly branch?: string;
  readonly by?: string;
}

interface Run extends Build {
  readonly action: string;
  readonly run: number;
  readonly number: number;
  readonly workflow?: string;
  readonly attempt?: number;
  readonly conclusion?: string;
  /** What started it. Default `push`. */
  readonly on?: string;
  readonly pull?: number;
}

interface Job extends Build {
  readonly action: string;
  readonly job: number;
  readonly run: number;
  readonly name: string;
  readonly attempt?: number;
  readonly conclusion?: string;
}

interface Dispatch extends By {
  readonly workflow: string;
  readonly ref?: string;
  readonly inputs: object;
}

interface Check extends Build {
  readonly action: string;
  readonly check: number;
  readonly suite: number;
  readonly name: string;
  readonly app?: string;
  readonly conclusion?: string;
}

interface Suite extends Build {
  readonly suite: number;
  readonly app?: string;
  readonly conclusion: string;
}

interface Status extends Build {
  readonly context: string;
  readonly state: string;
  readonly status: number;
}

function appOf(slug: string): Json {
  return { slug, name: slug === 'github-actions' ? 'GitHub Actions' : slug };
}

function runNumbers({ run, pull }: { readonly run: number; readonly pull?: number }): Json {
  return {
    id: run,
    check_suite_id: 50_000_000 + run,
    pull_requests: pull === undefined ? [] : [{ number: pull }],
  };
}

/** Payloads of runs, their jobs, and checks of other programs. */
export const buildPayloads = {
  workflow_run(scene: Scene, fields: Run): Json {
    const { action, run, number, workflow = 'CI', attempt = 1, conclusion, sha, branch = home, on = 'push' } = fields;
    return {
      action,
      workflow_run: {
        ...runNumbers(fields),
        name: workflow,
        workflow_id: idOf(workflow),
        path: `.github/workflows/${workflow.toLowerCase()}.yml`,
        run_number: number,
        run_attempt: attempt,
        event: on,
        status: action === 'completed' ? 'completed' : action === 'requested' ? 'queued' : action,
        conclusion: conclusion ?? null,
        head_branch: branch,
        head_sha: commitId(sha),
        head_repository: { id: scene.repositoryId },
        html_url: linkTo(scene, `actions/runs/${run}`),
        updated_at: iso(scene.at),
      },
      ...envelope(scene, fields.by ?? 'ada'),
    };
  },
  workflow_job: (
    scene: Scene,
    { action, job, run, name, attempt = 1, conclusion, sha, branch = home, by }: Job,
  ): Json => ({
    action,
    workflow_job: {
      id: job,
      run_id: run,
      run_attempt: attempt,
      workflow_name: 'CI',
      name,
      head_branch: branch,
      head_sha: commitId(sha),
      conclusion: conclusion ?? null,
      created_at: iso(scene.at),
      html_url: linkTo(scene, `actions/runs/${run}/job/${job}`),
    },
    ...envelope(scene, by ?? 'ada'),
  }),
  workflow_dispatch: (scene: Scene, { by, workflow, ref = home, inputs }: Dispatch): Json => ({
    workflow: `.github/workflows/${workflow}`,
    ref: `refs/heads/${ref}`,
    inputs,
    ...envelope(scene, by),
  }),
  check_run(scene: Scene, fields: Check): Json {
    const { action, check, suite, name, app = 'github-actions', conclusion, sha, branch = home, by } = fields;
    return {
      action,
      check_run: {
        id: check,
        name,
        head_sha: commitId(sha),
        status: action === 'completed' ? 'completed' : 'queued',
        conclusion: conclusion ?? null,
        app: appOf(app),
        check_suite: { id: suite, head_branch: branch },
      },
      ...envelope(scene, by ?? 'ada'),
    };
  },
  check_suite: (scene: Scene, { suite, app = 'github-actions', conclusion, sha, branch = home, by }: Suite): Json => ({
    action: 'completed',
    check_suite: {
      id: suite,
      head_branch: branch,
      head_sha: commitId(sha),
      conclusion,
      app: appOf(app),
      pull_requests: [],
      updated_at: iso(scene.at),
    },
    ...envelope(scene, by ?? 'ada'),
  }),
  status: (scene: Scene, { status, context, state, sha, branch = home, by }: Status): Json => ({
    id: status,
    sha: commitId(sha),
    context,
    state,
    commit: { html_url: linkTo(scene, `commit/${commitId(sha)}`) },
    branches: [{ name: branch }],
    updated_at: iso(scene.at),
    ...envelope(scene, by ?? 'ada'),
  }),
} as const;
