import { createDecoder, createEncoder, DecoderCtl, Signal } from 'libopus-wasm';
import { SerializerError } from '../errors.ts';
import { type Layout, lengthMismatch } from '../limits.ts';
import { deinterleave, interleave } from '../pcm/pcm.ts';
import { resample, resampledLength } from '../resample.ts';
import { channelCount, inspectOpusAs, maxPacketFrames, type OpusFile, opusRate } from './file.ts';
import { type OggPacket, writeOgg } from './ogg.ts';

/** 20 ms at 48 kHz. */
const frameLength = 960;

const text = new TextEncoder();

/** Encodes checked channels. @returns the file and the number of its frames at 48 kHz. */
export async function encodeOpusSamples(
  channels: readonly Float32Array[],
  sampleRate: number,
  options: { readonly bitrate: number; readonly gain: number },
): Promise<{ readonly data: Uint8Array<ArrayBuffer>; readonly length: number }> {
  const count = channelCount(channels.length);
  const { bitrate, gain } = options;
  if (!(bitrate >= 6000 && bitrate <= 510_000)) {
    throw new RangeError(`bitrate must be 6,000-510,000 bits a second, got ${bitrate}`);
  }
  const length = resampledLength(channels[0]?.length ?? 0, sampleRate, opusRate);
  const at48 = channels.map((samples) =>
    sampleRate === opusRate ? samples : resample(samples, sampleRate, opusRate, length),
  );
  using encoder = await createEncoder({ channels: count, sampleRate: opusRate, bitrate, signal: Signal.Music });
  const preSkip = encoder.getLookahead();
  const frames = Math.max(1, Math.ceil((length + preSkip) / frameLength));
  const packets: OggPacket[] = [];
  const interleaved = new Float32Array(frames * frameLength * count);
  interleave(at48, interleaved);
  if (gain !== 1) for (let i = 0; i < interleaved.length; i++) interleaved[i] = (interleaved[i] as number) / gain;
  for (let frame = 0; frame < frames; frame++) {
    const from = frame * frameLength * count;
    // The last granule position says where the audio ends (RFC 7845 section 4.4).
    packets.push({
      data: encoder.encodeFloat(interleaved.subarray(from, from + frameLength * count)),
      granule: Math.min((frame + 1) * frameLength, preSkip + length),
    });
  }
  return { data: writeOgg([opusHead(count, preSkip, sampleRate), opusTags()], packets), length };
}

/** Decodes at 48 kHz. */
export async function decodePackets(file: OpusFile): Promise<Float32Array[]> {
  const { numberOfChannels, preSkip, length } = file;
  using decoder = await createDecoder({ channels: numberOfChannels, sampleRate: opusRate });
  if (file.outputGain !== 0) decoder.decoderCtl(DecoderCtl.SetGain, file.outputGain);
  const interleaved = new Float32Array((preSkip + length + maxPacketFrames) * numberOfChannels);
  const end = (preSkip + length) * numberOfChannels;
  let at = 0;
  for (const packet of file.packets) {
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

function opusHead(numberOfChannels: number, preSkip: number, sampleRate: number): Uint8Array {
  const head = new Uint8Array(19);
  const view = new DataView(head.buffer);
  text.encodeInto('OpusHead', head);
  head[8] = 1;
  head[9] = numberOfChannels;
  view.setUint16(10, preSkip, true);
  view.setUint32(12, Math.round(sampleRate), true);
  return head;
}

function opusTags(): Uint8Array {
  const vendor = text.encode('@bnc/buffer-serializer');
  const tags = new Uint8Array(16 + vendor.length);
  text.encodeInto('OpusTags', tags);
  new DataView(tags.buffer).setUint32(8, vendor.length, true);
  tags.set(vendor, 12);
  return tags;
}
