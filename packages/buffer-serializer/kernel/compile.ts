/** Compiles `flac.as` into `src/flac/kernel-wasm.ts`: run `node packages/buffer-serializer/kernel/compile.ts` after a change. */
import { readFileSync, writeFileSync } from 'node:fs';
import asc from 'assemblyscript/asc';

const target = new URL('../src/flac/kernel-wasm.ts', import.meta.url);

/** Compiles the kernel. @returns the text of the module that holds it. */
export async function compileKernel(): Promise<string> {
  const source = readFileSync(new URL('flac.as', import.meta.url), 'utf8');
  let binary: Uint8Array | undefined;
  const { error, stderr } = await asc.main(
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
    },
  );
  if (error || !binary) throw new Error(`flac.as does not compile: ${stderr.toString()}`, { cause: error });
  const base64 = Buffer.from(binary).toString('base64');
  return `/** The WebAssembly of \`kernel/flac.as\` in base64, as \`kernel/compile.ts\` writes it. */\nexport const kernelWasm =\n  '${base64}';\n`;
}

if (import.meta.main) writeFileSync(target, await compileKernel());
