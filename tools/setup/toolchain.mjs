/** Node and pnpm that fit this repository: the system's, or pinned ones from the npm registry, checked by hash. */
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { exe, isFile, onPath, root, run, step } from './processes.mjs';
import { Lack, lackOf } from './reasons.mjs';

const toolchain = join(root, '.toolchain');

/** What a program of the toolchain takes on the disk while it comes, in megabytes. */
const sizes = { node: 260, pnpm: 100 };

/** The packages run on Node 22 too, once they are built; the tests run the sources as they are, and these say `using`. */
function nodeFits() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return (major === 24 && minor >= 11) || major >= 26;
}

function pnpmFits() {
  return (
    onPath('pnpm') &&
    spawnSync('pnpm', ['--version'], { encoding: 'utf8', cwd: '/' }).stdout?.startsWith('12.') === true
  );
}

/** The package for this platform in a lockfile of `tools/toolchain`, and where it will be. */
function pinned(name) {
  const lockfile = join(root, 'tools/toolchain', name, 'package-lock.json');
  const { packages } = JSON.parse(readFileSync(lockfile, 'utf8'));
  const [place, entry] =
    Object.entries(packages).find(
      ([, { os, cpu }]) => [os].flat().includes(process.platform) && [cpu].flat().includes(process.arch),
    ) ?? [];
  if (place === undefined) {
    throw new Lack(
      `No ${name} is pinned for ${process.platform}-${process.arch}.\nTo do: install ${name === 'node' ? 'Node 24' : 'pnpm 12'}, then run the same command again.`,
    );
  }
  // Named after its version: a newer lockfile brings a folder of its own.
  const folder = join(toolchain, `${name}-${entry.version}`);
  const program = join(place, name === 'node' ? 'bin' : '', name + exe);
  return { name, place, entry, folder, program, version: entry.version, file: join(folder, program) };
}

/** Tells whether a program is there as it came: a file cut short by a full disk or a power cut is not. */
function isWhole({ folder, file }) {
  try {
    return isFile(file) && statSync(file).size === Number(readFileSync(join(folder, '.size'), 'utf8'));
  } catch {
    return false;
  }
}

/** Fetches aside, lets npm compare the hash with the lockfile, tries the program, and only then moves it in place. */
async function fetchPinned(tool) {
  const { name, folder, program, version } = tool;
  const aside = join(toolchain, `.part-${name}-${process.pid}`);
  const cache = join(aside, '.cache');
  try {
    mkdirSync(aside, { recursive: true });
    writeLockfile(aside, tool);
  } catch (error) {
    throw lackOf(`Could not write into ${toolchain}.`, `${error.code}: ${error.message}`);
  }
  try {
    const { code, output, unknown } = await runNpm(
      ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--logs-max=0', '--cache', cache],
      // `npm start --silent` would silence this npm too, and with it the reason of a failure.
      { npm_config_loglevel: 'error', npm_config_fetch_retries: '1', npm_config_fetch_retry_mintimeout: '500' },
      aside,
    );
    if (unknown) {
      throw new Lack(
        `Could not get ${name} ${version}: there is no npm next to ${process.execPath} nor on the PATH.\nTo do: install Node with its npm, or Node 24 and pnpm 12 (then nothing needs to be fetched here), and run the same command again.`,
      );
    }
    if (code !== 0) throw lackOf(`Could not get ${name} ${version} from the npm registry.`, output);
    const { status, stdout, stderr, error } = spawnSync(join(aside, program), ['--version'], {
      encoding: 'utf8',
      cwd: aside,
    });
    if (status !== 0 || !stdout.includes(version)) {
      throw lackOf(
        `The fetched ${name} ${version} does not run on this system.`,
        `${stderr ?? ''}${error?.message ?? ''}`,
      );
    }
    rmSync(cache, { recursive: true });
    const size = toDisk(join(aside, program));
    writeFileSync(join(aside, '.size'), String(size));
    toDisk(join(aside, '.size'));
    // Another start may have put it there in the meantime, and use it.
    if (!isWhole(tool)) {
      rmSync(folder, { recursive: true, force: true });
      renameSync(aside, folder);
    }
  } catch (error) {
    if (!isWhole(tool)) throw error;
  } finally {
    remove(aside);
  }
}

