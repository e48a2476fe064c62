/**
 * Prints what a package takes once it is installed alone, ours and others: `node tools/compare-installs.ts`, after `pnpm build`.
 * docs/comparison.md has the result.
 */
import { execFileSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const base = mkdtempSync(join(tmpdir(), 'bnc-installs-'));

/** Each line: what is installed together. Names of ours stand for their tarballs. */
const lines: readonly (readonly string[])[] = [
  ['@bnc/event-bus'],
  ['emittery'],
  ['mqemitter'],
  ['bullmq'],
  ['@bnc/github-webhooks', '@bnc/contracts'],
  ['@octokit/webhooks'],
  ['@bnc/music-engine', '@bnc/contracts'],
  ['tonal'],
  ['scribbletune'],
  ['@bnc/buffer-serializer', '@bnc/contracts'],
  ['wavefile'],
  ['mediabunny'],
  ['@bnc/offline-renderer', '@bnc/buffer-serializer', '@bnc/music-engine', '@bnc/contracts', 'tone'],
  ['node-web-audio-api', 'tone'],
  ['@bnc/sse'],
  ['better-sse'],
  ['fastify', '@fastify/sse'],
];

function pack(name: string): string {
  const folder = join(root, 'packages', name.slice('@bnc/'.length));
  const output = execFileSync('pnpm', ['pack', '--json', '--pack-destination', base], {
    cwd: folder,
    encoding: 'utf8',
  });
  return (JSON.parse(output) as { filename: string }).filename;
}

function measure(names: readonly string[]): { readonly packages: number; readonly kibibytes: number } {
  const folder = mkdtempSync(join(base, 'install-'));
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  mkdirSync(join(folder, 'node_modules'));
  const wishes = names.map((name) => (name.startsWith('@bnc/') ? pack(name) : name));
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', ...wishes], { cwd: folder });
  const manifests = globSync(
    ['node_modules/**/node_modules/{*,@*/*}/package.json', 'node_modules/{*,@*/*}/package.json'],
    {
      cwd: folder,
    },
  );
  const bytes = globSync('node_modules/**/*', { cwd: folder })
    .map((file) => statSync(join(folder, file)))
    .reduce((sum, stat) => sum + (stat.isFile() ? stat.size : 0), 0);
  return { packages: manifests.length, kibibytes: Math.round(bytes / 1024) };
}

for (const names of lines) {
  const { packages, kibibytes } = measure(names);
  console.log(
    `${String(packages).padStart(3)} packages ${kibibytes.toLocaleString('en').padStart(8)} KiB  ${names.join(' ')}`,
  );
}
rmSync(base, { recursive: true });
