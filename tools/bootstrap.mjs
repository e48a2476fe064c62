/**
 * Brings a fresh clone to life: `npm start`, `npm test`, `npm run soak` and `npm run soak:full` all come through here.
 * Runs on any Node from 20 up with nothing installed, and does only what is still missing.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';

const nodeVersion = '24.21.0';
const pnpmVersion = '12.21.0';
const root = resolve(import.meta.dirname ?? dirname(new URL(import.meta.url).pathname), '..');
const toolchain = join(root, '.toolchain');
const exe = process.platform === 'win32' ? '.exe' : '';
const [job = 'help', ...jobArgs] = process.argv.slice(2);

/** Programs that the tests use as they are, and the Debian package that brings each. */
const testPrograms = {
  'chromium-headless-shell|chromium|google-chrome': 'chromium-headless-shell',
  'redis-server|valkey-server': 'redis-server',
  flac: 'flac',
  opusinfo: 'opus-tools',
  sox: 'sox',
  ffmpeg: 'ffmpeg',
  aubio: 'aubio-tools',
};
/** What some of the long tests use besides; without them those are skipped. */
const soakPrograms = { nginx: 'nginx', iptables: 'iptables' };

class Lack extends Error {}

/** The program under way; signals go to it, and it ends with us. */
let current;
let stopping = false;

function isFile(path, mode = constants.X_OK) {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

function onPath(name) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => isFile(join(folder, name + exe)));
}

/** Runs a program to its end; returns its output, or shows it when `show`. */
function run(command, args, { cwd = root, env = {}, show = false, ipc = false } = {}) {
  return new Promise((settle, fail) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      // A group of its own: the terminal's Ctrl-C reaches only us, and we pass it on once.
      detached: process.platform !== 'win32',
      stdio: ['inherit', show ? 'inherit' : 'pipe', show ? 'inherit' : 'pipe', ...(ipc ? ['ipc'] : [])],
    });
    current = child;
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
    child.on('error', fail);
    child.on('close', (code, signal) => {
      current = undefined;
      if (stopping && !show) process.exit(130);
      settle({ code: code ?? 128 + (signal === 'SIGINT' ? 2 : signal === 'SIGTERM' ? 15 : 9), output });
    });
  });
}

function passOn(signal) {
  stopping = true;
  if (!current) process.exit(130);
  try {
    process.kill(process.platform === 'win32' || current.connected ? current.pid : -current.pid, signal);
  } catch {
    // It ended in the meantime.
  }
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => passOn(signal));
// npm hands a SIGTERM to its shell only: notice that the shell is gone, and stop what we started.
const parent = process.ppid;
setInterval(() => process.ppid !== parent && !stopping && passOn('SIGTERM'), 300).unref();

async function step(name, work) {
  const start = performance.now();
  process.stdout.write(`  ${name} `.padEnd(36));
  try {
    const note = await work();
    process.stdout.write(
      `${((performance.now() - start) / 1000).toFixed(1).padStart(6)} s${note ? `  ${note}` : ''}\n`,
    );
  } catch (error) {
    process.stdout.write('failed\n');
    throw error;
  }
}

function tail(output) {
  return output.trim().split('\n').slice(-30).join('\n');
}

/** The packages run on Node 22 too, once they are built; the tests run the sources as they are, and these say `using`. */
function fits(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return (major === 24 && minor >= 11) || major >= 26;
}

const ownNode = join(
  toolchain,
  'node_modules',
  `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`,
  'bin',
  `node${exe}`,
);

function findOwnPnpm() {
  const scope = join(toolchain, 'node_modules', '@pnpm');
  if (!existsSync(scope)) return undefined;
  return readdirSync(scope)
    .filter((name) => name.startsWith('exe.'))
    .map((name) => join(scope, name, `pnpm${exe}`))
    .find((file) => isFile(file));
}

function systemPnpmFits() {
  return (
    onPath('pnpm') &&
    spawnSync('pnpm', ['--version'], { encoding: 'utf8', cwd: '/' }).stdout?.startsWith('12.') === true
  );
}

