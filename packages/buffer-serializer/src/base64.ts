import { SerializerError } from './errors.ts';

/** The method of ES2026 that is used, where the platform has it. */
interface Base64Methods {
  readonly toBase64?: () => string;
}

/** The static method of ES2026 that is used, where the platform has it. */
interface Base64Constructor {
  readonly fromBase64?: (text: string, options: { lastChunkHandling: 'strict' }) => Uint8Array<ArrayBuffer>;
}

/** The part of Node's `Buffer` that is used. */
interface NodeBuffer {
  from(
    memory: ArrayBufferLike,
    offset: number,
    length: number,
  ): { toString(encoding: 'base64'): string; write(text: string, encoding: 'base64'): number };
  byteLength(text: string): number;
}

const nodeBuffer = (globalThis as { Buffer?: NodeBuffer }).Buffer;

/**
 * Writes bytes as padded base64 (RFC 4648 section 4). Prefers the platform's own encoder, which takes a twentieth of
 * the time of JavaScript.
 */
export function encodeBase64(bytes: Uint8Array): string {
  const native = (bytes as Base64Methods).toBase64;
  if (native) return native.call(bytes);
  if (nodeBuffer) return nodeBuffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
  return encodeInJavaScript(bytes);
}

/** Counts the bytes in a base64 text without decoding it. */
export function base64Size(text: string): number {
  const pad = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  return (text.length / 4) * 3 - pad;
}

/**
 * Reads strict base64: padded, no line breaks, no other alphabet, no stray bits.
 *
 * @throws {SerializerError} `SERIALIZER_CORRUPT`.
 */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  if (text.length % 4 !== 0) {
    throw new SerializerError('SERIALIZER_CORRUPT', `Base64 comes in groups of 4 letters, got ${text.length}.`);
  }
  const bytes = decodeByPlatform(text);
  // Platforms skip spaces, and Node any letter that it does not know: the result is shorter then.
  if (bytes?.length !== base64Size(text)) {
    throw new SerializerError('SERIALIZER_CORRUPT', 'The data are not base64 (RFC 4648 section 4, with padding).');
  }
  return bytes;
}

/** @returns the bytes; undefined, or too few of them, for a text that is not base64. */
function decodeByPlatform(text: string): Uint8Array<ArrayBuffer> | undefined {
  const { fromBase64 } = Uint8Array as Base64Constructor;
  if (fromBase64) {
    try {
      return fromBase64.call(Uint8Array, text, { lastChunkHandling: 'strict' });
    } catch {
      return undefined;
    }
  }
  if (!nodeBuffer) return decodeInJavaScript(text);
  // Node takes the other alphabet, stray bits and the low byte of any letter as well. Stray bits are in the last group only;
  // letters beyond ASCII take more than a byte in UTF-8.
  const isLoose = text.includes('-') || text.includes('_') || nodeBuffer.byteLength(text) !== text.length;
  if (isLoose || !decodeInJavaScript(text.slice(-4))) return undefined;
  const bytes = new Uint8Array(base64Size(text));
  return bytes.subarray(0, nodeBuffer.from(bytes.buffer, 0, bytes.length).write(text, 'base64'));
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const alphabetCodes = new TextEncoder().encode(alphabet);
const padCode = 61; // '='

/** Two letters at once, indexed by 12 bits: halves the time of encoding. */
const pairCodes = Uint16Array.from(
  { length: 4096 },
  (_, bits) => (alphabetCodes[bits >> 6] ?? 0) | ((alphabetCodes[bits & 63] ?? 0) << 8),
);
const valueOfCode = new Uint8Array(256).fill(255);
for (let i = 0; i < 64; i++) valueOfCode[alphabetCodes[i] ?? 0] = i;

/** Writes base64 where the platform cannot. */
export function encodeInJavaScript(bytes: Uint8Array): string {
  const groups = Math.floor(bytes.length / 3);
  const rest = bytes.length - groups * 3;
  const pairs = new Uint16Array((groups + (rest > 0 ? 1 : 0)) * 2);
  let at = 0;
  for (let group = 0; group < groups; group++) {
    const bits = ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);
    pairs[group * 2] = pairCodes[bits >> 12] as number;
    pairs[group * 2 + 1] = pairCodes[bits & 4095] as number;
    at += 3;
  }
  const text = new Uint8Array(pairs.buffer);
  if (rest > 0) {
    const bits = ((bytes[at] as number) << 16) | ((bytes[at + 1] ?? 0) << 8);
    pairs[groups * 2] = pairCodes[bits >> 12] as number;
    pairs[groups * 2 + 1] = pairCodes[bits & 4095] as number;
    text[text.length - 1] = padCode;
    if (rest === 1) text[text.length - 2] = padCode;
  }
  return new TextDecoder().decode(text);
}

/** Reads base64 where the platform cannot. @returns undefined for a text that is not base64. */
export function decodeInJavaScript(text: string): Uint8Array<ArrayBuffer> | undefined {
  const size = base64Size(text);
  const bytes = new Uint8Array(size);
  const letters = text.length - (size % 3 === 0 ? 0 : 4);
  let bad = 0;
  let to = 0;
  const value = (at: number): number => valueOfCode[text.charCodeAt(at) & 255] as number;
  for (let at = 0; at < letters; at += 4) {
    const a = value(at);
    const b = value(at + 1);
    const c = value(at + 2);
    const d = value(at + 3);
    bad |= a | b | c | d;
    const bits = (a << 18) | (b << 12) | (c << 6) | d;
    bytes[to++] = bits >> 16;
    bytes[to++] = bits >> 8;
    bytes[to++] = bits;
  }
  if (letters < text.length) {
    const a = value(letters);
    const b = value(letters + 1);
    const c = size % 3 === 2 ? value(letters + 2) : 0;
    const bits = (a << 10) | (b << 4) | (c >> 2);
    bytes[to++] = bits >> 8;
    if (size % 3 === 2) bytes[to++] = bits;
    bad |= a | b | c;
    if (size % 3 === 2 ? (c & 3) !== 0 : (b & 15) !== 0) bad = 255;
  }
  // Letters beyond Latin-1 pass `& 255` above; one search settles them.
  return bad > 63 || /[\u0100-\uffff]/.test(text) ? undefined : bytes;
}
