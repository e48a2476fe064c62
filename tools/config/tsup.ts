import { basename } from 'node:path';
import type { Options } from 'tsup';
import { writeDeclarations } from './declarations.ts';
import { writeNotices } from './notices.ts';

/** Settings to build a program: ES modules in `dist/`, one file per entry, under the entry's own name. */
export function program(entry: readonly string[], { esbuildPlugins = [], ...options }: Options = {}): Options {
  return {
    entry: Object.fromEntries(entry.map((file) => [basename(file, '.ts'), file])),
    format: ['esm'],
    target: 'node22',
    clean: true,
    sourcemap: true,
    // Deno, and `node:sqlite` everywhere, know these modules under their full names only.
    removeNodeProtocol: false,
    esbuildPlugins: [...esbuildPlugins, notices],
    ...options,
  };
}

/** Writes what the build owes to others next to it. */
const notices: NonNullable<Options['esbuildPlugins']>[number] = {
  name: 'notices',
  setup: (build) => {
    build.onEnd(({ metafile }) => {
      const parts = Object.values(metafile?.outputs ?? {}).flatMap(({ inputs }) => Object.entries(inputs));
      const modules = parts.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([file]) => file);
      writeNotices(modules, build.initialOptions.outdir ?? 'dist');
    });
  },
};

/** Settings to build a package: as a program, with the declarations of each entry. */
export function library(entry: readonly string[], options: Options = {}): Options {
  return {
    ...program(entry, options),
    onSuccess: () => writeDeclarations(entry),
  };
}
