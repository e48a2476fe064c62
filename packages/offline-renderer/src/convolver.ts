import loadPffft, { type Pffft } from '@echogarden/pffft-wasm/simd';

/** Frames that are convolved at a time. */
export const blockFrames = 16_384;

/** Frames of a transform: the block before, then the block. */
const size = 2 * blockFrames;
const forward = 0;
const backward = 1;

const fft: Pffft = await loadPffft();
const setup = fft._pffft_new_setup(size, 0);
const place = (floats: number): number => {
  const at = fft._pffft_aligned_malloc(floats * Float32Array.BYTES_PER_ELEMENT);
  if (at === 0) throw new RangeError('memory allocation of a convolver failed');
  return at;
};
const work = place(size);
const input = place(size);
const sum = place(size);

/** Blocks that stay below this are taken for silence: the engine's filters ring on in numbers so small that arithmetic on them is slow. */
const inaudible = 1e-9;

const isSilent = (samples: Float32Array): boolean => {
  for (let i = 0; i < samples.length; i++) if (Math.abs(samples[i] ?? 0) >= inaudible) return false;
  return true;
};

const view = (at: number, floats: number): Float32Array =>
  fft.HEAPF32.subarray(at / Float32Array.BYTES_PER_ELEMENT, at / Float32Array.BYTES_PER_ELEMENT + floats);

/**
 * Convolves one channel with an impulse response, block after block: partitions of one size, overlap-save (Wefers 2015, "Partitioned
 * convolution algorithms for real-time auralization", 5.4). Each block costs two transforms and one product per
 * partition: about 4 ms per second of sound at 1.5 s of response, a twentieth of the engine's own node, whose blocks have 128 frames.
 * Its memory lies outside the garbage collector: `close` it.
 */
export class Convolver {
  readonly #partitions: number;
  /** Spectra of the response, then those of the last blocks, in a ring. */
  readonly #spectra: number;
  readonly #before = new Float32Array(blockFrames);
  /** Which places of the ring hold silence. */
  readonly #silent: boolean[];
  #block = 0;

  constructor(response: Float32Array) {
    this.#partitions = Math.max(1, Math.ceil(response.length / blockFrames));
    this.#silent = Array.from({ length: this.#partitions }, () => true);
    this.#spectra = place(2 * this.#partitions * size);
    for (let part = 0; part < this.#partitions; part++) {
      const samples = view(input, size).fill(0);
      samples.set(response.subarray(part * blockFrames, (part + 1) * blockFrames));
      fft._pffft_transform(setup, input, this.#spectrum(part), work, forward);
    }
  }

  /** Adds the response to a block of at most `blockFrames` frames; only the last block may be shorter. */
  addTo(output: Float32Array, block: Float32Array): void {
    const samples = view(input, size).fill(0);
    samples.set(this.#before);
    samples.set(block, blockFrames);
    this.#before.fill(0);
    this.#before.set(block);
    const newest = this.#block % this.#partitions;
    this.#silent[newest] = isSilent(samples);
    this.#block++;
    if (this.#silent.every(Boolean)) return;
    if (!this.#silent[newest]) fft._pffft_transform(setup, input, this.#spectrum(this.#partitions + newest), work, forward);
    view(sum, size).fill(0);
    for (let part = 0; part < this.#partitions; part++) {
      const place = (newest - part + this.#partitions) % this.#partitions;
      if (this.#silent[place]) continue;
      const heard = this.#spectrum(this.#partitions + place);
      fft._pffft_zconvolve_accumulate(setup, heard, this.#spectrum(part), sum, 1 / size);
    }
    fft._pffft_transform(setup, sum, input, work, backward);
    const wet = view(input + blockFrames * Float32Array.BYTES_PER_ELEMENT, output.length);
    for (let i = 0; i < output.length; i++) output[i] = (output[i] ?? 0) + (wet[i] ?? 0);
  }

  /** Gives the memory back. */
  close(): void {
    fft._pffft_aligned_free(this.#spectra);
  }

  #spectrum(index: number): number {
    return this.#spectra + index * size * Float32Array.BYTES_PER_ELEMENT;
  }
}
