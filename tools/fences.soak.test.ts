import { execFile } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { startRedis } from '@bnc/testing/redis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readPages } from './fences/pages.ts';
import { checkTypes, runPage, type Stage, writePages } from './fences/run.ts';

/** What these tests read of the manifest of a package. */
interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, unknown>>;
}

const exec = promisify(execFile);
const root = resolve(import.meta.dirname, '..');
const pages = readPages(root);
const base = mkdtempSync(join(tmpdir(), 'bnc-fences-'));
const consumer = join(base, 'consumer');
const manifests = globSync('packages/*/package.json', { cwd: root })
  .map((file) => JSON.parse(readFileSync(join(root, file), 'utf8')) as Manifest & { private?: boolean })
  .filter((manifest) => manifest.private !== true);
/** What the programs of the docs install next to our packages, in the versions of the examples. */
const frameworks = [
  '@fastify/sse',
  '@hono/node-server',
  '@redis/client',
  '@types/express',
  'express',
  'fastify',
  'hono',
  'tone',
];

const others = ['22', '26'].filter((major) => !process.versions.node.startsWith(`${major}.`));
const majors = [...others, process.versions.node.split('.')[0] ?? ''].toSorted();
const compilers = ['5.9', '6.0', '7.0'];
const redis = await startRedis();

function run(command: string, args: readonly string[], cwd: string): Promise<{ stdout: string }> {
  const path = [dirname(process.execPath), process.env.PATH].join(delimiter);
  return exec(command, args, { cwd, env: { ...process.env, PATH: path, NODE_OPTIONS: undefined }, maxBuffer: 2 ** 26 });
}

/** Every entry that programs import. */
const entries = manifests.flatMap(({ name, exports }) =>
  Object.keys(exports)
    .filter((entry) => !entry.endsWith('.json'))
    .map((entry) => `${name}${entry.slice(1)}`),
);
let tarballs: readonly (readonly [name: string, file: string])[] = [];

/** Packs every package as it would be published, and installs the tarballs as a stranger does. */
async function installConsumer(): Promise<void> {
  mkdirSync(consumer);
  tarballs = await Promise.all(
    manifests.map(async ({ name }) => {
      const folder = join(root, 'packages', name.slice(5));
      const { stdout } = await run('pnpm', ['pack', '--json', '--pack-destination', base], folder);
      return [name, `file:${(JSON.parse(stdout) as { filename: string }).filename}`] as const;
    }),
  );
  const { dependencies } = JSON.parse(readFileSync(join(root, 'examples/package.json'), 'utf8')) as {
    dependencies: Readonly<Record<string, string>>;
  };
  const catalog = readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8');
  const versionOf = (name: string): string =>
    new RegExp(`^  '?${name}'?: (\\S+)$`, 'm').exec(catalog)?.[1] ?? dependencies[name] ?? 'latest';
  const manifest = {
    private: true,
    type: 'module',
    dependencies: {
      ...Object.fromEntries(tarballs),
      ...Object.fromEntries(frameworks.map((name) => [name, versionOf(name)])),
      '@types/node': '22',
      ...Object.fromEntries(compilers.map((version) => [`typescript-${version}`, `npm:typescript@~${version}.0`])),
    },
  };
  writeFileSync(join(consumer, 'package.json'), JSON.stringify(manifest));
  const overrides = tarballs.map(([name, file]) => `  '${name}': '${file}'\n`).join('');
  writeFileSync(join(consumer, 'pnpm-workspace.yaml'), `minimumReleaseAge: 0\noverrides:\n${overrides}`);
  await run('pnpm', ['install', '--prefer-offline', '--ignore-scripts'], consumer);
}

