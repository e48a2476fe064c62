import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { GitHubActivity } from '@bnc/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type GitHistoryOptions, readGitHistory } from './git-history.ts';

let home: string;
let folder: string;
/** The tests may run in a hook of git themselves. */
const environment = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_'))),
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
};

function gitIn(
  where: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  input: string | Uint8Array = '',
): string {
  return execFileSync('git', ['-C', where, '-c', 'commit.gpgsign=false', '-c', 'init.defaultBranch=main', ...args], {
    env: { ...environment, ...env },
    input,
    stdio: ['pipe', 'pipe', 'ignore'],
    maxBuffer: 2 ** 26,
  })
    .toString()
    .trim();
}

function git(args: readonly string[], env: Readonly<Record<string, string>> = {}): string {
  return gitIn(folder, args, env);
}

function commit(message: string, name: string, email: string, at: string): void {
  git(['add', '-A']);
  git(['commit', '-q', '-m', message], {
    GIT_AUTHOR_NAME: name,
    GIT_AUTHOR_EMAIL: email,
    GIT_AUTHOR_DATE: at,
    GIT_COMMITTER_NAME: name,
    GIT_COMMITTER_EMAIL: email,
    GIT_COMMITTER_DATE: at,
  });
}

/** Makes a repository in a folder of its own. */
function makeRepository(...options: readonly string[]): string {
  const made = mkdtempSync(join(home, 'repository-'));
  gitIn(made, ['init', '-q', ...options]);
  return made;
}

interface Written {
  readonly name?: string | Uint8Array;
  readonly email?: string;
  readonly message?: string | Uint8Array;
  readonly encoding?: string;
  /** Paths and their contents; null deletes. */
  readonly files?: Readonly<Record<string, string | null>>;
}

/** Writes commits as they are, whatever bytes are in them, each on top of the last. */
function write(where: string, commits: readonly Written[]): void {
  const parts = commits.flatMap(
    ({ name = 'Mona', email = 'm@example.org', message = 'x', encoding, files = {} }, at) => [
      `commit refs/heads/main\nmark :${at + 1}\nauthor `,
      name,
      ` <${email}> ${1_700_000_000 + at} +0000\ncommitter x <x@example.org> ${1_700_000_000 + at} +0000\n`,
      encoding === undefined ? '' : `encoding ${encoding}\n`,
      `data ${Buffer.byteLength(message)}\n`,
      message,
      '\n',
      at === 0 ? '' : `from :${at}\n`,
      ...Object.entries(files).map(([path, content]) =>
        content === null
          ? `D ${JSON.stringify(path)}\n`
          : `M 100644 inline ${JSON.stringify(path)}\ndata ${Buffer.byteLength(content)}\n${content}\n`,
      ),
      '\n',
    ],
  );
  gitIn(where, ['fast-import', '--quiet', '--force'], {}, Buffer.concat(parts.map((part) => Buffer.from(part))));
}

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'bnc-git-'));
  folder = makeRepository();
  writeFileSync(join(folder, 'a.txt'), 'one\ntwo\nthree\n');
  writeFileSync(join(folder, 'naïve name.bin'), Buffer.from([0, 1, 2, 0]));
  commit('Begin\n\n1\t1\tnot a file', 'Mona', '7+mona@users.noreply.github.com', '2026-11-01T10:00:00Z');
  writeFileSync(join(folder, 'a.txt'), 'one\n2\nthree\n');
  commit('Change \u202eone line', 'Lisa Listener', 'lisa@example.com', '2026-11-02T10:00:00Z');
  writeFileSync(join(folder, 'b.txt'), 'x\n');
  commit('Update', 'renovate[bot]', '29+renovate[bot]@users.noreply.github.com', '2026-11-03T10:00:00Z');
});
afterAll(() => rmSync(home, { recursive: true, force: true }));
afterEach(() => {
  vi.unstubAllEnvs();
});

async function read(path: string, options: Partial<GitHistoryOptions> = {}): Promise<GitHubActivity[]> {
  const activities: GitHubActivity[] = [];
  for await (const activity of readGitHistory(path, { repoId: 'cats/choir', repositoryId: 1, ...options })) {
    activities.push(activity);
  }
  return activities;
}

