import { decodeBase64 } from '../base64.ts';
import { seedOf } from '../pcm/pcm.ts';
import type { BlockCoder, CodedBlock } from './block-coder.ts';
import { type FlacFormat, sampleRateCodes } from './format.ts';
import { kernelWasm } from './kernel-wasm.ts';

/** What `kernel/flac.as` exports. */
interface Kernel {
  readonly memory: WebAssembly.Memory;
  planes(): number;
  pcm(): number;
  out(): number;
  start(seed: number): void;
  encode(size: number, channels: number, frameNumber: number, rateCode: number, scale: number): number;
}

/** As in `kernel/flac.as`. */
const kernelBlockLength = 2048;

/** Compiled once; undefined where WebAssembly or its SIMD is missing, or a content security policy forbids it. */
const kernelModule: WebAssembly.Module | undefined = /* @__PURE__ */ compile();

/**
 * Encodes one or two channels of 16 bits at the levels that use fixed predictors only (0-2), in WebAssembly with SIMD:
 * in a quarter of the time of JavaScript.
 */
export class KernelBlockCoder implements BlockCoder {
  readonly planes: readonly Float32Array[];
  readonly blockLength: number = kernelBlockLength;
  readonly #kernel: Kernel;
  readonly #format: FlacFormat;

  private constructor(kernel: Kernel, format: FlacFormat) {
    this.#kernel = kernel;
    this.#format = format;
    kernel.start(seedOf(0));
    this.planes = Array.from(
      { length: format.numberOfChannels },
      (_, channel) =>
        new Float32Array(kernel.memory.buffer, kernel.planes() + channel * kernelBlockLength * 4, kernelBlockLength),
    );
  }

  /** Makes a coder if the kernel is there and supports the format. */
  static open(format: FlacFormat): KernelBlockCoder | undefined {
    const { numberOfChannels, bitDepth, compressionLevel } = format;
    if (!kernelModule || numberOfChannels > 2 || bitDepth !== 16 || compressionLevel > 2) return undefined;
    return new KernelBlockCoder(new WebAssembly.Instance(kernelModule).exports as unknown as Kernel, format);
  }

  encode(size: number, frameNumber: number): CodedBlock {
    const { numberOfChannels, sampleRate, gain } = this.#format;
    const rateCode = sampleRateCodes.get(sampleRate) ?? 0;
    const { memory } = this.#kernel;
    const bytes = this.#kernel.encode(size, numberOfChannels, frameNumber, rateCode, 2 ** 15 / gain);
    return {
      frame: new Uint8Array(memory.buffer, this.#kernel.out(), bytes),
      pcm: new Uint8Array(memory.buffer, this.#kernel.pcm(), size * numberOfChannels * 2),
    };
  }
}

function compile(): WebAssembly.Module | undefined {
  try {
    return new WebAssembly.Module(decodeBase64(kernelWasm));
  } catch {
    return undefined;
  }
}
