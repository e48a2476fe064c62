import type { Rendition, Sha256 } from '@bnc/contracts';
import { type Delivery, encodingsOf, type WireEncoding } from '../delivery/delivery.ts';
import type { ClipRecord } from './clip-records.ts';
import type { ClipRendition, EncodedClip } from './encode-clip.ts';

/** A rendered clip: what it is, and the bytes that are in memory. */
export class Clip {
  readonly key: Sha256;
  readonly #bytes = new Map<WireEncoding, Uint8Array>();
  /** Encodings that could not be stored: a listener who asks for a link gets the bytes instead. */
  readonly #unkept = new Set<WireEncoding>();
  #record: ClipRecord;

  constructor(key: Sha256, record: ClipRecord) {
    this.key = key;
    this.#record = record;
  }

  /** What is known about it without its bytes. */
  get record(): ClipRecord {
    return this.#record;
  }

  /** Returns the rendition in an encoding, if it has been made. */
  rendition(encoding: WireEncoding): ClipRendition | undefined {
    return this.#record.renditions[encoding];
  }

  /** Tells whether bytes are in memory. */
  has(encoding: WireEncoding): boolean {
    return this.#bytes.has(encoding);
  }

  /** Tells whether a link to a rendition works: its bytes could be stored. */
  isKept(encoding: WireEncoding): boolean {
    return !this.#unkept.has(encoding);
  }

  /** Keeps bytes in memory. */
  hold(encoding: WireEncoding, bytes: Uint8Array): void {
    this.#bytes.set(encoding, bytes);
  }

  /** Adds renditions that have been made; `isKept` says of each whether it could be stored. */
  add(made: readonly (EncodedClip['renditions'][number] & { readonly isKept: boolean })[]): void {
    const renditions = { ...this.#record.renditions };
    for (const { rendition, data, isKept } of made) {
      renditions[rendition.encoding] = rendition;
      if (isKept) {
        this.#unkept.delete(rendition.encoding);
      } else {
        this.#unkept.add(rendition.encoding);
        this.hold(rendition.encoding, data);
      }
    }
    this.#record = { ...this.#record, renditions };
  }

  /**
   * Returns the JSON text of the buffer as a delivery carries it; undefined if it has not been made.
   * @param urlOf - returns the url of a rendition by its name
   */
  text(delivery: Delivery, urlOf: (name: string) => string): Uint8Array | undefined {
    const { header } = this.#record;
    const wanted = encodingsOf(delivery).map((encoding) => this.rendition(encoding));
    if (delivery.kind !== 'inline' && delivery.encodings.every((encoding) => this.isKept(encoding))) {
      const renditions = wanted
        .filter((rendition) => rendition !== undefined)
        .map((rendition) => linked(rendition, urlOf));
      return renditions.length < wanted.length ? undefined : Buffer.from(JSON.stringify({ ...header, renditions }));
    }
    const first = wanted.find((rendition) => rendition && this.has(rendition.encoding));
    const bytes = first && this.#bytes.get(first.encoding);
    if (!bytes || first.encoding === 'json') return bytes;
    const { encoding, gain, bitDepth } = first;
    const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
    return Buffer.from(JSON.stringify({ ...header, gain, encoding, bitDepth, data }));
  }
}

function linked(
  { name, ...rendition }: ClipRendition,
  urlOf: (name: string) => string,
): Omit<Rendition, 'encoding'> & Pick<ClipRendition, 'encoding'> {
  return { ...rendition, url: urlOf(name) };
}
