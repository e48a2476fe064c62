import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { launchChromium } from '@bnc/testing/browser';
import { build as esbuild } from 'esbuild';
import type { Browser } from 'playwright';
import { rollup } from 'rollup';
import { build as vite } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import webpack from 'webpack';
import { serve } from './browser-bundle.ts';

const project = resolve(import.meta.dirname, '..');

/** Builds the package as it is published, but for its declarations, into the folder that is given. */
const buildScript = `
import { build } from 'tsup';
import settings from './tsup.config.ts';
await build({ ...settings, onSuccess: undefined, config: false, silent: true, sourcemap: false, outDir: process.argv[1] });
`;

/** A program of somebody who installed the package. Each step says what it gave, and which files had been loaded by then. */
const program = `
import * as BufferSerializer from '@bnc/buffer-serializer';
import { decodeFlac, encodeFlac } from '@bnc/buffer-serializer/flac';
import { checkScore } from '@bnc/buffer-serializer/score';

globalThis.replies = 0;
globalThis.Worker = class extends Worker {
  constructor(...parameters) {
    super(...parameters);
    this.addEventListener('message', () => globalThis.replies++);
  }
};

const samples = Float32Array.from({ length: 4800 }, (_, i) => Math.sin(i / 9) / 2);
const buffer = BufferSerializer.createAudioBufferLike([samples], 48_000);
const loaded = () => performance.getEntriesByType('resource').reduce((sum, { decodedBodySize }) => sum + decodedBodySize, 0);
const codecs = { flac: 16, opus: 0 };

globalThis.steps = {
  root: async () => {
    const back = await BufferSerializer.deserialize(JSON.parse(BufferSerializer.stringifyV1(buffer)));
    return [back.length, typeof checkScore];
  },
  flac: () => [decodeFlac(encodeFlac(buffer)).length],
  opus: async () => {
    const { decodeOpus, encodeOpus } = await import('@bnc/buffer-serializer/opus');
    return [(await decodeOpus(await encodeOpus(buffer))).length];
  },
  ...Object.fromEntries(
    Object.keys(codecs).map((encoding) => [
      'worker ' + encoding,
      async () => {
        const message = await BufferSerializer.serialize(buffer, { encoding });
        delete globalThis.OfflineAudioContext; // as in a browser without the codec
        const result = await BufferSerializer.toAudioBuffer(message, new AudioContext());
        return [result.length, result.numberOfChannels];
      },
    ]),
  ),
};
globalThis.loaded = loaded;
`;

/** Bundles \`app.js\` of the folder into its \`out\`. No bundler has a plugin, nor a setting beside its in- and output. */
const bundlers: Readonly<Record<string, { bundle(folder: string): Promise<unknown>; emitsWorker: boolean }>> = {
  esbuild: {
    emitsWorker: false,
    bundle: (folder) =>
      esbuild({
        absWorkingDir: folder,
        entryPoints: ['app.js'],
        bundle: true,
        splitting: true,
        format: 'esm',
        platform: 'browser',
        outdir: 'out',
        logLevel: 'silent',
      }).then(({ warnings }) => expect(warnings).toEqual([])),
  },
  'webpack 5': {
    emitsWorker: true,
    bundle: (folder) =>
      new Promise<void>((done, fail) => {
        webpack(
          {
            context: folder,
            entry: './app.js',
            mode: 'production',
            optimization: { minimize: false }, // takes ten seconds, and changes nothing here

            output: { path: join(folder, 'out'), filename: 'app.js' },
          },
          (error, stats) => {
            const { errors = [], warnings = [] } = stats?.toJson({ all: false, errors: true, warnings: true }) ?? {};
            const faults = [...errors, ...warnings].filter(({ message }) => !/size limit|code splitting/.test(message));
            if (error || faults.length > 0) fail(error ?? new Error(JSON.stringify(faults)));
            else done();
          },
        );
      }),
  },
  Rollup: {
    emitsWorker: false,
    bundle: async (folder) => {
      // Without its plugin for node_modules, Rollup knows only paths.
      const paths = program.replaceAll(
        /'@bnc\/buffer-serializer(?:\/(\w+))?'/g,
        (_, entry: string | undefined) => `'./node_modules/@bnc/buffer-serializer/dist/${entry ?? 'index'}.js'`,
      );
      writeFileSync(join(folder, 'app.js'), paths);
      const warnings: string[] = [];
      const bundle = await rollup({
        input: join(folder, 'app.js'),
        onwarn: ({ message }) => {
          warnings.push(message);
        },
      });
      await bundle.write({ dir: join(folder, 'out'), format: 'es' });
      expect(warnings).toEqual([]);
    },
  },
  Vite: {
    emitsWorker: true,
    bundle: async (folder) => {
      writeFileSync(join(folder, 'index.html'), '<script type="module" src="./app.js"></script>');
      const warnings: string[] = [];
      await vite({
        root: folder,
        configFile: false,
        logLevel: 'silent',
        build: {
          outDir: 'out',
          rolldownOptions: {
            onwarn: ({ code, message }) => {
              // On a busy machine, it complains of its own slowness.
              if (code !== 'PLUGIN_TIMINGS') warnings.push(message);
            },
          },
        },
      });
      expect(warnings).toEqual([]);
    },
  },
};

