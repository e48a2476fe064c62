import type { GitHubDelivery } from '@bnc/contracts';
import { digest } from '../digest.ts';
import { isObject } from '../untrusted.ts';

/** Characters of the longest word that is kept whole. */
const maxWord = 100;
/** Most words of a list. */
const maxWords = 20;

/** Shortens what facts keep of a delivery but do not show: a sender may make branches, ids and words of any length. */
export function short(delivery: GitHubDelivery): GitHubDelivery {
  const { build, ties } = delivery;
  if (isShort(build) && isShort(ties)) return delivery;
  return { ...delivery, ...(build && { build: cut(build) }), ...(ties && { ties: cut(ties) }) };
}

function isShort(value: unknown): boolean {
  if (typeof value === 'string') return value.length <= maxWord;
  if (!isObject(value)) return true;
  return (!Array.isArray(value) || value.length <= maxWords) && Object.values(value).every(isShort);
}

/** Shortens a word so that two long words still differ. */
function shortWord(word: string): string {
  return word.length <= maxWord ? word : `${word.slice(0, 60)} ${digest(word)}`;
}

function cut<T>(value: T): T {
  if (typeof value === 'string') return shortWord(value) as T;
  if (Array.isArray(value)) return value.slice(0, maxWords).map(cut) as T;
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, cut(part)])) as T;
}
