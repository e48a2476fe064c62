import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** Settings of a private server. */
export interface RedisOptions {
  /** When the append-only file reaches the disk; `false` keeps nothing. Default false. */
  readonly appendonly?: 'always' | 'everysec' | false;
  /** More arguments, such as `['--requirepass', 'secret']`. */
  readonly args?: readonly string[];
}

/** A server for one test, on loopback, in a folder of its own. */
export interface RedisServer {
  readonly url: string;
  readonly port: number;
  /** Process id of the running server. */
  readonly pid: number;
  /** Sends a signal; after SIGKILL and SIGTERM settles when the process is gone. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Starts it again on the same port and folder, killing it before when it still runs. */
  restart(): Promise<void>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

/** Finds a server: `REDIS_SERVER`, else redis-server or valkey-server on `PATH`. */
export function findRedis(): string {
  const named = process.env.REDIS_SERVER;
  if (named) return named;
  const folders = (process.env.PATH ?? '').split(delimiter);
  const found = ['redis-server', 'valkey-server']
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find(isExecutable);
  if (!found) throw new Error('No Redis found: install redis-server or valkey-server, or set REDIS_SERVER to one.');
  return found;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

/** True once the server replies; one that is still loading its file does not count. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1000, () => end(false));
    socket.once('error', () => end(false));
    socket.once('connect', () => socket.write('PING\r\n'));
    // With a password it replies -NOAUTH: it is up all the same.
    socket.once('data', (data) => end(/^(\+PONG|-NOAUTH)/.test(data.toString())));
  });
}

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

function exited(child: ChildProcess): Promise<void> {
  return child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise((resolve) => child.once('exit', () => resolve()));
}

/** Starts a real Redis server on a free loopback port, with no persistence unless asked for. */
export async function startRedis({ appendonly = false, args = [] }: RedisOptions = {}): Promise<RedisServer> {
  const binary = findRedis();
  const folder = mkdtempSync(join(tmpdir(), 'bnc-redis-'));
  const start = async (port: number): Promise<ChildProcess> => {
    const persistence = appendonly ? ['--appendonly', 'yes', '--appendfsync', appendonly] : ['--appendonly', 'no'];
    const child = spawn(
      binary,
      ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder, ...persistence, ...args],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    running.add(child);
    child.once('exit', () => running.delete(child));
    let output = '';
    child.stdout?.on('data', (data: Buffer) => {
      output = (output + data.toString()).slice(-4000);
    });
    for (let tries = 0; tries < 600; tries++) {
      if (child.exitCode !== null) throw new Error(`${binary} ended at once:\n${output}`);
      if (await answers(port)) return child;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    child.kill('SIGKILL');
    throw new Error(`${binary} does not answer on port ${port}:\n${output}`);
  };

  let port = 0;
  let child: ChildProcess | undefined;
  // Another process may take the free port first: try again on another one.
  for (let tries = 0; !child; tries++) {
    port = await freePort();
    child = await start(port).catch((error: unknown) => {
      if (tries >= 4) throw error;
      return undefined;
    });
  }
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    if (!child) return;
    child.kill(signal);
    if (signal === 'SIGKILL' || signal === 'SIGTERM') await exited(child);
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    get pid() {
      return child?.pid ?? 0;
    },
    kill,
    restart: async () => {
      await kill('SIGKILL');
      child = await start(port);
    },
    stop: async () => {
      await kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
