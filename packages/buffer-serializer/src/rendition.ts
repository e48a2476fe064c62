import type { Encoding } from '@bnc/contracts';
import { encodings } from './codec.ts';
import { SerializerError } from './errors.ts';
import { checkGain, checkInputBytes, isRecord, type Layout, type Limits } from './limits.ts';

/** A rendition whose fields were checked. */
export interface CheckedRendition {
  readonly encoding: Encoding;
  readonly bytes: number;
  readonly sha256: string;
  readonly url: string;
  readonly gain: number;
}

/** Only paths on the same origin, named after the hash of what they hold. */
const clipUrlPattern = /^\/clips\/([0-9a-f]{64})\.[a-z0-9]{1,8}$/;

/** Picks the rendition to fetch: the first of the preferred encodings, else the first that is known. */
export function pickRendition(
  renditions: unknown,
  layout: Layout,
  limits: Required<Limits>,
  preferred?: readonly Encoding[],
): CheckedRendition {
  if (!Array.isArray(renditions)) throw new SerializerError('SERIALIZER_INVALID', 'renditions must be an array.');
  const known = renditions.filter(isKnown);
  const wanted =
    preferred?.flatMap((encoding) => known.filter((rendition) => rendition.encoding === encoding)) ?? known;
  const rendition = wanted[0];
  if (!rendition) {
    throw new SerializerError(
      'SERIALIZER_UNSUPPORTED_ENCODING',
      `No rendition is ${(preferred ?? encodings).join(', ')}.`,
    );
  }
  const { bytes, sha256, url } = rendition;
  if (typeof bytes !== 'number' || !Number.isSafeInteger(bytes) || bytes < 0) {
    throw new SerializerError('SERIALIZER_INVALID', 'bytes of a rendition must be an integer ≥ 0.');
  }
  checkInputBytes(bytes, limits);
  if (typeof url !== 'string' || typeof sha256 !== 'string' || clipUrlPattern.exec(url)?.[1] !== sha256) {
    throw new SerializerError('SERIALIZER_INVALID', 'url of a rendition must be /clips/<sha256>.<extension>.');
  }
  const gain = rendition.gain === undefined ? layout.gain : checkGain(rendition.gain);
  return { encoding: rendition.encoding as Encoding, bytes, sha256, url, gain };
}

/**
 * Fetches exactly the bytes that a rendition states, no byte more.
 *
 * @throws {SerializerError} `SERIALIZER_FETCH`, `SERIALIZER_LENGTH_MISMATCH`, `SERIALIZER_HASH_MISMATCH`.
 */
export async function fetchRendition(
  rendition: CheckedRendition,
  fetchClip: (url: string) => Promise<Response>,
  verify: boolean,
): Promise<Uint8Array<ArrayBuffer>> {
  let data: Uint8Array<ArrayBuffer> | undefined;
  try {
    const response = await fetchClip(rendition.url);
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(`status ${response.status}`);
    }
    data = (response.body && (await readExactly(response.body, rendition.bytes))) || undefined;
  } catch (cause) {
    throw new SerializerError('SERIALIZER_FETCH', 'The clip could not be fetched; it may be gone.', { cause });
  }
  if (!data) {
    throw new SerializerError('SERIALIZER_LENGTH_MISMATCH', `The clip is not of ${rendition.bytes} bytes as stated.`);
  }
  if (verify && (await sha256Of(data)) !== rendition.sha256) {
    throw new SerializerError('SERIALIZER_HASH_MISMATCH', 'The clip is not what its hash says.');
  }
  return data;
}

async function readExactly(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  size: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const data = new Uint8Array(size);
  let at = 0;
  for (const reader = body.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) return at === size ? data : undefined;
    if (at + value.length > size) {
      await reader.cancel();
      return undefined;
    }
    data.set(value, at);
    at += value.length;
  }
}

async function sha256Of(data: Uint8Array<ArrayBuffer>): Promise<string> {
  return Array.from(new Uint8Array(await crypto.subtle.digest('SHA-256', data)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}

function isKnown(value: unknown): value is Readonly<Record<string, unknown>> {
  return isRecord(value) && encodings.some((encoding) => encoding === value.encoding);
}
