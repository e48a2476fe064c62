import type { Impulse } from '../instruments/effects.ts';
import { blockFrames, Convolver, type Workspace } from './convolver.ts';

/**
 * Mixes the channels of a score's graph: the dry pair, then the input of each reverb, pair by pair. The reverbs are computed
 * here, from the graph's output: nothing in a graph depends on them, and large blocks cost a tenth of the engine's.
 */
export class Mixdown {
  readonly #reverbs: readonly (readonly [Convolver, Convolver])[];

  constructor(workspace: Workspace, impulses: readonly Impulse[]) {
    this.#reverbs = impulses.map(([left, right]) => [new Convolver(workspace, left), new Convolver(workspace, right)]);
  }

  /** Mixes the next frames to stereo, in the first two channels: a multiple of `blockFrames`, except for the last ones. */
  mix(channels: readonly Float32Array<ArrayBuffer>[]): [Float32Array<ArrayBuffer>, Float32Array<ArrayBuffer>] {
    const side = (offset: 0 | 1): Float32Array<ArrayBuffer> => {
      const mixed = channels[offset] ?? new Float32Array();
      for (const [index, convolvers] of this.#reverbs.entries()) {
        const sent = channels[2 + 2 * index + offset] ?? mixed.subarray(0, 0);
        for (let from = 0; from < mixed.length; from += blockFrames) {
          convolvers[offset].addTo(mixed.subarray(from, from + blockFrames), sent.subarray(from, from + blockFrames));
        }
      }
      return mixed;
    };
    return [side(0), side(1)];
  }

  /** Frees the memory of its reverbs. */
  [Symbol.dispose](): void {
    for (const convolver of this.#reverbs.flat()) convolver.close();
  }
}
