import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const lockfile = readFileSync(resolve(import.meta.dirname, '../pnpm-lock.yaml'), 'utf8');
const platforms = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64', 'win32-x64'];

/** How each native family names its package for a platform. */
const families: Readonly<Record<string, (platform: string) => string>> = {
  turbo: (platform) => `@turbo/${platform.replace('win32', 'windows').replace('x64', '64')}@`,
  biome: (platform) => `@biomejs/cli-${platform}@`,
  oxlint: (platform) =>
    `@oxlint/binding-${platform}${platform.startsWith('linux') ? '-gnu' : ''}${platform.startsWith('win') ? '-msvc' : ''}@`,
  esbuild: (platform) => `@esbuild/${platform}@`,
  typescript: (platform) => `@typescript/typescript-${platform}@`,
};

describe('the lockfile', () => {
  for (const [family, name] of Object.entries(families)) {
    test(`has ${family} for every platform, so that a clone installs on any machine`, () => {
      expect(platforms.filter((platform) => !lockfile.includes(name(platform)))).toEqual([]);
    });
  }

  test('names no download address of its own, so that any registry serves it', () => {
    expect(lockfile).not.toMatch(/tarball: http/);
  });
});

describe.each(['node', 'pnpm'])('the lockfile of the %s that the set-up fetches', (name) => {
  const { packages } = JSON.parse(
    readFileSync(resolve(import.meta.dirname, 'toolchain', name, 'package-lock.json'), 'utf8'),
  ) as { packages: Readonly<Record<string, { os?: string | string[]; cpu?: string | string[]; integrity?: string }>> };
  const { '': _, ...entries } = packages;

  test('names one file for each platform, by its hash and by no address', () => {
    const found = Object.values(entries).map(({ os, cpu }) => `${[os].flat().join()}-${[cpu].flat().join()}`);
    expect(found).toEqual(expect.arrayContaining(platforms));
    expect(new Set(found).size).toBe(found.length);
    for (const { integrity } of Object.values(entries)) expect(integrity).toMatch(/^sha512-.{80}/);
    expect(JSON.stringify(entries)).not.toContain('http');
  });
});
