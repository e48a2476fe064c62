import type { Example } from './deliveries.ts';
import { modernExample } from './schemas.ts';
import { vary } from './vary.ts';

/** A delivery that comes some time after the first one. */
export interface Timed extends Example {
  readonly afterMs: number;
}

type Fields = Readonly<Record<string, unknown>>;

/** When the first delivery of a story comes, by the clocks of both sides. */
export const startMs = Date.parse('2026-11-16T09:00:00Z');

const none = '0'.repeat(40);
const home = 'https://github.com/cats/choir';
const repositoryId = 42;

/** Makes an id that shows at a glance which commit of a story it belongs to. */
export function sha(n: number): string {
  return n.toString(16).padStart(4, '0').repeat(10);
}

function numberOf(name: string): number {
  return name.split('').reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 1e6, 7);
}

/** An account as payloads spell it: a program's when the login ends as theirs do. */
export function account(login: string): Fields {
  return {
    login,
    id: numberOf(login),
    node_id: `U_${numberOf(login)}`,
    type: login.endsWith('[bot]') ? 'Bot' : 'User',
    html_url: login.endsWith('[bot]') ? `https://github.com/apps/${login.slice(0, -5)}` : `https://github.com/${login}`,
  };
}

/** Events besides pushes that say when a ref has changed. */
const refs = new Set(['create', 'delete']);

function isoAt(ms: number): string {
  return new Date(startMs + ms).toISOString().replace('.000', '');
}

function secondsAt(ms: number): number {
  return Math.floor((startMs + ms) / 1000);
}

const examples = new Map<string, Fields>();

function exampleOf(event: string, action?: string): Fields {
  const key = `${event}.${action}`;
  const found = examples.get(key) ?? modernExample(event, action);
  examples.set(key, found);
  return found;
}

/** What every delivery of a story may say otherwise. */
export interface Common {
  /** Login of who did it. Default `mona`. */
  readonly by?: string;
  /** Fields of the repository that differ. */
  readonly repository?: Fields;
}

/** Puts a payload into its envelope: the repository `cats/choir`, and who sent it. */
export function deliver(
  afterMs: number,
  event: string,
  payload: Fields,
  { by = 'mona', repository = {} }: Common = {},
): Timed {
  return {
    afterMs,
    event,
    payload: vary(payload, {
      repository: {
        id: repositoryId,
        name: 'choir',
        full_name: 'cats/choir',
        private: false,
        html_url: home,
        default_branch: 'main',
        master_branch: event === 'push' ? 'main' : undefined,
        pushed_at: event === 'push' ? secondsAt(afterMs) : refs.has(event) ? isoAt(afterMs) : '2026-11-15T09:00:00Z',
        updated_at: '2026-11-15T09:00:00Z',
        ...repository,
      },
      sender: account(by),
      organization: undefined,
      installation: undefined,
    }),
  };
}

interface Pushed extends Common {
  readonly branch?: string;
  readonly before?: string;
  readonly after?: string;
  /** Number of new commits. Default 1. */
  readonly commits?: number;
  /** Number of commits that the repository had before. Default 0. */
  readonly known?: number;
  readonly message?: string;
  /** True where GitHub itself made the commit, as it does for merges on its page. */
  readonly isByGitHub?: boolean;
  readonly forced?: boolean;
}

function commit(n: number, message: string, afterMs: number, distinct: boolean, isByGitHub: boolean): Fields {
  const author = { name: 'Mona', email: 'mona@example.com', username: 'mona' };
  return {
    id: sha(n),
    tree_id: sha(n + 1),
    distinct,
    message,
    timestamp: isoAt(afterMs),
    url: `${home}/commit/${sha(n)}`,
    author,
    committer: isByGitHub ? { name: 'GitHub', email: 'noreply@github.com', username: 'web-flow' } : author,
    added: [],
    removed: [],
    modified: [`src/file-${n}.ts`],
  };
}

/** Commits that are pushed to a branch. */
export function push(afterMs: number, pushed: Pushed = {}): Timed {
  const { branch = 'main', before = sha(1), after = sha(2), commits = 1, known = 0 } = pushed;
  const { message = 'Purr in tune', forced = false, isByGitHub = false } = pushed;
  const made = Array.from({ length: known + commits }, (_, n) =>
    commit(100 + n, message, afterMs, n >= known, isByGitHub),
  );
  return deliver(
    afterMs,
    'push',
    vary(exampleOf('push'), {
      ref: `refs/heads/${branch}`,
      before,
      after,
      created: before === none,
      deleted: false,
      forced,
      compare: `${home}/compare/${before.slice(0, 12)}...${after.slice(0, 12)}`,
      commits: made,
      head_commit: made.at(-1) ?? commit(100, message, afterMs, true, isByGitHub),
      pusher: { name: pushed.by ?? 'mona', email: null },
    }),
    pushed,
  );
}

