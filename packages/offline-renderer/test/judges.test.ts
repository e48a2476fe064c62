import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeWav } from '@bnc/buffer-serializer';
import type { AudioBufferLike, InstrumentName, Score } from '@bnc/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { render, renderMix } from './render.ts';
import { createPiece, scoreOf } from './score.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bnc-judges-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(program: string, args: readonly string[]): string {
  const { stdout, stderr, status } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
  return stdout + stderr;
}

function write(name: string, buffer: AudioBufferLike): string {
  const file = join(folder, `${name}.wav`);
  writeFileSync(file, encodeWav(buffer, { format: 'pcm16' }));
  return file;
}

function numbers(text: string): number[][] {
  return text
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter((row) => row.every(Number.isFinite));
}

function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const times = [0, 0.7, 1.2, 1.9];

function notesOn(midi: number): Score['tracks'][number]['notes'] {
  return times.map((time) => ({ time, duration: 0.4, midi, velocity: 0.8 }));
}

describe('programs that know nothing of us', () => {
  it.each<InstrumentName>(['synth', 'fmSynth', 'pluck', 'bell', 'kick', 'snare', 'hat'])(
    'aubio hears the notes of %s where the score has them',
    async (instrument) => {
      const file = write(instrument, await renderMix(scoreOf(instrument, notesOn(64))));
      const heard = numbers(run('aubioonset', ['-r', '0', '-s', '-50', '-M', '0.3', '-i', file])).flat();
      expect(heard).toHaveLength(times.length);
      times.forEach((time, i) => {
        expect(Math.abs((heard[i] ?? Number.NaN) - time), `${time} s in ${heard.join(' ')}`).toBeLessThan(0.015);
      });
    },
  );

  it.each<[InstrumentName, number]>([
    ['synth', 60],
    ['synth', 81],
    ['fmSynth', 64],
    ['polySynth', 57],
    ['bass', 40],
    ['pad', 62],
    ['pluck', 67],
    ['sampler', 60],
  ])('aubio hears %s at MIDI %i within 20 cents', async (instrument, midi) => {
    const notes = [{ time: 0, duration: 1.2, midi, velocity: 0.8 }];
    const file = write(`${instrument}-${midi}`, await renderMix(scoreOf(instrument, notes)));
    const rows = numbers(run('aubiopitch', ['-r', '0', '-B', '4096', '-p', 'yinfft', '-u', 'midi', '-i', file]));
    const heard = middle(rows.flatMap(([time = 0, pitch = 0]) => (time > 0.3 && time < 1.1 ? [pitch] : [])));
    expect(Math.abs(heard - midi)).toBeLessThan(0.2);
  });

  it('sox finds two channels at 44.1 kHz, no clipping and no offset in a mastered piece', async () => {
    const buffer = await render(createPiece());
    const file = write('piece', buffer);
    expect(Number(run('soxi', ['-c', file]))).toBe(2);
    expect(Number(run('soxi', ['-r', file]))).toBe(44_100);
    expect(Number(run('soxi', ['-s', file]))).toBe(buffer.length);
    const said = run('sox', [file, '-n', 'stats']);
    const row = (name: string): number => Number(new RegExp(`^${name}\\s+(-?[\\d.e-]+)`, 'm').exec(said)?.[1]);
    expect(Math.abs(row('DC offset'))).toBeLessThan(1e-3);
    expect(row('Pk lev dB')).toBeLessThanOrEqual(-1);
    expect(row('Flat factor')).toBe(0);
  });
});
