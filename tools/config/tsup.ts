import type { Options } from 'tsup';

/** Settings to build a package: ES modules and declarations in `dist/`, one file per entry. */
export const library = (entry: string[], options: Options = {}): Options => ({
  entry,
  format: ['esm'],
  target: 'node22',
  dts: true,
  clean: true,
  sourcemap: true,
  ...options,
});