interface Ref extends Common {
  readonly branch?: string;
  readonly tag?: string;
}

function refOf({ branch, tag = 'v1' }: Ref): string {
  return branch === undefined ? `refs/tags/${tag}` : `refs/heads/${branch}`;
}

function pushedRef(afterMs: number, ref: Ref, fields: Fields): Timed {
  return deliver(
    afterMs,
    'push',
    vary(exampleOf('push'), { ref: refOf(ref), created: false, deleted: false, forced: false, commits: [], ...fields }),
    ref,
  );
}

/** A branch or tag that is made, as `push` reports it. */
export function pushedNew(afterMs: number, ref: Ref): Timed {
  return pushedRef(afterMs, ref, { before: none, after: sha(2), created: true });
}

/** A branch or tag that is deleted, as `push` reports it. */
export function pushedGone(afterMs: number, ref: Ref): Timed {
  return pushedRef(afterMs, ref, { before: sha(2), after: none, deleted: true, head_commit: null });
}

/** A tag that is moved. */
export function movedTag(afterMs: number, ref: Ref): Timed {
  return pushedRef(afterMs, ref, { before: sha(2), after: sha(3), forced: true });
}

function named(afterMs: number, event: 'create' | 'delete', { branch, tag = 'v1', ...common }: Ref): Timed {
  return deliver(
    afterMs,
    event,
    vary(exampleOf(event), { ref: branch ?? tag, ref_type: branch === undefined ? 'tag' : 'branch' }),
    common,
  );
}

/** A branch or tag that is made, as `create` reports it. */
export function created(afterMs: number, ref: Ref): Timed {
  return named(afterMs, 'create', ref);
}

/** A branch or tag that is deleted, as `delete` reports it. */
export function deleted(afterMs: number, ref: Ref): Timed {
  return named(afterMs, 'delete', ref);
}

interface Pull extends Common {
  readonly number?: number;
  readonly title?: string;
  /** Login of its author. Default: who sends the delivery. */
  readonly author?: string;
  readonly head?: string;
  /** Id of the repository that its branch is in. Default: this one. */
  readonly headRepository?: number;
  readonly mergeSha?: string;
  readonly extra?: Fields;
}

/** A pull request, and what is done to it; `merged` is `closed` with a merge. */
export function pull(afterMs: number, action: string, told: Pull = {}): Timed {
  const {
    number = 7,
    title = 'Purr',
    head = 'feat',
    headRepository = repositoryId,
    mergeSha = sha(7),
    by = 'mona',
  } = told;
  const isMerged = action === 'merged';
  const isOver = isMerged || action === 'closed';
  return deliver(
    afterMs,
    'pull_request',
    vary(
      vary(exampleOf('pull_request', 'opened'), {
        action: isMerged ? 'closed' : action,
        number,
        pull_request: {
          id: 500_000_000 + number,
          number,
          title,
          html_url: `${home}/pull/${number}`,
          user: account(told.author ?? by),
          state: isOver ? 'closed' : 'open',
          merged: isMerged,
          merged_at: isMerged ? isoAt(afterMs) : null,
          merged_by: isMerged ? account(by) : null,
          closed_at: isOver ? isoAt(afterMs) : null,
          updated_at: isoAt(afterMs),
          merge_commit_sha: isMerged ? mergeSha : null,
          head: { ref: head, repo: { id: headRepository } },
          base: { ref: 'main', repo: { id: repositoryId } },
        },
      }),
      told.extra ?? {},
    ),
    told,
  );
}

/** A review of a pull request. */
export function review(
  afterMs: number,
  state: string,
  { id = 90, number = 7, ...common }: Common & { readonly id?: number; readonly number?: number } = {},
): Timed {
  return deliver(
    afterMs,
    'pull_request_review',
    vary(exampleOf('pull_request_review', 'submitted'), {
      review: { id, state, submitted_at: isoAt(afterMs) },
      pull_request: { number, title: 'Purr' },
    }),
    common,
  );
}

