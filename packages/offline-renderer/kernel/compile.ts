/** Compiles the kernels into `src`: run `node packages/offline-renderer/kernel/compile.ts` after a change. */
import { writeFileSync } from 'node:fs';
import { Kernel } from '@bnc/config/kernel';

/** Each kernel, and the module in `src` that holds it. */
export const kernels: readonly { readonly kernel: Kernel; readonly target: string }[] = [
  { kernel: new Kernel(new URL('master/', import.meta.url), 'master', 10), target: 'master/kernel-wasm.ts' },
  { kernel: new Kernel(new URL('mix/', import.meta.url), 'mix', 4), target: 'process/mix-wasm.ts' },
  { kernel: new Kernel(new URL('tone/', import.meta.url), 'tone', 2), target: 'process/tone-wasm.ts' },
];

if (import.meta.main) {
  for (const { kernel, target } of kernels) {
    writeFileSync(new URL(`../src/${target}`, import.meta.url), await kernel.compile());
  }
}
