import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import type { GitHubActivity } from '@bnc/contracts';
import { agentOf } from '../agents.ts';
import { WebhookError } from '../errors.ts';
import { plain, time } from '../untrusted.ts';

/** Settings of {@link readGitHistory}. */
export interface GitHistoryOptions {
  /** `owner/repo` in the activities. */
  readonly repoId: string;
  /** Numeric id in the activities: GitHub's, or one that you choose for a repository that is not on GitHub. */
  readonly repositoryId: number;
  /**
   * The page of the repository, such as `https://github.com/cats/choir`: activities link to its commits. Default: no
   * links, as a local repository does not say where its page is.
   */
  readonly homeUrl?: string;
  /** True when strangers may not hear the repository. Default true: a local repository may hold anything. */
  readonly isPrivate?: boolean;
  /** Most commits to read, the newest ones. Default 1,000. */
  readonly maxCommits?: number;
  /** The oldest moment, in any form that git reads, such as `2026-11-01` or `2 weeks ago`. Default: none. */
  readonly since?: string;
  /** Stops reading: the generator then throws the signal's reason. */
  readonly signal?: AbortSignal;
}

/** The address that GitHub gives to people who hide theirs contains their login. */
const noreplyPattern = /^(?:\d+\+)?([A-Za-z0-9_-]+(?:\[bot\])?)@users\.noreply\.github\.com$/;
/** Some people use their address as their name. */
const addressPattern = /^([^\s@]+)@[^\s@]+\.[^\s@]+$/;
/** What git says, in English, about a repository or branch without commits. */
const noCommits = /^fatal: your current branch '.*' does not have any commits yet$/m;

/** A title uses the first 800 characters of a subject, an actor the first 400 of a name: this many bytes hold both. */
const maxFieldBytes = 4096;

/** Overrides settings of the user or the repository that would change git's output. */
const gitSettings = [
  'color.ui=false',
  'diff.algorithm=myers',
  'diff.ignoreSubmodules=none',
  'diff.relative=false',
  'log.follow=false',
  'log.showRoot=true',
  'log.showSignature=false',
].flatMap((setting) => ['-c', setting]);

/** Finds renames as git does by default. Runs no other programs and ignores the user's order of files. */
const logArguments = [
  'log',
  '--reverse',
  '-z',
  '--numstat',
  '-M',
  '-l1000',
  '-O/dev/null',
  '--encoding=UTF-8',
  '--no-decorate',
  '--no-ext-diff',
  '--no-textconv',
];

interface Commit {
  readonly sha: string;
  readonly at: number;
  readonly actor: string;
  readonly subject: string;
  files: number;
  additions: number;
  deletions: number;
}

/** Splits a stream at NUL bytes into fields, and keeps only the beginning of each field. */
class FieldReader {
  #pieces: Buffer[] = [];
  #kept = 0;

  *read(chunk: Buffer): Generator<string> {
    let from = 0;
    for (let end = chunk.indexOf(0); end !== -1; end = chunk.indexOf(0, from)) {
      this.#keep(chunk.subarray(from, end));
      yield Buffer.concat(this.#pieces).toString('utf8');
      this.#pieces = [];
      this.#kept = 0;
      from = end + 1;
    }
    this.#keep(chunk.subarray(from));
  }

  #keep(piece: Buffer): void {
    const kept = piece.subarray(0, maxFieldBytes - this.#kept);
    if (kept.length === 0) return;
    this.#pieces.push(kept);
    this.#kept += kept.length;
  }
}

/**
 * Reads the history of a local git repository and yields one push per commit, oldest first. Use it for a repository
 * that cannot send webhooks. Needs `git` on the PATH.
 *
 * The id of an activity is `git-` and the id of the commit, so reading twice gives the same activities. A merge is a
 * push of 0 files. So are the commits at the boundary of a shallow clone, as their size is unknown. A repository
 * without commits yields nothing.
 *
 * Reads the repository that `folder` is in and ignores `GIT_DIR`. Memory does not grow with the history, with a
 * commit's files or with its message.
 * @throws {TypeError} when `homeUrl` is not an http or https URL
 * @throws {RangeError} when `maxCommits` is not a whole number ≥ 0
 * @throws {WebhookError} `WEBHOOK_SOURCE_FAILED` when git cannot read the folder
 */
export async function* readGitHistory(folder: string, options: GitHistoryOptions): AsyncGenerator<GitHubActivity> {
  const { repoId, repositoryId, homeUrl, isPrivate = true, maxCommits = 1000, since, signal } = options;
  if (!Number.isSafeInteger(maxCommits) || maxCommits < 0) {
    throw new RangeError(`maxCommits must be a whole number ≥ 0; it is ${maxCommits}.`);
  }
  const home = homeUrl === undefined ? undefined : linkTo(homeUrl);
  signal?.throwIfAborted();
  const boundary = await readBoundary(folder, signal);
  const marks = [randomUUID(), randomUUID()] as const;
  // The largest number that git accepts.
  const amount = `--max-count=${Math.min(maxCommits, 2 ** 31 - 1)}`;
  const format = `--format=tformat:${marks[0]}%x00%H%x00%ct%x00%an%x00%ae%x00${marks[1]}%x00%s%x00`;
  const git = spawn(
    'git',
    commandOf(folder, ...logArguments, amount, ...(since === undefined ? [] : [`--since=${since}`]), format),
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: environment(),
    },
  );
  let complaint = '';
  git.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(0, 500);
  });
  const ended = once(git, 'close').catch((cause: unknown) => {
    throw notStarted(cause);
  });
  ended.catch(() => {});
  const stop = (): boolean => git.kill();
  signal?.addEventListener('abort', stop);
  const toActivity = (commit: Commit): GitHubActivity => {
    const agent = agentOf(commit.actor);
    const isKnown = !boundary.has(commit.sha);
    return {
      deliveryId: `git-${commit.sha}`,
      event: 'push',
      repoId,
      repositoryId,
      isPrivate,
      actor: commit.actor,
      isBot: agent !== undefined,
      ...(agent && { agent }),
      subject: `commit/${commit.sha}`,
      commits: 1,
      files: isKnown ? commit.files : 0,
      additions: isKnown ? commit.additions : 0,
      deletions: isKnown ? commit.deletions : 0,
      title: plain(`Committed: ${commit.subject}`, 200),
      url: home === undefined ? '' : `${home}${commit.sha}`,
      occurredAt: commit.at,
    };
  };
  try {
    // Hold one commit back: the last one is complete only if git ended well.
    let last: Commit | undefined;
    for await (const commit of readCommits(git.stdout, marks)) {
      signal?.throwIfAborted();
      if (last) yield toActivity(last);
      last = commit;
    }
    await ended;
    signal?.throwIfAborted();
    if (git.exitCode !== 0 && !noCommits.test(complaint)) throw failure(folder, complaint);
    if (last) yield toActivity(last);
  } finally {
    signal?.removeEventListener('abort', stop);
    git.kill();
  }
}

