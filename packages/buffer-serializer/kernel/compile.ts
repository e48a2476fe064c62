/** Compiles `flac.as` into `src/flac/kernel-wasm.ts`: run `node packages/buffer-serializer/kernel/compile.ts` after a change. */
import { writeFileSync } from 'node:fs';
import { Kernel } from '@bnc/config/kernel';

export const kernel: Kernel = new Kernel(new URL('.', import.meta.url), 'flac', 4);

if (import.meta.main) writeFileSync(new URL('../src/flac/kernel-wasm.ts', import.meta.url), await kernel.compile());