describe('readGitHistory', () => {
  it('yields a push per commit, oldest first, with its files and lines', async () => {
    const activities = await read(folder);
    expect(activities).toMatchObject([
      { actor: 'mona', isBot: false, title: 'Committed: Begin', files: 2, additions: 3, deletions: 0, isPrivate: true },
      { actor: 'Lisa Listener', title: 'Committed: Change one line', files: 1, additions: 1, deletions: 1 },
      { actor: 'renovate[bot]', isBot: true, agent: { id: 'renovate', kind: 'bot' }, files: 1, additions: 1 },
    ]);
    expect(activities[0]).not.toHaveProperty('agent');
    expect(activities[0]?.occurredAt).toBe(Date.parse('2026-11-01T10:00:00Z'));
    expect(activities[0]?.deliveryId).toMatch(/^git-[0-9a-f]{40}$/);
    expect(activities[0]?.subject).toMatch(/^commit\/[0-9a-f]{40}$/);
  });

  it('reads the newest commits when there are more than wished', async () => {
    expect(await read(folder, { maxCommits: 2, isPrivate: false })).toMatchObject([
      { title: 'Committed: Change one line', isPrivate: false },
      { title: 'Committed: Update' },
    ]);
    expect(await read(folder, { maxCommits: 0 })).toEqual([]);
    expect(await read(folder, { maxCommits: Number.MAX_SAFE_INTEGER })).toHaveLength(3);
    for (const maxCommits of [-1, 1.5, Number.NaN]) {
      await expect(read(folder, { maxCommits })).rejects.toThrow(RangeError);
    }
  });

  it('reads the commits since a moment, in any form that git reads', async () => {
    expect((await read(folder, { since: '2026-11-02T00:00:00Z' })).map(({ title }) => title)).toEqual([
      'Committed: Change one line',
      'Committed: Update',
    ]);
    expect(await read(folder, { since: '2099-01-01', maxCommits: 5 })).toEqual([]);
  });

  it('links to where the repository is at home, and nowhere by default', async () => {
    const linkOf = async (options: Partial<GitHistoryOptions>): Promise<string | undefined> =>
      (await read(folder, { maxCommits: 1, ...options }))[0]?.url;
    const sha = git(['rev-parse', 'HEAD']);
    expect(await linkOf({})).toBe('');
    expect(await linkOf({ homeUrl: 'https://github.com/cats/choir' })).toBe(
      `https://github.com/cats/choir/commit/${sha}`,
    );
    expect(await linkOf({ homeUrl: 'http://forge.lan:3000/cats/choir//' })).toBe(
      `http://forge.lan:3000/cats/choir/commit/${sha}`,
    );
    for (const homeUrl of [
      '',
      'github.com/cats/choir',
      'javascript:alert(1)',
      'https://mona:secret@github.com/cats/choir',
    ]) {
      await expect(linkOf({ homeUrl })).rejects.toThrow(/^homeUrl must/);
    }
  });

  it('says so when the folder is not a repository', async () => {
    await expect(read(join(folder, 'nowhere'))).rejects.toMatchObject({ code: 'WEBHOOK_SOURCE_FAILED' });
    // The temporary folder is in no repository either.
    await expect(read(home)).rejects.toThrow(/^git cannot read .*not a git repository/);
  });

  it('says so when git is not installed', async () => {
    vi.stubEnv('PATH', home);
    await expect(read(folder)).rejects.toThrow('git could not be started');
  });

  it('ends when its reader stops, and with the reason of its signal', async () => {
    for await (const { title } of readGitHistory(folder, { repoId: 'cats/choir', repositoryId: 1 })) {
      expect(title).toBe('Committed: Begin');
      break;
    }
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(read(folder, { signal })).rejects.toThrow('enough');
    const stop = new AbortController();
    const history = readGitHistory(folder, { repoId: 'cats/choir', repositoryId: 1, signal: stop.signal });
    await history.next();
    stop.abort(new Error('enough now'));
    await expect(history.next()).rejects.toThrow('enough now');
  });
});

