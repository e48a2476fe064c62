import { WebhookError } from './errors.ts';

/** Limits of bodies whose sender is not verified yet. */
export interface BodyLimits {
  /** Bytes of one body. */
  readonly maxBodyBytes: number;
  /** Bytes of all bodies that are being read. */
  readonly maxUnverifiedBytes: number;
  /** Milliseconds from the start of reading a body to its last byte. */
  readonly bodyTimeoutMs: number;
}

interface Reading {
  buffer: Buffer;
  refusal: WebhookError | undefined;
  wake: (error: WebhookError) => void;
}

const firstBytes = 16_384;

/** Refuses a body that is too large. @throws {WebhookError} `WEBHOOK_BODY_TOO_LARGE` */
export function checkBodySize(bytes: number, maxBodyBytes: number): void {
  if (bytes <= maxBodyBytes) return;
  throw new WebhookError(
    'WEBHOOK_BODY_TOO_LARGE',
    `The body has more than ${maxBodyBytes} bytes. Send a smaller body, or raise maxBodyBytes.`,
  );
}

/**
 * Reads bodies whose sender is not verified yet. Limits the bytes and the time of each body, and the bytes of all
 * bodies together. Copies each body into one growing buffer, so a million one-byte chunks cost no more memory than
 * their bytes.
 */
export class BodyReader {
  readonly #limits: BodyLimits;
  readonly #readings = new Set<Reading>();
  #held = 0;

  constructor(limits: BodyLimits) {
    this.#limits = limits;
  }

  /** Bytes of memory held for bodies that are being read. */
  get held(): number {
    return this.#held;
  }

  /**
   * Reads a body to its end.
   * @throws {WebhookError} `WEBHOOK_BODY_TOO_LARGE`, `WEBHOOK_BODY_TIMEOUT`, `WEBHOOK_BUSY`, or `WEBHOOK_BODY_INVALID`
   * when the body breaks off
   */
  async read(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
    const reading: Reading = { buffer: Buffer.alloc(0), refusal: undefined, wake: () => {} };
    const { maxBodyBytes, bodyTimeoutMs } = this.#limits;
    const timer = setTimeout(() => {
      this.#refuse(
        reading,
        new WebhookError('WEBHOOK_BODY_TIMEOUT', `The body did not arrive within ${bodyTimeoutMs} ms. Send it again.`),
      );
    }, bodyTimeoutMs);
    this.#readings.add(reading);
    try {
      const iterator = body[Symbol.asyncIterator]();
      let length = 0;
      for (;;) {
        const chunk = await this.#next(reading, iterator);
        if (!chunk) return reading.buffer.subarray(0, length);
        checkBodySize(length + chunk.length, maxBodyBytes);
        this.#reserve(reading, length + chunk.length);
        reading.buffer.set(chunk, length);
        length += chunk.length;
      }
    } finally {
      clearTimeout(timer);
      this.#release(reading);
    }
  }

  /**
   * Takes the next chunk or the refusal, whichever is first. Leaves the iterator open: its socket carries the response.
   */
  #next(reading: Reading, iterator: AsyncIterator<Uint8Array>): Promise<Uint8Array | undefined> {
    return new Promise((resolve, reject) => {
      reading.wake = reject;
      iterator.next().then(
        ({ done, value }: IteratorResult<Uint8Array, unknown>) => resolve(done ? undefined : value),
        (cause: unknown) =>
          reject(
            new WebhookError('WEBHOOK_BODY_INVALID', 'The body broke off before its end. Send it again.', { cause }),
          ),
      );
    });
  }

  /** Makes room. Over the budget, refuses the largest body, so that a flood of large bodies spares small deliveries. */
  #reserve(reading: Reading, bytes: number): void {
    if (reading.refusal) throw reading.refusal;
    if (bytes <= reading.buffer.length) return;
    const size = Math.min(Math.max(bytes, reading.buffer.length * 2, firstBytes), this.#limits.maxBodyBytes);
    const buffer = Buffer.allocUnsafeSlow(size);
    buffer.set(reading.buffer);
    this.#held += size - reading.buffer.length;
    reading.buffer = buffer;
    if (this.#held > this.#limits.maxUnverifiedBytes) {
      let largest = reading;
      for (const other of this.#readings) if (other.buffer.length > largest.buffer.length) largest = other;
      this.#refuse(
        largest,
        new WebhookError(
          'WEBHOOK_BUSY',
          'Too many bytes of unverified deliveries are being read. Send this one again later.',
        ),
      );
    }
    if (reading.refusal) throw reading.refusal;
  }

  #refuse(reading: Reading, refusal: WebhookError): void {
    reading.refusal = refusal;
    this.#release(reading);
    reading.wake(refusal);
  }

  #release(reading: Reading): void {
    if (!this.#readings.delete(reading)) return;
    this.#held -= reading.buffer.length;
  }
}
