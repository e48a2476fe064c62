import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Fence, fencesOf } from '@bnc/testing/fences';

const root = resolve(import.meta.dirname, '../../..');

/** A block of code, and where it stands. */
export interface Block extends Fence {
  readonly file: string;
  /** File and line. */
  readonly at: string;
}

/** Every block of code of the pages of the product; the packages' pages are tried from `tools`. */
export const blocks: readonly Block[] = globSync(['*.md', 'docs/*.md', 'apps/streaming-server/README.md'], {
  cwd: root,
})
  .toSorted()
  .flatMap((file) =>
    fencesOf(readFileSync(join(root, file), 'utf8')).map((fence) => ({ ...fence, file, at: `${file}:${fence.line}` })),
  );

/** The blocks of a kind with these contents. */
export function blocksOf(info: string, contents = /^/): readonly Block[] {
  return blocks.filter((block) => block.info === info && contents.test(block.code));
}

/** Tells whether a block renders a history, which takes as long as many tests. */
export function rendersMinutes({ code }: Fence): boolean {
  return /\bbnc replay .* -o /.test(code);
}

/** Names of the fields of an object, and of the first of each list in it, without those that are optional. */
export function fieldsOf(value: unknown, optional: readonly string[] = []): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map((one) => fieldsOf(one, optional));
  if (typeof value !== 'object' || value === null) return typeof value;
  const fields = Object.entries(value).filter(([name]) => !optional.includes(name));
  return Object.fromEntries(fields.map(([name, field]) => [name, fieldsOf(field, optional)]));
}