/** Asks for this one package by its hash. As an optional one, as it is in our lockfile, npm would do without it. */
function writeLockfile(folder, { place, entry }) {
  const { optional: _, ...needed } = entry;
  const wish = { private: true, dependencies: { [place.replace('node_modules/', '')]: entry.version } };
  const lockfile = { lockfileVersion: 3, requires: true, packages: { '': wish, [place]: needed } };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(wish));
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lockfile));
}

/** Makes sure that the bytes of a file have left memory; returns how many there are. */
function toDisk(path) {
  const file = openSync(path, 'r+');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  return statSync(path).size;
}

/** The npm that runs us, else the one that came with this Node, else the one on the PATH. */
function runNpm(args, env, cwd) {
  const bin = dirname(process.execPath);
  const script = [
    process.env.npm_execpath ?? '',
    join(bin, 'node_modules/npm/bin/npm-cli.js'),
    join(bin, '../lib/node_modules/npm/bin/npm-cli.js'),
  ].find((file) => file.endsWith('npm-cli.js') && existsSync(file));
  if (script !== undefined) return run(process.execPath, [realpathSync(script), ...args], { env, cwd });
  return process.platform === 'win32'
    ? run('cmd.exe', ['/d', '/s', '/c', 'npm', ...args], { env, cwd })
    : run('npm', args, { env, cwd });
}

/** Removes what earlier starts left when they were killed. What an orphan still writes into goes the next time. */
function removeParts() {
  if (!existsSync(toolchain)) return;
  for (const name of readdirSync(toolchain)) {
    const pid = Number(/^\.part-\w+-(\d+)$/.exec(name)?.[1]);
    if (pid > 0 && !isAlive(pid)) remove(join(toolchain, name));
  }
}

function remove(folder) {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {
    // It costs space only.
  }
}

function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Returns the programs that the system lacks, and the megabytes that those which are not here yet will take. */
export function chooseTools() {
  removeParts();
  const own = [...(nodeFits() ? [] : ['node']), ...(pnpmFits() ? [] : ['pnpm'])].map(pinned);
  const megabytes = own.filter((tool) => !isWhole(tool)).reduce((sum, { name }) => sum + sizes[name], 0);
  return { own, megabytes };
}

/** Returns the Node and pnpm to use, with both first on the PATH. */
export async function bringTools({ own }) {
  for (const tool of own) {
    if (!isWhole(tool)) await step(`get ${tool.name} ${tool.version}`, () => fetchPinned(tool));
  }
  const files = Object.fromEntries(own.map(({ name, file }) => [name, file]));
  const { node = process.execPath, pnpm = 'pnpm' } = files;
  // Debian keeps servers such as nginx where only root's PATH leads.
  const sbin = process.platform === 'linux' ? ['/usr/sbin', '/sbin'] : [];
  process.env.PATH = [dirname(node), ...(files.pnpm ? [dirname(pnpm)] : []), process.env.PATH, ...sbin].join(delimiter);
  process.env.TURBO_TELEMETRY_DISABLED = '1';
  process.env.TURBO_NO_UPDATE_NOTIFIER = '1';
  // The next step sees to the packages: no script of pnpm's may install them again on its way.
  process.env.pnpm_config_verify_deps_before_run = 'false';
  // What pnpm fetches stays in this folder too, unless pnpm is the user's, who may share one store.
  if (files.pnpm) {
    for (const name of ['store', 'cache', 'state']) process.env[`pnpm_config_${name}_dir`] = join(toolchain, name);
  }
  return { node, pnpm };
}
