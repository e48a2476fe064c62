import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Files of AssemblyScript in one folder, compiled to one WebAssembly module. They import each other without an ending. */
export class Kernel {
  /** SHA-256 of all files: it names them in the module that holds what was compiled from them. */
  readonly sourceHash: string;
  readonly #sources: ReadonlyMap<string, string>;
  readonly #entry: string;
  readonly #pages: number;

  /**
   * @param entry Name of the file that exports what JavaScript calls, without its ending.
   * @param pages Memory that it starts with, in pages of 64 KiB.
   */
  constructor(folder: URL, entry: string, pages: number) {
    const names = globSync('*.as', { cwd: fileURLToPath(folder) }).toSorted();
    this.#sources = new Map(names.map((name) => [name, readFileSync(new URL(name, folder), 'utf8')]));
    this.#entry = entry;
    this.#pages = pages;
    const hash = createHash('sha256');
    for (const [name, source] of this.#sources) hash.update(`${name}\0${source}\0`);
    this.sourceHash = hash.digest('hex');
  }

  /** Compiles the kernel: takes seconds. @returns the text of a module that exports it as base64. */
  async compile(): Promise<string> {
    const { default: asc } = await import('assemblyscript/asc');
    let binary: Uint8Array | undefined;
    const messages: string[] = [];
    const { error } = await asc.main(
      [
        `${this.#entry}.ts`,
        '--outFile=kernel.wasm',
        '-O3',
        '--converge',
        '--noAssert',
        '--runtime=stub',
        '--enable=simd',
        `--initialMemory=${this.#pages}`,
        '--use=abort=',
      ],
      {
        readFile: (name) => this.#sources.get(name.replace(/\.ts$/, '.as')) ?? null,
        writeFile: (_, contents) => {
          if (typeof contents !== 'string') binary = contents;
        },
        listFiles: () => [],
        stderr: { write: (message) => messages.push(String(message)) },
      },
    );
    if (error || !binary) {
      throw new Error(`${this.#entry}.as does not compile: ${messages.join('')}`, { cause: error });
    }
    return [
      '/**',
      ` * The WebAssembly of \`${this.#entry}.as\` in base64, as \`kernel/compile.ts\` writes it. SHA-256 of its sources:`,
      ` * ${this.sourceHash}`,
      ' */',
      'export const kernelWasm =',
      `  '${Buffer.from(binary).toString('base64')}';`,
      '',
    ].join('\n');
  }
}
