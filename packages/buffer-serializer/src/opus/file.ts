import { SerializerError } from '../errors.ts';
import { type Layout, lengthMismatch } from '../limits.ts';
import { resampledLength } from '../resample.ts';
import { readOgg } from './ogg.ts';

/** Opus works at 48 kHz. */
export const opusRate = 48_000;
/** A packet holds at most 120 ms. */
export const maxPacketFrames = 5760;
/** Frames beyond the stated end that a stream may hold: no encoder pads more than a second. */
const maxPadding = opusRate;

/** Checks that a channel count is one that mapping family 0 holds. */
export function channelCount(numberOfChannels: number): 1 | 2 {
  if (numberOfChannels === 1 || numberOfChannels === 2) return numberOfChannels;
  throw new SerializerError(
    'SERIALIZER_UNSUPPORTED_LAYOUT',
    `Opus holds 1 or 2 channels here, got ${numberOfChannels}: use flac (up to 8) or f32-shuffle-deflate.`,
  );
}

function corrupt(message: string): SerializerError {
  return new SerializerError('SERIALIZER_CORRUPT', `Not Opus: ${message}`);
}

/** Counts a packet's frames at 48 kHz from its first bytes (RFC 6716 section 3.1). */
function packetFrames(packet: Uint8Array): number {
  const toc = packet[0];
  if (toc === undefined) throw corrupt('a packet is empty.');
  const config = toc >> 3;
  const size =
    config < 12 ? [480, 960, 1920, 2880][config & 3] : config < 16 ? 480 << (config & 1) : 120 << (config & 3);
  const code = toc & 3;
  const count = code === 0 ? 1 : code < 3 ? 2 : (packet[1] ?? 0) & 63;
  const frames = count * (size ?? 0);
  if (frames === 0 || frames > maxPacketFrames) throw corrupt(`a packet claims ${frames} frames.`);
  return frames;
}

/** What an Ogg Opus file states, read without decoding. */
export interface OpusFile {
  readonly numberOfChannels: 1 | 2;
  readonly preSkip: number;
  readonly outputGain: number;
  /** Frames at 48 kHz after pre-skip and end trimming. */
  readonly length: number;
  readonly packets: readonly Uint8Array[];
}

/** Takes an Ogg Opus file apart and checks that its packets hold what its last page claims, and little more. */
export function inspectOpus(bytes: Uint8Array): OpusFile {
  const { packets, lastGranule } = readOgg(bytes);
  const [head, tags, ...audio] = packets;
  if (!head || !tags || head.length < 19 || new TextDecoder().decode(head.subarray(0, 8)) !== 'OpusHead') {
    throw corrupt('no OpusHead.');
  }
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if ((head[8] as number) > 15 || head[18] !== 0) {
    throw new SerializerError('SERIALIZER_UNSUPPORTED_LAYOUT', 'Only Opus of mapping family 0 is supported.');
  }
  const preSkip = view.getUint16(10, true);
  const length = lastGranule - preSkip;
  const frames = audio.reduce((sum, packet) => sum + packetFrames(packet), 0);
  if (length < 0 || frames < lastGranule) throw corrupt('the packets hold less than the last page says.');
  if (frames > lastGranule + maxPadding) throw corrupt('the packets hold far more than the last page says.');
  return {
    numberOfChannels: channelCount(head[9] as number),
    preSkip,
    outputGain: view.getInt16(16, true),
    length,
    packets: audio,
  };
}

/** Inspects a file and compares it with a checked layout; a rounding of one frame at 48 kHz passes. */
export function inspectOpusAs(bytes: Uint8Array, layout: Layout): OpusFile {
  const file = inspectOpus(bytes);
  if (file.numberOfChannels !== layout.numberOfChannels) {
    throw corrupt(`${file.numberOfChannels} channels, the header says ${layout.numberOfChannels}.`);
  }
  const expected = resampledLength(layout.length, layout.sampleRate, opusRate);
  if (Math.abs(file.length - expected) > 1) throw lengthMismatch(expected, file.length);
  return file;
}
