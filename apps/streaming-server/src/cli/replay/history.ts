import { randomBytes } from 'node:crypto';
import { basename, resolve } from 'node:path';
import { crc32 } from 'node:zlib';
import type { EpochMs, GitHubActivity } from '@bnc/contracts';
import { readGitHistory } from '@bnc/github-webhooks/sources';
import { CliError } from '../cli-error.ts';

/** The commits of a repository, and the room that plays them. */
export interface History {
  readonly repoId: string;
  readonly repositoryId: number;
  /** Pushes of one commit, oldest first; at least one. */
  readonly activities: readonly GitHubActivity[];
  /** When the first of them happened. */
  readonly begin: EpochMs;
}

/** Settings of {@link readHistory}. */
export interface HistoryOptions {
  readonly repoId?: string;
  readonly since?: string;
  readonly maxCommits: number;
  readonly isPrivate: boolean;
  readonly signal: AbortSignal;
  readonly onCommit: (count: number) => void;
}

/**
 * Reads the commits of a local repository as pushes, oldest first.
 * @throws {CliError} `CLI_INPUT` when there are none.
 * @throws {WebhookError} `WEBHOOK_SOURCE_FAILED` when git cannot read the folder.
 */
export async function readHistory(
  folder: string,
  { onCommit, since, repoId = `replay/${nameOf(folder)}`, ...options }: HistoryOptions,
): Promise<History> {
  const activities: GitHubActivity[] = [];
  const repositoryId = numberOf(repoId);
  const wanted = { ...options, repoId, repositoryId, ...(since !== undefined && { since }) };
  for await (const activity of readGitHistory(folder, wanted)) {
    activities.push(activity);
    onCommit(activities.length);
  }
  const [first] = activities;
  if (first) return { repoId, repositoryId, activities, begin: first.occurredAt };
  throw new CliError(
    'CLI_INPUT',
    since === undefined
      ? `The repository at ${folder} has no commits.`
      : `The repository at ${folder} has no commits since '${since}'. Name an earlier moment, such as --since '1 year ago'.`,
  );
}

function nameOf(folder: string): string {
  return basename(resolve(folder)).replaceAll(/[^\w.-]+/g, '-') || 'repository';
}

/** A number that GitHub will not reach, the same for the same name: the music of a repository stays in its key. */
function numberOf(repoId: string): number {
  return 2 ** 52 + crc32(repoId.toLowerCase());
}

/** Writes a commit as the delivery of a push. Every replay is news to the server, whatever it was sent before. */
export function pushOf(
  { repoId, repositoryId, isPrivate, actor, isBot, title, subject = '', files }: GitHubActivity,
  now: Date,
): { readonly event: string; readonly deliveryId: string; readonly payload: object } {
  const id = subject.replace(/^commit\//, '');
  const at = now.toISOString();
  const commit = {
    id,
    message: title.replace(/^Committed: /, ''),
    timestamp: at,
    distinct: true,
    author: { name: actor, username: actor },
    committer: { name: actor, username: actor },
    added: [],
    removed: [],
    // How many there are is heard, their names are not.
    modified: Array.from({ length: Math.min(files ?? 0, 1000) }, (_, index) => `file ${index}`),
  };
  const payload = {
    ref: 'refs/heads/main',
    before: randomBytes(20).toString('hex'),
    after: id,
    created: false,
    deleted: false,
    forced: false,
    compare: '',
    commits: [commit],
    head_commit: commit,
    repository: {
      id: repositoryId,
      name: repoId.split('/')[1],
      full_name: repoId,
      private: isPrivate,
      html_url: '',
      default_branch: 'main',
      pushed_at: Math.floor(now.getTime() / 1000),
      updated_at: at,
    },
    sender: { login: actor, type: isBot ? 'Bot' : 'User' },
  };
  return { event: 'push', deliveryId: `replay-${randomBytes(8).toString('hex')}-${id.slice(0, 12)}`, payload };
}
