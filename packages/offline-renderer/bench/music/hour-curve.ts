import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Stereo, sampleRate } from './mix.ts';

/** What is measured of a whole hour of sound. */
export interface HourCurve {
  /** Integrated loudness by ffmpeg's `ebur128`, in LUFS. */
  readonly integrated: number;
  /** Loudness range (EBU Tech 3342) by the same, in LU. */
  readonly range: number;
  /** Momentary loudness by the same, every 100 ms. */
  readonly momentary: Float32Array;
  /** Highest true peak by the same, in dBTP. */
  readonly truePeak: number;
  /** Share of the hour whose RMS over 400 ms is below -60 dBFS. */
  readonly silence: number;
}

/**
 * Measures an hour while it is mixed, and calls back with each second. Loudness is ffmpeg's, which knows nothing of this
 * project; silence is plain RMS.
 * @param file - where to keep the sound as well; its name says in which format
 */
export async function measureHour(
  blocks: AsyncIterable<Stereo>,
  { file, onBlock }: { readonly file?: string; readonly onBlock?: (block: Stereo) => void } = {},
): Promise<HourCurve> {
  const input = ['-f', 'f32le', '-ar', String(sampleRate), '-ac', '2', '-i', 'pipe:0'];
  const filter = ['-af', 'ebur128=peak=true:framelog=info'];
  const kept = file === undefined ? [] : ['-map', '0:a', '-b:a', '128k', '-y', file];
  const args = ['-hide_banner', '-nostats', ...input, '-map', '0:a', ...filter, '-f', 'null', '-', ...kept];
  const ffmpeg = spawn('ffmpeg', args, { stdio: ['pipe', 'ignore', 'pipe'] });
  let said = '';
  const momentary: number[] = [];
  ffmpeg.stderr.setEncoding('utf8').on('data', (text: string) => {
    const lines = (said + text).split('\n');
    said = lines.pop() ?? '';
    for (const line of lines) {
      const value = /\bM:\s*(-?[\d.]+|-inf|nan)/.exec(line)?.[1];
      if (value === undefined) summary += `${line}\n`;
      else momentary.push(Math.max(-120, Number(value) || -120));
    }
  });
  let summary = '';
  const ended = once(ffmpeg, 'close');
  const tenths: number[] = [];
  for await (const block of blocks) {
    onBlock?.(block);
    tenths.push(...energies(block));
    if (!ffmpeg.stdin.write(interleave(block))) await once(ffmpeg.stdin, 'drain');
  }
  ffmpeg.stdin.end();
  await ended;
  const value = (pattern: RegExp): number =>
    Number(pattern.exec(summary.slice(summary.lastIndexOf('Summary')))?.[1] ?? Number.NaN);
  return {
    integrated: value(/I:\s+(-?[\d.]+) LUFS/),
    range: value(/LRA:\s+(-?[\d.]+) LU/),
    truePeak: value(/Peak:\s+(-?[\d.]+) dBFS/),
    momentary: Float32Array.from(momentary),
    silence: silentShare(tenths),
  };
}

function interleave([left, right]: Stereo): Buffer {
  const both = new Float32Array(2 * left.length);
  for (let i = 0; i < left.length; i++) {
    both[2 * i] = left[i] ?? 0;
    both[2 * i + 1] = right[i] ?? 0;
  }
  return Buffer.from(both.buffer);
}

/** Mean square of each tenth of a second. */
function energies([left, right]: Stereo): number[] {
  const length = sampleRate / 10;
  return Array.from({ length: Math.floor(left.length / length) }, (_, tenth) => {
    let sum = 0;
    for (let i = tenth * length; i < (tenth + 1) * length; i++) sum += (left[i] ?? 0) ** 2 + (right[i] ?? 0) ** 2;
    return sum / (2 * length);
  });
}

function silentShare(tenths: readonly number[]): number {
  const windows = tenths
    .slice(3)
    .map((last, i) => (last + (tenths[i] ?? 0) + (tenths[i + 1] ?? 0) + (tenths[i + 2] ?? 0)) / 4);
  return windows.filter((energy) => 10 * Math.log10(energy + 1e-12) < -60).length / Math.max(1, windows.length);
}
