import { existsSync, globSync, mkdirSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The file that ships next to a build. */
export const noticesName = 'THIRD_PARTY_NOTICES.txt';

/** Licences that ask for no more than to be named. */
const allowed: ReadonlySet<string> = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
]);

const heading = 'THIRD-PARTY NOTICES\n\nThis build contains parts of the following.\n';
const line = `\n${'-'.repeat(80)}\n\n`;

/** What is read of the manifest of a package. */
interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly license?: string;
  readonly homepage?: string;
}

/**
 * Returns the notices of the packages whose modules are in a build, and of what these contain; `undefined` when all of
 * it is ours.
 * @param modules Paths of the modules.
 * @param texts Files with the notices of what no path shows.
 * @throws {Error} When a package has no licence, none that is allowed, or no text of it.
 */
export function noticesOf(modules: Iterable<string>, texts: readonly string[] = []): string | undefined {
  const folders = new Set<string>();
  for (const module of modules) {
    const folder = folderOf(module);
    if (folder !== undefined) folders.add(folder);
  }
  const sections = new Set([...folders].flatMap(sectionsOf));
  for (const file of texts) sections.add(readFileSync(file, 'utf8'));
  if (sections.size === 0) return undefined;
  return [heading, ...[...sections].toSorted()].join(line);
}

/**
 * Writes the notices of a build into its folder, where there are any. A package that compiles others' code in ways that
 * no path shows, such as WebAssembly, keeps the texts under `notices/`: they are added.
 */
export function writeNotices(modules: Iterable<string>, folder: string): void {
  const notices = noticesOf(modules, globSync('notices/*.txt'));
  if (notices === undefined) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, noticesName), notices);
}

/** The folder of the package that a module is of: the nearest one whose manifest has a name. */
function folderOf(module: string): string | undefined {
  const file = module.replace(/[?#].*$/, '');
  // Helpers that the builder adds have no file.
  if (file.startsWith('\0') || !existsSync(file)) return undefined;
  let folder = dirname(realpathSync(file));
  while (readManifest(folder)?.name === undefined) {
    if (dirname(folder) === folder) return undefined;
    folder = dirname(folder);
  }
  return folder;
}

function readManifest(folder: string): Manifest | undefined {
  const file = join(folder, 'package.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Manifest) : undefined;
}

function sectionsOf(folder: string): readonly string[] {
  const { name = '', version, license = 'none', homepage } = readManifest(folder) ?? {};
  // What is ours needs no notice here. What its build contains of others does.
  if (name.startsWith('@bnc/')) return sectionsIn(join(folder, 'dist', noticesName));
  const choices = license.replaceAll(/[()]/g, '').split(' OR ');
  if (!choices.some((choice) => allowed.has(choice))) {
    throw new Error(`${name}@${version} may not be part of a build: its licence is ${license}.`);
  }
  const texts = readdirSync(folder)
    .filter((file) => /^(?:licen[cs]e|copying|notice|third.?party|copyright)/i.test(file) && !file.endsWith('.json'))
    .toSorted();
  if (!texts.some((file) => /^(?:licen[cs]e|copying)/i.test(file))) {
    throw new Error(`${name}@${version} comes without the text of its licence: ${folder}`);
  }
  const head = `${name} ${version}\n${license}${homepage === undefined ? '' : `, ${homepage}`}\n`;
  return [[head, ...texts.map((file) => `${readFileSync(join(folder, file), 'utf8').trim()}\n`)].join('\n')];
}

function sectionsIn(file: string): readonly string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').split(line).slice(1) : [];
}
