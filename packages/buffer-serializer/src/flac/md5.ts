const sines = Int32Array.from({ length: 64 }, (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32) | 0);

/** Hashes bytes with MD5 (RFC 1321) in JavaScript. */
export function md5InJavaScript(bytes: Uint8Array): Uint8Array {
  const padded = new Uint8Array(Math.ceil((bytes.length + 9) / 64) * 64);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  new DataView(padded.buffer).setBigUint64(padded.length - 8, BigInt(bytes.length) * 8n, true);
  const words = new Int32Array(padded.buffer);
  const state = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476);
  for (let block = 0; block < words.length; block += 16) {
    let [a, b, c, d] = state as unknown as [number, number, number, number];
    // The four registers change places instead of values; the four rounds differ in mixing, order and rotation.
    for (let i = 0; i < 16; i += 4) {
      a = turn(a + ((b & c) | (~b & d)) + (sines[i] as number) + (words[block + (i & 15)] as number), 7, b);
      d = turn(d + ((a & b) | (~a & c)) + (sines[i + 1] as number) + (words[block + ((i + 1) & 15)] as number), 12, a);
      c = turn(c + ((d & a) | (~d & b)) + (sines[i + 2] as number) + (words[block + ((i + 2) & 15)] as number), 17, d);
      b = turn(b + ((c & d) | (~c & a)) + (sines[i + 3] as number) + (words[block + ((i + 3) & 15)] as number), 22, c);
    }
    for (let i = 16; i < 32; i += 4) {
      a = turn(a + ((d & b) | (~d & c)) + (sines[i] as number) + (words[block + ((5 * i + 1) & 15)] as number), 5, b);
      d = turn(
        d + ((c & a) | (~c & b)) + (sines[i + 1] as number) + (words[block + ((5 * i + 6) & 15)] as number),
        9,
        a,
      );
      c = turn(
        c + ((b & d) | (~b & a)) + (sines[i + 2] as number) + (words[block + ((5 * i + 11) & 15)] as number),
        14,
        d,
      );
      b = turn(b + ((a & c) | (~a & d)) + (sines[i + 3] as number) + (words[block + ((5 * i) & 15)] as number), 20, c);
    }
    for (let i = 32; i < 48; i += 4) {
      a = turn(a + (b ^ c ^ d) + (sines[i] as number) + (words[block + ((3 * i + 5) & 15)] as number), 4, b);
      d = turn(d + (a ^ b ^ c) + (sines[i + 1] as number) + (words[block + ((3 * i + 8) & 15)] as number), 11, a);
      c = turn(c + (d ^ a ^ b) + (sines[i + 2] as number) + (words[block + ((3 * i + 11) & 15)] as number), 16, d);
      b = turn(b + (c ^ d ^ a) + (sines[i + 3] as number) + (words[block + ((3 * i + 14) & 15)] as number), 23, c);
    }
    for (let i = 48; i < 64; i += 4) {
      a = turn(a + (c ^ (b | ~d)) + (sines[i] as number) + (words[block + ((7 * i) & 15)] as number), 6, b);
      d = turn(d + (b ^ (a | ~c)) + (sines[i + 1] as number) + (words[block + ((7 * i + 7) & 15)] as number), 10, a);
      c = turn(c + (a ^ (d | ~b)) + (sines[i + 2] as number) + (words[block + ((7 * i + 14) & 15)] as number), 15, d);
      b = turn(b + (d ^ (c | ~a)) + (sines[i + 3] as number) + (words[block + ((7 * i + 5) & 15)] as number), 21, c);
    }
    state[0] = (state[0] as number) + a;
    state[1] = (state[1] as number) + b;
    state[2] = (state[2] as number) + c;
    state[3] = (state[3] as number) + d;
  }
  return new Uint8Array(state.buffer);
}

/** The part of Node's `crypto` that is used. */
interface NodeCrypto {
  createHash(name: 'md5'): { update(bytes: Uint8Array): { digest(): Uint8Array } };
}

/**
 * Hashes bytes with MD5 (RFC 1321). FLAC files have this hash of their samples, against accidents only, and Web Crypto does
 * not offer it. Node's own takes an eighth of the time, but browsers do not have it, and FIPS forbids it.
 */
export function md5(bytes: Uint8Array): Uint8Array {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): NodeCrypto | undefined } };
  try {
    const crypto = process?.getBuiltinModule?.('node:crypto');
    if (crypto) return new Uint8Array(crypto.createHash('md5').update(bytes).digest());
  } catch {
    // FIPS forbids Node's: ours is as good for this purpose.
  }
  return md5InJavaScript(bytes);
}

/** Adds and rotates: the end of every step. */
function turn(sum: number, shift: number, b: number): number {
  return (((sum << shift) | (sum >>> (32 - shift))) + b) | 0;
}