let folder: string;
let browser: Browser;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bnc-bundlers-'));
  // The package as it is published: its own build, and its manifest.
  execFileSync(process.execPath, ['--input-type=module', '-e', buildScript, join(folder, 'dist')], { cwd: project });
  const { publishConfig, ...manifest } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')) as {
    readonly publishConfig: object;
  };
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...manifest, ...publishConfig }));
  browser = await launchChromium();
});

afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});

/** Installs the package into a folder of a program. */
function install(name: string): string {
  const place = join(folder, name);
  const target = join(place, 'node_modules/@bnc/buffer-serializer');
  mkdirSync(target, { recursive: true });
  cpSync(join(folder, 'dist'), join(target, 'dist'), { recursive: true });
  cpSync(join(folder, 'package.json'), join(target, 'package.json'));
  writeFileSync(join(place, 'app.js'), program);
  writeFileSync(join(place, 'package.json'), '{"type":"module"}');
  return place;
}

async function serveFolder(place: string): Promise<{ readonly server: Server; readonly origin: string }> {
  const files = new Map(
    readdirSync(place, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => {
        const path = join(entry.parentPath, entry.name);
        return [path.slice(place.length), new Uint8Array(readFileSync(path))] as const;
      }),
  );
  const index = files.get('/index.html') ?? new TextEncoder().encode('<script type="module" src="/app.js"></script>');
  files.set('/', index);
  return serve(() => files);
}

describe.each(Object.entries(bundlers))('%s without a plugin', (name, { bundle, emitsWorker }) => {
  it('bundles the package, and loads each codec when it is used', async () => {
    const place = install(name);
    await bundle(place);
    const { server, origin } = await serveFolder(join(place, 'out'));
    const page = await browser.newPage();
    try {
      await page.goto(origin);
      await page.waitForFunction(() => 'steps' in globalThis);
      const run = (step: string) =>
        page.evaluate(async (key) => {
          const scope = globalThis as unknown as {
            readonly steps: Readonly<Record<string, () => Promise<unknown>>>;
            readonly loaded: () => number;
          };
          return { result: await scope.steps[key]?.(), loaded: scope.loaded() };
        }, step);
      const libopusBytes = 300_000;
      const root = await run('root');
      expect(root).toMatchObject({ result: [4800, 'function'] });
      const flac = await run('flac');
      expect(flac).toEqual({ result: [4800], loaded: root.loaded });
      expect(await run('worker flac')).toMatchObject({ result: [4800, 1] });
      expect((await run('flac')).loaded).toBeLessThan(root.loaded + libopusBytes);
      const opus = await run('opus');
      expect(opus.result).toEqual([4800]);
      expect(opus.loaded).toBeGreaterThan(root.loaded + libopusBytes);
      expect(await run('worker opus')).toMatchObject({ result: [4800, 1] });
      expect(await page.evaluate(() => (globalThis as { replies?: number }).replies)).toBe(emitsWorker ? 2 : 0);
    } finally {
      await page.close();
      server.close();
    }
  });
});
