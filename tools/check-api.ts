/**
 * Compares the public declarations of every package with its committed `api.d.ts`, so that no export comes or goes
 * unnoticed. `--update` writes them. Each entry stands alone, bundled from its sources.
 */
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { bundleDeclarations } from '@bnc/config/declarations';

const root = resolve(import.meta.dirname, '..');
const update = process.argv.includes('--update');

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, string | { readonly '@bnc/source'?: string; readonly types?: string }>>;
}

let changed = 0;
for (const file of globSync('packages/*/package.json', { cwd: root }).toSorted()) {
  const folder = join(root, dirname(file));
  const { name, exports } = JSON.parse(readFileSync(join(root, file), 'utf8')) as Manifest;
  const sections: string[] = [];
  for (const [path, target] of Object.entries(exports)) {
    if (typeof target !== 'object' || target.types === undefined || target['@bnc/source'] === undefined) continue;
    sections.push(`// ${join(name, path)}\n\n${await bundleDeclarations(join(folder, target['@bnc/source']))}\n`);
  }
  const now = sections.join('\n');
  const committed = join(folder, 'api.d.ts');
  if (existsSync(committed) && readFileSync(committed, 'utf8') === now) continue;
  changed++;
  if (update) writeFileSync(committed, now);
  else {
    console.error(
      `${dirname(file)}: the public API differs from api.d.ts. If that is meant: pnpm api:update, and commit the difference.`,
    );
  }
}
console.log(
  changed === 0 ? 'every api.d.ts is up to date' : `${changed} api.d.ts ${update ? 'written' : 'out of date'}`,
);
process.exitCode = changed > 0 && !update ? 1 : 0;
