import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const folder = resolve(import.meta.dirname, '../examples');

test.concurrent.each(globSync('[0-9]*.ts', { cwd: folder }).toSorted())(
  'example %s holds what it shows',
  async (file) => {
    const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=@bnc/source', join(folder, file)]);
    expect(stdout.trim()).not.toBe('');
  },
  60_000,
);
