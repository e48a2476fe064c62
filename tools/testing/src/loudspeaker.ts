import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { findOnPath } from './find-on-path.ts';

/** Time in ms in which a sound server begins. */
const patienceMs = 10_000;

/** A loudspeaker that nobody hears, for browsers that play only where there is one. */
export interface Loudspeaker extends AsyncDisposable {
  /** Its address, for `PULSE_SERVER`. */
  readonly server: string;
}

/** Finds PulseAudio on `PATH`; undefined where there is none. */
export function findPulseAudio(): string | undefined {
  return findOnPath(['pulseaudio']);
}

/**
 * Starts a real sound server with a loudspeaker that nobody hears.
 * @throws {Error} when there is no PulseAudio, or it does not begin
 */
export async function openLoudspeaker(): Promise<Loudspeaker> {
  const program = findPulseAudio();
  if (program === undefined) throw new Error('No PulseAudio found: install pulseaudio.');
  const folder = mkdtempSync(join(tmpdir(), 'bnc-pulse-'));
  const socket = join(folder, 'pulse.socket');
  const modules = ['module-null-sink', `module-native-protocol-unix socket=${socket} auth-anonymous=1`];
  const options = ['-n', '--daemonize=no', '--use-pid-file=no', '--exit-idle-time=-1'];
  const child = spawn(program, [...options, ...modules.flatMap((name) => ['-L', name])], {
    stdio: 'ignore',
    env: { ...process.env, HOME: folder, XDG_RUNTIME_DIR: folder },
  });
  const close = async (): Promise<void> => {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    if (child.exitCode === null && child.kill()) await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  for (const end = Date.now() + patienceMs; !existsSync(socket); await wait(50)) {
    if (child.exitCode === null && Date.now() < end) continue;
    await close();
    throw new Error('PulseAudio has not begun.');
  }
  return { server: `unix:${socket}`, [Symbol.asyncDispose]: close };
}
