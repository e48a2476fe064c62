import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { startRedis } from '@bnc/testing/redis';
import { build } from 'esbuild';
import { afterAll, describe, expect, test } from 'vitest';
import { readPages } from './fences/pages.ts';
import { checkTypes, fileOf, runPage, writePages } from './fences/run.ts';

const root = resolve(import.meta.dirname, '..');
const pages = readPages(root);

// In the folder of the examples, from which every package and every framework is found.
mkdirSync(join(root, 'examples/.fences'), { recursive: true });
const folder = mkdtempSync(join(root, 'examples/.fences/run-'));
const redis = await startRedis();
afterAll(async () => {
  await redis.stop();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});
const stage = {
  folder,
  node: process.execPath,
  args: ['--conditions=@bnc/source', '--disable-warning=ExperimentalWarning'],
  redisUrl: redis.url,
};
writePages(stage, pages);

describe('code in the READMEs and docs of packages', { timeout: 120_000 }, () => {
  test.concurrent('type-checks', async ({ expect: expected }) => {
    const compiler = join(root, 'node_modules/@typescript/native/bin/tsc');
    // Against what is built, as a program that installs it.
    const options = { skipLibCheck: true };
    expected(await checkTypes(stage, compiler, options)).toBe('');
  });

  test.concurrent.each(pages.filter(({ fences }) => fences.length > 0))(
    'of $file prints what the page says',
    async (page) => {
      expect(await runPage(stage, page)).toEqual([]);
    },
  );

  test.concurrent('for pages can be bundled for browsers', async ({ expect: expected }) => {
    const entryPoints = pages.flatMap((page) =>
      page.fences.filter(({ info }) => info === 'ts page').map((fence) => fileOf(stage, page, fence)),
    );
    expected(entryPoints.length).toBeGreaterThan(0);
    // From what is built: that is what a page gets.
    const { errors } = await build({
      entryPoints,
      bundle: true,
      format: 'esm',
      platform: 'browser',
      outdir: folder,
      write: false,
      logLevel: 'silent',
    });
    expected(errors).toEqual([]);
  });

  test('is whole programs, pages of browsers, and commands, so that all of it is tried', () => {
    const known = ['ts', 'ts page', 'console', 'sh', 'json', 'nginx', 'text'];
    const others = pages.flatMap(({ file, fences }) =>
      fences.filter(({ info }) => !known.includes(info)).map(({ info, line }) => `${file}:${line} ${info}`),
    );
    expect(others).toEqual([]);
  });
});

describe('READMEs of packages', () => {
  const readmes = pages
    .map(({ file }) => file)
    .filter((file) => file.endsWith('README.md'))
    .map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') }));

  test.each(readmes)('$file is read in three minutes, and begins with an example', ({ text }) => {
    expect(text.split(/\s+/).length).toBeLessThanOrEqual(902);
    expect(text.indexOf('\n```ts\n')).toBeLessThan(text.indexOf('\n## '));
  });

  // The package of types has neither limits nor errors.
  test.each(readmes.filter(({ file }) => !file.includes('contracts')))(
    '$file has a table of its limits',
    ({ text }) => {
      expect(text).toMatch(/^\| (?:limit|option|parameter) \|/m);
    },
  );
});
