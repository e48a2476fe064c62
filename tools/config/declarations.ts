import { basename, isAbsolute, resolve } from 'node:path';
import { type RolldownBuild, rolldown } from 'rolldown';
import { dts } from 'rolldown-plugin-dts';

/**
 * Writes the declarations of each entry to `dist/`, from the text of its sources alone: exports are annotated
 * (isolatedDeclarations), so no compiler needs to work out a type, which takes seconds per package. What entries share
 * is one file that both import, so that a class is the same type wherever it comes from.
 */
export async function writeDeclarations(entries: readonly string[]): Promise<void> {
  await using bundle = await open(entries);
  await bundle.write({ dir: 'dist', entryFileNames: '[name].js', chunkFileNames: '[name].js' });
}

/** Bundles the declarations of one entry as text that stands alone, to be read and compared. */
export async function bundleDeclarations(entry: string): Promise<string> {
  await using bundle = await open([entry]);
  const { output } = await bundle.generate();
  return output
    .map((file) => ('code' in file ? file.code : String(file.source)))
    .join('\n')
    .replaceAll(/^\/\/#(end)?region.*\n?/gm, '')
    .trim();
}

function open(entries: readonly string[]): Promise<RolldownBuild> {
  return rolldown({
    input: Object.fromEntries(entries.map((file) => [basename(file, '.ts'), resolve(file)])),
    external: (id) => !id.startsWith('.') && !isAbsolute(id),
    plugins: [dts({ emitDtsOnly: true, generator: 'oxc', tsconfig: false })],
  });
}
