import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Fence, fencesOf } from '@bnc/testing/fences';

export interface Page {
  /** Path from the root of the repository. */
  readonly file: string;
  readonly fences: readonly Fence[];
}

/** Reads the pages with code that people copy: the READMEs and docs of the packages. */
export function readPages(root: string): readonly Page[] {
  return globSync(['packages/*/README.md', 'packages/*/docs/*.md'], { cwd: root })
    .toSorted()
    .map((file) => ({ file, fences: fencesOf(readFileSync(join(root, file), 'utf8')) }));
}
