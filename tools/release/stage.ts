import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';

const exec = promisify(execFile);
const root = resolve(import.meta.dirname, '../..');

/** How npm gets what is not ours; the loopback registry gets it in the same way. */
interface Outside {
  readonly registry: string;
  readonly cafile: string | null;
  readonly proxy: string | null;
  readonly 'https-proxy': string | null;
  readonly noproxy: readonly string[];
  readonly 'strict-ssl': boolean;
}

/** A registry on the loopback, a clone that is released to it, and folders of strangers who install from it. */
export class ReleaseStage implements AsyncDisposable {
  /** Everything of the stage; goes with it. */
  readonly base: string = mkdtempSync(join(tmpdir(), 'bnc-release-'));
  readonly clone: string = join(this.base, 'clone');
  readonly url: string;
  readonly #registry: ChildProcess;

  private constructor(port: number) {
    this.url = `http://127.0.0.1:${port}`;
    mkdirSync(join(this.base, 'home'));
    const folder = this.folder('registry', {
      dependencies: { verdaccio: '6.10.4' },
      overrides: { 'node-fetch': '2.7.0' },
    });
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: folder, stdio: 'ignore' });
    // YAML is a superset of JSON.
    writeFileSync(join(folder, 'config.yaml'), JSON.stringify(registryConfig(folder)));
    const program = join(folder, 'node_modules/verdaccio/bin/verdaccio');
    const args = [program, '--config', join(folder, 'config.yaml'), '--listen', `127.0.0.1:${port}`];
    this.#registry = spawn(process.execPath, args, { cwd: folder, stdio: 'ignore' });
  }

  static async start(): Promise<ReleaseStage> {
    const stage = new ReleaseStage(await freePort());
    await Promise.all([stage.#logIn(), stage.#makeClone()]);
    return stage;
  }

  /** Makes an empty folder with a manifest. */
  folder(name: string, manifest: object = {}): string {
    const folder = join(this.base, name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', private: true, ...manifest }));
    return folder;
  }

  /** Runs a program with the loopback registry; returns all that it prints. */
  async run(command: string, args: readonly string[], folder: string): Promise<string> {
    const env = this.environment(folder);
    const { stdout, stderr } = await exec(command, args, { cwd: folder, env, maxBuffer: 2 ** 26 });
    return stdout + stderr;
  }

  /** Settings of npm, pnpm, yarn and bun that hold for one folder, whatever the user's are. */
  environment(folder: string): NodeJS.ProcessEnv {
    const { base, url } = this;
    return {
      PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
      HOME: join(base, 'home'),
      PWD: folder,
      npm_config_userconfig: join(base, 'npmrc'),
      npm_config_registry: `${url}/`,
      npm_config_cache: join(base, 'npm-cache'),
      npm_config_fund: 'false',
      npm_config_audit: 'false',
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
      YARN_CACHE_FOLDER: join(base, 'yarn-cache'),
      YARN_ENABLE_IMMUTABLE_INSTALLS: 'false',
      BUN_INSTALL_CACHE_DIR: join(base, 'bun-cache'),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#registry.kill('SIGKILL');
    rmSync(this.base, { recursive: true, force: true, maxRetries: 10 });
  }

  async #logIn(): Promise<void> {
    while (!(await fetch(`${this.url}/-/ping`).catch(() => undefined))?.ok) await wait(100);
    const response = await fetch(`${this.url}/-/user/org.couchdb.user:releaser`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'releaser', password: 'only-on-loopback' }),
    });
    const { token } = (await response.json()) as { readonly token: string };
    writeFileSync(
      join(this.base, 'npmrc'),
      `registry=${this.url}/\n${this.url.replace('http:', '')}/:_authToken=${token}\n`,
    );
  }

  /** Copies what git knows, with a history of one commit, and installs it from the store that this folder came from. */
  async #makeClone(): Promise<void> {
    const { clone } = this;
    const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root });
    for (const file of String(files).split('\0')) {
      if (file !== '' && existsSync(join(root, file))) cpSync(join(root, file), join(clone, file));
    }
    const git = (...args: readonly string[]) => exec('git', args, { cwd: clone });
    await git('init', '-q', '-b', 'main');
    await git('config', 'user.name', 'releaser');
    await git('config', 'user.email', 'releaser@localhost');
    await git('add', '-A');
    await git('commit', '-qm', 'All');
    const modules = readFileSync(join(root, 'node_modules/.modules.yaml'), 'utf8');
    const [, store = ''] = /"storeDir": "(.+)\/v\d+"/.exec(modules) ?? [];
    const args = ['install', '--frozen-lockfile', '--trust-lockfile', '--prefer-offline', `--store-dir=${store}`];
    await exec('pnpm', args, { cwd: clone });
  }
}

/** What is ours is published to the registry, all else comes from outside. */
function registryConfig(folder: string): object {
  const outside = JSON.parse(
    execFileSync('npm', ['config', 'list', '--json'], { encoding: 'utf8', cwd: tmpdir() }),
  ) as Outside;
  return {
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
}

function freePort(): Promise<number> {
  return new Promise((settle) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => settle(port));
    });
  });
}
