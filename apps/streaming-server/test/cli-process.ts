import { type ChildProcess, spawn } from 'node:child_process';
import { mainFile } from './server-process.ts';

/** What a command has printed, and how it ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a command is run. */
export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly cwd?: string;
  /** Called with the process at its start. */
  readonly onStart?: (child: ChildProcess) => void;
}

/** Runs the built command line to its end, in an environment of its own. */
export function runCli(args: readonly string[], options: CliOptions = {}): Promise<Ended> {
  return runCliBytes(args, options).then(({ stdout, ...ended }) => ({ ...ended, stdout: stdout.toString() }));
}

/** The same, with the bytes of its standard output. */
export function runCliBytes(
  args: readonly string[],
  { env = {}, input = '', cwd, onStart }: CliOptions = {},
): Promise<Omit<Ended, 'stdout'> & { readonly stdout: Buffer }> {
  const child = spawn(process.execPath, [mainFile, ...args], {
    env: { PATH: process.env.PATH, TZ: 'UTC', ...env },
    ...(cwd !== undefined && { cwd }),
  });
  onStart?.(child);
  const chunks: Buffer[] = [];
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += String(chunk);
  });
  child.stdin.end(input);
  return new Promise((settle) => {
    child.on('close', (code) => settle({ code, stdout: Buffer.concat(chunks), stderr }));
  });
}
