/**
 * The passes of a master over two channels, block by block, in WebAssembly with SIMD (AssemblyScript). The caller writes a block of
 * float32 samples to LEFT and RIGHT, calls a pass, and reads there what it has changed. Passes that depend on what came before keep it
 * between their blocks: start each with its `open`. Doubles in a fixed order: the samples are the same on every machine.
 */
import { blockLength, CURVE, LEFT, margin, RIGHT, TAPS } from './memory';

export { openWeighting, weigh } from './loudness';
export { amplify, approach, openApproach, openRecovery, recover } from './limiter';
export { openOffset, removeOffset } from './offset';
export { openPeaks, scan } from './peaks';

export function left(): usize {
  return LEFT;
}

export function right(): usize {
  return RIGHT;
}

export function curve(): usize {
  return CURVE;
}

export function taps(): usize {
  return TAPS;
}

export function capacity(): i32 {
  return blockLength;
}

export function around(): i32 {
  return margin;
}
