/**
 * Stands for the programs that the docs run: `node docs-program.ts NAME args…`. It notes how it was called, and does what
 * the program would do on the machine of the docs: commands of `bnc` and `curl` run for real, against the test's server.
 */
import { spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** How a program was called. */
export interface Call {
  readonly name: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

const { DOCS_CALLS = '', DOCS_TOKEN = '', DOCS_GITHUB = '', DOCS_CURL = 'curl', DOCS_REFUSED = '' } = process.env;
const main = resolve(import.meta.dirname, '../dist/main.js');
const root = resolve(import.meta.dirname, '../../..');

function fail(problem: string): never {
  process.stderr.write(`${problem}\n`);
  process.exit(64);
}

/** Runs a program to its end, or until it has printed what `enough` matches. */
function run(command: string, args: readonly string[], enough?: RegExp): void {
  const child = spawn(command, args, { stdio: ['inherit', 'pipe', 'inherit'] });
  let output = '';
  let isEnough = false;
  child.stdout.on('data', (chunk: Buffer) => {
    output += String(chunk);
    process.stdout.write(chunk);
    if (isEnough || enough?.test(output) !== true) return;
    isEnough = true;
    child.kill('SIGINT');
  });
  child.on('close', (code) => {
    const isExpected = DOCS_REFUSED !== '' && output.includes(DOCS_REFUSED);
    process.exitCode = isEnough || isExpected ? 0 : (code ?? 1);
  });
}

/** A server is not started: the test reads what it was to be started with. */
function bnc(args: readonly string[]): void {
  const [command = 'serve'] = args;
  if (command === 'serve' || command.startsWith('-')) return;
  if (command === 'watch') run(process.execPath, [main, ...args, '--api-url', DOCS_GITHUB], /\n/);
  // The same in a fifth of the time.
  else if (command === 'replay' && args.includes('-o')) run(process.execPath, [main, ...args, '--minutes', '1']);
  // A person would be asked.
  else if (args[1] === 'forget') run(process.execPath, [main, ...args, '--yes']);
  else run(process.execPath, [main, ...args], args.includes('--to') ? /\n/ : undefined);
}

/** `npm run export` makes a program in a folder, which is `bnc`. */
function npm(words: readonly string[]): void {
  const [name = '', ...args] = words[0] === 'run' ? words.slice(1) : words;
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly scripts: object };
  if (!(name in scripts)) fail(`package.json has no script ${name}`);
  if (name === 'start') bnc(args.slice(1));
  if (name !== 'export') return;
  const [, folder = ''] = args;
  mkdirSync(join(folder, 'dist'), { recursive: true });
  writeFileSync(
    join(folder, 'dist/main.js'),
    `import { spawnSync } from 'node:child_process';
     const args = ['${import.meta.filename}', 'bnc', ...process.argv.slice(2)];
     process.exit(spawnSync(process.execPath, args, { stdio: 'inherit' }).status);`,
  );
}

const programs: Readonly<Record<string, (args: readonly string[]) => void>> = {
  bnc,
  npm,
  npx: ([name, ...args]) => (name === '@bnc/streaming-server' ? bnc(args) : fail(`${name} is not ours`)),
  // Streams do not end: the first message, or for the sound of a room its first phrase, is enough.
  curl: (args) =>
    run(DOCS_CURL, ['-sS', '--fail-with-body', ...args], args.includes('-N') ? /"audio_buffer"[^\n]*\n/ : undefined),
  openssl: () => process.stdout.write(`${DOCS_TOKEN}\n`),
  caddy: () => {},
  docker: () => {},
  journalctl: () => process.stdout.write('{"deliveryId":"72d3162e-cc78-11e3-81ab-4c9367dc0958"}\n'),
  systemctl: () => {},
};

const [name = '', ...args] = process.argv.slice(2);
appendFileSync(DOCS_CALLS, `${JSON.stringify({ name, args, env: process.env } satisfies Call)}\n`);
(programs[name] ?? (() => fail(`There is no ${name}`)))(args);
