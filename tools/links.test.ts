import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const pages = globSync(
  ['*.md', '.github/**/*.md', 'docs/**/*.md', '{apps,packages}/*/*.md', 'packages/*/docs/*.md', 'examples/*.md'],
  {
    cwd: root,
    exclude: ['**/node_modules/**', '**/CHANGELOG.md'],
  },
).toSorted();

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8').replaceAll(/^```[\s\S]*?^```$/gm, '');
}

/** The anchor that GitHub, and the site, give a heading. */
function anchorOf(heading: string): string {
  return heading
    .replaceAll(/\[([^\]]*)\]\([^)]*\)|[`*]/g, '$1')
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(/\s/g, '-');
}

function anchorsOf(file: string): ReadonlySet<string> {
  return new Set([...read(file).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading)));
}

/** What is wrong with a link of a page; undefined when it leads somewhere. */
function faultOf(page: string, link: string): string | undefined {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : join(dirname(page), decodeURI(path));
  if (!existsSync(join(root, target))) return `${link}: no such file`;
  const file = statSync(join(root, target)).isDirectory() ? join(target, 'README.md') : target;
  if (anchor === undefined) return undefined;
  return anchorsOf(file).has(anchor) ? undefined : `${link}: no such heading`;
}

test.each(pages)('links of %s lead to files and headings that exist', (page) => {
  const links = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
  const inside = links.filter((link) => !/^[a-z]+:/.test(link));
  expect(inside.map((link) => faultOf(page, link)).filter((fault) => fault !== undefined)).toEqual([]);
});

test.each(pages)('addresses of this machine in %s are code, which the site does not take for dead links', (page) => {
  expect(read(page).replaceAll(/`[^`\n]*`/g, '')).not.toMatch(/https?:\/\/(?:localhost|127\.)/);
});
