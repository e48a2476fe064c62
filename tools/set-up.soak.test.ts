import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chownSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const isFull = process.env.BNC_SOAK === 'full';
const isRoot = process.getuid?.() === 0;
/** A user without rights, where this one has them all. */
const user = isRoot ? { uid: 65_534, gid: 65_534 } : {};
/** The PATH of a user who has Node and npm, and none of our tools. */
const plainPath = (process.env.PATH ?? '')
  .split(delimiter)
  .filter(
    (place) => !place.includes('.toolchain') && !existsSync(join(place, 'pnpm')) && !place.includes('node_modules'),
  )
  .join(delimiter);
const systemNode = plainPath.split(delimiter).find((place) => existsSync(join(place, 'npm')));

let base: string;
let clone: string;
let home: string;
const children = new Set<ChildProcess>();

/** Copies what git knows into a folder that belongs to the user. */
function copyClone(target: string): void {
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root });
  for (const file of String(files).split('\0')) {
    if (file !== '' && existsSync(join(root, file))) cpSync(join(root, file), join(target, file));
  }
  execFileSync('git', ['init', '-q', target]);
  if (user.uid !== undefined) execFileSync('chown', ['-R', `${user.uid}:${user.gid}`, target]);
}

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}, cwd = clone) {
  const child = spawn(join(systemNode ?? '', 'node'), ['tools/bootstrap.mjs', 'start', ...args], {
    cwd,
    ...user,
    env: { PATH: plainPath, HOME: home, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += String(chunk)));
  const ended = new Promise<{ code: number | null; output: string }>((settle) => {
    child.on('close', (code) => {
      children.delete(child);
      settle({ code, output });
    });
  });
  return { child, ended, output: () => output };
}

/** Sets up and ends: the server shows its options only. */
function help(): Promise<{ code: number | null; output: string }> {
  return start(['--help']).ended;
}

const offline = { npm_config_registry: 'http://127.0.0.1:9/' };

beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), 'bnc set-up '));
  clone = join(base, 'a clöne');
  home = join(base, 'home');
  mkdirSync(home);
  copyClone(clone);
  if (user.uid !== undefined) {
    for (const folder of [base, home]) chownSync(folder, user.uid, user.gid);
  }
});
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(base, { recursive: true, force: true, maxRetries: 10 });
}, 300_000);

describe.skipIf(systemNode === undefined)(
  'a new user, in a folder with spaces in its name',
  { timeout: 240_000 },
  () => {
    const steps = ['packages', 'build'];
    const moments = isFull ? [100, 600, 1500, 3000] : [1000];

    test('is set up by the next start, after starts that were killed in the middle', async () => {
      for (const name of ['set-up', ...steps]) {
        for (const moment of moments) {
          const { child, output, ended } = start(['--help']);
          await expect.poll(output, { timeout: 120_000, interval: 20 }).toContain(name);
          await new Promise((settle) => setTimeout(settle, moment));
          child.kill('SIGKILL');
          await ended;
        }
      }
      expect(await help()).toMatchObject({ code: 0, output: expect.stringContaining('--data-dir') });
      expect(readdirSync(join(clone, '.toolchain')).filter((name) => name.startsWith('.part'))).toEqual([]);
    });

    test('finds nothing changed outside the folder', () => {
      expect(globSync('**/*', { cwd: home }).filter((file) => statSync(join(home, file)).isFile())).toEqual([]);
    });

    test('starts with no network once all is there', async () => {
      const { child, output, ended } = start([], { ...offline, PORT: '0' });
      await expect.poll(output, { timeout: 60_000 }).toContain('Ctrl-C stops the server.');
      const origin = /plays at +(\S+)\//.exec(output())?.[1] ?? '';
      expect((await fetch(`${origin}/health`)).status).toBe(200);
      child.kill('SIGTERM');
      expect((await ended).code).toBe(0);
    });

    test('gets back what is gone from node_modules, with no network', async () => {
      const [file = ''] = globSync('node_modules/.pnpm/fastify@*/node_modules/fastify/fastify.js', { cwd: clone });
      const [folder = ''] = globSync('node_modules/.pnpm/tone@*', { cwd: clone });
      truncateSync(join(clone, file), 10);
      rmSync(join(clone, folder), { recursive: true });
      rmSync(join(clone, 'packages/offline-renderer/node_modules/tone'));
      const { code, output } = await start(['--help'], offline).ended;
      expect(output).toContain('repaired: files were missing or cut short');
      expect(code).toBe(0);
    });

    test('gets Node, pnpm and the build again when their files were cut short', async () => {
      const tools = globSync('.toolchain/*/.size', { cwd: clone }).map((file) => join(clone, dirname(file)));
      for (const tool of tools) {
        const programs = globSync('node_modules/**/{node,pnpm}', { cwd: tool }).map((file) => join(tool, file));
        for (const program of programs.filter((file) => statSync(file).isFile())) truncateSync(program, 4096);
      }
      for (const file of globSync('.turbo/cache/*', { cwd: clone })) truncateSync(join(clone, file), 20);
      for (const folder of globSync('{packages,apps}/*/dist', { cwd: clone })) {
        rmSync(join(clone, folder), { recursive: true });
      }
      const { code, output } = await help();
      expect(output.match(/get (node|pnpm)/g)?.length).toBe(tools.length);
      expect(code).toBe(0);
    });
  },
);

describe.runIf(isRoot && process.platform === 'linux')('a small disk', { timeout: 240_000 }, () => {
  async function onDisk(size: string, use: (folder: string) => Promise<void>): Promise<void> {
    const disk = mkdtempSync(join(tmpdir(), 'bnc-disk-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', disk]);
    try {
      copyClone(disk);
      await use(disk);
    } finally {
      execFileSync('umount', ['-l', disk]);
      rmSync(disk, { recursive: true });
    }
  }

  test('of 300 MB is refused with the space that is needed, before anything is fetched', async () => {
    await onDisk('300m', async (disk) => {
      const { code, output } = await start(['--help'], {}, disk).ended;
      expect(output).toMatch(/The set-up needs \d+ MB in \S+, and \d\d\d MB are free/);
      expect(code).toBe(1);
      expect(existsSync(join(disk, '.toolchain'))).toBe(false);
    });
  });

  test.runIf(isFull)('of 1.5 GB is enough', async () => {
    await onDisk('1500m', async (disk) => {
      expect(await start(['--help'], {}, disk).ended).toMatchObject({ code: 0 });
    });
  });
});
