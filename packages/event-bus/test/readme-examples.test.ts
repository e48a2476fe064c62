import { execFile } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startRedis } from '@bnc/testing/redis';
import { expect, it } from 'vitest';
import { atEnd } from './cleanup.ts';

const pages = ['README.md', ...globSync('docs/*.md', { cwd: new URL('../', import.meta.url) })];
const examples = pages.flatMap((page) => {
  const text = readFileSync(new URL(`../${page}`, import.meta.url), 'utf8');
  const fences = [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)];
  return fences.map(([, code = ''], place) => [`${page.replace(/\W/g, '-')}-${place + 1}`, code] as const);
});

const server = await startRedis();
atEnd(() => server.stop());
// Inside the package, so that its own name leads to its sources.
const folder = mkdtempSync(fileURLToPath(new URL('../.readme-', import.meta.url)));
atEnd(() => rmSync(folder, { recursive: true, force: true }));

it.concurrent.each(examples)('example %s prints what it says', async (name, code) => {
  const shown = [...code.matchAll(/^\/\/ (.*)$/gm)].map(([, line]) => line);
  expect(shown.length).toBeGreaterThan(0);
  const file = join(folder, `${name}.ts`);
  writeFileSync(file, code);
  const env = { ...process.env, REDIS_URL: server.url };
  const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=@bnc/source', file], {
    cwd: folder,
    env,
  });
  expect(stdout.trimEnd().split('\n')).toEqual(shown);
});
