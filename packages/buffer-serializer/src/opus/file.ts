import { SerializerError } from '../errors.ts';
import { type Layout, lengthMismatch } from '../limits.ts';
import { resampledLength } from '../resample.ts';
import { type OggReadPacket, type OggStream, readOgg } from './ogg.ts';

/** Opus works at 48 kHz. */
export const opusRate = 48_000;
/** A packet holds at least 2.5 ms. */
const minPacketFrames = 120;
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

/** One stream of an Ogg Opus file; most files have one. */
export interface OpusStream {
  readonly numberOfChannels: 1 | 2;
  readonly preSkip: number;
  readonly outputGain: number;
  /** Frames at 48 kHz after pre-skip and end trimming. */
  readonly length: number;
  readonly packets: readonly Uint8Array[];
}

/** What an Ogg Opus file states, read without decoding. */
export interface OpusFile {
  /** The most channels of any stream. */
  readonly numberOfChannels: 1 | 2;
  /** Frames of all streams together. */
  readonly length: number;
  readonly streams: readonly OpusStream[];
}

/** Packets before the sound: OpusHead and OpusTags. */
const headerPackets = 2;

/**
 * Takes an Ogg Opus file apart and checks that its packets hold what its last page claims, and little more.
 *
 * @param maxLength The most frames at 48 kHz that are wanted. The result may have more frames, but not many more
 * packets.
 */
export function inspectOpus(bytes: Uint8Array, maxLength: number): OpusFile {
  const maxPackets = headerPackets + Math.ceil((maxLength + maxPadding) / minPacketFrames);
  const streams = readOgg(bytes, headerPackets, maxPackets).map(inspectStream);
  return {
    numberOfChannels: streams.some((stream) => stream.numberOfChannels === 2) ? 2 : 1,
    length: streams.reduce((sum, stream) => sum + stream.length, 0),
    streams,
  };
}

function inspectStream({ packets, hasEnd }: OggStream): OpusStream {
  const head = packets[0]?.data;
  if (!head || packets.length < headerPackets || head.length < 19 || !startsWith(head, 'OpusHead')) {
    throw corrupt('no OpusHead.');
  }
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if ((head[8] as number) > 15 || head[18] !== 0) {
    throw new SerializerError('SERIALIZER_UNSUPPORTED_LAYOUT', 'Only Opus of mapping family 0 is supported.');
  }
  const preSkip = view.getUint16(10, true);
  const audio = packets.slice(headerPackets);
  return {
    numberOfChannels: channelCount(head[9] as number),
    preSkip,
    outputGain: view.getInt16(16, true),
    length: lengthOf(audio, preSkip, hasEnd),
    packets: audio.map(({ data }) => data),
  };
}

/**
 * Counts the frames that are heard. Only the page that is flagged as the last may state fewer frames than its packets
 * hold (RFC 7845 section 4.4). A stream that was joined partway starts at the granule position before its first page
 * (section 4.3).
 */
function lengthOf(audio: readonly OggReadPacket[], preSkip: number, hasEnd: boolean): number {
  let frames = 0;
  let start: number | undefined;
  let end = 0;
  for (const { data, granule } of audio) {
    frames += packetFrames(data);
    if (granule === undefined) continue;
    start ??= Math.max(0, granule - frames);
    end = granule - start;
  }
  if (!hasEnd) return Math.max(0, frames - preSkip);
  if (end < preSkip || frames < end) throw corrupt('the packets hold less than the last page says.');
  if (frames > end + maxPadding) throw corrupt('the packets hold far more than the last page says.');
  return end - preSkip;
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  return new TextDecoder().decode(bytes.subarray(0, text.length)) === text;
}

/** Inspects a file and compares it with a checked layout; a rounding of one frame at 48 kHz passes. */
export function inspectOpusAs(bytes: Uint8Array, layout: Layout): OpusFile {
  const expected = resampledLength(layout.length, layout.sampleRate, opusRate);
  const file = inspectOpus(bytes, expected);
  if (file.numberOfChannels !== layout.numberOfChannels) {
    throw corrupt(`${file.numberOfChannels} channels, the header says ${layout.numberOfChannels}.`);
  }
  if (Math.abs(file.length - expected) > 1) throw lengthMismatch(expected, file.length);
  return file;
}
