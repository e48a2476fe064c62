import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');

test('changesets name packages that are published: the page is part of the server', () => {
  const manifests = globSync('{packages,apps}/*/package.json', { cwd: root }).map(
    (file) =>
      JSON.parse(readFileSync(join(root, file), 'utf8')) as { readonly name: string; readonly private?: boolean },
  );
  const published = manifests.filter((manifest) => manifest.private !== true).map(({ name }) => name);
  const files = globSync('.changeset/*.md', { cwd: root });
  const faults = files.flatMap((file) => {
    const [, head = ''] = readFileSync(join(root, file), 'utf8').split('---\n');
    const names = [...head.matchAll(/^['"](.+)['"]: (?:major|minor|patch)$/gm)].map(([, name = '']) => name);
    return names.filter((name) => !published.includes(name)).map((name) => `${file}: ${name}`);
  });
  expect(faults).toEqual([]);
});
