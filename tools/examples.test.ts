import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { startRedis } from '@bnc/testing/redis';
import { afterAll, expect, test } from 'vitest';
import { examplesFolder, findExamples } from './examples.ts';

const examples = findExamples();
const redis = await startRedis();
afterAll(() => redis.stop());

test.concurrent.each(examples)(
  'example %s holds what it shows',
  async (file) => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--conditions=@bnc/source', '--disable-warning=ExperimentalWarning', join(examplesFolder, file)],
      { env: { ...process.env, REDIS_URL: redis.url } },
    );
    expect(stdout.trim()).not.toBe('');
  },
  60_000,
);

test('there are three examples or more for each package, and the gallery shows all of them', () => {
  const folders = globSync('packages/*/package.json', { cwd: resolve(examplesFolder, '..') }).map(
    (file) => file.split(/[\\/]/)[1] ?? '',
  );
  const counts = folders.map((name) => examples.filter((file) => file.startsWith(`${name}/`)).length);
  expect(counts.filter((count) => count < 3)).toEqual([]);
  const gallery = readFileSync(join(examplesFolder, 'README.md'), 'utf8');
  const shown = [...gallery.matchAll(/\]\(([\w-]+\/[\w.-]+)\)/g)].map(([, file]) => file);
  const pages = globSync('*/*.html', { cwd: examplesFolder });
  expect(new Set(shown)).toEqual(new Set([...examples, ...pages, 'whole/room.ts']));
});
