import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

/** Follows the imports of a source file. */
function reach(file: URL, seen: Map<string, string> = new Map()): Map<string, string> {
  if (seen.has(file.href)) return seen;
  const source = readFileSync(file, 'utf8');
  seen.set(file.href, source);
  for (const [, name = ''] of source.matchAll(/from '([^']+)'/g)) {
    if (name.startsWith('.')) reach(new URL(name, file), seen);
    else seen.set(name, '');
  }
  return seen;
}

it('needs nothing of Node, and no package, for the bus in memory', () => {
  const names = [...reach(new URL('./index.ts', import.meta.url)).keys()];
  expect(names.length).toBeGreaterThan(8);
  expect(names.filter((name) => !name.startsWith('file:'))).toEqual([]);
});