/** Node and pnpm that fit this repository: the system's, or pinned ones from the npm registry. */
async function bringTools() {
  const wanted = [];
  if (!fits(process.versions.node) && !isFile(ownNode)) wanted.push(`${ownNode.split(/[\\/]/).at(-3)}@${nodeVersion}`);
  if (!findOwnPnpm() && !systemPnpmFits()) wanted.push(`pnpm@${pnpmVersion}`);
  if (wanted.length > 0) {
    await step(`get ${wanted.join(', ')}`, async () => {
      mkdirSync(toolchain, { recursive: true });
      if (!existsSync(join(toolchain, 'package.json'))) {
        writeFileSync(join(toolchain, 'package.json'), '{"private":true}\n');
      }
      const install = [
        'install',
        '--prefix',
        toolchain,
        '--ignore-scripts',
        '--no-audit',
        '--no-fund',
        '--fetch-retries=1',
        '--fetch-retry-mintimeout=500',
        '--fetch-timeout=60000',
      ];
      const npmCli = process.env.npm_execpath?.endsWith('npm-cli.js') ? process.env.npm_execpath : undefined;
      const { code, output } = npmCli
        ? await run(process.execPath, [npmCli, ...install, ...wanted])
        : await run('npm', [...install, ...wanted]);
      if (code !== 0) {
        throw new Lack(
          `Could not get ${wanted.join(' and ')} from the npm registry:\n${tail(output)}\n\nTo do: check the network, proxy and registry settings with 'npm ping', then run the same command again.\nOr install Node ${nodeVersion.split('.')[0]} and pnpm ${pnpmVersion.split('.')[0]} yourself: then nothing needs to be fetched here.`,
        );
      }
    });
  }
  const node = fits(process.versions.node) ? process.execPath : ownNode;
  if (!isFile(node)) {
    throw new Lack(
      `There is no Node ${nodeVersion} package for ${process.platform}-${process.arch}: install Node 24 and run the same command again.`,
    );
  }
  const pnpm = findOwnPnpm() ?? 'pnpm';
  // Debian keeps servers such as nginx where only root's PATH leads.
  const sbin = process.platform === 'linux' ? ['/usr/sbin', '/sbin'] : [];
  const own = [dirname(node), ...(pnpm === 'pnpm' ? [] : [dirname(pnpm)])];
  process.env.PATH = [...own, process.env.PATH, ...sbin].join(delimiter);
  process.env.TURBO_TELEMETRY_DISABLED = '1';
  process.env.TURBO_NO_UPDATE_NOTIFIER = '1';
  return { node, pnpm };
}

const workspaceFolders = ['packages', 'apps', 'tools'].flatMap((group) =>
  readdirSync(join(root, group), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(group, entry.name)),
);

function installFingerprint() {
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

async function installPackages({ pnpm }) {
  const stamp = join(root, 'node_modules', '.bnc-installed');
  const fingerprint = installFingerprint();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint) return 'unchanged';
  const { code, output } = await run(pnpm, [
    'install',
    '--frozen-lockfile',
    '--prefer-offline',
    '--config.minimumReleaseAge=0',
    '--config.confirmModulesPurge=false',
    '--config.fetchRetries=1',
  ]);
  if (code !== 0) {
    throw new Lack(
      `Could not install the packages:\n${tail(output)}\n\nTo do: check the network and the registry settings with 'npm ping', then run the same command again.`,
    );
  }
  writeFileSync(stamp, fingerprint);
  return undefined;
}

async function build({ node }, filter) {
  const args = [join(root, 'node_modules/turbo/bin/turbo'), 'run', 'build', '--output-logs=errors-only', ...filter];
  const { code, output } = await run(node, args);
  if (code !== 0) throw new Lack(`The build failed:\n${tail(output)}`);
  return output.includes('FULL TURBO') ? 'unchanged' : undefined;
}

const isRoot = process.getuid?.() === 0;
const canApt = isRoot && onPath('apt-get');

