import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Browser } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ListeningPage, launchChromium } from './page-recorder.ts';

const exec = promisify(execFile);
const root = resolve(import.meta.dirname, '../../..');
const base = mkdtempSync(join(tmpdir(), 'bnc-packed-'));
const [thisMajor = ''] = process.versions.node.split('.');
const majors = ['22', '24'];
const others = majors.filter((major) => major !== thisMajor);

let browser: Browser;
let server: ChildProcess | undefined;
/** What the server has said besides its words at the start. */
let said = '';

function nodeOf(major: string): string {
  return major === thisMajor ? process.execPath : join(base, `nodes/node_modules/node-${major}/bin/node`);
}

/** Runs a program where this Node comes first, as on the machine of a stranger who has no other. */
async function run(major: string, command: string, args: readonly string[], cwd: string): Promise<string> {
  const path = [dirname(nodeOf(major)), process.env.PATH].join(delimiter);
  const env = { ...process.env, PATH: path, NODE_OPTIONS: undefined };
  return (await exec(command, args, { cwd, env, maxBuffer: 2 ** 26 })).stdout;
}

/** Packs the server and every package of ours that it needs, as they would be published. */
async function pack(): Promise<readonly string[]> {
  const folders = [...globSync('packages/*', { cwd: root }), 'apps/streaming-server'];
  const packed = folders.map(async (folder) => {
    const { stdout } = await exec('pnpm', ['pack', '--json', '--pack-destination', base], { cwd: join(root, folder) });
    return (JSON.parse(stdout) as { readonly filename: string }).filename;
  });
  return Promise.all(packed);
}

async function installNodes(): Promise<void> {
  const platform = `${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const wishes = others.map((major) => `node-${major}@npm:node-${platform}@${major}`);
  const args = ['install', '--prefix', join(base, 'nodes'), '--no-audit', '--no-fund', '--ignore-scripts', ...wishes];
  await exec('npm', args, { cwd: base });
}

let tarballs: readonly string[];
beforeAll(async () => {
  [tarballs, browser] = await Promise.all([pack(), launchChromium(), installNodes()]);
}, 120_000);
afterAll(async () => {
  server?.kill('SIGKILL');
  await browser.close();
  rmSync(base, { recursive: true, force: true, maxRetries: 10 });
}, 300_000);

/** Starts the server that is installed in a folder; settles with where its page is. */
async function start(major: string, folder: string): Promise<string> {
  server = spawn(nodeOf(major), ['node_modules/.bin/bnc', '--port', '0', '--json'], {
    cwd: folder,
    env: { PATH: process.env.PATH, DATA_DIR: join(folder, 'data') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  said = '';
  server.stderr?.on('data', (chunk) => {
    said += String(chunk);
  });
  for await (const line of server.stdout ?? []) return (JSON.parse(String(line)) as { readonly url: string }).url;
  throw new Error('the server has ended');
}

describe('the server, packed and installed by plain npm in an empty folder', { timeout: 180_000 }, () => {
  test.each(majors)('plays the demo in a browser, on Node %s', async (major) => {
    const folder = join(base, `on-${major}`);
    mkdirSync(folder);
    writeFileSync(join(folder, 'package.json'), '{"private":true}');
    expect(await run(major, 'node', ['--version'], folder)).toMatch(new RegExp(`^v${major}\\.`));
    await run(major, 'npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', ...tarballs], folder);
    expect((await run(major, 'npx', ['--no', '@bnc/streaming-server', '--version'], folder)).trim()).toMatch(
      /^\d+\.\d+\.\d+$/,
    );
    const url = await start(major, folder);
    const listener = await ListeningPage.open(browser, `${url}?repo=bots-n-cats/demo`);
    await listener.play();
    const { left } = await listener.hear(1.5);
    expect(left.some((sample) => Math.abs(sample) > 0.01)).toBe(true);
    expect(listener.errors).toEqual([]);
    await listener.close();
    const ended = new Promise((settle) => server?.once('exit', settle));
    server?.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(said).toBe('');
  });

  test('is as large as its README says', () => {
    const readme = readFileSync(join(root, 'apps/streaming-server/README.md'), 'utf8');
    const [, packages = '', megabytes = ''] = /(\d+) packages, (\d+) MB/.exec(readme) ?? [];
    const modules = join(base, `on-${majors[0]}`, 'node_modules');
    const { packages: locked } = JSON.parse(readFileSync(join(modules, '.package-lock.json'), 'utf8')) as {
      readonly packages: object;
    };
    expect(Math.abs(Object.keys(locked).length / Number(packages) - 1)).toBeLessThan(0.1);
    const bytes = globSync('**/*', { cwd: modules, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
    expect(Math.abs(bytes / 1e6 / Number(megabytes) - 1)).toBeLessThan(0.15);
  });

  test('brings no map of the page, no source and no test', async () => {
    const [tarball = ''] = tarballs.filter((file) => file.includes('streaming-server'));
    const { stdout } = await exec('tar', ['tzf', tarball]);
    const files = stdout.trim().split('\n');
    expect(files).toEqual(
      expect.arrayContaining(
        ['dist/main.js', 'dist/page/index.html', 'dist/page/THIRD_PARTY_NOTICES.txt', 'README.md', 'LICENSE'].map(
          (name) => `package/${name}`,
        ),
      ),
    );
    expect(files.filter((file) => /\.map$|\.test\.|\/src\/|\/test\//.test(file))).toEqual([]);
  });
});
