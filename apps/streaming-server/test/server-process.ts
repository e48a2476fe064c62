import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { secret } from './server.ts';

/** The built server: what `npm start` runs. */
export const mainFile: string = join(import.meta.dirname, '../dist/main.js');

/** A server in a process of its own, as `npm start` runs it. */
export interface ServerProcess {
  readonly child: ChildProcess;
  /** Settles when it is gone, with everything it has said. */
  readonly ended: Promise<{ readonly code: number | null; readonly output: string }>;
  /** Waits until it has said these words; answers everything said so far. */
  says(words: string): Promise<string>;
  /** Waits until it listens; answers its origin. */
  origin(): Promise<string>;
}

const children = new Set<ChildProcess>();

/** Ends every server that a test has left. */
export function killAll(): void {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
}

/** Gives each test a folder of its own, which goes after it, with every server that it has left. */
export function useFolder(): () => string {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'bnc-server-'));
  });
  afterEach(() => {
    killAll();
    rmSync(folder, { recursive: true, force: true });
  });
  return () => folder;
}

/** Further settings of a server in production. */
export const production: Readonly<Record<string, string>> = { NODE_ENV: 'production', HOST: '127.0.0.1' };

/** Settings of a server that keeps its data in a folder and knows the tests' secret. */
export function settingsFor(folder: string, more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    DATA_DIR: folder,
    GITHUB_WEBHOOK_SECRETS: secret,
    ...more,
  };
}

/** Starts a server on a free port. */
export function runServer(args: readonly string[], env: Readonly<Record<string, string>>): ServerProcess {
  const child = spawn(process.execPath, [mainFile, ...args], {
    env: { PATH: process.env.PATH, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  let output = '';
  let wake = (): void => {};
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += String(chunk);
      wake();
    });
  }
  const ended = new Promise<{ code: number | null; output: string }>((resolve) => {
    child.on('close', (code) => {
      children.delete(child);
      resolve({ code, output });
      wake();
    });
  });
  const says = async (words: string): Promise<string> => {
    while (!output.includes(words)) {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`ended without '${words}':\n${output}`);
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return output;
  };
  const origin = async (): Promise<string> =>
    /plays at +(\S+)\//.exec(await says('Ctrl-C stops the server.'))?.[1] ?? '';
  return { child, ended, says, origin };
}
