import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { ServerReport } from './hostile-server.ts';

/** A webhook server in a process of its own: what crashes, leaks or stalls there is seen from here. */
export class ServerProcess {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(env: Readonly<Record<string, string>> = {}): Promise<{ server: ServerProcess; port: number }> {
    const child = fork(new URL('./hostile-server.ts', import.meta.url), {
      execArgv: ['--conditions=@bnc/source', '--expose-gc'],
      env: { ...process.env, ...env },
    });
    const [{ port }] = (await once(child, 'message')) as [ServerReport];
    return { server: new ServerProcess(child), port };
  }

  /** Asks the process how it is, after a collection of its garbage where that is wished. */
  async report(wish: 'report' | 'collect' = 'report'): Promise<ServerReport> {
    this.#child.send(wish);
    const [report] = (await once(this.#child, 'message')) as [ServerReport];
    return report;
  }

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async stop(): Promise<void> {
    if (!this.alive) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}
