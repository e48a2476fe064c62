import { blockFrames } from './convolver.ts';

/** A block of a sound: `blockFrames` of it, in memory of the engine that the next block takes. */
export type Block = Pick<AudioBuffer, 'copyFromChannel'>;

/** A render whose channels are heard block by block, in order. */
export interface Blocks {
  /** Where the channels go. */
  readonly input: AudioNode;
  /** Renders, and calls back with each block. Rejects with what `heard` throws. */
  render(heard: (from: number, block: Block) => void): Promise<void>;
}

/**
 * Renders all channels of a context, and then hands over their blocks. For what is short: `BlockRender` keeps some 0.4 MB of the
 * engine's memory until its process ends.
 */
export class WholeRender implements Blocks {
  readonly #native: OfflineAudioContext;

  /** @param native - a context of all channels, whose length is a whole number of blocks */
  constructor(native: OfflineAudioContext) {
    this.#native = native;
  }

  get input(): AudioNode {
    return this.#native.destination;
  }

  async render(heard: (from: number, block: Block) => void): Promise<void> {
    const all = await this.#native.startRendering();
    for (let from = 0; from < all.length; from += blockFrames) {
      heard(from, { copyFromChannel: (to, channel) => all.copyFromChannel(to, channel, from) });
    }
  }
}

/** Most bytes of blocks that wait to be heard, of which the engine has two copies. */
const maxWaiting = 24 * 2 ** 20;

/** Blocks between two collections: the memory of a block goes with its JavaScript object, whose size V8 does not know. 1 ms each. */
const blocksPerCollection = 8;

/**
 * Renders channels block by block, in order, and keeps none of them: a score with twelve reverbs has 26, each of 21 MB
 * for two minutes. The callback that receives them works while the engine renders on; the engine pauses where too many
 * wait. The context's length is a whole number of blocks, and its own output is silent.
 */
export class BlockRender implements Blocks {
  readonly #native: OfflineAudioContext;
  readonly #processor: ScriptProcessorNode;
  /** Frames that have been heard. */
  #heard = 0;
  #isOver = false;
  /** The frame from which on the engine goes on, while it stands still. */
  #resumeAt = Number.POSITIVE_INFINITY;

  /** Make it before the graph: another thread of the engine gets the pauses, and must have them before it renders. */
  constructor(native: OfflineAudioContext, channels: number) {
    this.#native = native;
    // Deprecated in browsers in favour of worklets, but the only node whose callback runs during an offline render here.
    this.#processor = native.createScriptProcessor(blockFrames, channels, 1);
    this.#processor.connect(native.destination);
    const copies = 2 * channels * blockFrames * Float32Array.BYTES_PER_ELEMENT;
    const step = Math.max(1, Math.floor(maxWaiting / copies / 2)) * blockFrames;
    for (let from = 2 * step; from < native.length; from += step) {
      // Without it more blocks wait, and nothing else changes.
      native.suspend(from / native.sampleRate).then(
        () => {
          this.#resumeAt = from - step;
          this.#goOn();
        },
        () => {},
      );
    }
  }

  get input(): AudioNode {
    return this.#processor;
  }

  async render(heard: (from: number, block: Block) => void): Promise<void> {
    const all = Promise.withResolvers<void>();
    this.#processor.onaudioprocess = ({ inputBuffer }) => {
      try {
        heard(this.#heard, inputBuffer);
      } catch (error) {
        all.reject(error);
      }
      this.#heard += blockFrames;
      if (this.#heard % (blocksPerCollection * blockFrames) === 0) globalThis.gc?.({ type: 'minor' });
      if (this.#heard >= this.#native.length) all.resolve();
      this.#goOn();
    };
    // The last blocks may come after the end of the render, and do not keep a process alive that has nothing else to do.
    const alive = setInterval(() => {}, 60_000);
    try {
      await Promise.all([this.#native.startRendering(), all.promise]);
    } finally {
      clearInterval(alive);
      this.#processor.onaudioprocess = null;
      this.#isOver = true;
      this.#goOn();
    }
  }

  /** Lets the engine go on where enough has been heard, or nothing more will be. */
  #goOn(): void {
    if (this.#resumeAt === Number.POSITIVE_INFINITY || (this.#heard < this.#resumeAt && !this.#isOver)) return;
    this.#resumeAt = Number.POSITIVE_INFINITY;
    void this.#native.resume();
  }
}
