import { spectrum } from '@bnc/testing/sound';
import { sampleRate } from './mix.ts';

const frameSize = 2048;

/** Edges of the critical bands in Hz (Zwicker 1961). */
const edges = [
  0, 100, 200, 300, 400, 510, 630, 770, 920, 1080, 1270, 1480, 1720, 2000, 2320, 2700, 3150, 3700, 4400, 5300, 6400,
  7700, 9500, 12_000, 15_500,
];
const bands = edges.length - 1;

/**
 * How far above a voice the rest must lie in its band to hide it, in dB. Set so that the first edition's pushes and red builds
 * are heard as much as its judges found, 77 % and 64 %: here 70 % and 66 %.
 */
const offset = 11;

/** How much of the energy of one band hides what is in another (Schroeder, Atal and Hall 1979), as a factor. */
const spread: readonly (readonly number[])[] = Array.from({ length: bands }, (_, masked) =>
  Array.from({ length: bands }, (_, masker) => {
    const distance = masked - masker + 0.474;
    return 10 ** ((15.81 + 7.5 * distance - 17.5 * Math.sqrt(1 + distance * distance)) / 10);
  }),
);

const bandOfBin: readonly number[] = Array.from({ length: frameSize / 2 }, (_, bin) => {
  const hertz = (bin * sampleRate) / frameSize;
  return edges.findIndex((edge, i) => edge <= hertz && hertz < (edges[i + 1] ?? 0));
});

function bandEnergies(samples: Float32Array, at: number): Float64Array {
  const energies = new Float64Array(bands);
  spectrum(samples, frameSize, at).forEach((magnitude, bin) => {
    const band = bandOfBin[bin] ?? -1;
    if (band >= 0) energies[band] = (energies[band] ?? 0) + magnitude * magnitude;
  });
  return energies;
}

/**
 * Share of a voice's cells (critical band x 46 ms) that are heard over the rest of the music: those in which it lies above what
 * the rest hides. Only cells count that are within 25 dB of the voice's loudest in that moment, while the voice sounds.
 */
export function heardShare(voice: Float32Array, rest: Float32Array): number {
  let [heard, cells] = [0, 0];
  const frames: Float64Array[] = [];
  for (let at = 0; at + frameSize <= voice.length; at += frameSize / 2) frames.push(bandEnergies(voice, at));
  const totals = frames.map((energies) => energies.reduce((sum, each) => sum + each, 0));
  const loudest = Math.max(...totals, 1e-20);
  frames.forEach((energies, frame) => {
    if ((totals[frame] ?? 0) < loudest / 1000) return;
    const masker = bandEnergies(rest, (frame * frameSize) / 2);
    const top = Math.max(...energies);
    energies.forEach((energy, band) => {
      if (energy < top / 10 ** 2.5) return;
      const hidden = (spread[band] ?? []).reduce((sum, factor, i) => sum + factor * (masker[i] ?? 0), 0);
      cells++;
      if (energy > hidden / 10 ** (offset / 10)) heard++;
    });
  });
  return cells === 0 ? 1 : heard / cells;
}
