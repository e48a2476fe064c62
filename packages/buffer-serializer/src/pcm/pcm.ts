import { lengthMismatch } from '../limits.ts';

const int16FullScale = 32_768;
const ditherSeed = 0x6d656f77;

/** The state of a channel's dither at the start. */
export function seedOf(channel: number): number {
  return ditherSeed + channel;
}

/** Interleaves the channels as 16-bit steps, dithered. */
export function interleave16<Steps extends Int16Array | Int32Array>(
  channels: readonly Float32Array[],
  gain: number,
  to: Steps,
): Steps {
  for (const [channel, samples] of channels.entries()) {
    quantise16(samples, int16FullScale / gain, seedOf(channel), to, channel, channels.length);
  }
  return to;
}

/** Interleaves channels as they are. */
export function interleave(channels: readonly Float32Array[], to: Float32Array): void {
  const stride = channels.length;
  for (const [channel, samples] of channels.entries()) {
    for (let i = 0, at = channel; i < samples.length; i++, at += stride) to[at] = samples[i] as number;
  }
}

/** Takes interleaved samples apart into new channels, each multiplied by `scale`. */
export function deinterleave(
  from: Float32Array | Int16Array | Int32Array,
  numberOfChannels: number,
  scale: number,
): Float32Array<ArrayBuffer>[] {
  const length = Math.floor(from.length / numberOfChannels);
  return Array.from({ length: numberOfChannels }, (_, channel) => {
    const samples = new Float32Array(length);
    for (let i = 0, at = channel; i < length; i++, at += numberOfChannels) samples[i] = (from[at] as number) * scale;
    return samples;
  });
}

/** A view of bytes as 16- or 32-bit values; copies only when the bytes are not aligned. */
export function alignedView<View>(
  bytes: Uint8Array,
  View: { new (buffer: ArrayBufferLike, offset: number, length: number): View; readonly BYTES_PER_ELEMENT: number },
): View {
  // Not `slice`: that of a Node Buffer returns a view of the same bytes.
  const aligned = bytes.byteOffset % View.BYTES_PER_ELEMENT === 0 ? bytes : new Uint8Array(bytes);
  return new View(aligned.buffer, aligned.byteOffset, Math.floor(aligned.length / View.BYTES_PER_ELEMENT));
}

/** Writes `pcm-f32le`: interleaved little-endian float32, bit-exact. */
export function encodeFloat32(channels: readonly Float32Array[]): Uint8Array<ArrayBuffer> {
  const samples = new Float32Array((channels[0]?.length ?? 0) * channels.length);
  interleave(channels, samples);
  return new Uint8Array(samples.buffer);
}

/** Writes `pcm-s16le`: interleaved little-endian 16-bit steps of `gain` / 32,768, dithered. */
export function encodeInt16(channels: readonly Float32Array[], gain: number): Uint8Array<ArrayBuffer> {
  const steps = interleave16(channels, gain, new Int16Array((channels[0]?.length ?? 0) * channels.length));
  return new Uint8Array(steps.buffer);
}

/** Reads `pcm-f32le` or `pcm-s16le` of exactly `length` frames. */
export function decodePcm(
  bytes: Uint8Array,
  encoding: 'pcm-f32le' | 'pcm-s16le',
  layout: { readonly length: number; readonly numberOfChannels: number },
): Float32Array<ArrayBuffer>[] {
  const View = encoding === 'pcm-f32le' ? Float32Array : Int16Array;
  const frameBytes = layout.numberOfChannels * View.BYTES_PER_ELEMENT;
  if (bytes.length !== layout.length * frameBytes) throw lengthMismatch(layout.length, bytes.length / frameBytes);
  return encoding === 'pcm-f32le'
    ? deinterleave(alignedView(bytes, Float32Array), layout.numberOfChannels, 1)
    : deinterleave(alignedView(bytes, Int16Array), layout.numberOfChannels, 1 / int16FullScale);
}

/**
 * Quantises one channel to 16 bits: samples that are already 16-bit values (digital silence among them) stay as they
 * are, the others get TPDF dither of ±1 step, which turns distortion into steady noise (Lipshitz, Wannamaker and
 * Vanderkooy, "Quantization and Dither", JAES 40/5, 1992). The dither is the same in every run, so that equal samples
 * give equal bytes. Values at or beyond full scale clip.
 *
 * @param scale Factor from a sample to steps: 32,768 / gain.
 * @param dither State of the dither: `seedOf(channel)`, or what the last call returned.
 */
export function quantise16(
  samples: Float32Array,
  scale: number,
  dither: number,
  to: Int16Array | Int32Array,
  at: number,
  stride: number,
): number {
  let state = dither;
  for (let i = 0; i < samples.length; i++) {
    const steps = (samples[i] as number) * scale;
    let value = Math.round(steps);
    if (value !== steps) {
      // xorshift32; its two halves are two uniform draws, their difference is triangular.
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      value = Math.round(steps + ((state >>> 16) - (state & 0xffff)) / 65_536);
    }
    to[at + i * stride] = value > 32_767 ? 32_767 : value < -32_768 ? -32_768 : value;
  }
  return state;
}

/** Joins byte arrays into one that is alone in its `ArrayBuffer`. */
export function concatenate(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
