import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { kernels } from '../kernel/compile.ts';

it.each(kernels)('$target is the WebAssembly of its sources, byte for byte', async ({ kernel, target }) => {
  expect(await kernel.compile()).toBe(readFileSync(new URL(`../src/${target}`, import.meta.url), 'utf8'));
});
