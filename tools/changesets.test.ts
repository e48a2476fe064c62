import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');

/** What these tests read of the manifest of a package. */
interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
}

const published = globSync('{packages,apps}/*/package.json', { cwd: root })
  .map((file) => JSON.parse(readFileSync(join(root, file), 'utf8')) as Manifest)
  .filter((manifest) => manifest.private !== true);

const changesets = globSync('.changeset/*.md', { cwd: root })
  .toSorted()
  .map((file) => {
    const [, head = '', text = ''] = readFileSync(join(root, file), 'utf8').split('---\n');
    const names = [...head.matchAll(/^['"](.+)['"]: (?:major|minor|patch)$/gm)].map(([, name = '']) => name);
    return { file, names, text: text.trim() };
  });

test('changesets name packages that are published: the page is part of the server', () => {
  const names = new Set(published.map(({ name }) => name));
  const faults = changesets.flatMap(({ file, names: named }) =>
    named.filter((name) => !names.has(name)).map((name) => `${file}: ${name}`),
  );
  expect(faults).toEqual([]);
});

// Nobody has had what a change of it would describe: write into the changeset that is there.
test.each(published.filter(({ version }) => version === '0.0.0'))(
  '$name has one changeset before its first release, which says what the package is',
  ({ name }) => {
    const ours = changesets.filter(({ names }) => names.includes(name));
    expect(ours.map(({ file }) => file)).toEqual([`.changeset/${name.slice('@bnc/'.length)}.md`]);
    expect(ours[0]?.text).toMatch(/^First release: /);
  },
);