describe('names and subjects of a git history', () => {
  it('may have any characters, and never show an address', async () => {
    const repository = makeRepository();
    const mark = '0b1e3a52-5d1c-4b39-9b5e-6f2f6c1d7a10';
    write(repository, [
      { name: 'Line\u2028Sep', email: 'l@example.org', message: 'hello' },
      { name: 'Carriage\rReturn', message: 'first half\u2028second half' },
      { name: 'Next\u0085Tab\tEnd', email: 'n@example.org', message: `${mark}\n\nbody\u2029` },
      { name: '', email: 'nobody@example.org', message: '' },
      { name: 'lisa@example.org', email: 'lisa@example.org', message: 'By an address' },
      { name: '喵 🐈‍⬛', message: 'two\nlines\n\nand a body' },
    ]);
    const activities = await read(repository);
    expect(activities.map(({ actor, title }) => [actor, title])).toEqual([
      ['Line Sep', 'Committed: hello'],
      ['Carriage Return', 'Committed: first half second half'],
      ['Next Tab End', `Committed: ${mark}`],
      ['ghost', 'Committed:'],
      ['lisa', 'Committed: By an address'],
      ['喵 🐈‍⬛', 'Committed: two lines'],
    ]);
    expect(JSON.stringify(activities)).not.toContain('example.org');
  });

  it('may have NUL bytes in commits that other programs wrote', async () => {
    const repository = makeRepository();
    const tree = gitIn(repository, ['write-tree']);
    const person = 'No\0body <nobody@example.org> 1700000000 +0000';
    const sha = gitIn(
      repository,
      ['hash-object', '-t', 'commit', '-w', '--stdin', '--literally'],
      {},
      `tree ${tree}\nauthor ${person}\ncommitter ${person}\n\nhalf\0nobody@example.org\n`,
    );
    gitIn(repository, ['update-ref', 'refs/heads/main', sha]);
    const activities = await read(repository);
    expect(activities).toHaveLength(1);
    expect(JSON.stringify(activities)).not.toContain('example.org');
  });

  it('are read in the encoding that they are in, with a replacement for bytes that are in none', async () => {
    const repository = makeRepository();
    gitIn(repository, ['config', 'i18n.logOutputEncoding', 'latin1']);
    write(repository, [
      { name: Buffer.from('Zo\xeb', 'latin1'), message: Buffer.from('na\xefve', 'latin1'), encoding: 'ISO-8859-1' },
      { name: Buffer.from('Zo\xeb', 'latin1'), message: Buffer.from('na\xefve\xff', 'latin1') },
      { name: 'Zoë', message: 'naïve' },
    ]);
    expect((await read(repository)).map(({ actor, title }) => [actor, title])).toEqual([
      ['Zoë', 'Committed: naïve'],
      ['Zo\ufffd', 'Committed: na\ufffdve\ufffd'],
      ['Zoë', 'Committed: naïve'],
    ]);
  });

  it('name the person whose address GitHub hides', async () => {
    const repository = makeRepository();
    write(repository, [
      { name: 'copilot-swe-agent[bot]', email: '198982749+Copilot@users.noreply.github.com' },
      { name: 'Devin AI', email: '158243242+devin-ai-integration[bot]@users.noreply.github.com' },
      { name: 'Mona', email: '12+mona_acme@users.noreply.github.com' },
      { name: 'Claude', email: 'claude@example.org' },
    ]);
    expect(await read(repository)).toMatchObject([
      { actor: 'Copilot', isBot: true, agent: { id: 'copilot', kind: 'coding-agent' } },
      { actor: 'devin-ai-integration[bot]', isBot: true, agent: { id: 'devin', kind: 'coding-agent' } },
      { actor: 'mona_acme', isBot: false },
      { actor: 'Claude', isBot: false },
    ]);
  });
});

