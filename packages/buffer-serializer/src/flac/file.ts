import { SerializerError } from '../errors.ts';
import { type Layout, lengthMismatch } from '../limits.ts';
import { maxBlockLength, streamInfoEnd } from './format.ts';

/** Header, two checksums and the shortest subframe: no frame is shorter. */
const minFrameBytes = 10;
const streamInfoBytes = 34;
const id3HeaderBytes = 10;

/** The contents of STREAMINFO (RFC 9639 section 8.2), and where the first frame starts. */
export interface FlacFile {
  readonly sampleRate: number;
  readonly numberOfChannels: number;
  readonly bitDepth: number;
  /** Frames; undefined when the writer did not know, for example because it wrote to a pipe. */
  readonly length: number | undefined;
  /** MD5 of the samples; undefined when the writer did not know. */
  readonly hash: Uint8Array | undefined;
  readonly framesAt: number;
}

/** Reads the metadata of a FLAC file, after an ID3 tag if there is one; checks that its frames can hold what it claims. */
export function inspectFlac(bytes: Uint8Array): FlacFile {
  const start = endOfId3(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, bytes.byteLength - start);
  if (view.byteLength < streamInfoEnd || view.getUint32(0) !== 0x664c6143) throw corruptFlac('no fLaC mark.');
  if ((view.getUint32(4) & 0x7fffffff) !== streamInfoBytes) throw corruptFlac('STREAMINFO does not come first.');
  const facts = view.getUint32(18);
  let framesAt = 4;
  for (let last = false; !last; ) {
    if (framesAt + 4 > view.byteLength) throw corruptFlac('the metadata are cut short.');
    const block = view.getUint32(framesAt);
    last = block >>> 31 === 1;
    framesAt += 4 + (block & 0xffffff);
  }
  const length = (facts & 15) * 2 ** 32 + view.getUint32(22) || undefined;
  const most = Math.floor(Math.max(0, view.byteLength - framesAt) / minFrameBytes) * maxBlockLength;
  if (length !== undefined && length > most) throw lengthMismatch(length, `at most ${most}`);
  const hash = bytes.slice(start + 26, start + streamInfoEnd);
  return {
    sampleRate: facts >>> 12,
    numberOfChannels: ((facts >>> 9) & 7) + 1,
    bitDepth: ((facts >>> 4) & 31) + 1,
    length,
    hash: hash.some((byte) => byte !== 0) ? hash : undefined,
    framesAt: start + framesAt,
  };
}

/** Inspects a file and compares it with a checked layout, whose length applies where the file states none. */
export function inspectFlacAs(bytes: Uint8Array, layout: Layout): FlacFile & { readonly length: number } {
  const file = inspectFlac(bytes);
  if (file.numberOfChannels !== layout.numberOfChannels || file.sampleRate !== layout.sampleRate) {
    throw corruptFlac(
      `${file.numberOfChannels} channels at ${file.sampleRate} Hz, the header says ${layout.numberOfChannels} at ${layout.sampleRate}.`,
    );
  }
  const { length = layout.length } = file;
  if (length !== layout.length) throw lengthMismatch(layout.length, length);
  return { ...file, length };
}

/** Reports bytes that are not a FLAC file. */
export function corruptFlac(message: string): SerializerError {
  return new SerializerError('SERIALIZER_CORRUPT', `Not FLAC: ${message}`);
}

/**
 * True when nothing but tags and zeros follows the last frame. FLAC does not provide for either, but taggers of MP3 files
 * append ID3 or APE tags to whatever they are given.
 */
export function isOnlyTags(rest: Uint8Array): boolean {
  const view = new DataView(rest.buffer, rest.byteOffset, rest.byteLength);
  let end = rest.length;
  if (hasText(rest, end - 128, 'TAG')) end -= 128;
  if (hasText(rest, end - 32, 'APETAGEX')) {
    const hasHeader = view.getUint32(end - 12, true) >>> 31 === 1;
    end -= view.getUint32(end - 20, true) + (hasHeader ? 32 : 0);
  }
  if (hasText(rest, end - id3HeaderBytes, '3DI')) end -= id3Size(rest, end - id3HeaderBytes) + 2 * id3HeaderBytes;
  return end >= 0 && rest.subarray(0, end).every((byte) => byte === 0);
}

/** The first byte after the ID3v2 tags in front of a file. */
function endOfId3(bytes: Uint8Array): number {
  let at = 0;
  while (hasText(bytes, at, 'ID3') && at + id3HeaderBytes <= bytes.length) {
    const hasFooter = ((bytes[at + 5] as number) & 16) !== 0;
    at += id3Size(bytes, at) + (hasFooter ? 2 : 1) * id3HeaderBytes;
  }
  return Math.min(at, bytes.length);
}

/** Size of an ID3v2 tag without header and footer: four bytes of seven bits. */
function id3Size(bytes: Uint8Array, at: number): number {
  return bytes.subarray(at + 6, at + 10).reduce((size, byte) => size * 128 + (byte & 127), 0);
}

function hasText(bytes: Uint8Array, at: number, text: string): boolean {
  return at >= 0 && Array.from(text).every((letter, i) => bytes[at + i] === letter.charCodeAt(0));
}
