/** Reads bits, highest first. Past the end it reads zeros and `overrun` turns true: no bounds check per bit. */
export class BitReader {
  readonly #view: DataView;
  readonly #end: number;
  #at = 0;

  /** Copies `bytes` into memory with room for words read past the end. */
  constructor(bytes: Uint8Array) {
    const padded = new Uint8Array(bytes.length + 8);
    padded.set(bytes);
    this.#view = new DataView(padded.buffer);
    this.#end = bytes.length * 8;
  }

  /** Position in bytes; only meaningful on a byte boundary. */
  get byteOffset(): number {
    return this.#at >>> 3;
  }

  /** True after reading more than there was. */
  get overrun(): boolean {
    return this.#at > this.#end;
  }

  /** Moves to a byte. */
  seek(byteOffset: number): void {
    this.#at = byteOffset * 8;
  }

  /** Moves to the next byte boundary. @returns false when a skipped bit is set. */
  align(): boolean {
    const rest = -this.#at & 7;
    return this.read(rest) === 0;
  }

  /** Reads 0-25 bits as an unsigned number. */
  read(count: number): number {
    if (count === 0) return 0;
    if (this.#at + count > this.#end) {
      this.#at = this.#end + 1;
      return 0;
    }
    const word = this.#view.getUint32(this.#at >>> 3) << (this.#at & 7);
    this.#at += count;
    return word >>> (32 - count);
  }

  /** Reads 1-33 bits as a signed number. */
  readSigned(count: number): number {
    if (count > 25) {
      const high = this.readSigned(count - 16);
      return high * 65_536 + this.read(16);
    }
    return (this.read(count) << (32 - count)) >> (32 - count);
  }

  /** Counts zero bits up to the next 1 bit, and moves past that bit. */
  readUnary(): number {
    const start = this.#at;
    for (;;) {
      if (this.#at >= this.#end) {
        this.#at = this.#end + 1;
        return 0;
      }
      const shift = this.#at & 7;
      const word = this.#view.getUint32(this.#at >>> 3) << shift;
      if (word !== 0) {
        this.#at += Math.clz32(word) + 1;
        return this.#at - start - 1;
      }
      this.#at += 32 - shift;
    }
  }

  /** Reads Rice codes of parameter `k` (0-30) into `to`. */
  readRice(to: Float64Array, from: number, end: number, k: number): void {
    const view = this.#view;
    const last = this.#end;
    let at = this.#at;
    for (let i = from; i < end; i++) {
      if (at > last) break;
      const shift = at & 7;
      // 32 bits from any bit position: a word and the bits of the byte after it.
      const byte = at >>> 3;
      const word = (view.getUint32(byte) << shift) | (view.getUint8(byte + 4) >>> (8 - shift));
      const zeros = Math.clz32(word);
      const count = zeros + 1 + k;
      let folded: number;
      if (count <= 31) {
        folded = (zeros << k) | (((word << (zeros + 1)) >>> 1) >>> (31 - k));
        at += count;
      } else {
        this.#at = at;
        const quotient = this.readUnary();
        const high = k > 16 ? this.read(k - 16) : 0;
        const low = this.read(Math.min(k, 16));
        folded = quotient * 2 ** k + (k > 16 ? high * 65_536 : 0) + low;
        at = this.#at;
        to[i] = folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2;
        continue;
      }
      to[i] = (folded >>> 1) ^ -(folded & 1);
    }
    this.#at = at;
  }
}
