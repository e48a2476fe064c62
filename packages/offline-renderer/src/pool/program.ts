import { existsSync } from 'node:fs';
import { RenderError } from '../errors.ts';

/**
 * Finds the program of the render processes.
 * @throws {TypeError} when `given` is not the URL of a file.
 * @throws {RenderError} `RENDER_UNSUPPORTED` when there is no such file, because a bundler moved this code.
 */
export function findProgram(given?: URL): URL {
  if (given !== undefined && !(given instanceof URL && given.protocol === 'file:')) {
    throw new TypeError(`program must be the URL of a file, not ${String(given)}`);
  }
  const program = given ?? besideThis();
  if (program && existsSync(program)) return program;
  throw new RenderError(
    'RENDER_UNSUPPORTED',
    `The program of the render processes is not at ${program?.pathname ?? 'a known place'}: a bundler moved the code that starts it. Keep @bnc/offline-renderer out of the bundle, or set the option program to the URL of its render-program.js.`,
  );
}

function besideThis(): URL | undefined {
  // Bundlers to CommonJS leave it undefined.
  const here = import.meta.url as string | undefined;
  if (here === undefined) return undefined;
  return new URL(here.endsWith('.ts') ? '../process/render-program.ts' : './render-program.js', here);
}
