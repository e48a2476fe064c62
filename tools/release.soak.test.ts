import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bring, managers } from './release/managers.ts';
import { ReleaseStage } from './release/stage.ts';

/** What is published of a package, as far as these tests read it. */
interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

const exec = promisify(execFile);
const isFull = process.env.BNC_SOAK === 'full';
let stage: ReleaseStage;
let published: readonly Manifest[] = [];
let server: ChildProcess | undefined;

beforeAll(async () => {
  stage = await ReleaseStage.start();
}, 300_000);
afterAll(async () => {
  killServer();
  await stage[Symbol.asyncDispose]();
}, 300_000);

function manifestsOf(pattern: string): readonly Manifest[] {
  return globSync(pattern, { cwd: stage.clone }).map(
    (file) => JSON.parse(readFileSync(join(stage.clone, file), 'utf8')) as Manifest,
  );
}

/** What the registry has as the newest of each package. */
function newest(names: readonly string[]): Promise<readonly Manifest[]> {
  return Promise.all(
    names.map(async (name) => (await (await fetch(`${stage.url}/${name}/latest`)).json()) as Manifest),
  );
}

/** A package, and what it needs next to it. */
function wishesFor({ name, version, peerDependencies = {} }: Manifest): readonly string[] {
  return [`${name}@${version}`, ...Object.entries(peerDependencies).map(([peer, range]) => `${peer}@${range}`)];
}

/** Imports every entry, as a program of a stranger does. */
function importing({ name, exports }: Manifest): string {
  // The program of a render process runs as one, and is no entry to import.
  const entries = Object.keys(exports).filter((entry) => !/\.json$|\/render-program$/.test(entry));
  const lines = entries.map((entry) => `await import('${name}${entry.slice(1)}');`);
  return [...lines, `console.log('imported ${entries.length}');`].join('\n');
}

