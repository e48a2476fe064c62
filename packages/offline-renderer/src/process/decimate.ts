/** Taps to each side, in samples of the result: a transition of an eighth of the new band. */
const width = 16;

/** Keeps every n-th sample of a sound whose upper frequencies are filtered out first. Its level stays as it is. */
export function decimate(samples: Float32Array, factor: number): Float32Array<ArrayBuffer> {
  const half = width * factor;
  const taps = Float64Array.from({ length: 2 * half + 1 }, (_, i) => {
    const x = (Math.PI * (i - half)) / factor;
    const window = 0.5 + 0.5 * Math.cos((Math.PI * (i - half)) / (half + 1));
    return (i === half ? 1 : Math.sin(x) / x) * window;
  });
  const sum = taps.reduce((total, tap) => total + tap, 0);
  return Float32Array.from({ length: Math.ceil(samples.length / factor) }, (_, index) => {
    const first = index * factor - half;
    let filtered = 0;
    for (let tap = 0; tap < taps.length; tap++) filtered += (taps[tap] ?? 0) * (samples[first + tap] ?? 0);
    return filtered / sum;
  });
}
