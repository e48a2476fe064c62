import { type ChildProcess, fork } from 'node:child_process';
import { expect } from 'vitest';
import type { Told, Work } from './child.ts';
import { atEnd } from './cleanup.ts';
import { eventually } from './eventually.ts';

/** A child process with a bus. */
export interface BusProcess {
  readonly child: ChildProcess;
  readonly told: readonly Told[];
  /** Starts and ends of handlers so far, as `n.attempt`. */
  readonly started: () => readonly string[];
  readonly ended: () => readonly string[];
  readonly ready: () => Promise<void>;
  /** Kills it with SIGKILL and waits until it is gone. */
  readonly kill: () => Promise<void>;
}

/** Starts a process; it ends with the file's tests at the latest. */
export function startProcess(work: Work): BusProcess {
  const child = fork(new URL('./child.ts', import.meta.url), [JSON.stringify(work)], {
    execArgv: ['--conditions=@bnc/source'],
  });
  const told: Told[] = [];
  child.on('message', (message) => told.push(message as Told));
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await gone;
  };
  atEnd(kill);
  const jobs = (say: 'start' | 'end') => (): string[] =>
    told.flatMap((one) => (one.say === say && 'n' in one ? [`${one.n}.${one.attempt}`] : []));
  const ready = (): Promise<void> => eventually(() => expect(told.map(({ say }) => say)).toContain('ready'));
  return { child, told, started: jobs('start'), ended: jobs('end'), ready, kill };
}
