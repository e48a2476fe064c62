import type { Hertz, Lufs } from '@bnc/contracts';

type Coefficients = readonly [b0: number, b1: number, b2: number, a1: number, a2: number];

/**
 * Integrated loudness in LUFS by ITU-R BS.1770-5: blocks of 400 ms every 100 ms, gated at -70 LUFS and at 10 LU below the mean.
 * Sounds shorter than a block count as one block. -Infinity for silence. About 12 ns a sample.
 */
export function integratedLoudness(channels: readonly Float32Array[], sampleRate: Hertz): Lufs {
  const step = Math.round(sampleRate / 10);
  const length = channels[0]?.length ?? 0;
  const steps = new Float64Array(Math.max(4, Math.floor(length / step)));
  for (let channel = 0; channel < channels.length; channel += 2) {
    addEnergy(channels[channel] ?? new Float32Array(), channels[channel + 1], sampleRate, steps, step);
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

/**
 * Adds the energy of K-weighted samples to steps of 100 ms. Two channels at a time: each sample waits for the one before, and
 * the other channel's fit in between.
 */
function addEnergy(
  left: Float32Array,
  right: Float32Array | undefined,
  sampleRate: Hertz,
  steps: Float64Array,
  step: number,
): void {
  const [[b0, b1, b2, a1, a2], [, , , c1, c2]] = kWeighting(sampleRate);
  let [x1, x2, y1, y2, z1, z2] = [0, 0, 0, 0, 0, 0];
  let [u1, u2, v1, v2, w1, w2] = [0, 0, 0, 0, 0, 0];
  const other = right ?? new Float32Array();
  for (let index = 0, start = 0; index < steps.length; index++, start += step) {
    let [energy, otherEnergy] = [0, 0];
    for (let i = start; i < start + step; i++) {
      const x = left[i] ?? 0;
      const u = other[i] ?? 0;
      const y = b0 * x + b1 * x1 + b2 * x2 - a1 * y1 - a2 * y2;
      const v = b0 * u + b1 * u1 + b2 * u2 - a1 * v1 - a2 * v2;
      const z = y - 2 * y1 + y2 - c1 * z1 - c2 * z2;
      const w = v - 2 * v1 + v2 - c1 * w1 - c2 * w2;
      x2 = x1;
      x1 = x;
      y2 = y1;
      y1 = y;
      z2 = z1;
      z1 = z;
      u2 = u1;
      u1 = u;
      v2 = v1;
      v1 = v;
      w2 = w1;
      w1 = w;
      energy += z * z;
      otherEnergy += w * w;
    }
    steps[index] = (steps[index] ?? 0) + energy / step + otherEnergy / step;
  }
}

function toLufs(energy: number): Lufs {
  return -0.691 + 10 * Math.log10(energy);
}
