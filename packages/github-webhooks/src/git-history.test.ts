import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GitHubActivity } from '@bnc/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GitHistoryOptions, readGitHistory } from './git-history.ts';

let folder: string;
const git = (args: readonly string[], env: Readonly<Record<string, string>> = {}): void => {
  execFileSync('git', ['-C', folder, '-c', 'commit.gpgsign=false', ...args], {
    env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', ...env },
  });
};
const commit = (message: string, name: string, email: string, at: string): void => {
  git(['add', '-A']);
  git(['commit', '-q', '-m', message], {
    GIT_AUTHOR_NAME: name,
    GIT_AUTHOR_EMAIL: email,
    GIT_AUTHOR_DATE: at,
    GIT_COMMITTER_NAME: name,
    GIT_COMMITTER_EMAIL: email,
    GIT_COMMITTER_DATE: at,
  });
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bnc-git-'));
  git(['init', '-q']);
  writeFileSync(join(folder, 'a.txt'), 'one\ntwo\nthree\n');
  writeFileSync(join(folder, 'naïve name.bin'), Buffer.from([0, 1, 2, 0]));
  commit('Begin\n\n1\t1\tnot a file', 'Mona', '7+mona@users.noreply.github.com', '2026-11-01T10:00:00Z');
  writeFileSync(join(folder, 'a.txt'), 'one\n2\nthree\n');
  commit('Change \u202eone line', 'Lisa Listener', 'lisa@example.com', '2026-11-02T10:00:00Z');
  writeFileSync(join(folder, 'b.txt'), 'x\n');
  commit('Update', 'renovate[bot]', '29+renovate[bot]@users.noreply.github.com', '2026-11-03T10:00:00Z');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const read = async (path: string, options: Partial<GitHistoryOptions> = {}): Promise<GitHubActivity[]> => {
  const activities: GitHubActivity[] = [];
  for await (const activity of readGitHistory(path, { repoId: 'cats/choir', repositoryId: 1, ...options })) {
    activities.push(activity);
  }
  return activities;
};

describe('readGitHistory', () => {
  it('yields a push per commit, oldest first, with its files and lines', async () => {
    const activities = await read(folder);
    expect(activities).toMatchObject([
      { actor: 'mona', title: 'Committed: Begin', files: 2, additions: 3, deletions: 0, isPrivate: true },
      { actor: 'Lisa Listener', title: 'Committed: Change one line', files: 1, additions: 1, deletions: 1 },
      { actor: 'renovate[bot]', isBot: true, files: 1, additions: 1 },
    ]);
    expect(activities[0]?.occurredAt).toBe(Date.parse('2026-11-01T10:00:00Z'));
    expect(activities[0]?.deliveryId).toMatch(/^git-[0-9a-f]{40}$/);
    expect(activities[0]?.url).toMatch(/^https:\/\/github\.com\/cats\/choir\/commit\/[0-9a-f]{40}$/);
  });

  it('reads the newest commits when there are more than wished', async () => {
    expect(await read(folder, { maxCommits: 2, isPrivate: false })).toMatchObject([
      { title: 'Committed: Change one line', isPrivate: false },
      { title: 'Committed: Update' },
    ]);
  });

  it('says so when the folder is no repository', async () => {
    await expect(read(join(folder, 'nowhere'))).rejects.toMatchObject({ code: 'WEBHOOK_SOURCE_FAILED' });
  });

  it('ends when its reader stops, and with the reason of its signal', async () => {
    for await (const { title } of readGitHistory(folder, { repoId: 'cats/choir', repositoryId: 1 })) {
      expect(title).toBe('Committed: Begin');
      break;
    }
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(read(folder, { signal })).rejects.toThrow('enough');
  });
});
