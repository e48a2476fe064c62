import { globSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');

/** Entries that pages do not load. */
const forServers: ReadonlySet<string> = new Set([
  '@bnc/audio-core',
  '@bnc/event-bus/redis',
  '@bnc/event-bus/sqlite',
  '@bnc/github-webhooks',
  '@bnc/github-webhooks/fastify',
  '@bnc/github-webhooks/sources',
  '@bnc/offline-renderer',
  '@bnc/offline-renderer/render-program',
  '@bnc/sse',
  '@bnc/sse/fastify',
]);

test('every entry that pages load has a limit of its size', () => {
  const limits = JSON.parse(readFileSync(join(root, '.size-limit.json'), 'utf8')) as readonly { path: unknown }[];
  const limited = new Set(limits.map(({ path }) => path));
  const entries = globSync('packages/*/package.json', { cwd: root }).flatMap((file) => {
    const manifest = JSON.parse(readFileSync(join(root, file), 'utf8')) as {
      readonly name: string;
      readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
    };
    return Object.entries(manifest.exports).flatMap(([entry, target]) =>
      typeof target === 'string'
        ? []
        : [{ name: `${manifest.name}${entry.slice(1)}`, path: join(dirname(file), target.default) }],
    );
  });
  const without = entries.filter(({ name, path }) => !limited.has(path) && !forServers.has(name));
  expect(without.map(({ name }) => name)).toEqual([]);
  expect([...forServers].filter((name) => !entries.some((entry) => entry.name === name))).toEqual([]);
});
