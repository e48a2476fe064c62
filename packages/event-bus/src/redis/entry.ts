import type { Stored } from '../transport.ts';

/** An entry as Redis returns it. */
export type Row = readonly [id: string, fields: readonly string[]];

/** A reply ends once its payloads have this many bytes, and has at least one entry. */
export const maxReplyBytes = 4_194_304;

/** Returns the place of an entry in the log. */
export function placeOf(id: string): number {
  return Number.parseInt(id, 10);
}

/** Reads an entry of the log. A damaged or foreign entry gets the version NaN. */
export function parseEntry(id: string, fields: readonly string[]): Stored & { readonly only?: string } {
  const map = new Map<string, string>();
  for (let place = 0; place + 1 < fields.length; place += 2) map.set(fields[place] ?? '', fields[place + 1] ?? '');
  const [topic, payload, at, origin, only] = ['t', 'p', 'at', 'o', 'g'].map((name) => map.get(name));
  const whole = topic !== undefined && payload !== undefined && at !== undefined && id.endsWith('-0');
  return {
    seq: placeOf(id),
    topic: topic ?? '',
    key: map.get('k'),
    payload: payload ?? '',
    publishedAt: Number(at ?? 0),
    version: whole ? Number(map.get('v') ?? Number.NaN) : Number.NaN,
    ...(origin !== undefined && { origin: Number(origin) }),
    ...(only !== undefined && { only }),
  };
}
