import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { differenceOf, type Fence } from '@bnc/testing/fences';
import type { Page } from './pages.ts';

/** Where the code of pages is written and run. */
export interface Stage {
  /** A folder from which every package of ours is found. */
  readonly folder: string;
  /** The program that runs TypeScript. */
  readonly node: string;
  readonly args: readonly string[];
  readonly redisUrl: string;
  /** Whether commands such as `npx @bnc/…` run too: these need packages that are installed. */
  readonly runsCommands?: boolean;
}

/** A program of a page that goes on running, for the code after it. */
interface Listener {
  readonly fence: Fence;
  readonly child: ChildProcess;
  output(): string;
}

const exec = promisify(execFile);

/** Writes the programs of pages into folders of the stage, one folder a page. */
export function writePages(stage: Stage, pages: readonly Page[]): void {
  for (const page of pages) {
    mkdirSync(folderOf(stage, page), { recursive: true });
    for (const fence of programsOf(page)) writeFileSync(fileOf(stage, page, fence), fence.code);
  }
}

function folderOf(stage: Stage, { file }: Page): string {
  return join(stage.folder, file.replaceAll(/\W+/g, '-'));
}

/** Where a program of a page is written. */
export function fileOf(stage: Stage, page: Page, { name, line }: Fence): string {
  return join(folderOf(stage, page), name ?? `line-${line}.ts`);
}

function programsOf({ fences }: Page): readonly Fence[] {
  return fences.filter(({ info }) => /^ts\b/.test(info));
}

/** Returns what the compiler has to say about the programs of all pages; '' when nothing is wrong. */
export async function checkTypes(stage: Stage, compiler: string, options: object): Promise<string> {
  const config = join(stage.folder, 'tsconfig.json');
  const compilerOptions = {
    strict: true,
    target: 'es2024',
    lib: ['es2024', 'esnext.disposable', 'dom', 'dom.iterable', 'dom.asynciterable'],
    module: 'nodenext',
    moduleDetection: 'force',
    types: ['node'],
    noEmit: true,
    allowImportingTsExtensions: true,
    ...options,
  };
  writeFileSync(config, JSON.stringify({ compilerOptions, include: ['*/*.ts'] }));
  return exec(process.execPath, [compiler, '-p', config]).then(
    ({ stdout }) => stdout,
    (error: { stdout?: string; message: string }) => error.stdout || error.message,
  );
}

/**
 * Runs the code of a page from its top to its end, as a reader does: a program that listens on port 3000 goes on
 * running for the code after it. Returns what is not as the page says.
 */
export async function runPage(stage: Stage, page: Page): Promise<readonly string[]> {
  const port = await freePort();
  const folder = folderOf(stage, page);
  const faults: string[] = [];
  const note = (fence: Fence, output: string): void => {
    const difference = differenceOf(output, fence.shown);
    if (difference !== undefined) faults.push(`${page.file}:${fence.line} ${difference}`);
  };
  const env = {
    ...process.env,
    PATH: [dirname(stage.node), process.env.PATH].join(delimiter),
    REDIS_URL: stage.redisUrl,
    GITHUB_WEBHOOK_SECRET: 'at least sixteen bytes',
    NO_COLOR: '1',
    FORCE_COLOR: undefined,
    NODE_OPTIONS: undefined,
  };
  if (page.fences.some(({ code }) => code.includes('readGitHistory('))) makeRepository(folder);
  let listener: Listener | undefined;
  const endListener = async (): Promise<void> => {
    if (!listener) return;
    const { fence, child, output } = listener;
    // What it prints for the last request may be under way.
    for (let tries = 0; tries < 100 && differenceOf(output(), fence.shown) !== undefined; tries++) await wait(20);
    note(fence, output());
    child.kill();
    listener = undefined;
  };
  try {
    for (const fence of page.fences) {
      if (fence.info === 'console') note(fence, await followCurl(fence, port));
      if (stage.runsCommands && fence.info === 'sh' && fence.code.includes('npx @bnc/')) {
        note(fence, await outputOf('sh', ['-c', fence.code], folder, env));
      }
      if (fence.info !== 'ts' || fence.name !== undefined) continue;
      const file = fileOf(stage, page, fence);
      writeFileSync(file, fence.code.replaceAll('3000', String(port)));
      if (/\b(?:listen|serve)\(/.test(fence.code) && fence.code.includes('3000')) {
        await endListener();
        listener = start(stage, fence, file, folder, env);
        await listening(listener, port);
      } else {
        note(fence, await outputOf(stage.node, [...stage.args, file], folder, env));
      }
      writeFileSync(file, fence.code);
    }
    await endListener();
  } finally {
    listener?.child.kill();
  }
  return faults;
}

/** What a program prints; where it fails, also what it says of that. */
async function outputOf(
  program: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<string> {
  const { stdout } = await exec(program, args, { cwd, env, timeout: 60_000 }).catch(
    (error: { stdout: string; stderr: string }) => ({ stdout: `${error.stdout}${error.stderr}` }),
  );
  return stdout;
}

function start({ node, args }: Stage, fence: Fence, file: string, cwd: string, env: NodeJS.ProcessEnv): Listener {
  const child = spawn(node, [...args, file], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const add = (chunk: Buffer): void => {
    output += String(chunk);
  };
  child.stdout.on('data', add);
  child.stderr.on('data', add);
  return { fence, child, output: () => output };
}

async function listening({ child, output }: Listener, port: number): Promise<void> {
  for (let tries = 0; tries < 1000; tries++) {
    if (child.exitCode !== null) throw new Error(`The program ended before it listened:\n${output()}`);
    const connected = await new Promise<boolean>((resolve) => {
      const socket = connect(port, 'localhost', () => resolve(true)).on('error', () => resolve(false));
      socket.on('connect', () => socket.destroy());
    });
    if (connected) return;
    await wait(20);
  }
  throw new Error(`The program does not listen:\n${output()}`);
}

/** Does what `$ curl -N localhost:3000/path` does, until as many lines have come as the page shows. */
async function followCurl({ code, shown }: Fence, port: number): Promise<string> {
  const [, url = ''] = /^\$ curl -N (\S+)/.exec(code) ?? [];
  const controller = new AbortController();
  const response = await fetch(`http://${url.replace('3000', String(port))}`, { signal: controller.signal });
  let text = '';
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    if (text.split('\n').length > shown.length) break;
  }
  controller.abort();
  return text.split('\n').slice(0, shown.length).join('\n');
}

/** The history of the example that reads one. */
function makeRepository(folder: string): void {
  const git = (...args: readonly string[]): void => {
    execFileSync('git', args, { cwd: folder });
  };
  git('init', '-q');
  for (const [name, message] of [
    ['mona', 'Purr in tune'],
    ['hubot', 'Meow an octave lower'],
  ]) {
    writeFileSync(join(folder, `${name}.txt`), `${message}\n`);
    git('add', `${name}.txt`);
    git('-c', `user.name=${name}`, '-c', `user.email=${name}@example.com`, 'commit', '-q', '-m', `${message}`);
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
