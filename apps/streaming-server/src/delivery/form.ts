import type { Encoding } from '@bnc/contracts';
import { HttpError } from '../http/errors.ts';

/** Forms in which a stream carries its clips; `json` is the seed's and the default. */
export const streamFormats = ['json', 'pcm-s16le', 'pcm-f32le', 'f32-shuffle-deflate', 'flac', 'opus'] as const;

/** One of them. */
export type StreamFormat = (typeof streamFormats)[number];

/** How a listener gets the sound: in the message itself, or as links to fetch, best first. */
export type StreamForm =
  | { readonly delivery: 'inline'; readonly format: StreamFormat }
  | { readonly delivery: 'url'; readonly formats: readonly Encoding[] };

/** Renditions for those who want links and do not say which: exact enough for every ear first, then the smallest. */
const defaultRenditions: readonly Encoding[] = ['flac', 'opus'];

/**
 * Reads what a listener asks for. By url, `format` may name several with commas between them, and `json`, which has no
 * url, stands for the default ones.
 * @throws {HttpError} `STREAM_FORMAT_UNKNOWN`, `STREAM_DELIVERY_UNKNOWN`.
 */
export function readForm(format = 'json', delivery = 'inline'): StreamForm {
  if (delivery === 'inline') return { delivery, format: checkFormat(format) };
  if (delivery !== 'url') throw new HttpError(400, 'STREAM_DELIVERY_UNKNOWN', 'delivery must be one of inline, url.');
  const formats = format
    .split(',')
    .map(checkFormat)
    .flatMap((word) => (word === 'json' ? defaultRenditions : [word]));
  return { delivery, formats: [...new Set(formats)] };
}

/** Names a form for the hub, which encodes one frame for all listeners of one name. */
export function variantOf(form: StreamForm): string {
  return form.delivery === 'inline' ? form.format : `url:${form.formats.join(',')}`;
}

/** The form that `variantOf` has named. */
export function formOf(variant: string): StreamForm {
  return variant.startsWith('url:') ? readForm(variant.slice(4), 'url') : readForm(variant);
}

/** Tells whether this release knows a variant: another server may run a newer one. */
export function isVariant(variant: string): boolean {
  return variant
    .replace(/^url:/, '')
    .split(',')
    .every((word) => streamFormats.some((format) => format === word));
}

/** The formats that a form is made of. */
export function formatsOf(form: StreamForm): readonly StreamFormat[] {
  return form.delivery === 'inline' ? [form.format] : form.formats;
}

function checkFormat(word: string): StreamFormat {
  const known = streamFormats.find((format) => format === word);
  if (known) return known;
  throw new HttpError(400, 'STREAM_FORMAT_UNKNOWN', `format must be one of ${streamFormats.join(', ')}.`);
}
