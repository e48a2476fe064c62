/** Compiles `flac.as` into `src/flac/kernel-wasm.ts`: run `node packages/buffer-serializer/kernel/compile.ts` after a change. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

const source = readFileSync(new URL('flac.as', import.meta.url), 'utf8');
const target = new URL('../src/flac/kernel-wasm.ts', import.meta.url);

/** Names the source, in the module that holds what was compiled from it. */
export const sourceHash: string = createHash('sha256').update(source).digest('hex');

/** Compiles the kernel. @returns the text of the module that holds it. */
export async function compileKernel(): Promise<string> {
  const { default: asc } = await import('assemblyscript/asc'); // takes seconds
  let binary: Uint8Array | undefined;
  const messages: string[] = [];
  const { error } = await asc.main(
    [
      'flac.ts',
      '--outFile=flac.wasm',
      '-O3',
      '--converge',
      '--noAssert',
      '--runtime=stub',
      '--enable=simd',
      '--initialMemory=4',
      '--use=abort=',
    ],
    {
      readFile: (name) => (name === 'flac.ts' ? source : null),
      writeFile: (_, contents) => {
        if (typeof contents !== 'string') binary = contents;
      },
      listFiles: () => [],
      stderr: { write: (message) => messages.push(String(message)) },
    },
  );
  if (error || !binary) throw new Error(`flac.as does not compile: ${messages.join('')}`, { cause: error });
  const base64 = Buffer.from(binary).toString('base64');
  return [
    '/**',
    ' * The WebAssembly of `kernel/flac.as` in base64, as `kernel/compile.ts` writes it. SHA-256 of the source:',
    ` * ${sourceHash}`,
    ' */',
    'export const kernelWasm =',
    `  '${base64}';`,
    '',
  ].join('\n');
}

if (import.meta.main) writeFileSync(target, await compileKernel());
