import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'bnc-bundle-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Bundles a server into one file, with what it renders by, and runs it. */
async function run(format: 'esm' | 'cjs', options: string): Promise<string> {
  const outfile = join(folder, format === 'esm' ? 'server.mjs' : 'server.cjs');
  const contents = `
    import { OfflineRenderer } from './index.ts';
    async function run() {
      await using renderer = new OfflineRenderer({ workers: 1, spares: 0, ${options} });
      return await renderer.render({ tempo: 120, duration: 1, prngSeed: 1, tracks: [] });
    }
    run().then(({ length }) => console.log(length), ({ code, message }) => console.log(code, message));`;
  const resolveDir = join(import.meta.dirname, '../src');
  await build({
    stdin: { contents, resolveDir, loader: 'ts' },
    outfile,
    format,
    bundle: true,
    platform: 'node',
    target: 'node22',
    conditions: ['@bnc/source'],
    logLevel: 'silent',
  });
  return (await promisify(execFile)(process.execPath, [outfile])).stdout.trim();
}

it.each(['esm', 'cjs'] as const)('a server in one file (%s) renders with the program that it names', async (format) => {
  const program = new URL('../src/process/render-program.ts', import.meta.url);
  expect(await run(format, `program: new URL(${JSON.stringify(program)})`)).toBe('44100');
});

it.each(['esm', 'cjs'] as const)('a server in one file (%s) that names no program is told to', async (format) => {
  expect(await run(format, '')).toMatch(/^RENDER_UNSUPPORTED .*bundler moved .* set the option program/);
});
