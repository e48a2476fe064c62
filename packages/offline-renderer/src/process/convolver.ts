// Found by every program that reads this source, not by this package's alone.
// oxlint-disable-next-line typescript/triple-slash-reference
/// <reference path="./pffft-wasm.d.ts" />
import loadPffft from '@echogarden/pffft-wasm/simd';
import { RenderError } from '../errors.ts';

/** Frames that are convolved at a time. */
export const blockFrames = 16_384;

/** Frames of a transform: the block before, then the block. */
const size = 2 * blockFrames;
const forward = 0;
const backward = 1;

/** The transform and its memory, and the places in it where convolvers work, one at a time. Places are byte offsets. */
export interface Workspace {
  /** All of the memory; another view after it has grown. */
  memory(): Float32Array;
  allocate(floats: number): number;
  free(at: number): void;
  /** Transforms `size` real values to a spectrum, or back, unscaled. */
  transform(from: number, to: number, direction: typeof forward | typeof backward): void;
  /** Adds the product of two spectra to a third, scaled so that transforms cancel out. */
  addProduct(a: number, b: number, to: number): void;
  readonly input: number;
  readonly sum: number;
}

/** Loads the transform: about 20 ms. */
export async function loadWorkspace(): Promise<Workspace> {
  const pffft = await loadPffft();
  const { _pffft_new_setup: createSetup, _pffft_aligned_malloc: malloc, _pffft_aligned_free: free } = pffft;
  const { _pffft_transform: transform, _pffft_zconvolve_accumulate: accumulate } = pffft;
  const allocate = (floats: number): number => {
    const at = malloc(floats * Float32Array.BYTES_PER_ELEMENT);
    if (at === 0) throw new RenderError('RENDER_OUT_OF_MEMORY', 'There is no memory left for the reverbs.');
    return at;
  };
  const setup = createSetup(size, 0);
  const work = allocate(size);
  return {
    memory: () => pffft.HEAPF32,
    allocate,
    free,
    transform: (from, to, direction) => transform(setup, from, to, work, direction),
    addProduct: (a, b, to) => accumulate(setup, a, b, to, 1 / size),
    input: allocate(size),
    sum: allocate(size),
  };
}

/** Blocks that stay below this (-180 dB) are taken for silence, which costs nothing. */
const inaudible = 1e-9;

function isSilent(samples: Float32Array): boolean {
  for (let i = 0; i < samples.length; i++) if (Math.abs(samples[i] ?? 0) >= inaudible) return false;
  return true;
}

/**
 * Convolves one channel with an impulse response, block after block: partitions of one size, overlap-save (Wefers 2015, "Partitioned
 * convolution algorithms for real-time auralization", 5.4). Each block costs two transforms and one product per
 * partition: about 1 ms per second of sound at 1.5 s of response, a tenth of the engine's own node, whose blocks have 128 frames.
 * Its memory lies outside the garbage collector: `close` it.
 */
export class Convolver {
  readonly #workspace: Workspace;
  readonly #partitions: number;
  /** Spectra of the response, then those of the last blocks, in a ring. */
  readonly #spectra: number;
  readonly #before: Float32Array = new Float32Array(blockFrames);
  /** Which places of the ring hold silence. */
  readonly #silent: boolean[];
  #block = 0;

  constructor(workspace: Workspace, response: Float32Array) {
    const { input } = workspace;
    this.#workspace = workspace;
    this.#partitions = Math.max(1, Math.ceil(response.length / blockFrames));
    this.#silent = Array.from({ length: this.#partitions }, () => true);
    this.#spectra = workspace.allocate(2 * this.#partitions * size);
    for (let part = 0; part < this.#partitions; part++) {
      const samples = this.#view(input).fill(0);
      samples.set(response.subarray(part * blockFrames, (part + 1) * blockFrames));
      workspace.transform(input, this.#spectrum(part), forward);
    }
  }

  /** Adds the response to a block of at most `blockFrames` frames; only the last block may be shorter. */
  addTo(output: Float32Array, block: Float32Array): void {
    const { input, sum } = this.#workspace;
    const samples = this.#view(input).fill(0);
    samples.set(this.#before);
    samples.set(block, blockFrames);
    this.#before.fill(0);
    this.#before.set(block);
    const newest = this.#block % this.#partitions;
    const silent = isSilent(samples);
    this.#silent[newest] = silent;
    this.#block++;
    if (this.#silent.every(Boolean)) return;
    if (!silent) this.#workspace.transform(input, this.#spectrum(this.#partitions + newest), forward);
    this.#view(sum).fill(0);
    for (let part = 0; part < this.#partitions; part++) {
      const place = (newest - part + this.#partitions) % this.#partitions;
      if (this.#silent[place]) continue;
      this.#workspace.addProduct(this.#spectrum(this.#partitions + place), this.#spectrum(part), sum);
    }
    this.#workspace.transform(sum, input, backward);
    const wet = this.#view(input).subarray(blockFrames);
    for (let i = 0; i < output.length; i++) output[i] = (output[i] ?? 0) + (wet[i] ?? 0);
  }

  /** Frees the memory. */
  close(): void {
    this.#workspace.free(this.#spectra);
  }

  #spectrum(index: number): number {
    return this.#spectra + index * size * Float32Array.BYTES_PER_ELEMENT;
  }

  /** `size` floats from a place on, until the memory grows. */
  #view(at: number): Float32Array {
    const start = at / Float32Array.BYTES_PER_ELEMENT;
    return this.#workspace.memory().subarray(start, start + size);
  }
}
