import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { kernel } from '../../kernel/compile.ts';

it('is the WebAssembly of its source, byte for byte', async () => {
  expect(await kernel.compile()).toBe(readFileSync(new URL('kernel-wasm.ts', import.meta.url), 'utf8'));
});
