import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

/** What is published of a package, as far as these tests read it. */
interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

const exec = promisify(execFile);
const root = resolve(import.meta.dirname, '..');
const base = mkdtempSync(join(tmpdir(), 'bnc-release-'));
const clone = join(base, 'clone');
/** How npm gets what is not ours; the loopback registry gets it in the same way. */
const outside = JSON.parse(execFileSync('npm', ['config', 'list', '--json'], { encoding: 'utf8' })) as {
  readonly registry: string;
  readonly cafile: string | null;
  readonly proxy: string | null;
  readonly 'https-proxy': string | null;
  readonly noproxy: readonly string[];
  readonly 'strict-ssl': boolean;
};
const node = dirname(process.execPath);

let registry: ChildProcess;
let url: string;
let published: readonly Manifest[] = [];

function readManifest(file: string): Manifest {
  return JSON.parse(readFileSync(file, 'utf8')) as Manifest;
}

/** Settings of npm, pnpm and yarn that hold for one folder, whatever the user's are. */
function environment(folder: string): NodeJS.ProcessEnv {
  return {
    PATH: [node, process.env.PATH].join(delimiter),
    HOME: join(base, 'home'),
    npm_config_userconfig: join(base, 'npmrc'),
    npm_config_registry: `${url}/`,
    npm_config_cache: join(base, 'npm-cache'),
    // What was published a moment ago is what these tests install.
    pnpm_config_minimum_release_age: '0',
    pnpm_config_store_dir: join(base, 'store'),
    // In the clone, the packages are those that its lockfile names: no script installs them again on its way.
    pnpm_config_verify_deps_before_run: 'false',
    YARN_NPM_REGISTRY_SERVER: url,
    YARN_UNSAFE_HTTP_WHITELIST: '127.0.0.1',
    YARN_ENABLE_TELEMETRY: '0',
    YARN_NPM_MINIMAL_AGE_GATE: '0',
    YARN_GLOBAL_FOLDER: join(base, 'yarn'),
    YARN_ENABLE_IMMUTABLE_INSTALLS: 'false',
    npm_config_fund: 'false',
    npm_config_audit: 'false',
    PWD: folder,
  };
}

async function run(command: string, args: readonly string[], folder: string): Promise<string> {
  const { stdout, stderr } = await exec(command, args, { cwd: folder, env: environment(folder), maxBuffer: 2 ** 26 });
  return stdout + stderr;
}

function makeFolder(name: string, manifest: object = {}): string {
  const folder = join(base, name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', private: true, ...manifest }));
  return folder;
}

/** Starts a registry on the loopback: what is ours is published to it, all else comes from outside. */
async function startRegistry(): Promise<void> {
  const folder = makeFolder('registry', {
    dependencies: { verdaccio: '6.10.4' },
    overrides: { 'node-fetch': '2.7.0' },
  });
  await exec('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: folder });
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  await new Promise((settle) => probe.close(settle));
  const config = {
    storage: join(folder, 'storage'),
    auth: { htpasswd: { file: join(folder, 'htpasswd') } },
    uplinks: {
      outside: {
        url: outside.registry,
        cache: true,
        maxage: '60m',
        timeout: '60s',
        strict_ssl: outside['strict-ssl'],
        ...(outside.cafile && { ca: readFileSync(outside.cafile, 'utf8') }),
      },
    },
    ...(outside.proxy && { http_proxy: outside.proxy }),
    ...(outside['https-proxy'] && { https_proxy: outside['https-proxy'] }),
    ...(outside.noproxy.length > 0 && { no_proxy: outside.noproxy.join(',') }),
    packages: {
      '@bnc/*': { access: '$all', publish: '$authenticated' },
      '**': { access: '$all', proxy: 'outside' },
    },
    max_body_size: '100mb',
    log: { type: 'stdout', format: 'pretty', level: 'error' },
  };
  // YAML is a superset of JSON.
  writeFileSync(join(folder, 'config.yaml'), JSON.stringify(config));
  url = `http://127.0.0.1:${port}`;
  const program = join(folder, 'node_modules/verdaccio/bin/verdaccio');
  registry = spawn(process.execPath, [program, '--config', join(folder, 'config.yaml'), '--listen', url.slice(7)], {
    cwd: folder,
    stdio: 'ignore',
  });
  await vi.waitUntil(async () => (await fetch(`${url}/-/ping`).catch(() => undefined))?.ok, { timeout: 60_000 });
  const response = await fetch(`${url}/-/user/org.couchdb.user:releaser`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'releaser', password: 'only-on-loopback' }),
  });
  const { token } = (await response.json()) as { token: string };
  writeFileSync(join(base, 'npmrc'), `registry=${url}/\n//127.0.0.1:${port}/:_authToken=${token}\n`);
}

