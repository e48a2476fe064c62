/** Writes bits, highest first, into memory that grows. */
export class BitWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #at = 0;
  #bits = 0;
  #free = 32;

  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity);
  }

  /** Whole bytes written so far; only meaningful after `align`. */
  get length(): number {
    return this.#at;
  }

  /** What was written: complete after `align`, and valid until the next write. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#at);
  }

  #reserve(more: number): void {
    if (this.#at + more <= this.#bytes.length) return;
    const longer = new Uint8Array(Math.max(this.#bytes.length * 2, this.#at + more));
    longer.set(this.#bytes);
    this.#bytes = longer;
  }

  #flushWord(word: number): void {
    this.#reserve(4);
    this.#bytes[this.#at++] = word >>> 24;
    this.#bytes[this.#at++] = word >>> 16;
    this.#bytes[this.#at++] = word >>> 8;
    this.#bytes[this.#at++] = word;
  }

  /** Writes the low `count` (0-32) bits of `value`; the bits above them must be 0. */
  put(value: number, count: number): void {
    if (count < this.#free) {
      this.#bits = (this.#bits << count) | value;
      this.#free -= count;
      return;
    }
    const rest = count - this.#free;
    // With nothing pending, `#bits << 32` would be `#bits << 0`.
    const pending = this.#free === 32 ? 0 : this.#bits << this.#free;
    this.#flushWord(pending | (rest === 32 ? 0 : value >>> rest));
    this.#bits = value; // bits that are already out are pushed out again by later shifts
    this.#free = 32 - rest;
  }

  /** Writes the low `count` (1-32) bits of a signed value. */
  putSigned(value: number, count: number): void {
    this.put(count === 32 ? value >>> 0 : value & (2 ** count - 1), count);
  }

  /** Writes `zeros` zero bits and a one. */
  putUnary(zeros: number): void {
    let left = zeros;
    for (; left >= 31; left -= 31) this.put(0, 31);
    this.put(1, left + 1);
  }

  /** Writes residuals from `from` to `to` in Rice code of parameter `k`. */
  putRice(residual: Int32Array, from: number, to: number, k: number): void {
    const stop = 1 << k;
    const low = stop - 1;
    for (let i = from; i < to; i++) {
      const value = residual[i] as number;
      const folded = ((value << 1) ^ (value >> 31)) >>> 0;
      const quotient = folded >>> k;
      const count = quotient + 1 + k;
      if (count <= 31) this.put(stop | (folded & low), count);
      else {
        this.putUnary(quotient);
        this.put(folded & low, k);
      }
    }
  }

  /** Fills the last byte with zero bits. */
  align(): void {
    const pending = 32 - this.#free;
    const count = Math.ceil(pending / 8);
    if (count > 0) {
      const word = this.#bits << this.#free;
      this.#reserve(count);
      for (let i = 0; i < count; i++) this.#bytes[this.#at++] = word >>> (24 - 8 * i);
    }
    this.#bits = 0;
    this.#free = 32;
  }
}
