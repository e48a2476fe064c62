import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';

const root = resolve(import.meta.dirname, '../../..');

/** Builds the server that the tests start as a process, unless it is up to date. */
export async function setup(): Promise<void> {
  const turbo = resolve(root, 'node_modules/turbo/bin/turbo');
  const args = [turbo, 'run', 'build', '--filter=@bnc/streaming-server...', '--output-logs=errors-only'];
  await promisify(execFile)(process.execPath, args, { cwd: root });
}