/** Copies what git knows, with a history of one commit, and installs it from the store that this folder came from. */
async function makeClone(): Promise<void> {
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root });
  for (const file of String(files).split('\0')) {
    if (file !== '' && existsSync(join(root, file))) cpSync(join(root, file), join(clone, file));
  }
  const git = (...args: readonly string[]) =>
    exec('git', ['-c', 'user.name=releaser', '-c', 'user.email=releaser@localhost', ...args], { cwd: clone });
  await git('init', '-q', '-b', 'main');
  await git('config', 'user.name', 'releaser');
  await git('config', 'user.email', 'releaser@localhost');
  await git('add', '-A');
  await git('commit', '-qm', 'All');
  const [, store = ''] =
    /"storeDir": "(.+)\/v\d+"/.exec(readFileSync(join(root, 'node_modules/.modules.yaml'), 'utf8')) ?? [];
  await exec('pnpm', ['install', '--frozen-lockfile', '--trust-lockfile', '--prefer-offline', `--store-dir=${store}`], {
    cwd: clone,
  });
}

beforeAll(async () => {
  mkdirSync(join(base, 'home'));
  await Promise.all([startRegistry(), makeClone()]);
}, 600_000);

afterAll(() => {
  registry?.kill('SIGKILL');
  rmSync(base, { recursive: true, force: true, maxRetries: 10 });
}, 600_000);

/** What a package needs to be installed next to it: its required peers, and those that its entries name. */
function peersOf({ peerDependencies = {} }: Manifest): string[] {
  return Object.entries(peerDependencies).map(([name, range]) => `${name}@${range}`);
}

function entriesOf({ name, exports }: Manifest): string[] {
  return Object.keys(exports).map((entry) => `${name}${entry.slice(1)}`);
}

/** Imports every entry, as a program of a stranger does. */
function importing(manifest: Manifest): string {
  // The program of a render process runs as one, and is no entry to import.
  const entries = entriesOf(manifest).filter((entry) => !/\.json$|\/render-program$/.test(entry));
  return `${entries.map((entry) => `await import('${entry}');`).join('')}console.log('imported ${entries.length}')`;
}

