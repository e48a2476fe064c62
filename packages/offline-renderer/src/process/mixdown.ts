import type { Impulse } from '../instruments/effects.ts';
import { blockFrames, Convolver, type Workspace } from './convolver.ts';

/** Channels that are read where they are, block by block: a score with twelve reverbs has 26. */
export interface Channels {
  readonly length: number;
  /** Copies frames of a channel, from a frame on, until `to` is full. */
  readonly read: (channel: number, from: number, to: Float32Array<ArrayBuffer>) => void;
}

/**
 * Mixes the channels of a score's graph: the dry pair, then the input of each reverb, pair by pair. The reverbs are computed
 * here, from the graph's output: nothing in a graph depends on them, and large blocks cost a tenth of the engine's.
 */
export class Mixdown {
  readonly #reverbs: readonly (readonly [Convolver, Convolver])[];

  constructor(workspace: Workspace, impulses: readonly Impulse[]) {
    this.#reverbs = impulses.map(([left, right]) => [new Convolver(workspace, left), new Convolver(workspace, right)]);
  }

  /** Mixes the next frames of a sound to stereo: a multiple of `blockFrames`, except for the last ones. */
  mix({ length, read }: Channels): [Float32Array<ArrayBuffer>, Float32Array<ArrayBuffer>] {
    const sent = new Float32Array(blockFrames);
    const side = (offset: 0 | 1): Float32Array<ArrayBuffer> => {
      const mixed = new Float32Array(length);
      read(offset, 0, mixed);
      for (const [index, convolvers] of this.#reverbs.entries()) {
        for (let from = 0; from < length; from += blockFrames) {
          const block = sent.subarray(0, length - from);
          read(2 + 2 * index + offset, from, block);
          convolvers[offset].addTo(mixed.subarray(from, from + blockFrames), block);
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
