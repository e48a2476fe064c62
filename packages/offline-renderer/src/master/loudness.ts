import type { Hertz, Lufs } from '@bnc/contracts';
import { kernel, pairsOf, writeBlock } from './kernel.ts';

type Coefficients = readonly [b0: number, b1: number, b2: number, a1: number, a2: number];

/**
 * Integrated loudness in LUFS by ITU-R BS.1770-5: blocks of 400 ms every 100 ms, gated at -70 LUFS and at 10 LU below the mean.
 * Sounds shorter than a block count as one block. -Infinity for silence. About 2 ns a sample.
 */
export function integratedLoudness(channels: readonly Float32Array[], sampleRate: Hertz): Lufs {
  const step = Math.round(sampleRate / 10);
  const length = channels[0]?.length ?? 0;
  const steps = new Float64Array(Math.max(4, Math.floor(length / step)));
  const [shelf, [, , , ...highpass]] = kWeighting(sampleRate);
  for (const pair of pairsOf(channels)) {
    kernel.openWeighting(...shelf, ...highpass);
    for (const index of steps.keys()) {
      writeBlock(pair, index * step, step);
      steps[index] = (steps[index] ?? 0) + kernel.weigh(step);
    }
  }
  const blocks: number[] = [];
  for (let i = 3; i < steps.length; i++) {
    blocks.push(((steps[i - 3] ?? 0) + (steps[i - 2] ?? 0) + (steps[i - 1] ?? 0) + (steps[i] ?? 0)) / 4);
  }
  const gated = (gate: Lufs): number => {
    const loud = blocks.filter((energy) => toLufs(energy) > gate);
    return loud.length === 0 ? 0 : loud.reduce((sum, energy) => sum + energy, 0) / loud.length;
  };
  return toLufs(gated(toLufs(gated(-70)) - 10));
}

/** The two filters of K-weighting at any sample rate (ITU-R BS.1770-5 annex 1, by bilinear transform of the analogue prototypes). */
function kWeighting(sampleRate: Hertz): readonly [Coefficients, Coefficients] {
  const shelf = Math.tan((Math.PI * 1681.974450955533) / sampleRate);
  const q = 0.7071752369554196;
  const high = 10 ** (3.999843853973347 / 20);
  const band = high ** 0.4996667741545416;
  const norm = 1 + shelf / q + shelf * shelf;
  const pass = Math.tan((Math.PI * 38.13547087602444) / sampleRate);
  const passQ = 0.5003270373238773;
  const passNorm = 1 + pass / passQ + pass * pass;
  return [
    [
      (high + (band * shelf) / q + shelf * shelf) / norm,
      (2 * (shelf * shelf - high)) / norm,
      (high - (band * shelf) / q + shelf * shelf) / norm,
      (2 * (shelf * shelf - 1)) / norm,
      (1 - shelf / q + shelf * shelf) / norm,
    ],
    [1, -2, 1, (2 * (pass * pass - 1)) / passNorm, (1 - pass / passQ + pass * pass) / passNorm],
  ];
}

function toLufs(energy: number): Lufs {
  return -0.691 + 10 * Math.log10(energy);
}
