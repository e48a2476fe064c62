import {
  account,
  commitId,
  envelope,
  home,
  iso,
  type Json,
  linkTo,
  type OfPull,
  pullOf,
  type Scene,
} from './payload-parts.ts';

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

interface MergeGroup {
  readonly action: string;
  /** The branch that the queue made. */
  readonly branch: string;
  readonly message: string;
  readonly reason?: string;
}

/** Payloads of pull requests, of what is said of them, and of the queue that merges them. */
export const pullPayloads = {
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
} as const;
