import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

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

/** Runs the bootstrap of a clone. */
function run(clone: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [join(clone, 'tools/bootstrap.mjs'), ...args], {
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
  for (const file of ['package.json', 'tools/bootstrap.mjs']) cpSync(join(root, file), join(clone, file));
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

  test('says what to do when the registry cannot be reached', async () => {
    const npm = (process.env.PATH ?? '').split(delimiter).find((place) => existsSync(join(place, 'npm')));
    // No pnpm on the path: it is to be fetched, by the npm that runs the bootstrap.
    const { code, output } = await run(freshClone(), ['start'], {
      PATH: pathOf({ node: process.execPath }),
      npm_execpath: realpathSync(join(npm ?? '', 'npm')),
      npm_config_registry: 'http://127.0.0.1:9/',
    }).ended;
    expect(code).toBe(1);
    expect(output).toContain('Could not get pnpm@');
    expect(output).toContain("To do: check the network, proxy and registry settings with 'npm ping'");
    expect(output).not.toMatch(/^\s+at /m);
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
