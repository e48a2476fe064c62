/**
 * Compares the public declarations of every package with its committed `api.d.ts`, so that no export comes or goes
 * unnoticed. `--update` writes them.
 */
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const update = process.argv.includes('--update');

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, string | { readonly types?: string }>>;
}

/** Declaration files in the order in which they are met, each told once for a package. */
function declarations(folder: string, entry: string, told: Set<string>): string {
  const met = new Map<string, string>();
  const read = (file: string): void => {
    if (told.has(file) || !existsSync(file)) return;
    told.add(file);
    met.set(file, '');
    const text = readFileSync(file, 'utf8');
    met.set(file, text);
    for (const [, path = ''] of text.matchAll(/from ["'](\.\/[^"']+)\.js["']/g)) {
      read(join(dirname(file), `${path}.d.ts`));
    }
  };
  read(join(folder, entry));
  return [...met.values()].join('\n').trim();
}

let changed = 0;
for (const file of globSync('packages/*/package.json', { cwd: root }).toSorted()) {
  const folder = join(root, dirname(file));
  const { name, exports } = JSON.parse(readFileSync(join(root, file), 'utf8')) as Manifest;
  const told = new Set<string>();
  const sections = Object.entries(exports).flatMap(([path, target]) =>
    typeof target === 'object' && target.types !== undefined
      ? [`// ${join(name, path)}\n\n${declarations(folder, target.types, told)}\n`]
      : [],
  );
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
