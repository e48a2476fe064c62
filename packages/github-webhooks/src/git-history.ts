import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { GitHubActivity } from '@bnc/contracts';
import { WebhookError } from './errors.ts';
import { plain } from './untrusted.ts';

/** Settings of {@link readGitHistory}. */
export interface GitHistoryOptions {
  /** `owner/repo` that the activities are of. */
  readonly repoId: string;
  /** Numeric id that the activities are of: GitHub's, or one of your own for a repository that is not there. */
  readonly repositoryId: number;
  /** True when strangers may not hear it. Default true: nobody knows what is in a local repository. */
  readonly isPrivate?: boolean;
  /** Reads the newest this many commits. Default 1,000. */
  readonly maxCommits?: number;
  /** Ends the reading; the generator then throws the signal's reason. */
  readonly signal?: AbortSignal;
}

/** GitHub's address for people who hide theirs holds their login. */
const NOREPLY = /^(?:\d+\+)?([A-Za-z0-9-]+(?:\[bot\])?)@users\.noreply\.github\.com$/;

interface Commit {
  readonly sha: string;
  readonly at: number;
  readonly actor: string;
  readonly subject: string;
  files: number;
  additions: number;
  deletions: number;
}

const readHead = ([sha = '', seconds = '', name = '', email = '', subject = '']: readonly string[]): Commit => ({
  sha,
  at: Number(seconds) * 1000,
  actor: NOREPLY.exec(email)?.[1] ?? (plain(name, 100) || 'ghost'),
  subject,
  files: 0,
  additions: 0,
  deletions: 0,
});

const HEAD_LINES = 5;

/** Reads the output of `git log`: after each line that is the separator, five lines of the commit, then its files. */
async function* readCommits(lines: AsyncIterable<string>, separator: string): AsyncGenerator<Commit> {
  let head: string[] = [];
  let commit: Commit | undefined;
  for await (const line of lines) {
    if (line === separator) {
      if (commit) yield commit;
      commit = undefined;
      head = [];
    } else if (!commit) {
      head.push(line);
      if (head.length === HEAD_LINES) commit = readHead(head);
    } else {
      // A binary file has hyphens in place of its lines.
      const [, additions, deletions] = /^(\d+|-)\t(\d+|-)\t/.exec(line) ?? [];
      if (additions === undefined) continue;
      commit.files++;
      commit.additions += Number(additions) || 0;
      commit.deletions += Number(deletions) || 0;
    }
  }
  if (commit) yield commit;
}

/**
 * Reads the history of a local git repository, oldest first, one push per commit: a way to hear a repository without a
 * webhook. Ids are `git-` and the commit's, so reading twice gives the same activities. Needs `git` on the PATH.
 * @throws WebhookError `WEBHOOK_SOURCE_FAILED` when git cannot read the folder
 */
export async function* readGitHistory(folder: string, options: GitHistoryOptions): AsyncGenerator<GitHubActivity> {
  const { repoId, repositoryId, isPrivate = true, maxCommits = 1000, signal } = options;
  signal?.throwIfAborted();
  // Nobody who wrote a commit could know it.
  const separator = randomUUID();
  const format = `--format=${separator}%n%H%n%ct%n%an%n%ae%n%s`;
  const log = ['log', '--reverse', `--max-count=${maxCommits}`, '--numstat', '--no-ext-diff', '--no-textconv', format];
  const git = spawn('git', ['-C', folder, '-c', 'log.showSignature=false', '-c', 'color.ui=false', ...log], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let complaint = '';
  git.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(0, 500);
  });
  const ended = once(git, 'close').catch((cause: unknown) => {
    throw new WebhookError('WEBHOOK_SOURCE_FAILED', 'git could not be started. Is it installed?', { cause });
  });
  ended.catch(() => {});
  const stop = (): boolean => git.kill();
  signal?.addEventListener('abort', stop);
  try {
    for await (const commit of readCommits(createInterface({ input: git.stdout }), separator)) {
      yield {
        deliveryId: `git-${commit.sha}`,
        event: 'push',
        repoId,
        repositoryId,
        isPrivate,
        actor: commit.actor,
        isBot: commit.actor.endsWith('[bot]'),
        commits: 1,
        files: commit.files,
        additions: commit.additions,
        deletions: commit.deletions,
        title: plain(`Committed: ${commit.subject}`, 200),
        url: `https://github.com/${repoId}/commit/${commit.sha}`,
        occurredAt: commit.at,
      };
    }
    await ended;
    signal?.throwIfAborted();
    if (git.exitCode !== 0) {
      throw new WebhookError('WEBHOOK_SOURCE_FAILED', `git cannot read ${folder}: ${plain(complaint, 200)}`);
    }
  } finally {
    signal?.removeEventListener('abort', stop);
    git.kill();
  }
}
