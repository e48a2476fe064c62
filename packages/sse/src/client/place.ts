import type { SSEClientMessage } from './message.ts';

/** Most bytes of an id, as it is sent: servers and proxies refuse a request whose head is longer than 8 KiB. */
export const maxSentIdBytes = 4_096;

/** Messages whose ids are remembered, to leave out those that come again. */
const rememberedMessages = 1_024;

/** How a request says where to resume. */
export interface SentPlace {
  readonly url: URL;
  /** The value of `Last-Event-ID`, one character a byte. */
  readonly header: string | undefined;
  /** Whether there was an id and it is too long to send. */
  readonly isLost: boolean;
}

/** Puts the last id into a request. */
export function placeIn(asked: URL, id: string, by: 'header' | 'query' | undefined): SentPlace {
  const url = new URL(asked);
  if (id === '') return { url, header: undefined, isLost: false };
  // A place that the caller wrote into the address is older than this one.
  const query = url.search
    .slice(1)
    .split('&')
    .filter((part) => part !== '' && part.split('=')[0] !== 'lastEventId');
  const isByHeader = by === undefined ? isPlain(id) && isSameOrigin(url) : by === 'header' && !/\p{Cc}/u.test(id);
  const sent = isByHeader ? bytesOf(id) : encodeURIComponent(id.replaceAll(/\p{Surrogate}/gu, '\uFFFD'));
  const isLost = sent.length > maxSentIdBytes;
  if (!isByHeader && !isLost) query.push(`lastEventId=${sent}`);
  url.search = query.join('&');
  return { url, header: isByHeader && !isLost ? sent : undefined, isLost };
}

/** Whether a header can carry the id as it is: printable ASCII without outer blanks. */
function isPlain(id: string): boolean {
  return /^[!-~](?:[ -~]*[!-~])?$/.test(id);
}

/** Outside of a page, every address counts as the same origin. */
function isSameOrigin({ origin }: URL): boolean {
  const page = (globalThis.location as Location | undefined)?.origin;
  return page === undefined || page === origin;
}

/** UTF-8 as a text of one character a byte: what a header takes, and what EventSource sends. */
function bytesOf(text: string): string {
  return Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join('');
}

/**
 * Remembers the newest messages that have an id of their own. The same id, name and data on a later connection is the
 * same message again: the server repeats it, or another tab connects now. Within one connection, nothing is a repeat.
 */
export class HeardMessages {
  readonly #connections = new Map<string, string>();

  /** Notes a message of a connection. @returns whether it came on an earlier one. */
  isDouble({ id, event, data }: SSEClientMessage, connection: string): boolean {
    const key = `${hash(data)} ${event} ${id}`;
    const known = this.#connections.get(key);
    if (known !== undefined && known !== connection) return true;
    this.#connections.delete(key);
    this.#connections.set(key, connection);
    for (const oldest of this.#connections.keys()) {
      if (this.#connections.size <= rememberedMessages) break;
      this.#connections.delete(oldest);
    }
    return false;
  }
}

/** 64 bits and the length: two hashes like FNV-1a with different primes, in 1 ns a character. */
function hash(text: string): string {
  let a = 0x811c9dc5;
  let b = 0x2f0b4f27;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ code, 0x5bd1e995);
  }
  return `${a} ${b} ${text.length}`;
}
