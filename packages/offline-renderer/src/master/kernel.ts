import { kernelWasm } from './kernel-wasm.ts';

/** What `kernel/master.as` exports: see there. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  left(): number;
  right(): number;
  curve(): number;
  taps(): number;
  capacity(): number;
  around(): number;
  openOffset(): void;
  removeOffset(count: number, keep: number): number;
  openWeighting(b0: number, b1: number, b2: number, a1: number, a2: number, c1: number, c2: number): void;
  weigh(count: number): number;
  openPeaks(): void;
  scan(count: number, threshold: number, need: number, level: number): number;
  openRecovery(): void;
  recover(count: number, share: number): void;
  openApproach(): void;
  approach(count: number, share: number, level: number): number;
  amplify(count: number, level: number): void;
}

/** One or two channels that go through the kernel together. */
export type Pair = readonly [left: Float32Array, right?: Float32Array];

/** The passes of a master in WebAssembly. */
export const kernel: Exports = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(kernelWasm, 'base64')))
  .exports as unknown as Exports;

/** Frames that a block has around it where its peaks are looked for. */
export const margin: number = kernel.around();
/** Frames of a block: few enough that its data stay in the nearest caches. */
const usualBlock = 4096;

const { buffer } = kernel.memory;
const planeLength = kernel.capacity() + 2 * margin;
const planes = [kernel.left(), kernel.right()].map((at) => new Float32Array(buffer, at, planeLength));
/** The gain of each frame of a block. */
export const curvePlane: Float32Array<ArrayBuffer> = new Float32Array(buffer, kernel.curve(), kernel.capacity());
/** Filters for the points at 1/4 (its first half, then its second one backwards) and 1/2 of the way between two samples. */
export const tapsPlane: Float64Array<ArrayBuffer> = new Float64Array(buffer, kernel.taps(), 3 * margin);

/** Groups channels in pairs; the last one may be alone. */
export function pairsOf(channels: readonly Float32Array[]): Pair[] {
  return channels.flatMap((left, index) => {
    const right = channels[index + 1];
    return index % 2 === 1 ? [] : [right ? ([left, right] as const) : ([left] as const)];
  });
}

/** Hands frames of a pair to the kernel: silence beyond its ends. */
export function writeBlock(pair: Pair, from: number, count: number): void {
  for (const [side, plane] of planes.entries()) {
    const samples = pair[side] ?? new Float32Array();
    const start = Math.min(count, Math.max(0, -from));
    const end = Math.max(start, Math.min(count, samples.length - from));
    plane.fill(0, 0, start);
    plane.set(samples.subarray(from + start, from + end), start);
    plane.fill(0, end, count);
  }
}

/** Takes frames of a pair from the kernel. */
export function readBlock(pair: Pair, from: number, count: number): void {
  for (const [side, samples] of pair.entries()) samples?.set(planes[side]?.subarray(0, count) ?? [], from);
}

/** Visits the blocks of a sound in order of time. */
export function* blocksOf(length: number): Generator<readonly [from: number, count: number]> {
  for (let from = 0; from < length; from += usualBlock) yield [from, Math.min(usualBlock, length - from)];
}
