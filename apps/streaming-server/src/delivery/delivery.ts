import type { Encoding } from '@bnc/contracts';

/** Encodings in which a clip leaves the server: `json`, the seed's and the default, and those of the wire format. */
export const wireEncodings = ['json', 'pcm-s16le', 'pcm-f32le', 'f32-shuffle-deflate', 'flac', 'opus'] as const;

/** One of them. */
export type WireEncoding = (typeof wireEncodings)[number];

/**
 * How a phrase gets to a listener: in the message itself, as links to renditions, best first, or as a score, which
 * needs no clip. Links that are wanted in addition to a score follow in a message of their own.
 */
export type Delivery =
  | { readonly kind: 'inline'; readonly encoding: WireEncoding }
  | { readonly kind: 'url'; readonly encodings: readonly Encoding[] }
  | { readonly kind: 'score'; readonly encodings: readonly Encoding[] };

/** What a request may ask for. */
export const deliveryKinds = ['inline', 'url'] as const;

/** Formats that a request may name. */
export const formats: readonly string[] = ['score', ...wireEncodings];

/** Renditions for a listener who wants links and names no format: the one that sounds best first, then the smallest. */
const defaultEncodings: readonly Encoding[] = ['flac', 'opus'];

/**
 * Reads how a listener wants phrases. Returns undefined if a format is unknown. With links, `format` may name several
 * encodings with commas between them, `score` among them, and `json`, which has no link, stands for the default ones.
 */
export function readDelivery(kind: (typeof deliveryKinds)[number], format = 'json'): Delivery | undefined {
  if (format === 'score') return { kind: 'score', encodings: [] };
  if (kind === 'inline') {
    const encoding = encodingOf(format);
    return encoding && { kind, encoding };
  }
  const words = format.split(',');
  const encodings = new Set<Encoding>();
  for (const word of words) {
    if (word === 'score') continue;
    const encoding = encodingOf(word);
    if (encoding === undefined) return undefined;
    for (const one of encoding === 'json' ? defaultEncodings : [encoding]) encodings.add(one);
  }
  return { kind: words.includes('score') ? 'score' : kind, encodings: [...encodings] };
}

/** What the variant of a listener who wants the bed ends with. */
const withBed = '+bed';

/** Names a delivery for the hub, which encodes one frame for all listeners of one variant. */
export function variantOf(delivery: Delivery, { bed = false }: { readonly bed?: boolean } = {}): string {
  const suffix = bed ? withBed : '';
  if (delivery.kind === 'inline') return `${delivery.encoding}${suffix}`;
  const words = delivery.kind === 'score' ? ['score', ...delivery.encodings] : delivery.encodings;
  return `${words.length === 1 && words[0] === 'score' ? 'score' : `url:${words.join(',')}`}${suffix}`;
}

/** Tells whether listeners of a variant want what sounds under the phrases. */
export function wantsBed(variant: string): boolean {
  return variant.endsWith(withBed);
}

/** Returns a variant without its bed: the form of its phrases. */
export function formOf(variant: string): string {
  return wantsBed(variant) ? variant.slice(0, -withBed.length) : variant;
}

/** Returns the delivery that `variantOf` has named; undefined for a variant of another release. */
export function deliveryOf(variantOrForm: string): Delivery | undefined {
  const variant = formOf(variantOrForm);
  return variant.startsWith('url:') ? readDelivery('url', variant.slice(4)) : readDelivery('inline', variant);
}

/** Returns the encodings of the clip that a delivery needs; none for a score alone. */
export function encodingsOf(delivery: Delivery): readonly WireEncoding[] {
  return delivery.kind === 'inline' ? [delivery.encoding] : delivery.encodings;
}

function encodingOf(word: string): WireEncoding | undefined {
  return wireEncodings.find((encoding) => encoding === word);
}
