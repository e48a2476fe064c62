/** Highest sample that leaves a limiter: -1 dBFS. */
const top = 10 ** (-1 / 20);
/** Sound below this passes unchanged: -2.5 dBFS. */
const knee = 0.75;
/** Input is taken up to this level, +12 dBFS; more is cut. */
const range = 4;
/** Points of the curve: between them it is straight, so that it must be fine where it bends. */
const points = 2 ** 13 + 1;

/**
 * Makes a limiter that keeps samples below -1 dBFS: sound below -2.5 dBFS passes unchanged, louder sound is bent. It
 * has no delay and no gain. It needs no worklet, which pages on plain http lack.
 * @returns its input.
 * @example source.connect(createLimiter(context, context.destination));
 */
export function createLimiter(context: BaseAudioContext, output: AudioNode): AudioNode {
  const shaper = context.createWaveShaper();
  shaper.curve = Float32Array.from({ length: points }, (_, i) => bend(range * ((2 * i) / (points - 1) - 1)));
  shaper.connect(output);
  const input = context.createGain();
  // A power of two, so that nothing is rounded.
  input.gain.value = 1 / range;
  input.connect(shaper);
  return input;
}

function bend(sample: number): number {
  const loud = Math.abs(sample);
  if (loud <= knee) return sample;
  return Math.sign(sample) * (knee + (top - knee) * Math.tanh((loud - knee) / (top - knee)));
}
