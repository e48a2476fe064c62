import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const examples = Array.from(readme.matchAll(/^```ts\n([\s\S]*?)^```$/gm), ([, code = '']) => code);

// Inside the package, so that its own name leads to its sources.
const folder = mkdtempSync(fileURLToPath(new URL('../.readme-', import.meta.url)));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.concurrent.each(examples.map((code, i) => [i + 1, code] as const))(
  'example %i prints what it says',
  async (i, code) => {
    const shown = Array.from(code.matchAll(/^\/\/ (.*)$/gm), ([, line]) => line);
    expect(shown.length).toBeGreaterThan(0);
    const file = join(folder, `${i}.ts`);
    writeFileSync(file, code);
    const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=@bnc/source', file], { cwd: folder });
    expect(stdout.trimEnd().split('\n')).toEqual(shown);
  },
);
