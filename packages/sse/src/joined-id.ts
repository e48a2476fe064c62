import { createHash } from 'node:crypto';

/** Most channels of one stream. */
export const maxChannels = 16;

const tagLength = 8;

/**
 * Returns the short name of a channel in joined ids, the same in every process. A position in a list would not do,
 * because clients may come back with other channels, and full names may be long.
 */
export function tagOf(channel: string): string {
  return createHash('sha256').update(channel).digest('base64url').slice(0, tagLength);
}

/** Marks a place in one channel, for {@link joinMarks}. */
export function markOf(tag: string, id: string): string {
  return `${tag}${id.replaceAll(/[%~]/g, (character) => (character === '%' ? '%25' : '%7E'))}`;
}

/** Joins the marks of all channels of a stream as one id. */
export function joinMarks(marks: readonly string[]): string {
  return marks.join('~');
}

/** Returns the id of one channel in a joined id. */
export function idIn(joined: string, tag: string): string | undefined {
  const mark = joined.split('~', maxChannels).find((part) => part.startsWith(tag));
  return mark?.slice(tagLength).replaceAll(/%25|%7E/g, (code) => (code === '%25' ? '%' : '~'));
}
