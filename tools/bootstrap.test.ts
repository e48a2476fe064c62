import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkSpace, lackOf } from './setup/reasons.mjs';

const root = resolve(import.meta.dirname, '..');

let folder: string;
const children = new Set<ChildProcess>();
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bnc-bootstrap-'));
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
  rmSync(folder, { recursive: true, force: true });
});

/** The folder on the PATH that holds a program. */
function folderOf(program: string): string {
  return (process.env.PATH ?? '').split(delimiter).find((place) => existsSync(join(place, program))) ?? '';
}

/** Runs the bootstrap of a clone. */
function run(
  clone: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  node: string = process.execPath,
) {
  const child = spawn(node, [join(clone, 'tools/bootstrap.mjs'), ...args], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  let output = '';
  let look = (): void => {};
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += String(chunk);
      look();
    });
  }
  const ended = new Promise<{ code: number | null; output: string }>((settle) => {
    child.on('close', (code) => {
      children.delete(child);
      settle({ code, output });
    });
  });
  const says = (words: string): Promise<string> =>
    new Promise((settle, fail) => {
      look = () => output.includes(words) && settle(output);
      look();
      void ended.then(() => fail(new Error(`ended without '${words}':\n${output}`)));
    });
  return { child, ended, says };
}

/** A clone in which nothing has been installed. */
function freshClone(): string {
  const clone = join(folder, 'clone');
  for (const group of ['packages', 'apps', 'tools']) mkdirSync(join(clone, group), { recursive: true });
  for (const file of ['package.json', 'tools/bootstrap.mjs', 'tools/setup', 'tools/toolchain']) {
    cpSync(join(root, file), join(clone, file), { recursive: true });
  }
  return clone;
}

