import { basename } from 'node:path';
import type { Options } from 'tsup';
import { writeDeclarations } from './declarations.ts';

/** Settings to build a program: ES modules in `dist/`, one file per entry, under the entry's own name. */
export function program(entry: readonly string[], options: Options = {}): Options {
  return {
    entry: Object.fromEntries(entry.map((file) => [basename(file, '.ts'), file])),
    format: ['esm'],
    target: 'node22',
    clean: true,
    sourcemap: true,
    // Deno, and `node:sqlite` everywhere, know these modules under their full names only.
    removeNodeProtocol: false,
    ...options,
  };
}

/** Settings to build a package: as a program, with the declarations of each entry. */
export function library(entry: readonly string[], options: Options = {}): Options {
  return {
    ...program(entry, options),
    onSuccess: () => writeDeclarations(entry),
  };
}
