/**
 * Packs every public package as it would be published and lets publint and "are the types wrong" judge the tarball.
 */
import { execFile } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const exec = promisify(execFile);
const root = resolve(import.meta.dirname, '..');

/** The server is a program: nobody imports it, and it names exact versions, because that is what was tested together. */
const program = 'apps/streaming-server';

/** Modules of Node that the built code names without `node:`, which only Node and bundlers for it understand. */
function bareBuiltins(folder: string): string[] {
  return globSync('dist/*.js', { cwd: folder }).flatMap((file) =>
    [...readFileSync(join(folder, file), 'utf8').matchAll(/\b(?:from|import)\s*\(?["']([\w/]+)["']/g)]
      .filter(([, name = '']) => builtinModules.includes(name))
      .map(([, name = '']) => `${file} imports '${name}' without node:`),
  );
}

/** Dependencies that are pinned, so that no patch of them reaches those who install the package. */
function pins({
  dependencies = {},
  peerDependencies = {},
}: Record<string, Record<string, string> | undefined>): string[] {
  return Object.entries({ ...dependencies, ...peerDependencies })
    .filter(([, range]) => !range.startsWith('^'))
    .map(([name, range]) => `${name} is published as ${range}: give it a range in the catalog`);
}

/** Returns what is wrong with a package, in lines. */
async function check(folder: string): Promise<string[]> {
  const destination = mkdtempSync(join(tmpdir(), 'bnc-pack-'));
  try {
    await exec('pnpm', ['pack', '--pack-destination', destination], { cwd: folder });
    const [tarball] = globSync('*.tgz', { cwd: destination });
    if (!tarball) return ['pnpm pack made no tarball'];
    const file = join(destination, tarball);
    const bytes = readFileSync(file);
    const { messages, pkg } = await publint({
      pack: { tarball: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) },
      strict: true,
    });
    const isProgram = folder.endsWith(program);
    const attw = isProgram
      ? []
      : await exec(process.execPath, [
          join(root, 'node_modules/@arethetypeswrong/cli/dist/index.js'),
          '--profile',
          'esm-only',
          '--no-color',
          '--no-emoji',
          file,
        ]).then(
          () => [],
          (error: { stdout?: string; message: string }) => [error.stdout?.trim() || error.message],
        );
    return [
      ...bareBuiltins(folder),
      ...(isProgram ? [] : pins(pkg)),
      ...messages.map((message) => `publint: ${formatMessage(message, pkg, { color: false }) ?? message.code}`),
      ...attw,
    ];
  } finally {
    rmSync(destination, { recursive: true });
  }
}

let wrong = 0;
const folders = globSync(['packages/*/package.json', `${program}/package.json`], { cwd: root }).map((file) =>
  join(root, dirname(file)),
);
const results = await Promise.all(folders.map(async (folder) => ({ folder, problems: await check(folder) })));
for (const { folder, problems } of results) {
  wrong += problems.length;
  for (const problem of problems) console.error(`${folder.slice(root.length + 1)}: ${problem}`);
}
console.log(`${folders.length} packages packed, ${wrong} problems`);
process.exitCode = wrong > 0 ? 1 : 0;
