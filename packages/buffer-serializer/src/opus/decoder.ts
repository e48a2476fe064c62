import { createDecoder, DecoderCtl } from 'libopus-wasm';
import { SerializerError } from '../errors.ts';
import { type Layout, lengthMismatch } from '../limits.ts';
import { deinterleave } from '../pcm/pcm.ts';
import { resample } from '../resample.ts';
import { inspectOpusAs, maxPacketFrames, type OpusFile, type OpusStream, opusRate } from './file.ts';

/** Decodes all streams of a file, one after the other, at 48 kHz. A mono stream among stereo ones sounds on both sides. */
export async function decodePackets(file: OpusFile): Promise<Float32Array[]> {
  const channels = Array.from({ length: file.numberOfChannels }, () => new Float32Array(file.length));
  let at = 0;
  for (const stream of file.streams) {
    const decoded = await decodeStream(stream);
    for (const [channel, samples] of channels.entries()) {
      samples.set(decoded[channel] ?? (decoded[0] as Float32Array), at);
    }
    at += stream.length;
  }
  return channels;
}

async function decodeStream({
  numberOfChannels,
  preSkip,
  length,
  outputGain,
  packets,
}: OpusStream): Promise<Float32Array[]> {
  using decoder = await createDecoder({ channels: numberOfChannels, sampleRate: opusRate });
  if (outputGain !== 0) decoder.decoderCtl(DecoderCtl.SetGain, outputGain);
  const interleaved = new Float32Array((preSkip + length + maxPacketFrames) * numberOfChannels);
  const end = (preSkip + length) * numberOfChannels;
  let at = 0;
  for (const packet of packets) {
    if (at >= end) break;
    let samples: Float32Array;
    try {
      samples = decoder.decodeFloat(packet);
    } catch (cause) {
      throw new SerializerError('SERIALIZER_CORRUPT', 'A packet of Opus is damaged.', { cause });
    }
    interleaved.set(samples, at);
    at += samples.length;
  }
  if (at < end) throw lengthMismatch(length, at / numberOfChannels - preSkip);
  return deinterleave(interleaved.subarray(preSkip * numberOfChannels, end), numberOfChannels, 1);
}

/** Decodes to the sample rate and the exact length of a checked layout. */
export async function decodeOpusAs(bytes: Uint8Array, layout: Layout): Promise<Float32Array[]> {
  const channels = await decodePackets(inspectOpusAs(bytes, layout));
  return channels.map((samples) => {
    if (layout.sampleRate !== opusRate) return resample(samples, opusRate, layout.sampleRate, layout.length);
    if (samples.length === layout.length) return samples;
    const exact = new Float32Array(layout.length);
    exact.set(samples.subarray(0, layout.length));
    return exact;
  });
}
