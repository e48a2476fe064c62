import type { Rendition, Sha256 } from '@bnc/contracts';
import { formatsOf, type StreamForm, type StreamFormat } from '../delivery/form.ts';
import type { ClipRecord } from './clip-records.ts';
import type { ClipForm } from './encode-clip.ts';

/** A rendered clip: what it is, and the bytes that are in use. */
export class Clip {
  readonly key: Sha256;
  /** Bytes in memory, by format. */
  readonly bytes: Map<StreamFormat, Uint8Array> = new Map();
  /** Formats that could not be stored: a listener who asks for a link gets the bytes instead. */
  readonly unkept: Set<StreamFormat> = new Set();
  record: ClipRecord;

  constructor(key: Sha256, record: ClipRecord) {
    this.key = key;
    this.record = record;
  }

  /** Bytes that it holds in memory. */
  get byteLength(): number {
    let sum = 0;
    for (const { length } of this.bytes.values()) sum += length;
    return sum;
  }

  /** The JSON text of the buffer as a form of stream carries it; undefined when it has not been made. */
  text(form: StreamForm): Uint8Array | undefined {
    const { header } = this.record;
    const forms = formatsOf(form).map((format) => this.record.forms[format]);
    if (form.delivery === 'url' && form.formats.every((format) => !this.unkept.has(format))) {
      const renditions = forms.filter((rendition) => rendition !== undefined).filter(isRendition);
      return renditions.length < forms.length ? undefined : Buffer.from(JSON.stringify({ ...header, renditions }));
    }
    const first = forms.find((candidate) => candidate && this.bytes.has(candidate.encoding));
    const bytes = first && this.bytes.get(first.encoding);
    if (!bytes || first.encoding === 'json') return bytes;
    const { encoding, gain, bitDepth } = first;
    const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
    return Buffer.from(JSON.stringify({ ...header, gain, encoding, bitDepth, data }));
  }
}

function isRendition(form: ClipForm): form is Rendition & ClipForm {
  return form.encoding !== 'json';
}
