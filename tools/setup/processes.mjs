/** Starts programs, passes signals on to the one under way, and ends it when we are orphaned. */
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname ?? dirname(new URL(import.meta.url).pathname), '../..');
export const exe = process.platform === 'win32' ? '.exe' : '';
const delimiter = process.platform === 'win32' ? ';' : ':';

/** The program under way; signals go to it, and it ends with us. */
let current;
let stopping = false;

/**
 * Runs a program to its end, and returns its output, or shows it when `show`. A program that cannot be started ends with
 * code 127 and the reason as its output.
 */
export function run(command, args, { cwd = root, env = {}, show = false, ipc = false } = {}) {
  return new Promise((settle) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      // A group of its own: the terminal's Ctrl-C reaches only us, and we pass it on once.
      detached: process.platform !== 'win32',
      stdio: ['inherit', show ? 'inherit' : 'pipe', show ? 'inherit' : 'pipe', ...(ipc ? ['ipc'] : [])],
    });
    current = child;
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
    child.on('error', (error) => settle({ code: 127, output: `${error.message}\n`, unknown: error.code === 'ENOENT' }));
    child.on('close', (code, signal) => {
      current = undefined;
      if (stopping && !show) process.exit(130);
      if (signal && !stopping) output += `\n${command} was ended by ${signal}.`;
      settle({ code: code ?? 128 + (signal === 'SIGINT' ? 2 : signal === 'SIGTERM' ? 15 : 9), output });
    });
  });
}

function passOn(signal) {
  stopping = true;
  if (!current) process.exit(130);
  try {
    process.kill(process.platform === 'win32' || current.connected ? current.pid : -current.pid, signal);
  } catch {
    // It ended in the meantime.
  }
}

/** Lets signals reach the program under way, and notices when the shell that npm put between is gone. */
export function passSignalsOn() {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => passOn(signal));
  // npm hands a SIGTERM to its shell only: notice that the shell is gone, and stop what we started.
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && !stopping && passOn('SIGTERM'), 300).unref();
}

/** Runs one step of the set-up, and prints its name and the time that it took. */
export async function step(name, work) {
  const start = performance.now();
  process.stdout.write(`  ${name} `.padEnd(36));
  try {
    const note = await work();
    process.stdout.write(
      `${((performance.now() - start) / 1000).toFixed(1).padStart(6)} s${note ? `  ${note}` : ''}\n`,
    );
  } catch (error) {
    process.stdout.write('failed\n');
    throw error;
  }
}

export function isFile(path, mode = constants.X_OK) {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

export function onPath(name) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => isFile(join(folder, name + exe)));
}

/** The last lines of a program's output. */
export function tail(output) {
  return output.trim().split('\n').slice(-30).join('\n');
}
