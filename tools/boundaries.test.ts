import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const server = 'apps/streaming-server/src';

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

/** Code without its comments, which may give examples. */
function codeOf(file: string): string {
  return read(file).replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
}

function sourcesOf(folder: string): readonly string[] {
  return globSync(`${folder}/**/*.ts`, { cwd: root }).filter((file) => !file.endsWith('.test.ts'));
}

/** The first part of every route of the server, such as `/clips`. */
function routes(): readonly string[] {
  const paths = sourcesOf(`${server}/http`).flatMap((file) =>
    [
      ...read(file).matchAll(
        /(?:\.(?:get|put|post|delete)(?:<[^(]*>)?|roomPaths)\(\s*['`](\/[a-z-]+)|\['(\/[a-z-]+)\/\*'/g,
      ),
    ].map(([, path = '', wildcard = '']) => path || wildcard),
  );
  const [, clips = ''] = /clipsPath = '(\/[a-z]+)\/'/.exec(read(`${server}/access/clip-paths.ts`)) ?? [];
  return [...new Set([...paths, clips])];
}

/** Every topic of the server's bus; `webhook:github:*` is a template of it. */
function topics(): readonly string[] {
  const [, events = ''] = /interface ServerEvents \{([\s\S]*)\n\}/.exec(read(`${server}/rooms/events.ts`)) ?? [];
  return [...events.matchAll(/^ {2}(?:'|\[topic: `)([a-z]+:[a-z]+)/gm)].map(([, topic = '']) => topic);
}

describe('a package', () => {
  test('is checked against the routes and topics that there are', () => {
    expect(routes()).toEqual(expect.arrayContaining(['/clips', '/health', '/history', '/repos', '/stream', '/time']));
    expect(topics()).toEqual(expect.arrayContaining(['webhook:github', 'music:generated', 'audio:rendered']));
  });

  test.each(globSync('packages/*/src', { cwd: root }))('%s names no route and no topic of the server', (folder) => {
    const named = new RegExp(`['"\`](?:(?:${routes().join('|')})\\b|(?:${topics().join('|')}))`, 'g');
    const faults = sourcesOf(folder).flatMap((file) =>
      [...codeOf(file).matchAll(named)].map(([word]) => `${file}: ${word}`),
    );
    expect(faults).toEqual([]);
  });
});
