import { createHash } from 'node:crypto';

/** A delivery as GitHub would send it, before it is signed. */
export interface Delivery {
  readonly event: string;
  readonly payload: object;
}

/** The repository that payloads are of, and when they are sent. */
export interface Scene {
  readonly repoId: string;
  readonly repositoryId: number;
  /** When it happens, in epoch milliseconds: payloads tell whole seconds. */
  readonly at: number;
}

/** Who did it. */
interface By {
  readonly by: string;
}

interface OfPull extends By {
  readonly number: number;
  readonly title?: string;
}

/** Where a build runs. A commit has a short name, of which its id is made. */
interface Build {
  readonly sha: string;
  readonly branch?: string;
  readonly by?: string;
}

interface Push extends By {
  readonly branch?: string;
  readonly tag?: string;
  /** New commits. Default 1, and 0 for a tag. */
  readonly commits?: number;
  /** Commits that come along and were in the repository before. */
  readonly known?: number;
  readonly message?: string;
  /** Name of the newest commit. */
  readonly after?: string;
  readonly before?: string;
  readonly created?: boolean;
  readonly deleted?: boolean;
  readonly forced?: boolean;
  /** True for what GitHub commits itself: a merge, an edit on its page. */
  readonly isByGitHub?: boolean;
}

interface Ref extends By {
  readonly branch?: string;
  readonly tag?: string;
}

interface Pull extends OfPull {
  readonly action: string;
  readonly author?: string;
  readonly head?: string;
  readonly merged?: boolean;
  readonly mergeCommit?: string;
  readonly commits?: number;
  readonly label?: string;
  readonly reviewer?: string;
  readonly reason?: string;
  /** Names of the commits before and after a push to its branch. */
  readonly before?: string;
  readonly after?: string;
}

interface Review extends OfPull {
  readonly state: string;
  readonly review: number;
}

interface ReviewComment extends OfPull {
  readonly review: number;
  readonly comment: number;
}

interface Thread extends OfPull {
  readonly action: string;
  readonly thread: number;
}

interface Comment extends OfPull {
  readonly comment: number;
  readonly onPull?: boolean;
}