/** A comment that belongs to a review. */
export function reviewComment(
  afterMs: number,
  id: number,
  { reviewId = 90, ...common }: Common & { readonly reviewId?: number } = {},
): Timed {
  return deliver(
    afterMs,
    'pull_request_review_comment',
    vary(exampleOf('pull_request_review_comment', 'created'), {
      comment: { id, pull_request_review_id: reviewId, created_at: isoAt(afterMs) },
      pull_request: { number: 7, title: 'Purr' },
    }),
    common,
  );
}

interface Issue extends Common {
  readonly number?: number;
  readonly title?: string;
  readonly reason?: string;
  readonly extra?: Fields;
}

/** An issue, and what is done to it. */
export function issue(afterMs: number, action: string, told: Issue = {}): Timed {
  const { number = 12, title = 'Sofa is torn', reason = null, extra } = told;
  return deliver(
    afterMs,
    'issues',
    vary(exampleOf('issues', 'opened'), {
      action,
      issue: {
        id: 600_000_000 + number,
        number,
        title,
        html_url: `${home}/issues/${number}`,
        state: action === 'closed' ? 'closed' : 'open',
        state_reason: reason,
        updated_at: isoAt(afterMs),
      },
      ...extra,
    }),
    told,
  );
}

interface Built extends Common {
  readonly sha?: string;
  readonly branch?: string;
  readonly conclusion?: string | null;
}

interface Run extends Built {
  readonly id?: number;
  readonly attempt?: number;
  /** Grows with each run of the workflow. Default 1. */
  readonly number?: number;
  readonly suite?: number;
  readonly action?: 'requested' | 'in_progress' | 'completed';
  readonly workflow?: { readonly id: number; readonly name: string };
  /** Owner of the fork that its branch is in; null for one that is gone. */
  readonly fork?: string | null;
  /** What started it. Default `push`. */
  readonly event?: string;
  readonly pulls?: readonly number[];
  readonly path?: string;
}

/** The workflow of runs that name none. */
export const ci = { id: 5, name: 'CI' } as const;

/** A run of a workflow of GitHub Actions. */
export function run(afterMs: number, told: Run = {}): Timed {
  const { id = 900, attempt = 1, number = 1, suite = 77, action = 'completed', workflow = ci, fork } = told;
  const {
    branch = 'main',
    conclusion = 'success',
    event = 'push',
    pulls = [],
    path = '.github/workflows/ci.yml',
  } = told;
  const of = sha(2);
  return deliver(
    afterMs,
    'workflow_run',
    vary(exampleOf('workflow_run', 'completed'), {
      action,
      workflow: { id: workflow.id, name: workflow.name, path },
      workflow_run: {
        id,
        name: workflow.name,
        path,
        workflow_id: workflow.id,
        check_suite_id: suite,
        run_attempt: attempt,
        run_number: number,
        event,
        head_branch: branch,
        head_sha: told.sha ?? of,
        head_repository:
          fork === null
            ? null
            : { id: fork === undefined ? repositoryId : numberOf(fork), owner: { login: fork ?? 'cats' } },
        status: action === 'completed' ? 'completed' : action === 'requested' ? 'queued' : 'in_progress',
        conclusion: action === 'completed' ? conclusion : null,
        html_url: `${home}/actions/runs/${id}`,
        pull_requests: pulls.map((number) => ({ number })),
        updated_at: isoAt(afterMs),
      },
    }),
    told,
  );
}

interface Job extends Built {
  readonly id?: number;
  readonly run?: number;
  readonly attempt?: number;
  readonly name?: string;
  readonly action?: 'queued' | 'in_progress' | 'completed' | 'waiting';
}

/** A job of a run. */
export function job(afterMs: number, told: Job = {}): Timed {
  const { id = 3000, run = 900, attempt = 1, name = 'unit', action = 'completed', conclusion = 'success' } = told;
  return deliver(
    afterMs,
    'workflow_job',
    vary(exampleOf('workflow_job', 'completed'), {
      action,
      workflow_job: {
        id,
        run_id: run,
        run_attempt: attempt,
        name,
        workflow_name: 'CI',
        head_sha: told.sha ?? sha(2),
        head_branch: told.branch ?? 'main',
        status: action,
        conclusion: action === 'completed' ? conclusion : null,
        created_at: isoAt(afterMs),
        html_url: `${home}/actions/runs/${run}/job/${id}`,
      },
    }),
    told,
  );
}

interface Checked extends Built {
  readonly id?: number;
  readonly name?: string;
  readonly suite?: number;
  /** The app that checks. Default GitHub Actions. */
  readonly app?: { readonly slug: string; readonly name: string };
}

const actions = { slug: 'github-actions', name: 'GitHub Actions' } as const;

