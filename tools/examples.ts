import { globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

export const examplesFolder: string = resolve(import.meta.dirname, '../examples');

/** The programs among the examples: those that assert something. The others are modules that they import. */
export function findExamples(): readonly string[] {
  return globSync('*/*.ts', { cwd: examplesFolder })
    .filter((file) => readFileSync(resolve(examplesFolder, file), 'utf8').includes("from 'node:assert/strict'"))
    .toSorted();
}
