import { execFile } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import type { Fence } from '@bnc/testing/fences';
import { type Config, readConfig, settings } from '../src/settings/config.ts';
import type { Call } from './docs-program.ts';
import { makeRepository } from './git-repository.ts';
import { payloadOf } from './payloads.ts';
import { pushOf } from './pushes.ts';
import { operatorToken, secret, TestServer } from './server.ts';
import { SSEReader } from './sse-reader.ts';

const exec = promisify(execFile);
const root = resolve(import.meta.dirname, '../../..');
const programs = ['bnc', 'npm', 'npx', 'curl', 'openssl', 'caddy', 'docker', 'journalctl', 'systemctl'];

/** What a block of code has done. */
export interface Done {
  readonly output: string;
  /** The configuration of each server that it would have started. */
  readonly configs: readonly Config[];
}

/** A server with rooms that have played, and a machine on which the blocks of code of the docs run against it. */
export class DocsStage implements AsyncDisposable {
  readonly server: TestServer;
  readonly folder: string = mkdtempSync(join(tmpdir(), 'bnc-docs-'));
  readonly #github: Server;
  /** When what was heard in `octo/cat` began. */
  readonly #from = Date.now();

  private constructor(server: TestServer, github: Server) {
    this.server = server;
    this.#github = github;
  }

  static async start(): Promise<DocsStage> {
    const github = createServer((_request, response) => {
      const event = { id: '1', type: 'WatchEvent', public: true, created_at: new Date().toISOString() };
      const whole = { ...event, actor: { id: 7, login: 'fan' }, repo: { id: 77, name: 'facebook/react' } };
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify([{ ...whole, payload: { action: 'started' } }]));
    });
    await new Promise<void>((settle) => github.listen(0, '127.0.0.1', settle));
    const server = await TestServer.start({ demo: true, adminTokens: [operatorToken] });
    const stage = new DocsStage(server, github);
    stage.#makeMachine();
    await stage.#play();
    return stage;
  }

  /** Runs a block of shell commands as a reader does; rejects when one of them fails. */
  async run({ code }: Pick<Fence, 'code'>, env: NodeJS.ProcessEnv = {}): Promise<Done> {
    if (code.includes('room forget')) await this.server.deliver('push', pushOf('octo/gone', 34));
    const calls = join(this.folder, 'calls');
    writeFileSync(calls, '');
    const script = join(this.folder, 'script.sh');
    // What only sets variables is read by a server that starts with them.
    const isSettings = !new RegExp(`\\b(?:${programs.join('|')}|node)\\b .`).test(code);
    writeFileSync(script, `set -ae\n${this.#here(code)}${isSettings ? '\nbnc serve\n' : ''}`);
    const { stdout, stderr } = await exec('sh', [script], {
      cwd: join(this.folder, 'clone'),
      env: { ...this.#environment(calls), ...env },
      timeout: 60_000,
      maxBuffer: 2 ** 28,
    });
    const lines = readFileSync(calls, 'utf8').split('\n').slice(0, -1);
    const configs = lines.map((line) => JSON.parse(line) as Call).flatMap((call) => configOf(call) ?? []);
    return { output: stdout + stderr, configs };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.close();
    this.#github.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Puts the addresses and folders of this machine in place of those that the docs name. */
  #here(code: string): string {
    const { origin } = this.server;
    return (
      code
        .replaceAll('…', 'value')
        .replaceAll(/https?:\/\/(?:127\.0\.0\.1:3000|music\.example\.com)(?=\/\w)/g, origin)
        // What is forgotten here is played in no other block.
        .replaceAll(/room forget \w+\/\w+/g, 'room forget octo/gone')
        .replaceAll('--to http://127.0.0.1:3000', `--to ${origin}`)
        .replaceAll(/from=\d+&to=\d+/g, `from=${this.#from}&to=${Date.now() - 1}`)
        .replaceAll(/(?<![\w.])\/(?:srv|var\/lib|etc)\/[\w/.-]+/g, (path) => {
          if (path.endsWith('/')) mkdirSync(join(this.folder, path), { recursive: true });
          return join(this.folder, path);
        })
    );
  }

  #environment(calls: string): NodeJS.ProcessEnv {
    return {
      PATH: [join(this.folder, 'bin'), process.env.PATH].join(delimiter),
      HOME: this.folder,
      TZ: 'UTC',
      NO_COLOR: '1',
      PORT: new URL(this.server.origin).port,
      ADMIN_TOKENS: operatorToken,
      GITHUB_WEBHOOK_SECRETS: secret,
      TOKEN: operatorToken,
      FROM: String(this.#from),
      TO: String(Date.now() - 1),
      DOCS_CALLS: calls,
      DOCS_TOKEN: operatorToken,
      DOCS_GITHUB: `http://127.0.0.1:${(this.#github.address() as AddressInfo).port}`,
    };
  }

  /** A clone with a history, the files that the docs read, and the programs that they run. */
  #makeMachine(): void {
    const clone = join(this.folder, 'clone');
    mkdirSync(clone);
    for (const name of ['apps', 'deploy', 'docs', 'examples', 'packages']) {
      symlinkSync(join(root, name), join(clone, name));
    }
    makeRepository(
      clone,
      [5, 4, 3, 2].map((hours) => Date.now() - hours * 3_600_000),
    );
    writeFileSync(join(clone, 'push.json'), JSON.stringify(payloadOf('push')));
    writeFileSync(
      join(clone, 'params.json'),
      JSON.stringify({ tempo: 90, scale: ['C4', 'E4', 'G4'], instrumentType: 'bell', duration: 2 }),
    );
    mkdirSync(join(this.folder, 'bin'));
    const curl = (process.env.PATH ?? '').split(delimiter).find((place) => existsSync(join(place, 'curl')));
    for (const name of programs) {
      const file = join(this.folder, 'bin', name);
      const program = join(import.meta.dirname, 'docs-program.ts');
      const where = name === 'curl' ? `DOCS_CURL='${join(curl ?? '', 'curl')}' ` : '';
      writeFileSync(file, `#!/bin/sh\n${where}exec '${process.execPath}' '${program}' ${name} "$@"\n`);
      chmodSync(file, 0o755);
    }
  }

  /** Has rooms play that the docs ask for. */
  async #play(): Promise<void> {
    const { server } = this;
    await server.deliver('push', pushOf('owner/repo', 31));
    await server.deliver('push', pushOf('octo/secret', 32, true));
    await using cat = await SSEReader.open(`${server.origin}/stream/octo/cat?format=score`);
    await using demo = await SSEReader.open(`${server.origin}/stream/bots-n-cats/demo?format=score`);
    await server.deliver('push', pushOf('octo/cat', 33));
    await Promise.all([cat.next('audio_buffer'), demo.next('audio_buffer')]);
  }
}

/** What a server would read from how it was called; undefined for other calls. */
function configOf({ name, args, env }: Call): Config | undefined {
  if (name !== 'bnc' && !(name === 'npm' && args[0] === 'start') && name !== 'npx') return undefined;
  const words = name === 'bnc' ? args : args.slice(args[1] === '--' ? 2 : 1);
  const [command = 'serve', ...others] = words;
  if (command !== 'serve' && !command.startsWith('-')) return undefined;
  const options = Object.fromEntries(
    settings.flatMap(({ flag }) => (flag === undefined ? [] : [[flag, { type: 'string' as const }]])),
  );
  const { values } = parseArgs({ args: command === 'serve' ? others : words.slice(), options });
  return readConfig(env, values);
}
