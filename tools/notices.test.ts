import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { noticesName, noticesOf } from '@bnc/config/notices';
import { afterAll, describe, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'bnc-notices-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Makes a package, and returns the path of a module of it. */
function packageOf(manifest: Readonly<Record<string, string>>, files: Readonly<Record<string, string>>): string {
  const place = join(folder, manifest.name ?? '');
  for (const [name, text] of Object.entries({ 'package.json': JSON.stringify(manifest), 'lib/a.js': '', ...files })) {
    mkdirSync(dirname(join(place, name)), { recursive: true });
    writeFileSync(join(place, name), text);
  }
  return join(place, 'lib/a.js');
}

describe('the notices of a build', () => {
  test('have every package once, with its licence and what it says of others', () => {
    const purr = packageOf(
      { name: 'purr', version: '1.2.3', license: '(MIT OR GPL-3.0-only)', homepage: 'https://purr.example' },
      { LICENSE: 'Be kind.', 'THIRD_PARTY_NOTICES.md': 'Built on meow.', 'lib/package.json': '{"type":"module"}' },
    );
    const notices = noticesOf([purr, `${purr}?worker`, '\0vite/preload-helper']);
    expect(notices).toMatch(/purr 1\.2\.3\n.*https:\/\/purr\.example\n\nBe kind\.\n\nBuilt on meow\.\n$/);
    expect(notices?.match(/purr 1/g)).toHaveLength(1);
  });

  test('have what a build of ours contains, and nothing of ourselves', () => {
    const meow = packageOf({ name: 'meow', version: '1.0.0', license: 'ISC' }, { 'LICENCE.txt': 'Meow.' });
    const inner = noticesOf([meow]) ?? '';
    const ours = packageOf({ name: '@bnc/inner' }, { [`dist/${noticesName}`]: inner });
    expect(noticesOf([ours, meow])).toBe(inner);
    expect(noticesOf([packageOf({ name: '@bnc/alone' }, {})])).toBeUndefined();
  });

  test.each<[string, Record<string, string>, Record<string, string>, string]>([
    ['asks for more', { license: 'GPL-3.0-only' }, { LICENSE: 'Share alike.' }, 'its licence is GPL-3.0-only'],
    ['asks for two things', { license: 'MIT AND GPL-3.0-only' }, { LICENSE: 'x' }, 'MIT AND GPL-3.0-only'],
    ['is not named', {}, { LICENSE: 'Ask me.' }, 'its licence is none'],
    ['has no text', { license: 'MIT' }, { README: 'MIT' }, 'without the text of its licence'],
  ])('refuse a package whose licence %s', (_, manifest, files, message) => {
    const name = `refused-${message.length}`;
    expect(() => noticesOf([packageOf({ name, version: '1.0.0', ...manifest }, files)])).toThrow(message);
  });
});

describe('what is published', () => {
  /** Packages of others in a build, as its source maps name them. */
  function othersIn(dist: string): ReadonlySet<string> {
    const sources = globSync('*.map', { cwd: dist }).flatMap(
      (file) => (JSON.parse(readFileSync(join(dist, file), 'utf8')) as { readonly sources: readonly string[] }).sources,
    );
    const names = sources.map((source) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(source)?.[1]);
    return new Set(names.filter((name) => name !== undefined));
  }

  function namesIn(notices: string): ReadonlySet<string> {
    return new Set(notices.split(/^-{80}$/m).map((section) => /^\n\n(\S+)/.exec(section)?.[1] ?? ''));
  }

  test.each(globSync(['packages/*/dist', 'apps/streaming-server/dist'], { cwd: root }))(
    'in %s has notices of all that it contains of others',
    (dist) => {
      const file = join(root, dist, noticesName);
      const names = namesIn(existsSync(file) ? readFileSync(file, 'utf8') : '');
      expect([...othersIn(join(root, dist))].filter((name) => !names.has(name))).toEqual([]);
    },
  );

  test('as a page has notices of what it and its workers contain, and says where', () => {
    const page = join(root, 'apps/streaming-server/dist/page');
    const names = namesIn(readFileSync(join(page, noticesName), 'utf8'));
    for (const name of ['@tonaljs/note', 'libopus-wasm', 'libopus,', 'musl,']) expect(names).toContain(name);
    expect(readFileSync(join(page, 'index.html'), 'utf8')).toContain(`rel="license" href="./${noticesName}"`);
  });
});
