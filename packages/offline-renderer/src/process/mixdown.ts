import type { Impulse } from '../instruments/effects.ts';
import type { Block } from './block-render.ts';
import { blockFrames, Convolver, type Workspace } from './convolver.ts';

/** Two channels of a mix. */
export type Stereo = readonly [left: Float32Array<ArrayBuffer>, right: Float32Array<ArrayBuffer>];

/**
 * Mixes the channels of a score's graph: the dry pair, then the input of each reverb, pair by pair. The reverbs are computed
 * here, from the graph's output: nothing in a graph depends on them, and large blocks cost a tenth of the engine's.
 */
export class Mixdown {
  readonly #reverbs: readonly (readonly [Convolver, Convolver])[];
  readonly #sent = new Float32Array(blockFrames);

  constructor(workspace: Workspace, impulses: readonly Impulse[]) {
    this.#reverbs = impulses.map(([left, right]) => [new Convolver(workspace, left), new Convolver(workspace, right)]);
  }

  /** Mixes the next block of a sound to stereo, as many frames of it as there is room for: all, except at the end. */
  mix(block: Block, to: Stereo): void {
    for (const [side, mixed] of to.entries()) {
      block.copyFromChannel(mixed, side);
      const sent = this.#sent.subarray(0, mixed.length);
      for (const [index, convolvers] of this.#reverbs.entries()) {
        block.copyFromChannel(sent, 2 + 2 * index + side);
        convolvers[side === 0 ? 0 : 1].addTo(mixed, sent);
      }
    }
  }

  /** Frees the memory of its reverbs. */
  [Symbol.dispose](): void {
    for (const convolver of this.#reverbs.flat()) convolver.close();
  }
}
