import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

function codesIn(text: string, pattern: RegExp): ReadonlySet<string> {
  return new Set([...text.matchAll(pattern)].map(([, code = '']) => code));
}

const packages = globSync('packages/*/src/errors.ts', { cwd: root }).map((file) => dirname(dirname(file)));

test.each(packages)('%s explains every code of its errors in its README or docs, and no other', (folder) => {
  const [, union = ''] = /type \w+ErrorCode =([^;]+);/.exec(read(`${folder}/src/errors.ts`)) ?? [];
  const codes = codesIn(union, /'(\w+)'/g);
  expect(codes.size).toBeGreaterThan(0);
  const [prefix = ''] = [...codes].map((code) => code.split('_')[0] ?? '');
  const pages = [`${folder}/README.md`, ...globSync(`${folder}/docs/*.md`, { cwd: root })].map(read).join('\n');
  const rows = codesIn(pages, new RegExp(`^\\| \`(${prefix}_\\w+)\` \\|`, 'gm'));
  expect(rows).toEqual(codes);
});