/** A folder of programs that holds these and no other. */
function pathOf(programs: Readonly<Record<string, string>>): string {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  for (const [name, target] of Object.entries(programs)) symlinkSync(target, join(bin, name));
  return bin;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('the bootstrap', { timeout: 60_000 }, () => {
  test('tells how it is used, and refuses a job that it does not know', async () => {
    const help = await run(root, []).ended;
    expect(help).toMatchObject({ code: 0, output: expect.stringContaining('npm start') });
    expect(await run(root, ['strat']).ended).toEqual({ ...help, code: 2 });
  });

  test('says what to do when the registry cannot be reached, also when npm is to be silent', async () => {
    // No pnpm on the path: it is to be fetched, by the npm that runs the bootstrap.
    const { code, output } = await run(freshClone(), ['start'], {
      PATH: pathOf({ node: process.execPath }),
      HOME: '/nonexistent',
      npm_execpath: realpathSync(join(folderOf('npm'), 'npm')),
      npm_config_loglevel: 'silent',
      npm_config_registry: 'http://127.0.0.1:9/',
    }).ended;
    expect(code).toBe(1);
    expect(output).toContain('Could not get pnpm 12');
    expect(output).toContain("The npm registry cannot be reached. Check network and proxy with 'npm ping'");
    expect(output).toContain('ECONNREFUSED');
    expect(output).not.toMatch(/^\s+at /m);
  });

  // The line of a real failure that carries the reason, and the words for it.
  test.each([
    ['npm error nospc ENOSPC: no space left on device, write', 'The disk is full: '],
    ["npm error Error: EACCES: permission denied, mkdir '/srv/cache'", '/srv/cache may not be written by this user.'],
    ["npm error code EROFS\nnpm error rofs EROFS: read-only file system, mkdir '/ro/x'", '/ro/x may not be written'],
    ['npm error code EINTEGRITY\nnpm error sha512-x integrity checksum failed', 'sent other bytes than the lockfile'],
    ['npm error code SELF_SIGNED_CERT_IN_CHAIN', "The registry's certificate is not trusted here."],
    ['npm error code E401\nnpm error Unable to authenticate', 'The registry refuses to serve this user.'],
    ['npm error code E404\nnpm error 404 Not Found - GET', 'does not have one of the packages'],
    ['npm error code EAI_AGAIN\nnpm error getaddrinfo EAI_AGAIN registry', 'The npm registry cannot be reached.'],
    ['pnpm was ended by SIGKILL.', 'It was ended from outside'],
    ['', 'remove the folders .toolchain and node_modules'],
  ])('says in words why a program failed: %s', (line, words) => {
    const { message } = lackOf('Could not get it.', line);
    expect(message).toMatch(/^Could not get it\.\nTo do: /);
    expect(message).toContain(words);
    expect(message).toContain(line || 'The program printed nothing.');
  });

  test('says what to do when there is no npm', async () => {
    const bin = join(folder, 'node/bin');
    mkdirSync(bin, { recursive: true });
    cpSync(process.execPath, join(bin, 'node'));
    const { code, output } = await run(freshClone(), ['start'], { PATH: bin }, join(bin, 'node')).ended;
    expect(code).toBe(1);
    expect(output).toContain('there is no npm next to');
    expect(output).toContain('To do: install Node with its npm');
    expect(output).not.toMatch(/^\s+at /m);
  });

  test('takes no half program for a whole one, and clears away what killed starts left', async () => {
    const clone = freshClone();
    // As a power cut leaves it: the folder is in place, the program is not complete.
    const half = join(clone, '.toolchain/pnpm-12.21.0/node_modules/@pnpm/exe.linux-x64');
    const left = join(clone, '.toolchain/.part-pnpm-999999999');
    for (const place of [half, left]) mkdirSync(place, { recursive: true });
    writeFileSync(join(half, 'pnpm'), 'half');
    writeFileSync(join(clone, '.toolchain/pnpm-12.21.0/.size'), '64608904');
    chmodSync(join(half, 'pnpm'), 0o755);
    const { code, output } = await run(clone, ['start'], {
      PATH: pathOf({ node: process.execPath }),
      npm_execpath: realpathSync(join(folderOf('npm'), 'npm')),
      npm_config_registry: 'http://127.0.0.1:9/',
    }).ended;
    expect(code).toBe(1);
    expect(output).toContain('Could not get pnpm 12');
    expect(readdirSync(join(clone, '.toolchain')).filter((name) => name.startsWith('.part'))).toEqual([]);
  });

  test('keeps nothing of a program whose bytes are not those of the lockfile', async () => {
    const server = createServer((request, response) => {
      if (request.url?.endsWith('.tgz')) return response.end('other bytes');
      const dist = { tarball: `http://127.0.0.1:${port}/other.tgz`, integrity: `sha512-${'A'.repeat(86)}==` };
      const name = decodeURIComponent(request.url ?? '').slice(1);
      const versions = Object.fromEntries(['12.21.0', '12.4.2'].map((version) => [version, { name, version, dist }]));
      return response.end(JSON.stringify({ name, 'dist-tags': { latest: '12.21.0' }, versions }));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const clone = freshClone();
    const { code, output } = await run(clone, ['start'], {
      PATH: pathOf({ node: process.execPath }),
      npm_execpath: realpathSync(join(folderOf('npm'), 'npm')),
      npm_config_registry: `http://127.0.0.1:${port}/`,
    }).ended;
    server.close();
    expect(output).toContain('The registry sent other bytes than the lockfile names.');
    expect(code).toBe(1);
    expect(readdirSync(join(clone, '.toolchain'))).toEqual([]);
  });

  test('states the space that is needed before it fetches anything', () => {
    expect(() => checkSpace(980, 150e6)).toThrow(
      `The set-up needs 980 MB in ${root}, and 150 MB are free.\nTo do: free some space`,
    );
  });

  test('npm install in the root fails with words that say what to use', () => {
    const clone = freshClone();
    const { status, stderr } = spawnSync(join(folderOf('npm'), 'npm'), ['install', '--offline'], {
      cwd: clone,
      encoding: 'utf8',
    });
    expect(status).not.toBe(0);
    expect(stderr).toContain('catalog:use-npm-start-or-npm-test');
  });

  test('prints each step with its time, starts the server, and leaves nothing behind after a signal to stop', async () => {
    const { child, ended, says } = run(root, ['start'], { PORT: '0', DATA_DIR: join(folder, 'data') });
    const output = await says('Ctrl-C stops the server.');
    for (const name of ['packages', 'build', 'audio engine']) {
      expect(output).toMatch(new RegExp(`^ {2}${name} +\\d+\\.\\d s`, 'm'));
    }
    const origin = /plays at +(\S+)\//.exec(output)?.[1] ?? '';
    expect((await fetch(`${origin}/health`)).status).toBe(200);

    child.kill('SIGTERM');
    expect((await ended).code).toBe(0);
    await expect(fetch(`${origin}/health`)).rejects.toThrow(TypeError);
  });

  test('leaves nothing behind when the process that started it is killed', async () => {
    const parent = spawn(
      process.execPath,
      [
        '-e',
        `const { spawn } = require('node:child_process');
         const child = spawn(process.execPath, [${JSON.stringify(join(root, 'tools/bootstrap.mjs'))}, 'start'], { stdio: ['ignore', 'inherit', 'inherit'] });
         console.log('child ' + child.pid);`,
      ],
      {
        env: { PATH: process.env.PATH, HOME: process.env.HOME, PORT: '0', DATA_DIR: join(folder, 'data') },
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
    children.add(parent);
    let output = '';
    await new Promise<void>((settle) => {
      parent.stdout.on('data', (chunk: Buffer) => {
        output += String(chunk);
        if (output.includes('Ctrl-C stops the server.')) settle();
      });
    });
    const pid = Number(/child (\d+)/.exec(output)?.[1]);
    const origin = /plays at +(\S+)\//.exec(output)?.[1] ?? '';
    parent.kill('SIGKILL');
    await expect.poll(() => isAlive(pid), { timeout: 20_000 }).toBe(false);
    await expect(fetch(`${origin}/health`)).rejects.toThrow(TypeError);
  });

  test("passes on the server's options and its exit code", async () => {
    const help = await run(root, ['start', '--help']).ended;
    expect(help).toMatchObject({ code: 0, output: expect.stringContaining('--data-dir') });
    const wrong = await run(root, ['start', '--port', 'abc'], { DATA_DIR: join(folder, 'data') }).ended;
    expect(wrong).toMatchObject({ code: 2, output: expect.stringContaining('--port must be a whole number') });
  });
});