describe('sizes in a git history', () => {
  it('count every file once, whatever its name, and a renamed one as one', async () => {
    const repository = makeRepository();
    const text = 'a line that is the same\n'.repeat(20);
    write(repository, [
      { files: { 'a\nb': text, '1\t1\tc': text.repeat(2), '\u2028': 'x\n' } },
      { files: { 'a\nb': null, '9\t9\td': text } },
      { files: { '1\t1\tc': null, '-\t-\te': text.repeat(2), '\n5\t5\tf': 'y\n' } },
      {},
    ]);
    expect(await read(repository)).toMatchObject([
      { files: 3, additions: 61, deletions: 0 },
      { files: 1, additions: 0, deletions: 0 },
      { files: 2, additions: 1, deletions: 0 },
      { files: 0, additions: 0, deletions: 0 },
    ]);
  });

  it('are none for a merge, which is a push of one commit', async () => {
    const repository = makeRepository();
    write(repository, [{ files: { a: 'a\n' } }]);
    const identity = ['-c', 'user.name=Mona', '-c', 'user.email=m@example.org'];
    const tree = gitIn(repository, ['rev-parse', 'main^{tree}']);
    const side = gitIn(repository, [...identity, 'commit-tree', '-p', 'main', '-m', 'Side', tree]);
    const merge = gitIn(repository, [...identity, 'commit-tree', '-p', 'main', '-p', side, '-m', "Merge 'side'", tree]);
    gitIn(repository, ['update-ref', 'refs/heads/main', merge]);
    const activities = await read(repository);
    expect(activities).toHaveLength(3);
    expect(activities.at(-1)).toMatchObject({ title: "Committed: Merge 'side'", event: 'push', commits: 1, files: 0 });
  });

  it('are unknown where a shallow clone ends, in worktrees and bare clones too', async () => {
    const repository = makeRepository();
    write(
      repository,
      Array.from({ length: 5 }, (_, at) => ({ message: `Commit ${at}`, files: { [`file ${at}`]: 'a\nb\n' } })),
    );
    const sizes = async (path: string): Promise<unknown[]> =>
      (await read(path)).map(({ title, files, additions }) => [title, files, additions]);
    const shallow = [
      ['Committed: Commit 2', 0, 0],
      ['Committed: Commit 3', 1, 2],
      ['Committed: Commit 4', 1, 2],
    ];
    const clone = (name: string, ...options: readonly string[]): string => {
      const to = join(home, name);
      gitIn(home, ['clone', '-q', ...options, pathToFileURL(repository).href, to]);
      return to;
    };
    const cloned = clone('shallow', '--depth=3');
    const worktree = join(home, 'worktree');
    gitIn(cloned, ['worktree', 'add', '-q', '--detach', worktree]);
    mkdirSync(join(cloned, 'deeper'));
    expect(await sizes(cloned)).toEqual(shallow);
    expect(await sizes(join(cloned, 'deeper'))).toEqual(shallow);
    expect(await sizes(worktree)).toEqual(shallow);
    expect(await sizes(clone('shallow.git', '--depth=3', '--bare'))).toEqual(shallow);
    // As deep as there are commits: the first one is the first.
    expect((await sizes(clone('whole', '--depth=9')))[0]).toEqual(['Committed: Commit 0', 1, 2]);
  });

  it('and messages of megabytes are read in little memory', async () => {
    const repository = makeRepository();
    const files = Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`${'long '.repeat(40)}${at}`, 'x\n']));
    write(repository, [
      { message: 'Meow '.repeat(8_000_000), name: 'Purr '.repeat(200_000) },
      { message: 'Many', files },
    ]);
    gitIn(repository, ['gc', '-q']);
    const before = process.memoryUsage();
    const [long, many] = await read(repository);
    const after = process.memoryUsage();
    expect(long?.title).toMatch(/^Committed: (?:Meow )+(?:M|Me|Meo|Meow)?…$/);
    expect(long?.actor).toMatch(/^(?:Purr )+.*…$/);
    expect(many).toMatchObject({ title: 'Committed: Many', files: 20_000, additions: 20_000 });
    expect(after.rss - before.rss).toBeLessThan(60 * 2 ** 20);
  }, 30_000);
});

