import { basename, isAbsolute, resolve } from 'node:path';
import { rolldown } from 'rolldown';
import { dts } from 'rolldown-plugin-dts';
import type { Options } from 'tsup';

function isOutside(id: string): boolean {
  return !id.startsWith('.') && !isAbsolute(id);
}

/**
 * Writes the declarations of each entry, bundled, from the text of its sources alone: exports are annotated
 * (isolatedDeclarations), so no compiler needs to work out a type, which takes seconds per package.
 */
async function writeDeclarations(entry: readonly string[]): Promise<void> {
  const bundle = await rolldown({
    input: Object.fromEntries(entry.map((file) => [basename(file, '.ts'), resolve(file)])),
    external: isOutside,
    plugins: [dts({ emitDtsOnly: true, generator: 'oxc', tsconfig: false })],
  });
  await bundle.write({ dir: 'dist', entryFileNames: '[name].js', chunkFileNames: '[name].js' });
  await bundle.close();
}

/** Settings to build a program: ES modules in `dist/`, one file per entry, under the entry's own name. */
export function program(entry: readonly string[], options: Options = {}): Options {
  return {
    entry: Object.fromEntries(entry.map((file) => [basename(file, '.ts'), file])),
    format: ['esm'],
    target: 'node22',
    clean: true,
    sourcemap: true,
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
