import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeWav } from '@bnc/buffer-serializer';
import type { MusicalParameters } from '@bnc/contracts';
import { isFiniteSound, rms, toMono } from '@bnc/testing/sound';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPiece } from './score.ts';

const program = join(import.meta.dirname, '../src/cli.ts');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bnc-cli-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function run(args: readonly string[], input = ''): Promise<{ code: number; output: string; errors: string }> {
  return new Promise((resolve) => {
    const options = ['--conditions=@bnc/source', '--disable-warning=ExperimentalWarning', program, ...args];
    const child = execFile(process.execPath, options, { cwd: folder }, (error, output, errors) =>
      resolve({ code: error ? Number(error.code) : 0, output, errors }),
    );
    child.stdin?.end(input);
  });
}

const parameters: MusicalParameters = {
  tempo: 90,
  scale: ['C4', 'D4', 'E4', 'G4', 'A4'],
  instrumentType: 'synth',
  duration: 2.6,
  tonic: 'C',
  mode: 'major pentatonic',
};

describe('bnc-render', { timeout: 60_000 }, () => {
  it('writes a score as a WAV file and tells what is in it', async () => {
    writeFileSync(join(folder, 'score.json'), JSON.stringify(createPiece(1)));
    const { code, output, errors } = await run(['score.json', '-o', 'out.wav', '--play-info']);
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    expect(output).toMatch(/^duration +\d+\.\d\d s \(music 2\.00 s\)$/m);
    expect(output).toMatch(/^loudness +-1[5-7]\.\d LUFS$/m);
    expect(output).toMatch(/^true peak +-\d+\.\d dBTP$/m);
    expect(output).toMatch(/^tempo +120 BPM$/m);
    expect(output).toMatch(/^instruments +pad, fmSynth, bass, kick, snare, hat, meow, purr$/m);
    const sound = decodeWav(readFileSync(join(folder, 'out.wav')));
    expect(sound).toMatchObject({ numberOfChannels: 2, sampleRate: 44_100 });
    expect(isFiniteSound(toMono(sound))).toBe(true);
    expect(rms(toMono(sound))).toBeGreaterThan(0.05);
  });

  it('reads musical parameters from its input, at another sample rate, and names their key', async () => {
    const args = ['-', '--rate', '48000', '-o', 'out.wav', '--play-info'];
    const { code, output } = await run(args, JSON.stringify(parameters));
    expect(code).toBe(0);
    expect(output).toMatch(/^key +C major pentatonic$/m);
    expect(decodeWav(readFileSync(join(folder, 'out.wav'))).sampleRate).toBe(48_000);
  });

  it('shows how it is used, and refuses to guess', async () => {
    const help = await run(['--help']);
    expect(help).toMatchObject({ code: 0, output: expect.stringContaining('Usage: bnc-render') });
    expect(await run([])).toMatchObject({ code: 2, output: help.output });
    expect(await run(['--loud', 'score.json'])).toMatchObject({ code: 1, errors: expect.stringContaining('--loud') });
  });

  it('says in one line what is wrong with its input', async () => {
    for (const [text, words] of [
      ['{', 'JSON'],
      ['null', 'musical parameters'],
      ['[]', 'musical parameters'],
      [JSON.stringify({ ...createPiece(1), duration: 1e9 }), 'RENDER_INVALID_SCORE'],
      [JSON.stringify({ ...parameters, tempo: 0 }), 'tempo'],
    ] as const) {
      const { code, output, errors } = await run(['-'], text);
      expect({ code, output }, text).toEqual({ code: 1, output: '' });
      expect(errors.trim().split('\n'), errors).toHaveLength(1);
      expect(errors).toContain(words);
    }
    const lost = await run(['nowhere.json']);
    expect(lost).toMatchObject({ code: 1, errors: expect.stringContaining('nowhere.json') });
  });
});