describe('the repository of a git history', () => {
  it.each([[], ['--bare']])('may have no commits yet (%s)', async (...options) => {
    expect(await read(makeRepository(...options))).toEqual([]);
  });

  it('may have a branch without commits', async () => {
    const repository = makeRepository();
    write(repository, [{}]);
    gitIn(repository, ['symbolic-ref', 'HEAD', "refs/heads/it's-new"]);
    expect(await read(repository)).toEqual([]);
  });

  it('is not taken for an empty one when it is broken', async () => {
    const repository = makeRepository();
    writeFileSync(join(repository, '.git', 'refs', 'heads', 'main'), 'garbage\n');
    await expect(read(repository)).rejects.toMatchObject({ code: 'WEBHOOK_SOURCE_FAILED' });
  });

  it('yields no commit that git could not read to its end', async () => {
    const repository = makeRepository();
    write(repository, [
      { message: 'Sound', files: { a: 'a\n' } },
      { message: 'Broken', files: { b: 'b\n' } },
    ]);
    const blob = gitIn(repository, ['rev-parse', 'main:b']);
    rmSync(join(repository, '.git', 'objects', blob.slice(0, 2), blob.slice(2)));
    const titles: string[] = [];
    const reading = (async () => {
      for await (const { title } of readGitHistory(repository, { repoId: 'cats/choir', repositoryId: 1 })) {
        titles.push(title);
      }
    })();
    await expect(reading).rejects.toMatchObject({ code: 'WEBHOOK_SOURCE_FAILED' });
    expect(titles).toEqual(['Committed: Sound']);
  });

  it('is the one in the folder, whatever a hook of git has in its environment', async () => {
    const empty = makeRepository();
    const bare = makeRepository('--bare');
    vi.stubEnv('GIT_DIR', join(folder, '.git'));
    vi.stubEnv('GIT_WORK_TREE', folder);
    vi.stubEnv('GIT_INDEX_FILE', join(folder, '.git', 'index'));
    vi.stubEnv('GIT_OBJECT_DIRECTORY', join(folder, '.git', 'objects'));
    vi.stubEnv('GIT_NAMESPACE', 'x');
    vi.stubEnv('GIT_TRACE', '1');
    vi.stubEnv('GIT_CONFIG_COUNT', '1');
    vi.stubEnv('GIT_CONFIG_KEY_0', 'log.showRoot');
    vi.stubEnv('GIT_CONFIG_VALUE_0', 'false');
    expect(await read(empty)).toEqual([]);
    expect(await read(bare)).toEqual([]);
    expect(await read(folder)).toMatchObject([{ files: 2 }, { files: 1 }, { files: 1 }]);
  });

  it('is read alike whatever its settings are, and runs no programs of theirs', async () => {
    const repository = makeRepository();
    const text = 'a line that is the same\n'.repeat(20);
    write(repository, [
      { name: 'Zoë', files: { 'süß/a': text, b: '1\n2\n' } },
      { name: 'Zoë', email: 'z@example.org', files: { 'süß/a': null, c: text } },
    ]);
    gitIn(repository, ['checkout', '-q', '-f', 'main']);
    const expected = await read(repository);
    expect(expected).toMatchObject([
      { actor: 'Zoë', files: 2, additions: 22 },
      { files: 1, additions: 0 },
    ]);
    const ran = join(home, 'ran');
    const program = join(home, 'program');
    writeFileSync(program, `#!/bin/sh\necho ran >> '${ran}'\n`, { mode: 0o755 });
    mkdirSync(join(repository, 'süß'), { recursive: true });
    writeFileSync(join(repository, '.git', 'info', 'attributes'), '* diff=odd\n');
    writeFileSync(join(repository, '.mailmap'), 'Other <other@example.org> <z@example.org>\n');
    for (const [name, value] of [
      ['log.showSignature', 'true'],
      ['log.showRoot', 'false'],
      ['log.date', 'format:%x'],
      ['log.mailmap', 'true'],
      ['log.follow', 'true'],
      ['log.decorate', 'full'],
      ['log.diffMerges', 'first-parent'],
      ['log.abbrevCommit', 'true'],
      ['format.pretty', 'fuller'],
      ['diff.renames', 'false'],
      ['diff.renameLimit', '1'],
      ['diff.external', program],
      ['diff.odd.command', program],
      ['diff.odd.textconv', program],
      ['diff.orderFile', 'nowhere'],
      ['diff.relative', 'true'],
      ['diff.algorithm', 'patience'],
      ['color.ui', 'always'],
      ['core.quotePath', 'true'],
      ['core.pager', program],
      ['pager.log', program],
      ['core.fsmonitor', program],
      ['gpg.program', program],
      ['i18n.logOutputEncoding', 'UTF-16'],
      ['notes.displayRef', '*'],
    ] as const) {
      gitIn(repository, ['config', name, value]);
    }
    expect(await read(repository)).toEqual(expected);
    expect(await read(join(repository, 'süß'))).toEqual(expected);
    expect(existsSync(ran)).toBe(false);
  });
});