/** A check run that has ended. */
export function check(afterMs: number, told: Checked = {}): Timed {
  const { id = 2000, name = 'unit', suite = 77, app = actions, branch = 'main', conclusion = 'success' } = told;
  const at = told.sha ?? sha(2);
  return deliver(
    afterMs,
    'check_run',
    vary(exampleOf('check_run', 'completed'), {
      check_run: {
        id,
        name,
        head_sha: at,
        conclusion,
        app,
        completed_at: isoAt(afterMs),
        check_suite: { id: suite, head_branch: branch, head_sha: at, app, pull_requests: [] },
        pull_requests: [],
      },
    }),
    told,
  );
}

/** A check suite that has ended. */
export function suite(
  afterMs: number,
  told: Omit<Checked, 'branch'> & { readonly branch?: string | null } = {},
): Timed {
  const { id = 77, app = actions, branch = 'main', conclusion = 'success' } = told;
  return deliver(
    afterMs,
    'check_suite',
    vary(exampleOf('check_suite', 'completed'), {
      check_suite: {
        id,
        head_branch: branch,
        head_sha: told.sha ?? sha(2),
        conclusion,
        app,
        pull_requests: [],
        updated_at: isoAt(afterMs),
      },
    }),
    told,
  );
}

let statuses = 10_000;

/** A status of a commit. */
export function status(
  afterMs: number,
  told: Built & { readonly state?: string; readonly context?: string; readonly protected?: boolean } = {},
): Timed {
  const { state = 'success', context = 'ci/kitty', branch = 'main', protected: isProtected = false } = told;
  const at = told.sha ?? sha(2);
  statuses++;
  return deliver(
    afterMs,
    'status',
    vary(exampleOf('status'), {
      id: statuses,
      sha: at,
      name: 'cats/choir',
      context,
      state,
      commit: { sha: at, html_url: `${home}/commit/${at}` },
      branches: [{ name: branch, commit: { sha: at, url: `${home}/commit/${at}` }, protected: isProtected }],
      created_at: isoAt(afterMs),
      updated_at: isoAt(afterMs),
    }),
    told,
  );
}

/** What a deployment has come to. */
export function deployed(
  afterMs: number,
  state: string,
  told: Common & {
    readonly id?: number;
    readonly environment?: string;
    readonly sha?: string;
    readonly run?: number;
  } = {},
): Timed {
  const { id = 60, environment = 'production', run } = told;
  return deliver(
    afterMs,
    'deployment_status',
    vary(exampleOf('deployment_status'), {
      deployment_status: { id: 61_000 + afterMs, state, environment, created_at: isoAt(afterMs) },
      deployment: { id, sha: told.sha ?? sha(2), ref: 'main', environment, original_environment: environment },
      ...(run !== undefined && { workflow_run: { id: run } }),
    }),
    told,
  );
}

/** A request to approve a deployment, and the decision. */
export function gate(
  afterMs: number,
  action: 'requested' | 'approved' | 'rejected',
  told: Common & { readonly environments?: readonly string[]; readonly run?: number } = {},
): Timed {
  const { environments = ['production'], run = 900, by = 'mona' } = told;
  const jobs = environments.map((environment, n) => ({ id: 3000 + n, name: 'deploy', environment }));
  return deliver(
    afterMs,
    'deployment_review',
    vary(exampleOf('deployment_review', 'requested'), {
      action,
      since: isoAt(afterMs),
      workflow_run: { id: run, head_branch: 'main', head_sha: sha(2), html_url: `${home}/actions/runs/${run}` },
      ...(action === 'requested'
        ? { environment: environments[0], requestor: account(by), workflow_job_run: jobs[0] }
        : {
            environment: undefined,
            requestor: undefined,
            approver: account(by),
            workflow_job_run: jobs[0],
            workflow_job_runs: jobs,
          }),
    }),
    told,
  );
}

/** A release. */
export function release(
  afterMs: number,
  action: string,
  told: Common & {
    readonly id?: number;
    readonly tag?: string;
    readonly name?: string;
    readonly isEarly?: boolean;
  } = {},
): Timed {
  const { id = 80, tag = 'v2.0.0', name = 'Two', isEarly = false } = told;
  return deliver(
    afterMs,
    'release',
    vary(exampleOf('release', 'published'), {
      action,
      release: { id, tag_name: tag, name, draft: false, prerelease: isEarly, published_at: isoAt(afterMs) },
    }),
    told,
  );
}