/** Node in the versions of `engines` that these tests do not run in. */
async function installNodes(): Promise<void> {
  const platform = `${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const wishes = others.map((major) => `node-${major}@npm:node-${platform}@${major}`);
  await run('npm', ['install', '--prefix', base, '--no-audit', '--no-fund', '--ignore-scripts', ...wishes], base);
}

function stageFor(major: string): Stage {
  const isThis = process.versions.node.startsWith(`${major}.`);
  const folder = join(consumer, `on-${major}`);
  mkdirSync(folder, { recursive: true });
  const node = isThis ? process.execPath : join(base, `node_modules/node-${major}/bin/node`);
  return { folder, node, args: ['--disable-warning=ExperimentalWarning'], redisUrl: redis.url, runsCommands: true };
}

beforeAll(async () => {
  await Promise.all([installConsumer(), installNodes()]);
}, 300_000);

afterAll(async () => {
  await redis.stop();
  rmSync(base, { recursive: true, force: true, maxRetries: 10 });
});

describe('what is published', { timeout: 300_000 }, () => {
  test.each(majors)('runs the code of all READMEs and docs on Node %s, as printed', async (major) => {
    const stage = stageFor(major);
    const { stdout } = await run(stage.node, ['--version'], base);
    expect(stdout.slice(1)).toMatch(new RegExp(`^${major}\\.`));
    writePages(stage, pages);
    const queue = pages.filter(({ fences }) => fences.length > 0);
    const faults: string[] = [];
    const work = async (): Promise<void> => {
      for (let page = queue.pop(); page; page = queue.pop()) faults.push(...(await runPage(stage, page)));
    };
    await Promise.all([work(), work(), work()]);
    expect(faults).toEqual([]);
  });

  test.each(compilers)('type-checks with TypeScript %s, with the libraries that the docs name', async (version) => {
    const stage = { ...stageFor(majors[0] ?? ''), folder: join(consumer, `types-${version}`) };
    mkdirSync(stage.folder);
    writePages(stage, pages);
    mkdirSync(join(stage.folder, 'entries'));
    writeFileSync(
      join(stage.folder, 'entries/all.ts'),
      [
        ...entries.map((entry, index) => `import * as entry${index} from '${entry}';`),
        `export const all: readonly object[] = [${entries.map((_, index) => `entry${index}`).join(', ')}];`,
      ].join('\n'),
    );
    const compiler = join(consumer, `node_modules/typescript-${version}/bin/tsc`);
    expect(await checkTypes(stage, compiler, { skipLibCheck: false })).toBe('');
  });
});

// 200 MB of programs: for a release, not for every change.
describe.runIf(process.env.BNC_SOAK === 'full')('other runtimes', { timeout: 300_000 }, () => {
  const folder = join(base, 'bun-and-deno');
  const program = (name: string): string => join(base, 'node_modules/.bin', name);
  const importing = entries
    // The program of a render process runs as one, and is no entry to import.
    .filter((entry) => !entry.endsWith('/render-program'))
    .map((entry) => `await import('${entry}');\n`)
    .join('');

  test('bun installs the packages, imports every entry, keeps events in SQLite and renders', async () => {
    await run('npm', ['install', '--prefix', base, '--no-audit', '--no-fund', 'bun@1', 'deno@2'], base);
    mkdirSync(folder);
    const dependencies = Object.fromEntries(tarballs);
    const peers = { '@redis/client': '6', '@fastify/sse': '0.6', fastify: '5', tone: '15' };
    const manifest = { private: true, dependencies: { ...dependencies, ...peers }, overrides: dependencies };
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
    await run(program('bun'), ['install'], folder);
    writeFileSync(
      join(folder, 'main.mjs'),
      `${importing}
       import { EventBus } from '@bnc/event-bus';
       import { sqlite } from '@bnc/event-bus/sqlite';
       import { OfflineRenderer } from '@bnc/offline-renderer';
       const bus = new EventBus({ transport: await sqlite({ file: 'bus.db' }) });
       const { duplicate } = await bus.publish('cat:purr', {});
       await bus.close();
       const renderer = new OfflineRenderer();
       const { duration } = await renderer.render({ tempo: 90, scale: ['C4'], instrumentType: 'synth', duration: 1 });
       console.log(duplicate, duration >= 1);
       await renderer.close();`,
    );
    expect((await run(program('bun'), ['main.mjs'], folder)).stdout.trim()).toBe('false true');
  });

  // Its threads do not take ports, which SQLite needs; and it installs no tarballs, so it gets what bun installed.
  test('deno imports every entry, and renders', async () => {
    writeFileSync(
      join(folder, 'deno.mjs'),
      `${importing}
       import { OfflineRenderer } from '@bnc/offline-renderer';
       const renderer = new OfflineRenderer();
       const { duration } = await renderer.render({ tempo: 90, scale: ['C4'], instrumentType: 'synth', duration: 1 });
       console.log(duration >= 1);
       await renderer.close();`,
    );
    const { stdout } = await run(program('deno'), ['run', '-A', '--node-modules-dir=manual', 'deno.mjs'], folder);
    expect(stdout.trim()).toBe('true');
  });
});