// Ten minutes and a hundred installs: for a release, not for every change.
describe.runIf(process.env.BNC_SOAK === 'full')('a release', { timeout: 600_000 }, () => {
  test('writes versions and changelogs from the changesets', async () => {
    await run('pnpm', ['changeset', 'version'], clone);
    const manifests = globSync('packages/*/package.json', { cwd: clone }).map((file) =>
      readManifest(join(clone, file)),
    );
    expect(new Set(manifests.map(({ version }) => version))).toEqual(new Set(['0.1.0']));
    for (const file of globSync('packages/*/CHANGELOG.md', { cwd: clone })) {
      expect(readFileSync(join(clone, file), 'utf8'), file).toContain('## 0.1.0');
    }
  });

  test('is published: every public package, with ranges of others and none of the workspace', async () => {
    await run('pnpm', ['release:publish'], clone);
    const names = globSync('packages/*/package.json', { cwd: clone }).map(
      (file) => readManifest(join(clone, file)).name,
    );
    published = await Promise.all(
      names.map(async (name) => (await (await fetch(`${url}/${name}/latest`)).json()) as Manifest),
    );
    for (const { name, version, dependencies = {}, peerDependencies = {} } of published) {
      expect(version, name).toBe('0.1.0');
      for (const range of Object.values({ ...dependencies, ...peerDependencies })) {
        expect(range, name).toMatch(/^\^\d/);
      }
    }
    const { stdout: tags } = await exec('git', ['tag'], { cwd: clone });
    // The packages, and the server.
    expect(tags.trim().split('\n').length).toBe(names.length + 1);
  });

  test.each(['npm', 'pnpm', 'yarn'])('can be installed by %s, each package alone', async (manager) => {
    const yarn = join(base, 'yarn-program');
    if (manager === 'yarn') {
      await run('npm', ['install', '--prefix', makeFolder('yarn-program'), '@yarnpkg/cli-dist@4'], base);
    }
    // One after the other: together they are slower, because one registry serves them all.
    for (const manifest of published) {
      const folder = makeFolder(`${manager}-${manifest.name.slice(5)}`);
      const wishes = [`${manifest.name}@${manifest.version}`, ...peersOf(manifest)];
      const cli = join(yarn, 'node_modules/@yarnpkg/cli-dist/bin/yarn.js');
      if (manager === 'npm') {
        await run('npm', ['install', ...wishes], folder);
      } else if (manager === 'pnpm') {
        // Else pnpm would wait until what was published a moment ago is a day old.
        writeFileSync(join(folder, 'pnpm-workspace.yaml'), 'minimumReleaseAge: 0\n');
        await run('pnpm', ['add', ...wishes], folder);
      } else {
        writeFileSync(join(folder, 'yarn.lock'), '');
        await run(process.execPath, [cli, 'add', ...wishes], folder);
      }
      writeFileSync(join(folder, 'main.mjs'), importing(manifest));
      const program = manager === 'yarn' ? [cli, 'node', 'main.mjs'] : ['main.mjs'];
      expect(await run(process.execPath, program, folder), manifest.name).toContain('imported');
    }
  });

  test('brings the command line that the README calls', async () => {
    const folder = makeFolder('command');
    const score = { tempo: 90, scale: ['C4', 'D4', 'E4', 'G4', 'A4'], instrumentType: 'fmSynth', duration: 5 };
    writeFileSync(join(folder, 'score.json'), JSON.stringify(score));
    const output = await run(
      'npx',
      ['--yes', '@bnc/offline-renderer', 'score.json', '-o', 'out.wav', '--play-info'],
      folder,
    );
    expect(output).toMatch(/loudness +-\d/);
    expect(readFileSync(join(folder, 'out.wav')).subarray(0, 4).toString()).toBe('RIFF');
  });

  test('brings the server to an empty folder by one command', async () => {
    const folder = makeFolder('server');
    const output = await run('npx', ['--yes', '@bnc/streaming-server', 'doctor', '--port', '0', '--json'], folder);
    const { ok } = JSON.parse(output.slice(output.indexOf('{'))) as { readonly ok: boolean };
    expect(ok).toBe(true);
    expect(await run('npx', ['--yes', '@bnc/streaming-server', '--version'], folder)).toContain('0.1.0');
  });

  test.each(['oldest', 'newest'])('renders with the %s Tone.js in the range', async (which) => {
    const renderer = published.find(({ name }) => name === '@bnc/offline-renderer');
    const range = renderer?.peerDependencies?.tone ?? '';
    const folder = makeFolder(`tone-${which}`);
    await run(
      'npm',
      ['install', '@bnc/offline-renderer', `tone@${which === 'oldest' ? range.slice(1) : range}`],
      folder,
    );
    writeFileSync(
      join(folder, 'graph.mjs'),
      `export function build({ Tone, context }) {
         const synth = new Tone.Synth({ context }).connect(context.destination);
         synth.triggerAttackRelease('A4', 0.5, 0.1);
       }`,
    );
    writeFileSync(
      join(folder, 'main.mjs'),
      `import { OfflineRenderer } from '@bnc/offline-renderer';
       const renderer = new OfflineRenderer();
       const graph = await renderer.render({ module: new URL('./graph.mjs', import.meta.url), duration: 1 });
       const score = await renderer.renderTestTone();
       const peak = (buffer) => buffer.getChannelData(0).reduce((max, x) => Math.max(max, Math.abs(x)), 0);
       console.log(peak(graph) > 0.1, peak(score) > 0.1);
       await renderer.close();`,
    );
    expect((await run(process.execPath, ['main.mjs'], folder)).trim()).toBe('true true');
  });
});
