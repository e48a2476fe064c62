import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

// They are large, so they are no dependencies: the test runs with those that are installed.
const runtimes: readonly (readonly [string, readonly string[]])[] = [
  ['bun', ['run']],
  ['deno', ['run', '--allow-all', '--no-check']],
];

test.for(runtimes)('the hub serves Fetch requests on %s', { timeout: 30_000 }, async ([name, args], { skip }) => {
  skip(spawnSync(name, ['--version']).status !== 0, `${name} is not installed`);
  const program = new URL('./fixtures/fetch-server.ts', import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(name, [...args, program]);
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
