import { mulberry32 } from '@bnc/music-engine/mulberry32';

/** White noise in [-1, 1), the same for the same seed. */
export function createNoise(length: number, seed: number): Float32Array<ArrayBuffer> {
  const random = mulberry32(seed);
  const samples = new Float32Array(length);
  for (let i = 0; i < length; i++) samples[i] = random() * 2 - 1;
  return samples;
}
