import { concatenate } from './pcm/pcm.ts';

/**
 * Facts about a piece by name, such as `{ TITLE: 'Monday' }`: up to 4,096 bytes in all, as they are written. A name
 * holds printable ASCII without `=` and `~`.
 */
export type Comments = Readonly<Record<string, string>>;

/** Bytes that all comments may take, with their lengths and the name of this package. */
const maxBytes = 4096;

const vendor = '@bnc/buffer-serializer';
const encoder = new TextEncoder();

/**
 * Writes the comments of FLAC and Opus.
 *
 * @throws {TypeError} when a comment is not text, or its name is not printable ASCII without `=` and `~`.
 * @throws {RangeError} beyond 4,096 bytes.
 * @see https://www.xiph.org/vorbis/doc/v-comment.html
 */
export function writeComments(comments: Comments = {}): Uint8Array<ArrayBuffer> {
  const lines = Object.entries(comments).map(([name, value]) => {
    if (!/^[ -<>-}]+$/.test(name) || typeof value !== 'string') {
      throw new TypeError(`comments must be texts with names of ASCII letters without =, got ${name}`);
    }
    return `${name}=${value}`;
  });
  const count = new Uint8Array(4);
  new DataView(count.buffer).setUint32(0, lines.length, true);
  const bytes = concatenate([...withLength(vendor), count, ...lines.flatMap(withLength)]);
  if (bytes.length > maxBytes) {
    throw new RangeError(`comments must have at most ${maxBytes} bytes, got ${bytes.length}`);
  }
  return bytes;
}

function withLength(text: string): [Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>] {
  const bytes = encoder.encode(text);
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, bytes.length, true);
  return [length, bytes];
}
