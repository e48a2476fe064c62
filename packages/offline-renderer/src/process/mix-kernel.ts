import type { Hertz } from '@bnc/contracts';
import type { Line } from '../instruments/line.ts';
import type { KeptRecording } from '../instruments/recordings.ts';
import { kernelWasm } from './mix-wasm.ts';

/** What `kernel/mix/mix.as` exports: see there. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  left(): number;
  right(): number;
  free(): number;
  capacity(): number;
  open(one: number, two: number, levelsAt: number, start: number, end: number): void;
  add(count: number, rate: number): void;
}

const kernel = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(kernelWasm, 'base64')))
  .exports as unknown as Exports;
const pageBytes = 65_536;
const floatBytes = Float32Array.BYTES_PER_ELEMENT;

/** How a note is mixed. */
interface NoteOptions {
  /** Its level, from its first frame on. */
  readonly level: Line;
  /** Frames of the recording for each frame of the mix. */
  readonly rate: number;
  readonly sampleRate: Hertz;
}

/** Adds a note to a mix that begins with it, and may end before it: one array per channel of the recording. */
export function mixNote(mixed: readonly Float32Array[], recording: KeptRecording, options: NoteOptions): void {
  const { level, rate, sampleRate } = options;
  const frames = Math.min(mixed[0]?.length ?? 0, level.frames(sampleRate));
  if (frames <= 0) return;
  level.writeTo(openNote(recording, frames), sampleRate);
  const most = kernel.capacity();
  const planes = [kernel.left(), kernel.right()].map((at) => new Float32Array(kernel.memory.buffer, at, most));
  for (let from = 0; from < frames; from += most) {
    const count = Math.min(most, frames - from);
    for (const [channel, samples] of mixed.entries()) planes[channel]?.set(samples.subarray(from, from + count));
    kernel.add(count, rate);
    for (const [channel, samples] of mixed.entries()) samples.set(planes[channel]?.subarray(0, count) ?? [], from);
  }
}

/** Hands a recording to the kernel. @returns where the levels of the note are to be written. */
function openNote({ channels, loop }: KeptRecording, frames: number): Float32Array {
  const length = channels[0]?.length ?? 0;
  const [start, end] = loop ?? [length, length];
  const planeBytes = (end + 1) * floatBytes;
  const one = kernel.free();
  const levels = one + channels.length * planeBytes;
  const missing = levels + frames * floatBytes - kernel.memory.buffer.byteLength;
  if (missing > 0) kernel.memory.grow(Math.ceil(missing / pageBytes));
  const { buffer } = kernel.memory;
  for (const [channel, samples] of channels.entries()) {
    const plane = new Float32Array(buffer, one + channel * planeBytes, end + 1);
    plane.set(samples.subarray(0, end));
    // The line from the last frame leads to the first one of the loop, or to silence.
    plane[end] = loop ? (samples[start] ?? 0) : 0;
  }
  kernel.open(one, levels - planeBytes, levels, start, end);
  return new Float32Array(buffer, levels, frames);
}
