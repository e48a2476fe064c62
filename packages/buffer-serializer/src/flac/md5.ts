const sines = Int32Array.from({ length: 64 }, (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32) | 0);

/** Hashes bytes with MD5 (RFC 1321), piece by piece. */
export interface Md5 {
  /** Hashes more bytes; keeps no reference to them. */
  update(bytes: Uint8Array): void;
  /** Ends the hash: 16 bytes. */
  digest(): Uint8Array;
}

/** The part of Node's `crypto` that is used. */
interface NodeCrypto {
  createHash(name: 'md5'): { update(bytes: Uint8Array): unknown; digest(): Uint8Array };
}

/**
 * Starts an MD5. FLAC files have this hash of their samples, against accidents only, and Web Crypto does not offer it.
 * Node's own takes an eighth of the time, but browsers do not have it, and FIPS forbids it.
 */
export function createMd5(): Md5 {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): NodeCrypto | undefined } };
  try {
    const hash = process?.getBuiltinModule?.('node:crypto')?.createHash('md5');
    if (hash) return { update: (bytes) => void hash.update(bytes), digest: () => new Uint8Array(hash.digest()) };
  } catch {
    // FIPS forbids Node's: ours is as good for this purpose.
  }
  return new Md5InJavaScript();
}

const blockBytes = 64;

/** MD5 in plain JavaScript. */
export class Md5InJavaScript implements Md5 {
  readonly #state = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476);
  /** One block as words; `#pending` is the same memory as bytes, which assumes a little-endian machine. */
  readonly #words = new Int32Array(blockBytes / 4);
  readonly #pending = new Uint8Array(this.#words.buffer);
  #length = 0;

  update(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const filled = this.#length % blockBytes;
      const part = bytes.subarray(at, at + blockBytes - filled);
      this.#pending.set(part, filled);
      this.#length += part.length;
      at += part.length;
      if (filled + part.length === blockBytes) mix(this.#state, this.#words);
    }
  }

  digest(): Uint8Array {
    const length = this.#length;
    const padding = new Uint8Array(((119 - (length % blockBytes)) % blockBytes) + 9);
    padding[0] = 0x80;
    new DataView(padding.buffer).setBigUint64(padding.length - 8, BigInt(length) * 8n, true);
    this.update(padding);
    return new Uint8Array(this.#state.buffer);
  }
}

function mix(state: Int32Array, words: Int32Array): void {
  let [a, b, c, d] = state as unknown as [number, number, number, number];
  // The four registers change places instead of values; the four rounds differ in mixing, order and rotation.
  for (let i = 0; i < 16; i += 4) {
    a = turn(a + ((b & c) | (~b & d)) + (sines[i] as number) + (words[i & 15] as number), 7, b);
    d = turn(d + ((a & b) | (~a & c)) + (sines[i + 1] as number) + (words[(i + 1) & 15] as number), 12, a);
    c = turn(c + ((d & a) | (~d & b)) + (sines[i + 2] as number) + (words[(i + 2) & 15] as number), 17, d);
    b = turn(b + ((c & d) | (~c & a)) + (sines[i + 3] as number) + (words[(i + 3) & 15] as number), 22, c);
  }
  for (let i = 16; i < 32; i += 4) {
    a = turn(a + ((d & b) | (~d & c)) + (sines[i] as number) + (words[(5 * i + 1) & 15] as number), 5, b);
    d = turn(d + ((c & a) | (~c & b)) + (sines[i + 1] as number) + (words[(5 * i + 6) & 15] as number), 9, a);
    c = turn(c + ((b & d) | (~b & a)) + (sines[i + 2] as number) + (words[(5 * i + 11) & 15] as number), 14, d);
    b = turn(b + ((a & c) | (~a & d)) + (sines[i + 3] as number) + (words[(5 * i) & 15] as number), 20, c);
  }
  for (let i = 32; i < 48; i += 4) {
    a = turn(a + (b ^ c ^ d) + (sines[i] as number) + (words[(3 * i + 5) & 15] as number), 4, b);
    d = turn(d + (a ^ b ^ c) + (sines[i + 1] as number) + (words[(3 * i + 8) & 15] as number), 11, a);
    c = turn(c + (d ^ a ^ b) + (sines[i + 2] as number) + (words[(3 * i + 11) & 15] as number), 16, d);
    b = turn(b + (c ^ d ^ a) + (sines[i + 3] as number) + (words[(3 * i + 14) & 15] as number), 23, c);
  }
  for (let i = 48; i < 64; i += 4) {
    a = turn(a + (c ^ (b | ~d)) + (sines[i] as number) + (words[(7 * i) & 15] as number), 6, b);
    d = turn(d + (b ^ (a | ~c)) + (sines[i + 1] as number) + (words[(7 * i + 7) & 15] as number), 10, a);
    c = turn(c + (a ^ (d | ~b)) + (sines[i + 2] as number) + (words[(7 * i + 14) & 15] as number), 15, d);
    b = turn(b + (d ^ (c | ~a)) + (sines[i + 3] as number) + (words[(7 * i + 5) & 15] as number), 21, c);
  }
  state[0] = (state[0] as number) + a;
  state[1] = (state[1] as number) + b;
  state[2] = (state[2] as number) + c;
  state[3] = (state[3] as number) + d;
}

/** Adds and rotates: the end of every step. */
function turn(sum: number, shift: number, b: number): number {
  return (((sum << shift) | (sum >>> (32 - shift))) + b) | 0;
}
