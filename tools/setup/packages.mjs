/** Installs what the lockfile names, and notices when a part of it is gone later. */
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root, run } from './processes.mjs';
import { lackOf } from './reasons.mjs';

const modules = join(root, 'node_modules');
const stamp = join(modules, '.bnc-installed');

const workspaceFolders = ['packages', 'apps', 'tools'].flatMap((group) =>
  readdirSync(join(root, group), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(group, entry.name)),
);

function fingerprintOfWishes() {
  const hash = createHash('sha256');
  for (const file of [
    'pnpm-lock.yaml',
    'pnpm-workspace.yaml',
    'package.json',
    ...['examples', ...workspaceFolders].map((folder) => join(folder, 'package.json')),
  ]) {
    if (existsSync(join(root, file))) hash.update(file).update(readFileSync(join(root, file)));
  }
  return hash.digest('hex');
}

/** Yields a line for each file (its size and path) and link (`->` and its path) below a folder. */
function* linesOf(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* linesOf(path);
    else if (entry.isSymbolicLink()) yield `-> ${relative(root, path)}`;
    else yield `${lstatSync(path).size} ${relative(root, path)}`;
  }
}

/** What belongs to an install: the packages, and the links of each workspace folder to them. */
function* linesOfInstall() {
  yield* linesOf(join(modules, '.pnpm'));
  for (const folder of ['.', 'examples', ...workspaceFolders]) {
    const place = join(root, folder, 'node_modules');
    if (!existsSync(place)) continue;
    for (const entry of readdirSync(place, { withFileTypes: true })) {
      const path = join(place, entry.name);
      if (entry.isSymbolicLink()) yield `-> ${relative(root, path)}`;
      else if (entry.name === '.bin' || entry.name.startsWith('@')) yield* linesOf(path);
    }
  }
}

/** Tells whether a file has the size of its line, or a link still leads somewhere. */
function holds(line) {
  const end = line.indexOf(' ');
  const entry = statSync(join(root, line.slice(end + 1)), { throwIfNoEntry: false });
  return entry !== undefined && (line.startsWith('->') || entry.size === Number(line.slice(0, end)));
}

/** Tells how the folder stands to the lockfile: each of 20,000 files is looked at, which takes 0.1 s. */
function stateOfInstall(fingerprint) {
  if (!existsSync(stamp)) return existsSync(modules) ? 'unfinished' : 'none';
  const [first, ...lines] = readFileSync(stamp, 'utf8').split('\n');
  if (first !== fingerprint) return 'old';
  return lines.length > 0 && lines.every(holds) ? 'whole' : 'damaged';
}

function writeStamp(fingerprint) {
  const aside = `${stamp}.${process.pid}`;
  writeFileSync(aside, [fingerprint, ...linesOfInstall()].join('\n'));
  renameSync(aside, stamp);
}

function install(tools) {
  const args = ['install', '--frozen-lockfile', '--trust-lockfile', '--prefer-offline', '--reporter=append-only'];
  const settings = ['--config.confirmModulesPurge=false', '--config.fetchRetries=1'];
  return run(tools.pnpm, [...args, ...settings], {
    // `npm start --silent` would silence pnpm too, and with it the reason of a failure.
    env: { npm_config_loglevel: 'info' },
  });
}

function removeModules() {
  for (const folder of ['.', 'examples', ...workspaceFolders]) {
    rmSync(join(root, folder, 'node_modules'), { recursive: true, force: true });
  }
}

/** What the packages and their build take on the disk where there are none, in megabytes. */
export function sizeOfPackages() {
  return existsSync(stamp) ? 0 : 620;
}

/** Brings `node_modules` to what the lockfile names; returns a note for the step. */
export async function installPackages(tools) {
  const fingerprint = fingerprintOfWishes();
  const state = stateOfInstall(fingerprint);
  if (state === 'whole') return 'unchanged';
  // pnpm believes its own records of what is there, so what is damaged goes as a whole.
  if (state === 'damaged') removeModules();
  else rmSync(stamp, { force: true });
  let result = await install(tools);
  if (result.code !== 0 && state !== 'none') {
    removeModules();
    result = await install(tools);
  }
  if (result.code !== 0) throw lackOf('Could not install the packages.', result.output);
  writeStamp(fingerprint);
  return state === 'damaged' ? 'repaired: files were missing or cut short' : undefined;
}

/** Copies the built server, with what it needs to run and nothing else, into a new folder. */
export async function exportServer(tools, folder) {
  const args = ['--filter=@bnc/streaming-server', '--prod', '--legacy', 'deploy', folder];
  const { code, output } = await run(tools.pnpm, args);
  if (code !== 0) throw lackOf(`Could not write the server into ${folder}.`, output);
}