/** A group of the merge queue. */
export function mergeGroup(
  afterMs: number,
  action: 'checks_requested' | 'destroyed',
  told: Common & { readonly number?: number; readonly head?: string; readonly title?: string } = {},
): Timed {
  const { number = 7, head = sha(40), title = 'Purr (#7)', by = 'github-merge-queue[bot]' } = told;
  return deliver(
    afterMs,
    'merge_group',
    vary(exampleOf('merge_group', 'checks_requested'), {
      action,
      ...(action === 'destroyed' && { reason: 'merged' }),
      merge_group: {
        head_sha: head,
        head_ref: `refs/heads/gh-readonly-queue/main/pr-${number}-${sha(1)}`,
        base_ref: 'refs/heads/main',
        head_commit: { id: head, message: title },
      },
    }),
    { ...told, by },
  );
}

/** Pressing "Run workflow". */
export function dispatch(
  afterMs: number,
  told: Common & { readonly inputs?: Fields; readonly workflow?: string } = {},
): Timed {
  return deliver(
    afterMs,
    'workflow_dispatch',
    vary(exampleOf('workflow_dispatch'), {
      inputs: told.inputs ?? { environment: 'production' },
      ref: 'refs/heads/main',
      workflow: `.github/workflows/${told.workflow ?? 'deploy'}.yml`,
    }),
    told,
  );
}

/** A star that is given or taken back. */
export function star(afterMs: number, action: 'created' | 'deleted', common: Common = {}): Timed {
  return deliver(
    afterMs,
    'star',
    vary(exampleOf('star', 'created'), { action, starred_at: action === 'created' ? isoAt(afterMs) : null }),
    common,
  );
}

/** A branch protection rule. */
export function rule(afterMs: number, action: 'created' | 'edited' | 'deleted', name: string, id = 70): Timed {
  return deliver(
    afterMs,
    'branch_protection_rule',
    vary(exampleOf('branch_protection_rule', 'created'), { action, rule: { id, repository_id: repositoryId, name } }),
  );
}

/** A ruleset for branches or tags. */
export function ruleset(
  afterMs: number,
  action: 'created' | 'edited' | 'deleted',
  told: {
    readonly id?: number;
    readonly include?: readonly string[];
    readonly enforcement?: string;
    readonly target?: string;
  } = {},
): Timed {
  return deliver(afterMs, 'repository_ruleset', {
    action,
    repository_ruleset: {
      id: told.id ?? 71,
      name: 'Steady',
      target: told.target ?? 'branch',
      source_type: 'Repository',
      source: 'cats/choir',
      enforcement: told.enforcement ?? 'active',
      conditions: { ref_name: { include: told.include ?? ['refs/heads/release/*'], exclude: [] } },
    },
  });
}

/** The publication of a branch as pages, as older repositories report it. */
export function pageBuild(
  afterMs: number,
  told: Common & { readonly sha?: string; readonly status?: string } = {},
): Timed {
  return deliver(
    afterMs,
    'page_build',
    vary(exampleOf('page_build'), {
      build: {
        status: told.status ?? 'built',
        commit: told.sha ?? sha(2),
        pusher: account(told.by ?? 'mona'),
        updated_at: isoAt(afterMs),
      },
    }),
    told,
  );
}

/** A secret that was found in the code, and what became of it. */
export function secretAlert(afterMs: number, action: string, common: Common = {}): Timed {
  return deliver(
    afterMs,
    'secret_scanning_alert',
    { action, alert: { number: 3, updated_at: isoAt(afterMs) } },
    common,
  );
}

/** The repository as it is called at a time of a story. */
export function calledAt(afterMs: number, fullName: string): Fields {
  return {
    name: fullName.split('/')[1],
    full_name: fullName,
    html_url: `https://github.com/${fullName}`,
    updated_at: isoAt(afterMs),
  };
}

/** A repository with a new name. `from` is the part of the old name that the payload contains. */
export function renamed(afterMs: number, to: string, from: string): Timed {
  return deliver(
    afterMs,
    'repository',
    vary(exampleOf('repository', 'created'), { action: 'renamed', changes: { repository: { name: { from } } } }),
    { repository: calledAt(afterMs, to) },
  );
}

/** A repository that belongs to another owner from now on. */
export function transferred(afterMs: number, to: string, from: string): Timed {
  return deliver(
    afterMs,
    'repository',
    vary(exampleOf('repository', 'created'), {
      action: 'transferred',
      changes: { owner: { from: { user: account(from) } } },
    }),
    { repository: calledAt(afterMs, to) },
  );
}
