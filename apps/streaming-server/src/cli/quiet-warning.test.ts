import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

test.each([[[]], [['--no-warnings']]])('of all warnings, that about SQLite alone is not printed, with %j', (flags) => {
  const module = JSON.stringify(join(import.meta.dirname, 'quiet-warning.ts'));
  const program = `
    import { hideSqliteWarning } from ${module};
    hideSqliteWarning();
    process.emitWarning('SQLite is an experimental feature and might change at any time', 'ExperimentalWarning');
    process.emitWarning('Something else is an experimental feature', 'ExperimentalWarning');
    process.emitWarning('SQLite is an experimental feature', 'AnotherWarning');
    process.emitWarning('Old', 'DeprecationWarning', 'DEP9999');`;
  const args = [...flags, '--input-type=module', '--eval', program];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  const named = stderr.split('\n').flatMap((line) => /\) (?:\[\w+\] )?(\w+: .*)/.exec(line)?.[1] ?? []);
  expect([status, named]).toEqual([
    0,
    flags.length > 0
      ? []
      : [
          'ExperimentalWarning: Something else is an experimental feature',
          'AnotherWarning: SQLite is an experimental feature',
          'DeprecationWarning: Old',
        ],
  ]);
});
