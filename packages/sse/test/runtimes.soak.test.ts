import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const run = promisify(execFile);
const runtimes: readonly (readonly [string, readonly string[]])[] = [
  ['bun', ['run']],
  ['deno', ['run', '--allow-all', '--no-check']],
];

// They have 100 MB each, so they are not dependencies of a package that does not need them.
const folder = mkdtempSync(join(tmpdir(), 'bnc-runtimes-'));
beforeAll(async () => {
  await run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--prefix', folder, 'bun@1', 'deno@2'], {
    cwd: folder,
  });
}, 180_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.for(runtimes)('the hub serves Fetch requests on %s', { timeout: 60_000 }, async ([name, args]) => {
  const program = new URL('./fixtures/fetch-server.ts', import.meta.url).pathname;
  const { stdout } = await run(join(folder, 'node_modules', '.bin', name), [...args, program]);
  expect(
    stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
  ).toEqual([
    { heard: [200, 'fresh', 'one', 'clip'] },
    { refused: 503 },
    { left: { client: 1 } },
    { resumed: ['replayed', 'clip'] },
    { closed: 'shutdown' },
  ]);
});
