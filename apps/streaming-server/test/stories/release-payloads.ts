import {
  account,
  type By,
  commitId,
  envelope,
  home,
  idOf,
  iso,
  type Json,
  linkTo,
  type Scene,
} from './payload-parts.ts';

interface Deployment extends By {
  readonly deployment: number;
  readonly environment: string;
  readonly state: string;
  readonly sha: string;
  readonly ref?: string;
  readonly run?: number;
}

interface Gate extends By {
  readonly action: string;
  readonly run: number;
  readonly environment: string;
  readonly branch?: string;
}

interface Release extends By {
  readonly action: string;
  readonly tag: string;
  readonly name: string;
}

interface Package extends By {
  readonly action: string;
  readonly package: string;
  readonly version: string;
}

/** Payloads of what leaves the repository: deployments, releases and packages. */
export const releasePayloads = {
  deployment_status: (
    scene: Scene,
    { by, deployment, environment, state, sha, ref = home, run }: Deployment,
  ): Json => ({
    action: 'created',
    deployment: { id: deployment, ref, sha: commitId(sha), environment },
    deployment_status: { id: idOf(`${deployment} ${state}`), state, environment, created_at: iso(scene.at) },
    ...(run !== undefined && { workflow_run: { id: run } }),
    ...envelope(scene, by),
  }),
  deployment_review: (scene: Scene, { action, by, run, environment, branch = home }: Gate): Json => ({
    action,
    since: iso(scene.at),
    workflow_run: { id: run, head_branch: branch, html_url: linkTo(scene, `actions/runs/${run}`) },
    ...(action === 'requested'
      ? { environment, requestor: account(by) }
      : { workflow_job_runs: [{ id: 1, name: 'deploy', environment }], approver: account(by) }),
    ...envelope(scene, by),
  }),
  release: (scene: Scene, { action, by, tag, name }: Release): Json => ({
    action,
    release: {
      id: idOf(tag),
      tag_name: tag,
      name,
      draft: false,
      prerelease: false,
      published_at: iso(scene.at),
      html_url: linkTo(scene, `releases/tag/${tag}`),
    },
    ...envelope(scene, by),
  }),
  registry_package: (scene: Scene, { action, by, package: name, version }: Package): Json => ({
    action,
    registry_package: {
      id: idOf(name),
      name,
      package_version: { id: idOf(`${name} ${version}`), version },
      html_url: linkTo(scene, `pkgs/npm/${name}`),
      updated_at: iso(scene.at),
    },
    ...envelope(scene, by),
  }),
} as const;
