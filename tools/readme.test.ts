import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const pages = globSync(['*.md', 'docs/**/*.md', '{apps,packages}/*/*.md', 'packages/*/docs/*.md'], {
  cwd: root,
  exclude: ['**/node_modules/**', '**/CHANGELOG.md'],
});

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

/** Programs that `npx` finds in this repository, because the lockfile brings them. */
const { devDependencies } = JSON.parse(read('package.json')) as { devDependencies: Readonly<Record<string, string>> };

test('what the docs run with npx is published by us, or comes with the repository', () => {
  const names = pages.flatMap((file) =>
    [...read(file).matchAll(/\bnpx (?:--yes |-y )?([@\w./-]+)/g)].map(([, name = '']) => ({ file, name })),
  );
  expect(names.length).toBeGreaterThan(0);
  const ours = (name: string): boolean =>
    name.startsWith('@bnc/')
      ? globSync(`{packages,apps}/${name.slice(5)}/package.json`, { cwd: root }).some(
          (file) => 'bin' in (JSON.parse(read(file)) as object),
        )
      : name in devDependencies;
  expect(names.filter(({ name }) => !ours(name))).toEqual([]);
});

test('what the docs install is published by us, or is what the examples run with', () => {
  const { dependencies } = JSON.parse(read('examples/package.json')) as {
    dependencies: Readonly<Record<string, string>>;
  };
  const names = pages.flatMap((file) =>
    [...read(file).matchAll(/^npm (?:i|install) (?!-)([^#\n]+)/gm)].flatMap(([, list = '']) =>
      list
        .trim()
        .split(/ +/)
        .map((name) => ({ file, name })),
    ),
  );
  expect(names.length).toBeGreaterThan(8);
  expect(names.filter(({ name }) => !(name in dependencies))).toEqual([]);
});

test('READMEs of packages say how to save their examples, because `npm init` makes packages of CommonJS', () => {
  const faults = pages.filter(
    (file) => /^packages\/[\w-]+\/README\.md$/.test(file) && !read(file).includes('as `.mts`'),
  );
  expect(faults).toEqual([]);
});

test('examples in READMEs of packages run on Node 22, which does not know `using`', () => {
  const faults = pages
    .filter((file) => file.startsWith('packages/'))
    .filter((file) =>
      [...read(file).matchAll(/^```[\s\S]*?^```/gm)].some(([code]) => /^\s*(await )?using \w+ =/m.test(code)),
    );
  expect(faults).toEqual([]);
});
