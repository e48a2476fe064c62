import { existsSync, statfsSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { OfflineRenderer } from '@bnc/offline-renderer';
import { type Config, ConfigError } from '../../settings/config.ts';
import { prepareDataDir } from '../../settings/data-dir.ts';
import { codeOf, reasonOf } from '../cli-error.ts';
import { ask } from '../operator.ts';
import { answerMs, type Finding, ok, problem, warning } from './finding.ts';

/** Clips take up to 256 MiB, the log and the tables a few hundred. */
const enoughBytes = 2 ** 30;
const leastBytes = 100 * 2 ** 20;

/** Checks whether the server can listen, or is already running. */
export async function checkPort(config: Config): Promise<{ readonly finding: Finding; readonly isFree: boolean }> {
  const code = config.port === 0 ? '' : await listenOnce(config);
  const finding = code === '' ? freePort(config) : await takenPort(config, code);
  return { finding, isFree: code === '' };
}

/** Returns the code of the error when listening fails; an empty text when it works. */
function listenOnce({ port, host }: Config): Promise<string> {
  return new Promise((settle) => {
    const server = createServer();
    server.once('error', (error) => settle(codeOf(error) || error.message));
    server.listen(port, host, () => server.close(() => settle('')));
  });
}

function freePort({ port, host }: Config): Finding {
  return ok('port', port === 0 ? 'any free port' : `${host}:${port} is free`);
}

async function takenPort({ port, host }: Config, code: string): Promise<Finding> {
  const name = 'port';
  if (code === 'EADDRINUSE') {
    const health = await ask(localUrl({ host, port }), '/health', { timeoutMs: answerMs }).catch(() => undefined);
    const { status, warnings } = health?.body ?? {};
    if (status === 'healthy') return ok(name, `a server runs at ${host}:${port}, and is healthy`);
    if (status === 'degraded') {
      return warning(
        name,
        `a server runs at ${host}:${port}, and warns about ${String(warnings)}`,
        'Look for these words in docs/operations.md, "Watch it".',
      );
    }
    return problem(name, `another program uses ${host}:${port}`, 'Stop it, or set PORT (or --port) to another one.');
  }
  if (code === 'EACCES') {
    return problem(name, `this user may not listen on port ${port}`, 'Set PORT to 1024 or higher, behind a proxy.');
  }
  return problem(name, `this machine cannot listen on ${host} (${code})`, 'Set HOST to an address that it has.');
}

/** The URL at which a server is reached from its own machine. */
function localUrl({ host, port }: Pick<Config, 'host' | 'port'>): string {
  const isAny = host === '0.0.0.0' || host === '::';
  const name = isAny ? '127.0.0.1' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}

/** Renders a tone, as the server renders music. */
export async function checkEngine(): Promise<Finding> {
  const name = 'audio engine';
  const start = performance.now();
  try {
    await using renderer = new OfflineRenderer({ workers: 1, spares: 0 });
    const { length } = await renderer.renderTestTone({ duration: 0.5 });
    return ok(name, `rendered ${length} frames of a tone in ${Math.round(performance.now() - start)} ms`);
  } catch (error) {
    return problem(name, reasonOfEngine(error), 'See "When it does not start" in docs/operations.md.');
  }
}

function reasonOfEngine(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Checks whether the data folder can be written, and how much space is free. */
export function checkDisk({ dataDir }: Config): readonly Finding[] {
  const name = 'data folder';
  // A folder that is not there yet is not made: looking leaves no trace.
  let there = dataDir;
  while (!existsSync(there) && dirname(there) !== there) there = dirname(there);
  try {
    if (there === dataDir) prepareDataDir(dataDir);
    else if (!statSync(there).isDirectory()) throw new ConfigError('CONFIG_DATA_DIR', `${there} is not a folder.`);
  } catch (error) {
    return [
      problem(
        name,
        reasonOfData(error),
        'Give this user permission to write there, or set DATA_DIR to another folder.',
      ),
    ];
  }
  const { bavail, bsize } = statfsSync(there);
  const free = bavail * bsize;
  const shown = `${Math.floor(free / 1e6).toLocaleString('en')} MB are free`;
  const written = ok(name, there === dataDir ? `${dataDir} is writable` : `${dataDir} will be made at the first start`);
  const todo = 'Free some space, or set DATA_DIR to a larger disk.';
  if (free < leastBytes) return [written, problem('disk', `${shown} in ${there}`, todo)];
  if (free < enoughBytes) return [written, warning('disk', `${shown} in ${there}; a server uses up to 1,000 MB`, todo)];
  return [written, ok('disk', shown)];
}

function reasonOfData(error: unknown): string {
  return error instanceof ConfigError ? error.message : `the data folder cannot be read (${reasonOf(error)})`;
}

/** Checks the secret that signs deliveries, and the token that opens the operator's routes. */
export function checkSecrets({ webhookSecrets, adminTokens, dataDir, redisUrl }: Config): readonly Finding[] {
  const file = join(dataDir, 'webhook-secret');
  return [
    secretFinding({ given: webhookSecrets.length, file, isShared: redisUrl !== undefined }),
    operatorFinding(adminTokens.length),
  ];
}

function secretFinding({ given, file, isShared }: { given: number; file: string; isShared: boolean }): Finding {
  const name = 'webhook secret';
  if (given > 0) return ok(name, `${given} in GITHUB_WEBHOOK_SECRETS`);
  if (isShared) {
    return warning(
      name,
      'each server of this Redis has a secret of its own',
      'Set the same GITHUB_WEBHOOK_SECRETS on every server, or deliveries to the others are refused.',
    );
  }
  if (!existsSync(file)) return ok(name, 'one will be made at the first start, and shown once');
  if (process.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0) {
    return warning(name, `others on this machine can read ${file}`, `Run: chmod 600 ${file}`);
  }
  return ok(name, `the one in ${file}`);
}

function operatorFinding(count: number): Finding {
  const name = 'operator';
  if (count > 0) return ok(name, `${count} token${count === 1 ? '' : 's'} in ADMIN_TOKENS`);
  return warning(
    name,
    'ADMIN_TOKENS is not set: nobody can make tokens, choose what rooms play, or forget a room',
    'Start the server with ADMIN_TOKENS=$(openssl rand -hex 32), and keep the token.',
  );
}