interface Issue extends OfPull {
  readonly action: string;
  readonly reason?: string;
  readonly label?: string;
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

interface MergeGroup {
  readonly action: string;
  /** The branch that the queue made. */
  readonly branch: string;
  readonly message: string;
  readonly reason?: string;
}

interface RepositoryNews extends By {
  readonly action: string;
  readonly from?: string;
}

interface Dispatch extends By {
  readonly workflow: string;
  readonly ref?: string;
  readonly inputs: object;
}

type Json = Readonly<Record<string, unknown>>;

const home = 'main';

/** A whole number that is the same for the same text. */
function idOf(text: string): number {
  return Number.parseInt(createHash('sha1').update(text).digest('hex').slice(0, 8), 16);
}

/** The id of a commit of this name; zeros for none, as GitHub writes what did not exist. */
export function commitId(name: string): string {
  return name === '' ? '0'.repeat(40) : createHash('sha1').update(name).digest('hex');
}

function iso(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}

function account(login: string): Json {
  return {
    login,
    id: idOf(login),
    type: login.endsWith('[bot]') ? 'Bot' : 'User',
    html_url: `https://github.com/${login.endsWith('[bot]') ? `apps/${login.slice(0, -5)}` : login}`,
  };
}

function linkTo({ repoId }: Scene, path: string): string {
  return `https://github.com/${repoId}/${path}`;
}

function envelope(scene: Scene, by: string): Json {
  const { repoId, repositoryId, at } = scene;
  const [owner = '', name = ''] = repoId.split('/');
  return {
    repository: {
      id: repositoryId,
      name,
      full_name: repoId,
      private: false,
      html_url: `https://github.com/${repoId}`,
      owner: { ...account(owner), type: 'Organization' },
      default_branch: home,
      language: 'TypeScript',
      pushed_at: iso(at),
      updated_at: iso(at),
    },
    sender: account(by),
  };
}

function pullOf(scene: Scene, { number, title = `Idea ${number}` }: Pick<OfPull, 'number' | 'title'>): Json {
  return {
    id: 7_000_000 + number,
    number,
    title,
    html_url: linkTo(scene, `pull/${number}`),
    updated_at: iso(scene.at),
  };
}

function issueOf(scene: Scene, { number, title = `Wish ${number}` }: Pick<OfPull, 'number' | 'title'>): Json {
  return {
    id: 8_000_000 + number,
    number,
    title,
    html_url: linkTo(scene, `issues/${number}`),
    updated_at: iso(scene.at),
  };
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

/** Payloads in the shapes that GitHub documents, with the fields that tell something. */
const payloads = {
  push(scene: Scene, fields: Push): Json {
    const { by, branch, tag, known = 0, created = false, deleted = false, forced = false, isByGitHub } = fields;
    const { commits = tag === undefined && !deleted ? 1 : 0, message = 'Purr louder' } = fields;
    const after = deleted ? '' : (fields.after ?? `${branch ?? tag} at ${scene.at}`);
    const before = created ? '' : (fields.before ?? `before ${after}`);
    const commit = (index: number, distinct: boolean): Json => ({
      id: commitId(`${after} ${index} ${distinct}`),
      distinct,
      message,
      added: [],
      removed: [],
      modified: [`src/file-${index}.ts`],
    });
    const committer = isByGitHub ? { name: 'GitHub', username: 'web-flow' } : { name: by, username: by };
    return {
      ref: tag === undefined ? `refs/heads/${branch}` : `refs/tags/${tag}`,
      before: commitId(before),
      after: commitId(after),
      created,
      deleted,
      forced,
      compare: linkTo(scene, `compare/${commitId(before).slice(0, 12)}...${commitId(after).slice(0, 12)}`),
      commits: [
        ...Array.from({ length: known }, (_, index) => commit(index, false)),
        ...Array.from({ length: commits }, (_, index) => commit(index, true)),
      ],
      head_commit: deleted ? null : { id: commitId(after), message, timestamp: iso(scene.at), committer },
      pusher: { name: by },
      ...envelope(scene, by),
    };
  },
  create: (scene: Scene, { by, branch, tag }: Ref): Json => ({
    ref: branch ?? tag,
    ref_type: branch === undefined ? 'tag' : 'branch',
    master_branch: home,
    ...envelope(scene, by),
  }),
  delete: (scene: Scene, { by, branch, tag }: Ref): Json => ({
    ref: branch ?? tag,
    ref_type: branch === undefined ? 'tag' : 'branch',
    ...envelope(scene, by),
  }),
  pull_request(scene: Scene, fields: Pull): Json {
    const { action, by, number, author = by, head = `branch-${number}`, merged = false } = fields;
    const { commits = 2, mergeCommit, label, reviewer, reason, before, after } = fields;
    return {
      action,
      number,
      ...(before !== undefined && after !== undefined && { before: commitId(before), after: commitId(after) }),
      pull_request: {
        ...pullOf(scene, fields),
        user: account(author),
        merged,
        merge_commit_sha: mergeCommit === undefined ? null : commitId(mergeCommit),
        head: { ref: head, sha: commitId(head), repo: { id: scene.repositoryId } },
        base: { ref: home },
        commits,
        changed_files: 3 * commits,
        additions: 40 * commits,
        deletions: 10 * commits,
      },
      ...(label !== undefined && { label: { name: label } }),
      ...(reviewer !== undefined && { requested_reviewer: account(reviewer) }),
      ...(reason !== undefined && { reason }),
      ...envelope(scene, by),
    };
  },
  pull_request_review: (scene: Scene, { by, state, review, ...pull }: Review): Json => ({
    action: 'submitted',
    review: {
      id: review,
      state,
      submitted_at: iso(scene.at),
      html_url: linkTo(scene, `pull/${pull.number}#pullrequestreview-${review}`),
    },
    pull_request: pullOf(scene, pull),
    ...envelope(scene, by),
  }),
  pull_request_review_comment: (scene: Scene, { by, review, comment, ...pull }: ReviewComment): Json => ({
    action: 'created',
    comment: {
      id: comment,
      pull_request_review_id: review,
      created_at: iso(scene.at),
      html_url: linkTo(scene, `pull/${pull.number}#discussion_r${comment}`),
    },
    pull_request: pullOf(scene, pull),
    ...envelope(scene, by),
  }),
  pull_request_review_thread: (scene: Scene, { action, by, thread, ...pull }: Thread): Json => ({
    action,
    thread: { node_id: `PRRT_${thread}` },
    pull_request: pullOf(scene, pull),
    ...envelope(scene, by),
  }),
  issue_comment: (scene: Scene, { by, comment, onPull = false, ...issue }: Comment): Json => ({
    action: 'created',
    issue: {
      ...(onPull ? pullOf(scene, issue) : issueOf(scene, issue)),
      ...(onPull && { pull_request: { html_url: linkTo(scene, `pull/${issue.number}`) } }),
    },
    comment: {
      id: comment,
      created_at: iso(scene.at),
      html_url: linkTo(scene, `issues/${issue.number}#issuecomment-${comment}`),
    },
    ...envelope(scene, by),
  }),
  issues: (scene: Scene, { action, by, reason, label, ...issue }: Issue): Json => ({
    action,
    issue: { ...issueOf(scene, issue), state_reason: reason ?? null },
    ...(label !== undefined && { label: { name: label } }),
    ...envelope(scene, by),
  }),
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
  merge_group: (scene: Scene, { action, branch, message, reason }: MergeGroup): Json => ({
    action,
    merge_group: {
      head_ref: `refs/heads/${branch}`,
      head_sha: commitId(branch),
      base_ref: `refs/heads/${home}`,
      head_commit: { message },
    },
    ...(reason !== undefined && { reason }),
    ...envelope(scene, 'github-merge-queue[bot]'),
  }),
  repository: (scene: Scene, { action, by, from }: RepositoryNews): Json => ({
    action,
    ...(from !== undefined && { changes: { repository: { name: { from } } } }),
    ...envelope(scene, by),
  }),
  star: (scene: Scene, { by }: By): Json => ({ action: 'created', starred_at: iso(scene.at), ...envelope(scene, by) }),
  workflow_dispatch: (scene: Scene, { by, workflow, ref = home, inputs }: Dispatch): Json => ({
    workflow: `.github/workflows/${workflow}`,
    ref: `refs/heads/${ref}`,
    inputs,
    ...envelope(scene, by),
  }),
} as const;

type Payloads = typeof payloads;

/** Events that have a builder. */
export type StoryEvent = keyof Payloads;

/** What the builder of an event takes. */
export type FieldsOf<E extends StoryEvent> = Parameters<Payloads[E]>[1];

/** Builds a delivery of one event. */
export function deliveryOf<E extends StoryEvent>(event: E, scene: Scene, fields: FieldsOf<E>): Delivery {
  const build = payloads[event] as (scene: Scene, fields: unknown) => Json;
  return { event, payload: build(scene, fields) };
}
