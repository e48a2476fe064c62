import type { Encoding, Rendition } from '@bnc/contracts';
import { encodings } from './codec.ts';
import { SerializerError } from './errors.ts';
import { checkGain, checkInputBytes, isRecord, type Layout, type SerializerLimits } from './limits.ts';

/** A rendition with checked fields, except its url: `resolveUrl` or its default decides about that. */
export interface CheckedRendition extends Pick<Rendition, 'bytes' | 'sha256' | 'url'> {
  readonly encoding: Encoding;
  readonly gain: number;
}

/** Where the bytes of a rendition are fetched from, and how. */
export interface FetchOptions {
  /**
   * Decides which URL is fetched for a rendition; it throws to refuse. Bytes from any URL are checked against the size
   * and the hash of the rendition. Default: the URL itself if it is a normalised path on the same origin, such as
   * `/music/clip.flac`; a URL with a host, a scheme, `//`, a backslash, dot segments, a query or a fragment is refused.
   */
  readonly resolveUrl?: (
    url: string,
    rendition: Pick<Rendition, 'bytes' | 'sha256'> & { readonly encoding: Encoding },
  ) => string | URL;
  /** Fetches what `resolveUrl` allowed. Default: `fetch(url)` of the page, with its cookies on the same origin. */
  readonly fetch?: (url: string) => Promise<Response>;
}

/**
 * Picks the rendition to fetch: the best of the preferred encodings, or, where none are named, the first of a known
 * one.
 */
export function pickRendition(
  renditions: unknown,
  layout: Layout,
  limits: Required<SerializerLimits>,
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
      `The buffer has no rendition in ${(preferred ?? encodings).join(', ')}. Ask for another encoding.`,
    );
  }
  const { bytes, sha256: hash, url } = rendition;
  if (typeof bytes !== 'number' || !Number.isSafeInteger(bytes) || bytes < 0) {
    throw new SerializerError('SERIALIZER_INVALID', 'bytes of a rendition must be an integer ≥ 0.');
  }
  checkInputBytes(bytes, limits);
  if (typeof hash !== 'string' || !/^[0-9a-f]{64}$/.test(hash)) {
    throw new SerializerError('SERIALIZER_INVALID', 'sha256 of a rendition must be 64 lower-case hexadecimal digits.');
  }
  if (typeof url !== 'string') throw new SerializerError('SERIALIZER_INVALID', 'url of a rendition must be a string.');
  const gain = rendition.gain === undefined ? layout.gain : checkGain(rendition.gain);
  return { encoding: rendition.encoding as Encoding, bytes, sha256: hash, url, gain };
}

/**
 * Fetches exactly the bytes that a rendition states, no byte more, and compares them with its hash.
 *
 * @throws {SerializerError} `SERIALIZER_URL_REFUSED`, `SERIALIZER_FETCH`, `SERIALIZER_LENGTH_MISMATCH`,
 * `SERIALIZER_HASH_MISMATCH`.
 */
export async function fetchRendition(
  rendition: CheckedRendition,
  { resolveUrl, fetch: fetchClip = (url) => fetch(url) }: FetchOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const url = locate(rendition, resolveUrl);
  let data: Uint8Array<ArrayBuffer> | undefined;
  try {
    const response = await fetchClip(url);
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(`status ${response.status}`);
    }
    data = (response.body && (await readExactly(response.body, rendition.bytes))) || undefined;
  } catch (cause) {
    throw new SerializerError(
      'SERIALIZER_FETCH',
      'The clip could not be fetched; the cause says why. Try again, or wait for the next one.',
      { cause },
    );
  }
  if (!data) {
    throw new SerializerError(
      'SERIALIZER_LENGTH_MISMATCH',
      `The clip does not have the ${rendition.bytes} bytes that its rendition states. Fetch it again.`,
    );
  }
  if ((await hashOf(data)) !== rendition.sha256) {
    throw new SerializerError(
      'SERIALIZER_HASH_MISMATCH',
      'The clip does not match the SHA-256 of its rendition. Do not play it; check the server of the clips.',
    );
  }
  return data;
}

function locate(rendition: CheckedRendition, resolveUrl: FetchOptions['resolveUrl']): string {
  const { url, encoding, bytes, sha256: hash } = rendition;
  if (resolveUrl) {
    try {
      return String(resolveUrl(url, { encoding, bytes, sha256: hash }));
    } catch (cause) {
      throw new SerializerError('SERIALIZER_URL_REFUSED', `resolveUrl refused the url of the ${encoding} rendition.`, {
        cause,
      });
    }
  }
  if (!isPath(url)) {
    throw new SerializerError(
      'SERIALIZER_URL_REFUSED',
      `The url of the ${encoding} rendition is not a plain path on this origin: pass resolveUrl to allow it.`,
    );
  }
  return url;
}

/**
 * Only a normalised path is equal to the pathname that a URL parser makes of it. Another host, scheme, `//`, backslash,
 * dot segment, control character, query or fragment makes them differ.
 */
function isPath(url: string): boolean {
  try {
    return new URL(url, 'http://localhost').pathname === url;
  } catch {
    return false;
  }
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

/** Hashes with SHA-256, in hexadecimal. */
async function hashOf(data: Uint8Array<ArrayBuffer>): Promise<string> {
  // Pages without TLS have no Web Crypto, which the DOM library does not say.
  const { subtle } = crypto as { readonly subtle?: SubtleCrypto };
  const hash = subtle
    ? new Uint8Array(await subtle.digest('SHA-256', data))
    : (await import('./sha256.ts')).sha256(data);
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function isKnown(value: unknown): value is Readonly<Record<string, unknown>> {
  return isRecord(value) && encodings.some((encoding) => encoding === value.encoding);
}
