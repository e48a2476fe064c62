import { SerializerError } from '../errors.ts';

/** The two chunks of a WAV file that matter. */
export interface WavChunks {
  readonly format: DataView;
  readonly data: Uint8Array;
  /**
   * True when the header does not state the size of the data: they reach to the end of the file, perhaps to the middle
   * of a frame.
   */
  readonly isOpenEnded: boolean;
}

/** Reports bytes that are not a WAV file. */
export function corruptWav(message: string): SerializerError {
  return new SerializerError('SERIALIZER_CORRUPT', `Not a WAV: ${message}`);
}

/**
 * Sizes from here on that reach beyond the end stand for "not known": a program that writes to a pipe cannot return to its
 * header. ffmpeg writes 0xFFFFFFFF, arecord 0x80000000, sox 0x7FFFF000.
 */
const leastPlaceholder = 0x7fff_0000;

/** Finds the format and the data of a RIFF file, or of an RF64 or BW64 one, whose sizes have 64 bits (EBU Tech 3306). */
export function findChunks(bytes: Uint8Array): WavChunks {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kind = bytes.length < 12 ? '' : tag(view, 0);
  const is64 = kind === 'RF64' || kind === 'BW64';
  if ((kind !== 'RIFF' && !is64) || tag(view, 8) !== 'WAVE') throw corruptWav('no RIFF/WAVE header.');
  let format: DataView | undefined;
  let dataSize64: number | undefined;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const name = tag(view, at);
    const stated = view.getUint32(at + 4, true);
    const from = at + 8;
    if (name === 'data') {
      if (!format) throw corruptWav('no fmt chunk before the data.');
      const size = stated === 0xffff_ffff && dataSize64 ? dataSize64 : stated; // 0 is "not known", too
      const isOpenEnded = isPlaceholder(view, from, size);
      if (!isOpenEnded && from + size > bytes.length) throw beyondEnd(at, size);
      return { format, data: isOpenEnded ? bytes.subarray(from) : bytes.subarray(from, from + size), isOpenEnded };
    }
    const end = from + stated;
    if (end > bytes.length) throw beyondEnd(at, stated);
    if (name === 'fmt ') format = new DataView(bytes.buffer, bytes.byteOffset + from, stated);
    if (name === 'ds64' && is64 && stated >= 24) dataSize64 = Number(view.getBigUint64(from + 8, true));
    // Chunks are padded to even sizes, but not every program does so.
    at = stated % 2 === 0 || startsChunk(view, end) ? end : end + 1;
  }
  throw corruptWav('no data chunk.');
}

function isPlaceholder(view: DataView, from: number, size: number): boolean {
  if (from + size > view.byteLength) return size >= leastPlaceholder;
  // A header that was never completed states 0 bytes, of the file as of the data.
  return size === 0 && view.byteLength > from && view.getUint32(4, true) + 8 <= from;
}

function beyondEnd(at: number, size: number): SerializerError {
  return corruptWav(`the chunk at byte ${at} claims ${size} bytes beyond the end.`);
}

/** True where four printable letters stand, the first of which is not the zero of a padding. */
function startsChunk(view: DataView, at: number): boolean {
  return at + 8 <= view.byteLength && /^[ -~]{4}$/.test(tag(view, at));
}

function tag(view: DataView, at: number): string {
  return String.fromCharCode(view.getUint8(at), view.getUint8(at + 1), view.getUint8(at + 2), view.getUint8(at + 3));
}
