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
  /** `owner/repo` that the activities are of. */
  readonly repoId: string;
  /** Numeric id that the activities are of: GitHub's, or one of your own for a repository that is not there. */
  readonly repositoryId: number;
  /**
   * Where the repository is on the web, such as `https://github.com/cats/choir`: commits link to it. Default: no link,
   * as nothing says where a local repository is at home.
   */
  readonly homeUrl?: string;
  /** True when strangers may not hear it. Default true: nobody knows what is in a local repository. */
  readonly isPrivate?: boolean;
  /** Reads the newest this many commits. Default 1,000. */
  readonly maxCommits?: number;
  /** Ends the reading; the generator then throws the signal's reason. */
  readonly signal?: AbortSignal;
}

/** GitHub's address for people who hide theirs holds their login. */
const noreplyPattern = /^(?:\d+\+)?([A-Za-z0-9_-]+(?:\[bot\])?)@users\.noreply\.github\.com$/;
/** Some put their address where their name belongs. */
const addressPattern = /^([^\s@]+)@[^\s@]+\.[^\s@]+$/;
/** What git says, in English, of a repository or a branch without commits. */
const noCommits = /^fatal: your current branch '.*' does not have any commits yet$/m;

/** A title takes the first 800 characters of a subject, an actor 400 of a name: neither needs more bytes than this. */
const maxFieldBytes = 4096;

/** Settings of the user or of the repository that would change what git tells. */
const gitSettings = [
  'color.ui=false',
  'diff.algorithm=myers',
  'diff.ignoreSubmodules=none',
  'diff.relative=false',
  'log.follow=false',
  'log.showRoot=true',
  'log.showSignature=false',
].flatMap((setting) => ['-c', setting]);

/** Renames are found as git does by default. Neither other programs run, nor is the user's order of files read. */
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

/** Splits at NUL bytes what comes in pieces, and keeps no more than the beginning of each field. */
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
 * Reads the history of a local git repository, oldest first, one push per commit: a way to hear a repository without a
 * webhook. Ids are `git-` and the commit's, so reading twice gives the same activities. A merge is a push of no files,
 * and so are the commits that a shallow clone ends at: their size is unknown. A repository without commits yields
 * nothing. Needs `git` on the PATH. Reads the repository that `folder` is in, whatever `GIT_DIR` says. Memory does not
 * grow with the history, with a commit's files or with its message.
 * @throws {TypeError} when `homeUrl` is not an http or https URL
 * @throws {RangeError} when `maxCommits` is not a whole number ≥ 0
 * @throws {WebhookError} `WEBHOOK_SOURCE_FAILED` when git cannot read the folder
 */
export async function* readGitHistory(folder: string, options: GitHistoryOptions): AsyncGenerator<GitHubActivity> {
  const { repoId, repositoryId, homeUrl, isPrivate = true, maxCommits = 1000, signal } = options;
  if (!Number.isSafeInteger(maxCommits) || maxCommits < 0) {
    throw new RangeError(`maxCommits must be a whole number ≥ 0; it is ${maxCommits}.`);
  }
  const home = homeUrl === undefined ? undefined : linkTo(homeUrl);
  signal?.throwIfAborted();
  const boundary = await readBoundary(folder, signal);
  const marks = [randomUUID(), randomUUID()] as const;
  // git counts to this.
  const amount = `--max-count=${Math.min(maxCommits, 2 ** 31 - 1)}`;
  const format = `--format=tformat:${marks[0]}%x00%H%x00%ct%x00%an%x00%ae%x00${marks[1]}%x00%s%x00`;
  const git = spawn('git', commandOf(folder, ...logArguments, amount, format), {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environment(),
  });
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
    // One commit is held back: the last one is whole only if git ended well.
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
 * The environment for git. Hooks and aliases of git run with `GIT_DIR` and its like set, which would have another
 * repository read.
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
  return new WebhookError('WEBHOOK_SOURCE_FAILED', `git cannot read ${folder}: ${plain(complaint, 200)}`);
}

function notStarted(cause: unknown): WebhookError {
  return new WebhookError('WEBHOOK_SOURCE_FAILED', 'git could not be started. Is it installed?', { cause });
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
 * Reads the output of `git log -z`: a mark, fields of the commit, a second mark, its subject, then its files. The
 * second mark keeps a field that comes apart from being taken for the subject: an address must never be one.
 * @param marks Two texts that nobody who wrote a commit could know
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
        // A binary file has hyphens in place of its lines; a renamed one has its two paths in fields of their own.
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
 * Reads which commits a shallow clone ends at: git knows nothing before them, so they seem to add every file there is.
 * The list is shared by all worktrees of a repository.
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
    throw new WebhookError('WEBHOOK_SOURCE_FAILED', `git's list of the oldest commits of ${folder} cannot be read.`, {
      cause,
    });
  });
  return new Set(list.split('\n'));
}

function linkTo(homeUrl: string): string {
  const url = URL.parse(homeUrl);
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password) {
    throw new TypeError(
      'homeUrl must be an http or https URL without a password, as https://github.com/cats/choir is.',
    );
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}/commit/`;
}