/** Starts the server by the command of the README in an empty folder; settles with where its page is. */
async function startServer(folder: string): Promise<string> {
  server = spawn('npx', ['--yes', '@bnc/streaming-server', '--port', '0', '--json'], {
    cwd: folder,
    env: stage.environment(folder),
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  for await (const line of server.stdout ?? []) return (JSON.parse(String(line)) as { readonly url: string }).url;
  throw new Error('the server has ended');
}

/** Kills npx and the server that it has started, where a test has left them. */
function killServer(): void {
  try {
    if (server?.pid !== undefined) process.kill(-server.pid, 'SIGKILL');
  } catch {
    // Both have ended.
  }
}

describe('a release', { timeout: 300_000 }, () => {
  test('writes versions and changelogs from the changesets', async () => {
    await stage.run('pnpm', ['changeset', 'version'], stage.clone);
    const manifests = manifestsOf('{packages/*,apps/streaming-server}/package.json');
    expect(manifests.length).toBeGreaterThan(8);
    expect(new Set(manifests.map(({ version }) => version))).toEqual(new Set(['0.1.0']));
    const logs = globSync('{packages/*,apps/streaming-server}/CHANGELOG.md', { cwd: stage.clone });
    expect(logs.length).toBe(manifests.length);
    for (const file of logs) {
      expect(readFileSync(join(stage.clone, file), 'utf8'), file).toMatch(
        /^# @bnc\/\S+\n\n## 0\.1\.0\n\n### Minor Changes\n\n- First release: /,
      );
    }
  });

  test('is published: every public package, with ranges of others and none of the workspace', async () => {
    await stage.run('pnpm', ['release:publish'], stage.clone);
    published = await newest(manifestsOf('packages/*/package.json').map(({ name }) => name));
    for (const { name, version, dependencies = {}, peerDependencies = {} } of published) {
      expect(version, name).toBe('0.1.0');
      for (const range of Object.values({ ...dependencies, ...peerDependencies })) {
        expect(range, name).toMatch(/^\^\d/);
      }
    }
    const { stdout: tags } = await exec('git', ['tag'], { cwd: stage.clone });
    // The packages, and the server.
    expect(tags.trim().split('\n').length).toBe(published.length + 1);
  });

  test.each(isFull ? managers : managers.slice(0, 1))(
    'can be installed by $name, each package alone',
    async (manager) => {
      expect(published.length).toBeGreaterThan(7);
      const program = await bring(manager, stage);
      const [command, ...args] = manager.command(program);
      // One after the other: together they are slower, because one registry serves them all.
      for (const manifest of published) {
        const folder = stage.folder(`${manager.name.replaceAll(/\W+/g, '-')}-${manifest.name.slice(5)}`);
        await manager.add(stage, folder, wishesFor(manifest), program);
        writeFileSync(join(folder, 'main.mjs'), importing(manifest));
        expect(await stage.run(command, [...args, 'main.mjs'], folder), manifest.name).toContain('imported');
      }
    },
  );

  test('brings the command line that the README calls', async () => {
    const folder = stage.folder('command');
    const score = { tempo: 90, scale: ['C4', 'D4', 'E4', 'G4', 'A4'], instrumentType: 'fmSynth', duration: 5 };
    writeFileSync(join(folder, 'score.json'), JSON.stringify(score));
    const args = ['--yes', '@bnc/offline-renderer', 'score.json', '-o', 'out.wav', '--play-info'];
    expect(await stage.run('npx', args, folder)).toMatch(/loudness +-\d/);
    expect(readFileSync(join(folder, 'out.wav')).subarray(0, 4).toString()).toBe('RIFF');
  });

  test('brings the server to an empty folder by one command, and it plays', async () => {
    const folder = stage.folder('server');
    const url = await startServer(folder);
    const page = await (await fetch(url)).text();
    for (const [, file = ''] of page.matchAll(/(?:src|href)="\.?\/([^"]+)"/g)) {
      expect((await fetch(new URL(file, url))).status, file).toBe(200);
    }
    const stream = new AbortController();
    const path = 'stream/bots-n-cats/demo?delivery=url&format=flac';
    const { body } = await fetch(new URL(path, url), { signal: stream.signal });
    let text = '';
    for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk;
      if (/"type":"audio_buffer".*\n\n/s.test(text)) break;
    }
    const [, clip = ''] = /"url":"\/(clips\/\w+\.flac)"/.exec(text) ?? [];
    stream.abort();
    expect(
      Buffer.from(await (await fetch(new URL(clip, url))).bytes())
        .subarray(0, 4)
        .toString(),
    ).toBe('fLaC');
    // Only npx gets the signal, as from a service manager; the server notices.
    server?.kill('SIGTERM');
    const isServed = (): Promise<boolean> =>
      fetch(url).then(
        () => true,
        () => false,
      );
    await expect.poll(isServed, { timeout: 30_000 }).toBe(false);
    const doctor = await stage.run('npx', ['--yes', '@bnc/streaming-server', 'doctor', '--port', '0'], folder);
    expect(doctor).toContain('0 problems');
  });

  test('of one patch later publishes what changed and what needs it, and nothing twice', async () => {
    const [{ name: changed } = { name: '' }] = published.filter(({ name }) => name === '@bnc/contracts');
    writeFileSync(join(stage.clone, '.changeset/patch.md'), `---\n'${changed}': patch\n---\n\nA type is wider.\n`);
    await stage.run('pnpm', ['changeset', 'version'], stage.clone);
    const versions = manifestsOf('{packages/*,apps/streaming-server}/package.json');
    await stage.run('pnpm', ['release:publish'], stage.clone);
    const now = await newest(versions.map(({ name }) => name));
    expect(now.map(({ name, version }) => [name, version])).toEqual(
      versions.map(({ name, version }) => [name, version]),
    );
    expect(new Set(now.map(({ version }) => version))).toEqual(new Set(['0.1.0', '0.1.1']));
    expect(now.find(({ name }) => name === changed)?.version).toBe('0.1.1');
    expect(await stage.run('pnpm', ['release:publish'], stage.clone)).toMatch(/no unpublished/i);
  });

  test.runIf(isFull).each(['oldest', 'newest'])('renders with the %s Tone.js in the range', async (which) => {
    const renderer = published.find(({ name }) => name === '@bnc/offline-renderer');
    const range = renderer?.peerDependencies?.tone ?? '';
    const folder = stage.folder(`tone-${which}`);
    const tone = `tone@${which === 'oldest' ? range.slice(1) : range}`;
    await stage.run('npm', ['install', '@bnc/offline-renderer', tone], folder);
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
    expect((await stage.run(process.execPath, ['main.mjs'], folder)).trim()).toBe('true true');
  });
});
