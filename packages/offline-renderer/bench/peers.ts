import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeWav } from '@bnc/buffer-serializer';
import { createImpulse } from '../src/instruments/effects.ts';
import { endOf } from '../src/instruments/schedule-score.ts';
import { toBuffer } from '../src/pool/messages.ts';
import { openBundle } from '../test/bundle-page.ts';
import { toCsound } from './csound.ts';
import { createPhrase } from './phrase.ts';
import { toSuperCollider } from './scsynth.ts';

/** Another way to the same music: answers how long it takes to render so many seconds of it, in ms. */
export interface Peer {
  render(seconds: number): Promise<number>;
  end(): unknown;
}

const sampleRate = 44_100;

/** A program that is started for every render, as it is meant to be: its start is part of the time. */
async function program(command: string, args: readonly string[], cwd: string): Promise<number> {
  const start = performance.now();
  const [code] = (await once(spawn(command, args, { cwd, stdio: 'ignore' }), 'exit')) as [number | null];
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}`);
  return performance.now() - start;
}

function isInstalled(command: string): boolean {
  try {
    execFileSync('which', [command], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Csound and scsynth, where they are installed, reading what is written for them once per length. */
export function enterPrograms(): { readonly Csound?: Peer; readonly scsynth?: Peer } {
  const has = { Csound: isInstalled('csound'), scsynth: isInstalled('scsynth') && isInstalled('sclang') };
  if (!has.Csound && !has.scsynth) return {};
  const folder = mkdtempSync(join(tmpdir(), 'bnc-bench-'));
  const end = (): void => rmSync(folder, { recursive: true, force: true });
  const response = createImpulse(1.5, sampleRate);
  const impulse = join(folder, 'impulse.wav');
  writeFileSync(impulse, encodeWav(toBuffer({ sampleRate, channels: response })));
  /** A file that is written when it is first asked for. */
  const lasting = (name: string, write: (file: string) => void): string => {
    const file = join(folder, name);
    if (!existsSync(file)) write(file);
    return file;
  };
  const Csound: Peer = {
    end,
    render: (seconds) => {
      const score = createPhrase(seconds);
      const file = lasting(`${seconds}.csd`, (csd) => writeFileSync(csd, toCsound(score, endOf(score), impulse)));
      return program('csound', ['-d', '-m0', '-W', '-f', '-o', join(folder, 'csound.wav'), file], folder);
    },
  };
  const scsynth: Peer = {
    end,
    render: (seconds) => {
      const score = createPhrase(seconds);
      const commands = lasting(`${seconds}.osc`, (osc) => {
        const text = join(folder, `${seconds}.scd`);
        writeFileSync(
          text,
          toSuperCollider(score, endOf(score), { impulse, frames: response[0].length, commands: osc }),
        );
        // Its language comes with a desktop program around it.
        const env = { ...process.env, QT_QPA_PLATFORM: 'offscreen', QTWEBENGINE_DISABLE_SANDBOX: '1' };
        execFileSync('sclang', [text], { env, stdio: 'ignore' });
      });
      const sound = [join(folder, 'scsynth.wav'), String(sampleRate), 'WAV', 'float'];
      return program('scsynth', ['-o', '2', '-N', commands, '_', ...sound], folder);
    },
  };
  return {
    ...(has.Csound && { Csound }),
    ...(has.scsynth && { scsynth }),
  };
}

declare global {
  var bench: { render(seconds: number): Promise<number> };
}

/** `Tone.Offline` where it comes from. */
export async function enterChromium(): Promise<Peer> {
  const { page, close } = await openBundle(new URL('chromium-entry.ts', import.meta.url), 'bench');
  return {
    render: (seconds) => page.evaluate((length) => globalThis.bench.render(length), seconds),
    end: close,
  };
}