/**
 * Makes the environment for git. Hooks and aliases of git run with variables such as `GIT_DIR`, which would make git
 * read another repository.
 */
function environment(): NodeJS.ProcessEnv {
  return {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^GIT_/i.test(name))),
    LC_ALL: 'C',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_TERMINAL_PROMPT: '0',
  };
}

function commandOf(folder: string, ...command: readonly string[]): string[] {
  return ['--no-pager', '-C', folder, ...gitSettings, ...command];
}

function failure(folder: string, complaint: string): WebhookError {
  return new WebhookError(
    'WEBHOOK_SOURCE_FAILED',
    `git cannot read ${folder}: ${plain(complaint, 200)}. Name a folder in a git repository that this user may read.`,
  );
}

function notStarted(cause: unknown): WebhookError {
  return new WebhookError('WEBHOOK_SOURCE_FAILED', 'git could not be started. Install git, and put it on the PATH.', {
    cause,
  });
}

function readHead([sha = '', seconds = '', name = '', email = '']: readonly string[], subject: string): Commit {
  const shown = plain(name, 100);
  return {
    sha,
    at: time(Number(seconds)) ?? 0,
    actor: noreplyPattern.exec(email)?.[1] ?? ((addressPattern.exec(shown)?.[1] ?? shown) || 'ghost'),
    subject,
    files: 0,
    additions: 0,
    deletions: 0,
  };
}

/**
 * Reads the output of `git log -z`: a mark, the fields of the commit, a second mark, the subject, then the files. A
 * field that contains NUL bytes comes apart: the second mark keeps its pieces, such as an address, from becoming the
 * subject.
 * @param marks Two texts that the author of a commit cannot guess
 */
async function* readCommits(
  output: AsyncIterable<Buffer>,
  [start, title]: readonly [string, string],
): AsyncGenerator<Commit> {
  const reader = new FieldReader();
  let head: string[] = [];
  let isTitleNext = false;
  let paths = 0;
  let commit: Commit | undefined;
  for await (const chunk of output) {
    for (const field of reader.read(chunk)) {
      if (paths > 0) {
        paths--;
      } else if (field === start) {
        if (commit) yield commit;
        commit = undefined;
        head = [];
      } else if (isTitleNext) {
        commit = readHead(head, field);
        isTitleNext = false;
      } else if (field === title) {
        isTitleNext = true;
      } else if (!commit) {
        if (head.length < 4) head.push(field);
      } else {
        // A binary file has hyphens instead of numbers of lines; a renamed file has its two paths in two more fields.
        const [, additions, deletions, path] = /^\n?(\d+|-)\t(\d+|-)\t(.?)/s.exec(field) ?? [];
        if (additions === undefined) continue;
        commit.files++;
        commit.additions += Number(additions) || 0;
        commit.deletions += Number(deletions) || 0;
        if (path === '') paths = 2;
      }
    }
  }
  if (commit) yield commit;
}

/**
 * Reads which commits a shallow clone ends at. git knows nothing before them, so they seem to add every file. All
 * worktrees of a repository share the list.
 */
async function readBoundary(folder: string, signal: AbortSignal | undefined): Promise<ReadonlySet<string>> {
  const command = commandOf(folder, 'rev-parse', '--git-path', 'shallow');
  const { stdout } = await promisify(execFile)('git', command, { env: environment(), ...(signal && { signal }) }).catch(
    (cause: unknown) => {
      signal?.throwIfAborted();
      const { code, stderr } = cause as { readonly code?: unknown; readonly stderr?: string };
      throw typeof code === 'string' ? notStarted(cause) : failure(folder, stderr ?? '');
    },
  );
  const list = await readFile(resolve(folder, stdout.replace(/\r?\n$/, '')), 'latin1').catch((cause: unknown) => {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw new WebhookError(
      'WEBHOOK_SOURCE_FAILED',
      `The list of the commits that the shallow clone ${folder} ends at cannot be read: check its permissions.`,
      {
        cause,
      },
    );
  });
  return new Set(list.split('\n'));
}

function linkTo(homeUrl: string): string {
  const url = URL.parse(homeUrl);
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password) {
    throw new TypeError(
      'homeUrl must be an http or https URL without a password, such as https://github.com/cats/choir.',
    );
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}/commit/`;
}
