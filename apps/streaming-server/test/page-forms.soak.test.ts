import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../../..');

/** What the page promises for notes alone: a clip may be entered a bar late. */
const inTime = ['in time and in tune', 'in two browsers', 'within a second'];

test('the page keeps what it promises where it takes clips in place of scores', async () => {
  const vitest = resolve(root, 'node_modules/vitest/vitest.mjs');
  const files = ['page.test.ts', 'page-states.test.ts'].map((file) => `apps/streaming-server/test/${file}`);
  const own = Object.entries(process.env).filter(([name]) => !/^(?:VITEST|BNC_SOAK|TEST$)/.test(name));
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    [vitest, 'run', '--project', 'page', '-t', `^(?!.*(?:${inTime.join('|')}))`, ...files],
    { cwd: root, env: { ...Object.fromEntries(own), PAGE_FORMAT: 'flac', NO_COLOR: '1' }, maxBuffer: 2 ** 24 },
  ).catch((error: { readonly stdout: string; readonly stderr: string }) => error);
  expect(stdout + stderr).not.toMatch(/ FAIL |Error/);
  expect(stdout).toMatch(/Tests +10 passed/);
}, 400_000);