async function apt(packages) {
  const env = { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  let result = await run('apt-get', ['install', '-y', '--no-install-recommends', ...packages], { env });
  if (result.code !== 0) {
    await run('apt-get', ['update'], { env });
    result = await run('apt-get', ['install', '-y', '--no-install-recommends', ...packages], { env });
  }
  return result;
}

/** The audio engine is a native library that links ALSA, even though nothing here plays on a sound card. */
async function checkAudio({ node }) {
  const probe = () =>
    run(node, ['-e', "require('node-web-audio-api')"], { cwd: join(root, 'packages/offline-renderer') });
  let { code, output } = await probe();
  if (code === 0) return undefined;
  const advice =
    "To do: install ALSA's library: 'apt-get install libasound2' (Debian 12), 'apt-get install libasound2t64' (Debian 13, Ubuntu 24), 'dnf install alsa-lib' (Fedora), then run the same command again.";
  if (!output.includes('libasound')) {
    throw new Lack(
      `The audio engine does not load on ${process.platform}-${process.arch}:\n${tail(output)}\n\nIt needs glibc Linux, macOS or Windows on x64 or arm64 (Alpine Linux is not supported).`,
    );
  }
  if (!canApt) {
    throw new Lack(
      `The audio engine needs libasound.so.2, which this system lacks${isRoot ? '' : ', and only root may install it'}.\n${advice}`,
    );
  }
  if ((await apt(['libasound2'])).code !== 0) await apt(['libasound2t64']);
  ({ code, output } = await probe());
  if (code !== 0) {
    throw new Lack(`The audio engine still does not load after installing libasound2:\n${tail(output)}\n${advice}`);
  }
  return 'installed libasound2';
}

async function bringTestPrograms() {
  const named = { 'chromium-headless-shell': process.env.CHROMIUM_PATH, 'redis-server': process.env.REDIS_SERVER };
  const wished = Object.keys(soakPrograms).filter((name) => job.startsWith('soak') && !onPath(name));
  if (wished.length > 0 && canApt) await apt(wished.map((name) => soakPrograms[name]));
  const missing = Object.entries(testPrograms)
    .filter(([names, debian]) => !named[debian] && !names.split('|').some(onPath))
    .map(([, debian]) => debian);
  if (missing.length === 0) return undefined;
  const command = `apt-get update && apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  if (!canApt) {
    throw new Lack(
      `The tests need programs that this system lacks: ${missing.join(', ')}.\nTo do, on Debian or Ubuntu as root:\n  ${command}\nElsewhere install them your way; CHROMIUM_PATH and REDIS_SERVER may name a browser and a Redis (or Valkey) server.`,
    );
  }
  const { code, output } = await apt(missing);
  if (code !== 0) {
    throw new Lack(`Could not install ${missing.join(', ')}:\n${tail(output)}\nTo do, as root:\n  ${command}`);
  }
  return `installed ${missing.join(', ')}`;
}

const jobs = {
  async start(tools) {
    const server = join(root, 'apps/streaming-server/dist/main.js');
    return (await run(tools.node, [server, ...jobArgs], { show: true, ipc: true })).code;
  },
  async test(tools) {
    if (jobArgs.length === 0) {
      process.stdout.write('\nchecks\n');
      const { code } = await run(tools.pnpm, ['check'], { show: true });
      if (code !== 0) return code;
    }
    process.stdout.write('\ntests\n');
    return await vitest(tools, jobArgs, {});
  },
  soak: (tools) => vitest(tools, ['--passWithNoTests', ...jobArgs], { BNC_SOAK: '1' }),
  'soak:full': (tools) => vitest(tools, ['--passWithNoTests', ...jobArgs], { BNC_SOAK: 'full' }),
};

async function vitest({ node }, args, env) {
  return (
    await run(node, [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...args], {
      show: true,
      env: { BNC_PLAIN: '1', ...env },
    })
  ).code;
}

try {
  if (!(job in jobs)) {
    process.stdout.write(
      'Usage: npm start [-- options]   run the server (npm start -- --help shows its options)\n       npm test [-- filter]     every check and test, or the tests whose file name matches\n       npm run soak             the long tests\n       npm run soak:full        the long tests at full length\n',
    );
    process.exit(job === 'help' ? 0 : 2);
  }
  process.stdout.write('bots-n-cats: set-up\n');
  const tools = await bringTools();
  await step('packages', () => installPackages(tools));
  await step('build', () => build(tools, job === 'start' ? ['--filter=@bnc/streaming-server...'] : []));
  const onlyHelps = job === 'start' && jobArgs.some((arg) => arg === '--help' || arg === '-h');
  if (!onlyHelps) await step('audio engine', () => checkAudio(tools));
  if (job !== 'start') await step('programs for the tests', bringTestPrograms);
  process.exit(await jobs[job](tools));
} catch (error) {
  process.stderr.write(`\n${error instanceof Lack ? error.message : error?.stack}\n`);
  process.exit(1);
}
